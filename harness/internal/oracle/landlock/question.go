// Package landlock is a model of Landlock's decisions: which of the operations
// a probe can attempt a stack of rulesets lets through, without attempting
// anything. Ask is the whole of it; Prepare makes many questions under one
// policy quick. It runs on every host, because what it knows of a file system
// comes in as a Tree.
//
// A prediction is never an observation. Where the model does not know enough,
// or the call would end before Landlock is asked, the answer is Unknown.
//
// The model follows security/landlock of Linux 6.18 and the order of checks in
// fs/namei.c and fs/open.c around it; package differential asks the running
// kernel and the model the same questions.
package landlock

import (
	"slices"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Question is one operation under one policy.
type Question struct {
	Layers []sandbox.Ruleset // outermost first; none: no policy
	// Op and Syscall are an operation and a variant of the op table; an empty
	// Syscall is the operation's first.
	Op      string
	Syscall string
	Target  string // what the variant's TargetKind says: a path, an address, "@name", a process
	Source  string // the other path of link and rename, the text of a symlink
	Tree    Tree
	Peers   Peers
	// ABI of the kernel the question is about; 0 means MeasuredABI, with the
	// errata fixed that were measured.
	ABI int
	// Errata is the mask of errata that the kernel says it fixed. An answer
	// that turns on one that is not in it is Unknown: kernels before 6.15 say
	// nothing, and may have the fix all the same. Unknown is also what turns on
	// an ABI or a fix that was not measured.
	Errata int
	// Cred is who asks. Nil leaves plain permissions out of the question, as
	// for a capable caller.
	Cred *Cred
}

// Decision is what the model says.
type Decision string

// The decisions.
const (
	Allow   Decision = "allow"
	Deny    Decision = "deny"
	Unknown Decision = "unknown"
)

// Answer is the model's prediction. Its Missing and Granting list only rights
// the operation needs.
type Answer struct {
	Decision Decision `json:"decision"`
	// Errno is what the call fails with, as Linux numbers it. With Unknown it
	// is the errno of a failure that Landlock has no part in, 0 when the model
	// cannot name it.
	Errno int `json:"errno,omitempty"`
	// Resolved is what the call is about as the kernel reaches it: of a path,
	// that of the object or of the new name with every link followed that the
	// call follows; else the target. It is empty where that is not known.
	Resolved string    `json:"resolved,omitempty"`
	Missing  []Missing `json:"missing,omitempty"`
	Granting []Grant   `json:"granting,omitempty"`
	// Record is what the audit log says first of a denied call, nil for any
	// other decision.
	Record *Record `json:"record,omitempty"`
	Reason string  `json:"reason"`
}

// Blockers is what the kernel's first audit record of the denial names, in its
// order; Record has the layer whose domain it names. It is nil when Landlock
// denies nothing, and when the policy's flags keep the record out of the log.
func (a Answer) Blockers() []string {
	if a.Record == nil || a.Record.Silent {
		return nil
	}
	return slices.Clone(a.Record.Blockers)
}

// Missing is a right that a layer handles, the operation needs and no rule of
// the layer grants. A link or a move that lacks nothing but would widen what
// may be done with the file lists the rights the file would gain.
//
// The limits that no rule lifts have rights of their own: the scopes, "ptrace"
// and "fs.change_topology", each missing in every layer that brings the limit.
type Missing struct {
	Layer int    `json:"layer"` // from 0, outermost first
	Right string `json:"right"` // as the audit log prints it, e.g. "fs.read_file"
}

// Grant is a rule that grants rights the operation needs.
type Grant struct {
	Layer  int      `json:"layer"`
	Index  int      `json:"index"` // of the rule in the layer's Paths, of a port in its Ports
	Rule   string   `json:"rule"`  // the rule's parent as the policy spells it, or its port
	Rights []string `json:"rights"`
}
