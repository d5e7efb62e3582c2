// Package op is the table of operations a probe can attempt: their names, the
// system calls they make, the errnos with which a policy denies them, and the
// attempts themselves, by raw system calls on the calling thread.
package op

import "encoding/json"

// Request is one attempt with every variable expanded.
type Request struct {
	Op      string `json:"op"`                // an operation name or alias of the table
	Syscall string `json:"syscall,omitempty"` // a variant; empty: the operation's first
	Target  string `json:"target"`
	Source  string `json:"source,omitempty"` // the other path of link, rename and symlink
}

// Result is what the kernel answered.
type Result struct {
	Syscall string `json:"syscall"` // the variant attempted
	Call    string `json:"call"`    // as strace would print it
	Errno   int    `json:"errno"`   // 0: the call succeeded
	// ObservedPath is the path of the descriptor that the call under test gave or
	// was made with, when that is a path of the host.
	ObservedPath string `json:"observed_path,omitempty"`
	PathErrno    int    `json:"path_errno,omitempty"` // why it could not be read
	File         *File  `json:"file,omitempty"`       // what the descriptor is open on; nil without one
	// NoFirmlink is ObservedPath as macOS spells it without its firmlinks.
	NoFirmlink      string  `json:"no_firmlink,omitempty"`
	NoFirmlinkErrno int     `json:"no_firmlink_errno,omitempty"` // why it could not be read
	Return          *Return `json:"return,omitempty"`            // nil: the call reports by errno alone
	// Details is an object of what else was seen, with the keys of the format.
	Details  json.RawMessage `json:"details,omitempty"`
	Command  []string        `json:"command,omitempty"`
	ExitCode *int            `json:"exit_code,omitempty"` // -N when signal N ended the program
	Stdout   string          `json:"stdout,omitempty"`
	Stderr   string          `json:"stderr,omitempty"`
	// Err says that the attempt could not be made at all (a socket that could
	// not be created, a target that is no address): nothing was observed.
	Err string `json:"err,omitempty"`

	view      *View
	ownMounts bool // the thread left the namespace that view knows
}
