package landlock

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Entry is one name of a Data tree.
type Entry struct {
	Path string `json:"path"` // absolute; missing parents are made as directories
	Kind Kind   `json:"kind,omitempty"`
	To   string `json:"to,omitempty"` // symlink: its text; hard link: an existing file of this tree
	// Inode names what the entry shares with another: a bind mount shows one
	// file in two places. Empty: a file of its own.
	Inode string `json:"inode,omitempty"`
	// Hardlink makes this name another one for the file at To; Kind is ignored.
	Hardlink bool    `json:"hardlink,omitempty"`
	Perm     *Perm   `json:"perm,omitempty"`
	Mount    Mount   `json:"mount,omitzero"`    // the zero Mount: its parent's
	Content  string  `json:"content,omitempty"` // files: at least the first line; other formats by Detail
	Detail   *Detail `json:"detail,omitempty"`
	// Partial marks a directory that may hold more names than the tree has.
	Partial bool `json:"partial,omitempty"`
	// Magic marks a link that the kernel does not resolve by its text.
	Magic bool `json:"magic,omitempty"`
}

// Data is a tree made of entries. Nothing on the host is read.
type Data struct {
	nodes map[string]*dataNode
}

type dataNode struct {
	node    Node
	detail  Detail
	partial bool
	names   int // of a directory
}

// NewData returns the tree that the entries describe, made in order. The root
// is there without being named, and is Partial when rootPartial says so. All
// faults are reported at once.
func NewData(rootPartial bool, entries ...Entry) (*Data, error) {
	d := &Data{nodes: map[string]*dataNode{}}
	d.nodes["/"] = &dataNode{node: Node{Inode: "data:/", Kind: Dir}, partial: rootPartial}
	var faults []error
	for _, e := range entries {
		if err := d.add(e); err != nil {
			faults = append(faults, fmt.Errorf("tree entry %q: %w", e.Path, err))
		}
	}
	return d, errors.Join(faults...)
}

func (d *Data) add(e Entry) error {
	if !path.IsAbs(e.Path) || path.Clean(e.Path) != e.Path || strings.ContainsRune(e.Path, 0) {
		return errors.New("not an absolute clean path")
	}
	if old, ok := d.nodes[e.Path]; ok {
		// A directory that an earlier entry implied may be described later.
		if e.Kind != Dir || e.Hardlink || old.node.Kind != Dir {
			return errors.New("given twice")
		}
		if e.Perm != nil {
			old.node.Perm = e.Perm
		}
		if e.Mount != (Mount{}) {
			old.node.Mount = e.Mount
		}
		old.partial = old.partial || e.Partial
		return nil
	}
	parent, err := d.parent(e)
	if err != nil {
		return err
	}
	n := &dataNode{partial: e.Partial}
	if e.Hardlink {
		to, ok := d.nodes[e.To]
		if !ok || to.node.Kind == Dir {
			return fmt.Errorf("hard link to %q, which is no file of this tree", e.To)
		}
		n = to
	} else {
		inode := e.Inode
		if inode == "" {
			inode = e.Path
		}
		n.node = Node{Inode: "data:" + inode, Kind: e.Kind, Mount: e.Mount, Perm: e.Perm}
		if n.node.Mount == (Mount{}) {
			n.node.Mount = parent.node.Mount
		}
		switch e.Kind {
		case File:
			n.detail = detailOf([]byte(e.Content))
		case Symlink:
			n.node.To, n.node.Magic = e.To, e.Magic
		case Dir, FIFO, Socket, Char, Block:
		default:
			return fmt.Errorf("unknown kind %q", e.Kind)
		}
		if e.Detail != nil {
			n.detail = *e.Detail
		}
	}
	parent.names++
	d.nodes[e.Path] = n
	return nil
}

func (d *Data) parent(e Entry) (*dataNode, error) {
	dir := path.Dir(e.Path)
	if _, ok := d.nodes[dir]; !ok {
		if err := d.add(Entry{Path: dir, Kind: Dir, Partial: false}); err != nil {
			return nil, err
		}
	}
	parent := d.nodes[dir]
	if parent.node.Kind != Dir {
		return nil, fmt.Errorf("parent %q is no directory", dir)
	}
	return parent, nil
}

// errFree says that a tree of data has no such name.
var errFree = fmt.Errorf("not in the tree: %w", fs.ErrNotExist)

// Lookup implements Tree.
func (d *Data) Lookup(name string) (Node, error) {
	if n, ok := d.nodes[name]; ok {
		return n.node, nil
	}
	for dir := name; dir != "/" && dir != "."; {
		dir = path.Dir(dir)
		if n, ok := d.nodes[dir]; ok {
			if n.partial {
				return Node{}, unknownPath(name)
			}
			return Node{}, errFree
		}
	}
	return Node{}, unknownPath(name)
}

// Inspect implements Tree.
func (d *Data) Inspect(name string) (Detail, error) {
	n, ok := d.nodes[name]
	if !ok {
		return Detail{}, unknownPath(name)
	}
	detail := n.detail
	if n.node.Kind == Dir {
		if n.partial && n.names == 0 {
			return Detail{}, unknownPath(name)
		}
		detail.Empty = n.names == 0
	}
	return detail, nil
}
