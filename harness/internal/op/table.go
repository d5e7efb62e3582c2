package op

import (
	"slices"
	"strings"
	"syscall"
)

// Op is one operation: what a policy is asked about. Its name is the one the
// kernel's audit log prints for the access right ("fs.read_file"), or
// "syscall.<name>" for an attempt that no single right decides.
type Op struct {
	Name     string
	Aliases  []string  // Seatbelt's names for the same thing
	Variants []Variant // the ways to attempt it; the first is the default
	Summary  string    // one line for a reader
}

// Variant is one way to attempt an operation.
type Variant struct {
	Name  string // the value of a probe's "syscall" field
	Calls string // the system calls it makes, in order, e.g. "openat(O_RDONLY), getdents64"; Available reads the first
	Note  string // what a plan's author must know, when it is not obvious
	// Denied holds the errnos with which Landlock denies this very call. Any
	// other errno decides nothing. Empty: Landlock does not mediate it.
	Denied []syscall.Errno
	// Rights holds the audit names of the rights that this call may be denied
	// for, when the operation's name does not say all of it.
	Rights   []string
	Target   TargetKind
	Keywords []string // of TargetText: what the target must be one of; empty: any text
	Fixture  string   // what must stand ready for the attempt to succeed, one line
	Mutates  bool     // an allowed attempt creates, removes or changes something that lasts
	TwoPaths bool     // Source must be given
	// Taints says that the attempt changes the thread it runs on (its own
	// working directory, its own mounts): nothing else may run there, with a
	// policy or without.
	Taints bool
}

// TargetKind says what the target of a variant names.
type TargetKind int

const (
	TargetPath    TargetKind = iota // a path
	TargetAddr                      // an address and a port: "127.0.0.1:443", "[::1]:443"
	TargetName                      // an abstract unix socket: "@name"
	TargetProcess                   // "self", "child", "parent" or a process id in decimal
	TargetText                      // a keyword or a free name; nothing on the host is meant
)

// String names the kind for a message: "path", "address", "name", "process", "text".
func (k TargetKind) String() string {
	return [...]string{"path", "address", "name", "process", "text"}[k]
}

// Landlock's denials, as measured on Linux 6.18 (a test holds them against the
// kernel it runs on): EACCES for every right of files and TCP, except that
// rename and link lacking nothing but refer give EXDEV, so that programs fall
// back to copying; EPERM for scopes, for another process's inside and for mounts.
var (
	eacces        = []syscall.Errno{syscall.EACCES}
	eaccesOrExdev = []syscall.Errno{syscall.EACCES, syscall.EXDEV}
	eperm         = []syscall.Errno{syscall.EPERM}
)

// The rights that depend on what kind of file a name is given to.
var (
	makeRights   = []string{"fs.make_char", "fs.make_dir", "fs.make_reg", "fs.make_sock", "fs.make_fifo", "fs.make_block", "fs.make_sym"}
	linkRights   = []string{"fs.make_char", "fs.make_reg", "fs.make_sock", "fs.make_fifo", "fs.make_block", "fs.make_sym", "fs.refer"}
	renameRights = append([]string{"fs.remove_dir", "fs.remove_file", "fs.refer"}, makeRights...)
)

// table is sorted by name.
var table = slices.SortedFunc(
	slices.Values(slices.Concat(openTable, nameTable, moveTable, netTable, processTable, mountTable, metaTable, otherTable)),
	func(a, b Op) int { return strings.Compare(a.Name, b.Name) })
