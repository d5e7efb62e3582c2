package bundle

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// recorder is a disk that also keeps a model of what a power cut would leave of
// it. The model promises less than most file systems do: a file has the bytes it
// had when it was last synced, a folder the names, and of whatever came later
// any part may be there.
type recorder struct {
	quiet
	root string // the model's; all paths lie below
	disk *node

	// cut is called after every step, and once before the first.
	cut func(place string)
}

// node is a file or a folder.
type node struct {
	folder bool

	data   string // of a file, as readers see it now
	synced string // and as it was when it was last synced

	names   map[string]*node // of a folder, now
	kept    map[string]*node // and when it was last synced
	pending []renaming       // what came since
}

// renaming is one change to a folder's names: a power cut leaves all of it or
// nothing. What is made has no from, what is removed no to.
type renaming struct {
	from, to string
	what     *node
}

// newRecorder takes what lies in root to be synced. Locks are left out: none
// outlives the power.
func newRecorder(root string) (*recorder, error) {
	disk, err := loadNode(root)
	return &recorder{root: root, disk: disk, cut: func(string) {}}, err
}

func loadNode(path string) (*node, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		data, err := os.ReadFile(path)
		return &node{data: string(data), synced: string(data)}, err
	}
	n := newFolder()
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() == LockFile {
			continue
		}
		if n.names[e.Name()], err = loadNode(filepath.Join(path, e.Name())); err != nil {
			return nil, err
		}
	}
	n.kept = maps.Clone(n.names)
	return n, nil
}

func newFolder() *node {
	return &node{folder: true, names: map[string]*node{}, kept: map[string]*node{}}
}

// find gives the node at a path as it is now.
func (r *recorder) find(path string) *node {
	rel, err := filepath.Rel(r.root, path)
	if err != nil || !fs.ValidPath(rel) {
		panic("the recorder was led outside: " + path)
	}
	n := r.disk
	for name := range strings.SplitSeq(rel, "/") {
		if name != "." {
			n = n.names[name]
		}
	}
	return n
}

func (r *recorder) change(dir, from, to string, what *node) {
	folder := r.find(dir)
	c := renaming{from, to, what}
	c.apply(folder.names)
	folder.pending = append(folder.pending, c)
}

func (c renaming) apply(names map[string]*node) {
	delete(names, c.from)
	if c.to != "" {
		names[c.to] = c.what
	}
}

func (r *recorder) mkdir(dir string) error {
	if err := r.quiet.mkdir(dir); err != nil {
		return err
	}
	r.change(filepath.Dir(dir), "", filepath.Base(dir), newFolder())
	r.cut("mkdir")
	return nil
}

func (r *recorder) create(path string) (stepFile, error) {
	f, err := r.quiet.create(path)
	if err != nil {
		return nil, err
	}
	n := &node{}
	r.change(filepath.Dir(path), "", filepath.Base(path), n)
	r.cut("create")
	return &recordedFile{f, r, n}, nil
}

func (r *recorder) rename(from, to string) error {
	if err := r.quiet.rename(from, to); err != nil {
		return err
	}
	if filepath.Dir(from) != filepath.Dir(to) {
		panic("the model knows no rename from folder to folder: " + from + ", " + to)
	}
	r.change(filepath.Dir(from), filepath.Base(from), filepath.Base(to), r.find(from))
	r.cut("rename")
	return nil
}

func (r *recorder) remove(path string) error {
	if err := r.quiet.remove(path); err != nil {
		return err
	}
	r.change(filepath.Dir(path), filepath.Base(path), "", nil)
	r.cut("remove")
	return nil
}

func (r *recorder) syncDir(dir string) error {
	n := r.find(dir)
	n.kept, n.pending = maps.Clone(n.names), nil
	r.cut("syncDir")
	return nil
}

func (r *recorder) syncFile(path string) error {
	n := r.find(path)
	n.synced = n.data
	r.cut("syncFile")
	return nil
}

type recordedFile struct {
	stepFile
	r *recorder
	n *node
}

func (w *recordedFile) Write(p []byte) (int, error) {
	n, err := w.stepFile.Write(p)
	w.n.data += string(p[:n])
	w.r.cut("write")
	return n, err
}

func (w *recordedFile) Sync() error {
	w.n.synced = w.n.data
	w.r.cut("sync")
	return nil
}

// tree is what may lie on a disk: bytes by path, folders with a slash at their
// end.
type tree map[string]string

// key is the same for the same trees.
func (t tree) key() string {
	var text strings.Builder
	for _, path := range slices.Sorted(maps.Keys(t)) {
		text.WriteString(path + "\x00" + t[path] + "\x00")
	}
	return text.String()
}

// loss decides what became of what was not synced.
type loss struct {
	done func(change int) bool // the changes of names, counted over all folders
	data func(now, synced string) string
}

// losses are what may become of a file's bytes.
var losses = []func(now, synced string) string{
	func(now, synced string) string { return synced },
	func(now, synced string) string { return now },
	func(now, synced string) string { return now[:(len(now)+1)/2] },
	func(now, synced string) string { return strings.Repeat("\x00", len(now)) },
}

// left is what a power cut leaves.
func (n *node) left(l loss) tree {
	t := tree{}
	changes := 0
	numbered := map[*node]int{}
	n.walk(func(folder *node) {
		numbered[folder] = changes
		changes += len(folder.pending)
	})
	n.leave(l, numbered, "", t)
	return t
}

func (n *node) leave(l loss, numbered map[*node]int, path string, into tree) {
	if !n.folder {
		into[path] = n.data
		if n.data != n.synced {
			into[path] = l.data(n.data, n.synced)
		}
		return
	}
	into[path+"/"] = ""
	names := maps.Clone(n.kept)
	for i, c := range n.pending {
		if l.done(numbered[n] + i) {
			c.apply(names)
		}
	}
	for name, child := range names {
		child.leave(l, numbered, path+"/"+name, into)
	}
}

// walk visits every folder that a power cut can leave, in an order of its own.
func (n *node) walk(visit func(*node)) {
	seen := map[*node]bool{}
	var at func(*node)
	at = func(n *node) {
		if !n.folder || seen[n] {
			return
		}
		seen[n] = true
		visit(n)
		for _, name := range slices.Sorted(maps.Keys(n.kept)) {
			at(n.kept[name])
		}
		for _, c := range n.pending {
			if c.what != nil {
				at(c.what)
			}
		}
	}
	at(n)
}

// changes counts what is not synced: names, and files.
func (n *node) changes() (names, data int) {
	files := map[*node]bool{}
	n.walk(func(folder *node) {
		names += len(folder.pending)
		for _, c := range folder.pending {
			if c.what != nil && !c.what.folder {
				files[c.what] = true
			}
		}
		for _, f := range folder.kept {
			if !f.folder {
				files[f] = true
			}
		}
	})
	for f := range files {
		if f.data != f.synced {
			data++
		}
	}
	return names, data
}
