package differential

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// nobody is who asks in the worlds where plain permissions count.
const nobody = 65534

// World is a small tree, as the steps that make it.
type World struct {
	// Scratch is the folder that the world's root lies in, and Far one on
	// another mount, empty where there is none. Both are the world's alone.
	Scratch string `json:"scratch"`
	Far     string `json:"far,omitempty"`
	Steps   []Step `json:"steps"`
	Plain   bool   `json:"plain,omitempty"` // plain permissions count: nobody asks
}

// Step makes one name, or mounts something on one that is there.
type Step struct {
	Path string      `json:"path"`
	Kind oracle.Kind `json:"kind,omitempty"`
	// To is the text of a symbolic link, and what a hard link or a bind mount
	// is another name of.
	To       string `json:"to,omitempty"`
	Hardlink bool   `json:"hardlink,omitempty"`
	Mount    Mount  `json:"mount,omitempty"`
	ReadOnly bool   `json:"read_only,omitempty"` // of a mount
	NoExec   bool   `json:"no_exec,omitempty"`   // of a mount
	Content  string `json:"content,omitempty"`
	Program  bool   `json:"program,omitempty"` // the file is a program that does nothing
	Mode     uint32 `json:"mode,omitempty"`
	Nobody   bool   `json:"nobody,omitempty"` // owns it, in a world where plain permissions count
	Listen   string `json:"listen,omitempty"` // the network of the socket that answers there
}

// Mount is what a step mounts on its path.
type Mount string

// The mounts.
const (
	Tmpfs Mount = "tmpfs"
	Bind  Mount = "bind"
)

func (w *World) root() string { return path.Join(w.Scratch, "w") }

// roots are the folders that hold all of the world.
func (w *World) roots() []string {
	if w.Far == "" {
		return []string{w.root()}
	}
	return []string{w.root(), w.far()}
}

func (w *World) far() string { return path.Join(w.Far, "far") }

// mounted says whether the world mounts anything.
func (w *World) mounted() bool {
	for _, s := range w.Steps {
		if s.Mount != "" {
			return true
		}
	}
	return false
}

func (s *Step) perm() *oracle.Perm {
	p := &oracle.Perm{Mode: s.Mode, UID: os.Getuid(), GID: os.Getgid()}
	if s.Nobody {
		p.UID, p.GID = nobody, nobody
	}
	if s.Kind == oracle.Symlink {
		p.Mode = 0o777
	}
	return p
}

// within says whether at is root or lies beneath it.
func within(at, root string) bool {
	return at == root || strings.HasPrefix(at, root+"/")
}

// places is what a world shows in the end, by kind: what is hidden under a
// mount is not there.
type places struct {
	dirs  []string // on the root's side, as all below
	files []string // everything but directories
	far   []string // whatever lies on the far side
	kinds map[oracle.Kind][]string
	progs []string // executable files
	empty []string // directories without names
	links []string // hard links and what they are links to
	tops  []string // what is mounted, and on what

	mounts map[string]string // directory to the mount it is found in
	ways   map[string]string // symbolic link to where it leads, once the world is made
}

// follow finds out where the links of a world on disk lead.
func (p *places) follow() {
	p.ways = map[string]string{}
	for _, link := range p.kinds[oracle.Symlink] {
		if to, err := filepath.EvalSymlinks(link); err == nil {
			p.ways[link] = to
		}
	}
}

func (w *World) places() *places {
	p := &places{kinds: map[oracle.Kind][]string{}, mounts: map[string]string{}}
	holds := map[string]bool{}
	entries := w.entries()
	inodes := map[string]int{}
	for _, e := range entries {
		holds[path.Dir(e.Path)] = true
		inodes[e.Inode]++
	}
	for _, e := range entries {
		switch {
		case w.Far != "" && within(e.Path, w.Far):
			p.far = append(p.far, e.Path)
			continue
		case e.Kind == oracle.Dir:
			p.dirs = append(p.dirs, e.Path)
			p.mounts[e.Path] = e.Mount.ID
			if !holds[e.Path] {
				p.empty = append(p.empty, e.Path)
			}
		default:
			p.files = append(p.files, e.Path)
		}
		p.kinds[e.Kind] = append(p.kinds[e.Kind], e.Path)
		if e.Kind == oracle.File && (e.Detail != nil || e.Content != "" && e.Perm.Mode&0o111 != 0) {
			p.progs = append(p.progs, e.Path)
		}
		if inodes[e.Inode] > 1 {
			p.links = append(p.links, e.Path)
		}
	}
	for _, s := range w.Steps {
		if s.Mount != "" {
			p.tops = append(p.tops, s.Path)
		}
	}
	return p
}
