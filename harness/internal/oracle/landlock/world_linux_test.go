package landlock_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// nobody is who asks in the worlds where plain permissions count.
const nobody = 65534

// world is a small random tree, on disk and as data.
type world struct {
	rng     *rand.Rand
	root    string // on the main file system of the test
	far     string // on another mount, empty when there is none
	entries []oracle.Entry
	dirs    []string
	files   []string // everything but directories
	progs   []string // executable files among them
	empty   []string // directories without names
	plain   bool     // plain permissions count
	moving  bool     // its policy is about what moves gain
	held    []io.Closer

	listening []oracle.Listener // on sockets of this world
}

// program is an ELF file that worlds copy, and how the kernel runs it.
type program struct {
	text   []byte
	detail oracle.Detail
}

func newWorld(rng *rand.Rand, root, far string, prog program, plain bool) *world {
	w := &world{rng: rng, root: root, far: far, plain: plain}
	w.dir(root)
	for i := range 3 + rng.IntN(3) {
		w.dir(path.Join(pick(rng, w.dirs), fmt.Sprintf("d%d", i)))
	}
	near := w.near()
	for i := range 2 {
		at := path.Join(pick(rng, near), fmt.Sprintf("e%d", i))
		w.dir(at)
		w.empty = append(w.empty, at)
	}
	if far != "" {
		w.dir(far)
		w.dir(path.Join(far, "d9"))
		w.file(path.Join(far, "d9", "f9"), "", 0o644)
	}
	w.elf(path.Join(pick(rng, near), "x0"), prog)
	for i := range 2 + rng.IntN(3) {
		w.file(path.Join(pick(rng, near), fmt.Sprintf("f%d", i)), w.content(), pick(rng, []uint32{0o644, 0o755, 0o755}))
	}
	for i := range rng.IntN(3) {
		old := pick(rng, w.regular())
		w.add(oracle.Entry{Path: path.Join(pick(rng, near), fmt.Sprintf("h%d", i)), Hardlink: true, To: old})
	}
	for i := range rng.IntN(4) {
		w.symlink(path.Join(pick(rng, near), fmt.Sprintf("s%d", i)))
	}
	for i, k := range []oracle.Kind{oracle.FIFO, oracle.Char, oracle.Socket, oracle.Socket} {
		if rng.IntN(3) == 0 && (k != oracle.Char || os.Getuid() == 0) { // a device takes CAP_MKNOD
			w.add(oracle.Entry{Path: path.Join(pick(rng, near), fmt.Sprintf("n%d", i)), Kind: k, Perm: w.perm(0o666)})
		}
	}
	return w
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// near is the directories on the main file system.
func (w *world) near() []string {
	var list []string
	for _, d := range w.dirs {
		if strings.HasPrefix(d, w.root) {
			list = append(list, d)
		}
	}
	return list
}

func (w *world) regular() []string { return w.kind(oracle.File) }

func (w *world) perm(mode uint32) *oracle.Perm {
	p := &oracle.Perm{Mode: mode, UID: os.Getuid(), GID: os.Getgid()}
	if w.plain {
		if w.rng.IntN(6) == 0 {
			p.Mode &^= uint32(w.rng.IntN(0o1000))
		}
		if w.rng.IntN(3) > 0 {
			p.UID, p.GID = nobody, nobody
		}
	}
	return p
}

func (w *world) add(e oracle.Entry) {
	w.entries = append(w.entries, e)
	if e.Kind == oracle.Dir {
		w.dirs = append(w.dirs, e.Path)
	} else {
		w.files = append(w.files, e.Path)
	}
}

func (w *world) dir(at string) {
	mode := uint32(0o755)
	if w.plain && w.rng.IntN(2) == 0 {
		mode = 0o1777
	}
	w.add(oracle.Entry{Path: at, Kind: oracle.Dir, Perm: w.perm(mode)})
}

func (w *world) file(at, content string, mode uint32) {
	w.add(oracle.Entry{Path: at, Kind: oracle.File, Content: content, Perm: w.perm(mode)})
	if mode&0o111 != 0 && content != "" {
		w.progs = append(w.progs, at)
	}
}

func (w *world) elf(at string, prog program) {
	w.add(oracle.Entry{Path: at, Kind: oracle.File, Perm: &oracle.Perm{Mode: 0o755, UID: os.Getuid(), GID: os.Getgid()}, Detail: &prog.detail})
	w.progs = append(w.progs, at)
}

// content is a script whose interpreter is another program of the world, or no
// program at all.
func (w *world) content() string {
	switch w.rng.IntN(6) {
	case 0:
		return ""
	case 1:
		return "no program\n"
	case 2:
		return "#! " + path.Join(w.root, "absent") + "\n"
	case 3:
		return "#!/bin/true"
	}
	return "#!\t" + pick(w.rng, w.progs) + " -x\n"
}

func (w *world) symlink(at string) {
	to := pick(w.rng, append(append([]string{at}, w.dirs...), w.files...))
	switch w.rng.IntN(6) {
	case 0:
		to = path.Join(pick(w.rng, w.dirs), "absent")
	case 1, 2:
		if rel, err := filepath.Rel(path.Dir(at), to); err == nil {
			to = rel
		}
	}
	w.add(oracle.Entry{Path: at, Kind: oracle.Symlink, To: to, Perm: w.perm(0o777)})
}

// make puts the world on disk.
func (w *world) make(t *testing.T, prog program) {
	t.Helper()
	for i, e := range w.entries {
		var err error
		switch {
		case e.Hardlink:
			err = os.Link(e.To, e.Path)
		case e.Kind == oracle.Dir:
			err = os.Mkdir(e.Path, 0o700)
		case e.Kind == oracle.Symlink:
			err = os.Symlink(e.To, e.Path)
		case e.Detail != nil:
			err = os.WriteFile(e.Path, prog.text, 0o755)
		case e.Kind == oracle.File:
			err = os.WriteFile(e.Path, []byte(e.Content), 0o600)
		case e.Kind == oracle.FIFO:
			err = unix.Mkfifo(e.Path, 0o600)
		case e.Kind == oracle.Socket:
			err = w.socket(e.Path)
		case e.Kind == oracle.Char:
			// The numbers of /dev/urandom (devices.txt of the kernel).
			err = unix.Mknod(e.Path, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 9)))
		}
		if err != nil {
			t.Fatalf("world entry %d: %v", i, err)
		}
		if e.Kind == oracle.FIFO {
			// Both ends are held, so that no open waits.
			f, err := os.OpenFile(e.Path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			w.held = append(w.held, f)
		}
		if e.Perm == nil || e.Detail != nil {
			continue
		}
		if w.plain {
			if err := os.Lchown(e.Path, e.Perm.UID, e.Perm.GID); err != nil {
				t.Fatal(err)
			}
		}
		if e.Kind == oracle.Symlink {
			continue
		}
		if err := unix.Chmod(e.Path, e.Perm.Mode); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) kind(k oracle.Kind) []string {
	var list []string
	for _, e := range w.entries {
		if e.Kind == k && strings.HasPrefix(e.Path, w.root) {
			list = append(list, e.Path)
		}
	}
	return list
}

func (w *world) links() []string   { return w.kind(oracle.Symlink) }
func (w *world) sockets() []string { return w.kind(oracle.Socket) }

func (w *world) remove() {
	for _, f := range w.held {
		f.Close()
	}
	os.RemoveAll(w.root)
	if w.far != "" {
		os.RemoveAll(w.far)
	}
}

// tree is the world as data, laid over the host.
func (w *world) tree(t *testing.T, host oracle.Tree) oracle.Tree {
	t.Helper()
	tree := host
	for _, root := range []string{w.root, w.far} {
		if root == "" {
			continue
		}
		parent, err := host.Lookup(path.Dir(root))
		if err != nil {
			t.Fatal(err)
		}
		var own []oracle.Entry
		for _, e := range w.entries {
			if strings.HasPrefix(e.Path, root) {
				if e.Path == root {
					e.Mount = parent.Mount
				}
				own = append(own, e)
			}
		}
		top, err := oracle.NewData(true, own...)
		if err != nil {
			t.Fatal(err)
		}
		tree = oracle.Overlay{Top: top, Root: root, Under: tree}
	}
	return tree
}

// respell gives the same place another spelling, most of the time.
func (w *world) respell(at string) string {
	switch w.rng.IntN(24) {
	case 0:
		if w.rng.IntN(3) == 0 {
			at += "/"
		}
		return strings.Replace(at, "/", "//", 1)
	case 1:
		return path.Dir(at) + "/./" + path.Base(at)
	case 2, 3, 4:
		d := pick(w.rng, w.dirs)
		if rel, err := filepath.Rel(d, at); err == nil && strings.Count(rel, "..") < 4 && strings.HasPrefix(at, w.root) == strings.HasPrefix(d, w.root) {
			return d + "/" + rel
		}
	case 5:
		// Through a link that may lead to a directory.
		f := pick(w.rng, w.files)
		if strings.HasPrefix(path.Base(f), "s") {
			return f + "/" + path.Base(at)
		}
	}
	return at
}
