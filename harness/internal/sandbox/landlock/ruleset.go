// Package landlock is the Landlock policy engine: profile text in the
// landlockconfig format, the rulesets it resolves to, and their enforcement on
// one thread by raw system calls.
//
// Rights, scopes and their bits: landlock(7) and the kernel's
// Documentation/userspace-api/landlock.rst.
package landlock

// AccessFS is a set of file-system rights, the kernel's own bits.
type AccessFS uint64

// AccessNet is a set of network rights, the kernel's own bits.
type AccessNet uint64

// Scope is a set of scopes, the kernel's own bits.
type Scope uint64

// RestrictFlags is a set of flags of landlock_restrict_self, the kernel's own
// bits.
type RestrictFlags uint32

// The rights, in the kernel's bit order.
const (
	Execute AccessFS = 1 << iota
	WriteFile
	ReadFile
	ReadDir
	RemoveDir
	RemoveFile
	MakeChar
	MakeDir
	MakeReg
	MakeSock
	MakeFifo
	MakeBlock
	MakeSym
	Refer    // ABI 2
	Truncate // ABI 3
	IoctlDev // ABI 5
)

// Network rights, ABI 4.
const (
	BindTCP AccessNet = 1 << iota
	ConnectTCP
)

// Scopes, ABI 6.
const (
	ScopeAbstractUnixSocket Scope = 1 << iota
	ScopeSignal
)

// Flags of landlock_restrict_self, ABI 7. All are about the audit log and none
// changes a decision. LANDLOCK_RESTRICT_SELF_TSYNC (ABI 8) is no flag of a
// layer: it would reach every thread of the process.
const (
	LogSameExecOff   RestrictFlags = 1 << iota // denials before the next exec are not logged
	LogNewExecOn                               // denials after an exec are logged too
	LogSubdomainsOff                           // denials of domains nested in this one are not logged
)

// Ruleset is one layer: what it handles, and the rules that grant. Paths are
// host paths with every variable expanded.
type Ruleset struct {
	HandledFS  AccessFS
	HandledNet AccessNet
	Scoped     Scope
	Paths      []PathRule
	Ports      []PortRule
	Flags      RestrictFlags `json:",omitempty"`
}

// PathRule grants Access on the file Parent names and, when that is a
// directory, on everything beneath it.
type PathRule struct {
	Parent   string
	Access   AccessFS
	Optional bool // a Parent that does not exist is left out instead of refused
}

// PortRule grants Access on one TCP port.
type PortRule struct {
	Port   uint64
	Access AccessNet
}
