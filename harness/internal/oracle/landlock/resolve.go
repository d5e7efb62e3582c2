package landlock

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Limits of path_resolution(7).
const (
	maxLinks = 40
	maxName  = 255
	maxPath  = 4096 // with the NUL
)

// place is a node as a walk reached it: the chain of directories up to the
// root is what Landlock walks.
type place struct {
	node Node
	path string // canonical
	up   *place // nil for the root
	// rules, of a directory that is remembered, are those on it and above it, the
	// nearest first; summed says that they are known.
	rules  []*pathRule
	summed bool
}

// undecided ends a question without a decision: Landlock is not asked, or the
// tree does not know enough.
type undecided struct {
	errno int // what the call fails with, 0 when that is not known
	// why is put together when it is read: where a name is free, nobody does.
	why  string
	args []any
}

func (u *undecided) Error() string {
	why := fmt.Sprintf(u.why, u.args...)
	if name := errnoNames[u.errno]; name != "" {
		return name + ": " + why
	}
	return why
}

func fails(errno int, format string, args ...any) error {
	return &undecided{errno: errno, why: format, args: args}
}

func unknowable(format string, args ...any) error {
	return &undecided{why: format, args: args}
}

// last is the final component of a path, not yet looked up.
type last struct {
	name  string // empty: the path was the root
	text  string // the path up to the end of the name
	slash bool   // slashes follow it: it must be a directory
}

// special says that the component is "", "." or "..", which no call creates or
// removes.
func (l last) special() bool { return l.name == "" || l.name == "." || l.name == ".." }

// walker resolves paths of one question as fs/namei.c does.
type walker struct {
	tree  Tree
	cred  *Cred
	links int
	dirs  *directories // nil: nothing is remembered
	// through, when it is not nil, is told of every directory that a name is
	// looked up in.
	through func(*place)
}

func newWalker(tree Tree, cred *Cred) *walker { return &walker{tree: tree, cred: cred} }

func (w *walker) root() (*place, error) {
	node, err := w.lookup("/")
	if err != nil {
		return nil, err
	}
	return &place{node: node, path: "/"}, nil
}

func (w *walker) lookup(path string) (Node, error) {
	node, err := w.tree.Lookup(path)
	switch {
	case err == nil:
		return node, nil
	case err == errFree, errors.Is(err, fs.ErrNotExist):
		return Node{}, fails(enoent, "%s does not exist", path)
	case errors.Is(err, fs.ErrPermission):
		return Node{}, unknowable("plain permissions hide %s", path)
	}
	return Node{}, unknowable("the tree does not know: %v", err)
}

// parent walks all but the last component of path.
func (w *walker) parent(path string) (*place, last, error) {
	w.links = 0 // counted per path
	switch {
	case path == "":
		return nil, last{}, fails(enoent, "empty path")
	case path[0] != '/':
		return nil, last{}, unknowable("%q is relative, and the working directory is not known", path)
	case strings.ContainsRune(path, 0):
		return nil, last{}, fails(einval, "%q holds a NUL", path)
	case len(path) >= maxPath:
		return nil, last{}, fails(enametoolong, "path of %d bytes", len(path))
	}
	if w.dirs == nil || w.through != nil {
		return w.fromRoot(path)
	}
	l := lastOf(path)
	if l.name == "" {
		return w.fromRoot(path)
	}
	text := path[:len(l.text)-len(l.name)]
	if known, ok := w.dirs.find(text); ok {
		w.links = known.links
		return known.dir, l, nil
	}
	dir, l, err := w.fromRoot(path)
	if err == nil {
		w.dirs.keep(text, reached{dir, w.links})
	}
	return dir, l, err
}

func (w *walker) fromRoot(path string) (*place, last, error) {
	root, err := w.root()
	if err != nil {
		return nil, last{}, err
	}
	return w.walk(root, path)
}

// lastOf cuts the final component off a path.
func lastOf(path string) last {
	text := strings.TrimRight(path, "/")
	return last{name: text[strings.LastIndexByte(text, '/')+1:], text: text, slash: len(text) < len(path)}
}

// walk is parent for a path that starts at from when it is relative.
func (w *walker) walk(from *place, path string) (*place, last, error) {
	if path == "" {
		return nil, last{}, fails(enoent, "empty link beneath %s", from.path)
	}
	dir := from
	if path[0] == '/' {
		for dir.up != nil {
			dir = dir.up
		}
	}
	rest := strings.TrimLeft(path, "/")
	for rest != "" {
		name, more, slash := strings.Cut(rest, "/")
		more = strings.TrimLeft(more, "/")
		l := last{name: name, text: path[:len(path)-len(rest)+len(name)], slash: slash}
		if w.through != nil {
			w.through(dir)
		}
		// As link_path_walk does, for the last component too.
		if !w.cred.may(dir.node, permSearch) {
			return nil, last{}, fails(eacces, "not Landlock's: plain permissions forbid to search %s", dir.path)
		}
		if more == "" {
			return dir, l, nil
		}
		next, err := w.step(dir, l, true)
		if err != nil {
			return nil, last{}, err
		}
		if next.node.Kind != Dir {
			return nil, last{}, fails(enotdir, "%s is no directory", next.path)
		}
		dir, rest = next, more
	}
	return dir, last{}, nil
}

// step looks one component up in dir, which may be searched. A link at its end is followed when
// follow says so or slashes stand behind it.
func (w *walker) step(dir *place, l last, follow bool) (*place, error) {
	switch l.name {
	case "", ".":
		return dir, nil
	case "..":
		if dir.up != nil {
			return dir.up, nil
		}
		return dir, nil
	}
	if len(l.name) > maxName {
		return nil, fails(enametoolong, "name of %d bytes", len(l.name))
	}
	at := &place{path: l.in(dir.path), up: dir}
	var err error
	if at.node, err = w.lookup(at.path); err != nil {
		return nil, err
	}
	if at.node.Kind == Symlink && (follow || l.slash) {
		if at, err = w.follow(at); err != nil {
			return nil, err
		}
	}
	if l.slash && at.node.Kind != Dir {
		return nil, fails(enotdir, "%s is no directory", at.path)
	}
	return at, nil
}

// follow resolves a link to what it leads to in the end.
func (w *walker) follow(link *place) (*place, error) {
	dir, l, err := w.enter(link)
	if err != nil {
		return nil, err
	}
	return w.step(dir, l, true)
}

// enter resolves a link up to the last component of its text.
func (w *walker) enter(link *place) (*place, last, error) {
	if link.node.Magic {
		return nil, last{}, unknowable("%s is a magic link: the kernel does not follow its text", link.path)
	}
	if w.links++; w.links > maxLinks {
		return nil, last{}, fails(eloop, "more than %d links on the way to %s", maxLinks, link.path)
	}
	return w.walk(link.up, link.node.To)
}

// locate resolves path to an existing place.
func (w *walker) locate(path string, follow bool) (*place, error) {
	dir, l, err := w.parent(path)
	if err != nil {
		return nil, err
	}
	return w.step(dir, l, follow)
}

// slot resolves path to a directory and a name in it that may be free: at is
// nil then. Links at the end are not followed.
func (w *walker) slot(path string) (dir *place, l last, at *place, err error) {
	dir, l, err = w.parent(path)
	if err != nil || l.special() {
		return dir, l, nil, err
	}
	at, err = w.step(dir, l.bare(), false)
	if isErrno(err, enoent) {
		return dir, l, nil, nil
	}
	return dir, l, at, err
}

func isErrno(err error, errno int) bool {
	u, ok := err.(*undecided) // never wrapped
	return ok && u.errno == errno
}

// bare is the component without the slashes behind it.
func (l last) bare() last { return last{name: l.name, text: l.text} }

// in is the path of the component in a directory: the text itself where that is
// the path already.
func (l last) in(dir string) string {
	n := len(strings.TrimSuffix(dir, "/")) // the root alone ends in a slash
	if len(l.text) == n+1+len(l.name) && l.text[:n] == dir[:n] {
		return l.text
	}
	return join(dir, l.name)
}

func join(dir, name string) string {
	if dir == "/" {
		return "/" + name
	}
	return dir + "/" + name
}
