package landlock

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Tree is what the model knows of a file system. A name that does not exist is
// an error matching fs.ErrNotExist, one that plain permissions hide matches
// fs.ErrPermission, and whatever the tree has no knowledge of matches
// ErrUnknown: the model answers "unknown" and never guesses.
type Tree interface {
	// Lookup returns the node a canonical path names: absolute, clean, and
	// with no symbolic link among its parents. A link is not followed.
	Lookup(path string) (Node, error)
	// Inspect returns what is worth reading only when a question turns on it.
	// The path is canonical and names no symbolic link.
	Inspect(path string) (Detail, error)
}

// ErrUnknown says that a tree has no knowledge of a path.
var ErrUnknown = errors.New("not described")

// Kind says what a Node is.
type Kind string

// The kinds of node.
const (
	File    Kind = "file"
	Dir     Kind = "dir"
	Symlink Kind = "symlink"
	FIFO    Kind = "fifo"
	Socket  Kind = "socket"
	Char    Kind = "char"
	Block   Kind = "block"
)

// Node is one inode as found under one name.
type Node struct {
	// Inode is the node's identity: hard links share it. Two trees that are
	// laid over each other must not use one name for two inodes.
	Inode string
	Kind  Kind
	To    string // text of a symbolic link
	// Magic marks a link the kernel resolves by other means than its text,
	// e.g. /proc/self/exe.
	Magic bool
	Mount Mount
	Perm  *Perm // nil: plain permissions are not known, and not judged
}

// Mount is the mount a node was found in. Links and renames never cross one.
type Mount struct {
	ID       string
	FS       string // file system type, empty when not known
	ReadOnly bool
	NoExec   bool
	NoDev    bool
}

// Perm is what the plain permission check reads. Access control lists are not
// among it.
type Perm struct {
	Mode uint32 // permission bits with setuid, setgid and sticky
	UID  int    // Asker: whoever asks
	GID  int
}

// Asker is the owner of nodes that are made by whoever asks.
const Asker = -1

// Format says how the kernel would execute a file.
type Format string

// The formats.
const (
	FormatUnknown Format = ""       // not known
	FormatNone    Format = "none"   // neither: ENOEXEC
	FormatELF     Format = "elf"    // Loader is opened too, when there is one
	FormatScript  Format = "script" // Interpreter is executed in its place
)

// Detail is what Inspect finds.
type Detail struct {
	Format      Format
	Interpreter string // of a script: the program its #! line names
	Loader      string // of an ELF file: the program its PT_INTERP names
	Empty       bool   // of a directory: it holds no names
}

// Overlay lays one subtree of Top, which describes it wholly, over Under,
// which answers for everything else. A parent of the subtree that Under lacks
// or does not know of is taken from Top.
type Overlay struct {
	Top   *Data
	Root  string // the subtree Top answers for, canonical
	Under Tree
}

// Lookup implements Tree.
func (o Overlay) Lookup(path string) (Node, error) {
	if within(path, o.Root) {
		return o.Top.Lookup(path)
	}
	node, err := o.Under.Lookup(path)
	if err != nil && within(o.Root, path) {
		return o.Top.Lookup(path)
	}
	return node, err
}

// Inspect implements Tree.
func (o Overlay) Inspect(path string) (Detail, error) {
	if within(path, o.Root) {
		return o.Top.Inspect(path)
	}
	return o.Under.Inspect(path)
}

// within says whether path is root or lies beneath it; both are canonical.
func within(path, root string) bool {
	if len(path) < len(root) || path[:len(root)] != root {
		return false
	}
	return len(path) == len(root) || root == "/" || path[len(root)] == '/'
}

// Cached remembers what a tree answered, for many questions about a host that
// does not change under them. It is safe for concurrent use.
type Cached struct {
	tree    Tree
	nodes   sync.Map // path -> lookup
	details sync.Map // path -> inspection
	held    atomic.Int64
}

// maxCached is how many answers a Cached holds, some tens of megabytes of them.
const maxCached = 1 << 17

// hold counts one answer more. When they are too many all are forgotten: a path
// that is asked for again is soon known again.
func (c *Cached) hold() {
	if c.held.Add(1) > maxCached {
		c.held.Store(0)
		c.nodes.Clear()
		c.details.Clear()
	}
}

type lookup struct {
	node Node
	err  error
}

type inspection struct {
	detail Detail
	err    error
}

// NewCached returns a tree that asks tree once per path.
func NewCached(tree Tree) *Cached { return &Cached{tree: tree} }

// Lookup implements Tree.
func (c *Cached) Lookup(path string) (Node, error) {
	if found, ok := c.nodes.Load(path); ok {
		l := found.(lookup)
		return l.node, l.err
	}
	node, err := c.tree.Lookup(path)
	c.hold()
	c.nodes.Store(path, lookup{node, err})
	return node, err
}

// Inspect implements Tree.
func (c *Cached) Inspect(path string) (Detail, error) {
	if found, ok := c.details.Load(path); ok {
		i := found.(inspection)
		return i.detail, i.err
	}
	detail, err := c.tree.Inspect(path)
	c.hold()
	c.details.Store(path, inspection{detail, err})
	return detail, err
}

// Nothing is a tree that knows of no path at all.
type Nothing struct{}

// Lookup implements Tree.
func (Nothing) Lookup(path string) (Node, error) { return Node{}, unknownPath(path) }

// Inspect implements Tree.
func (Nothing) Inspect(path string) (Detail, error) { return Detail{}, unknownPath(path) }

func unknownPath(path string) error { return fmt.Errorf("%s: %w", path, ErrUnknown) }
