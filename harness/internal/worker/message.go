// Package worker is the process that is sandboxed. It is the running binary
// itself, started again: this package's init turns a process that carries
// channel.EnvFD in its environment into a worker before main is reached.
//
// Landlock domains and no_new_privs belong to a thread, so one worker serves
// probe after probe, each on a fresh locked OS thread that applies the policy,
// makes the system call and dies. Requests and answers are typed records on a
// descriptor of their own; what a probe prints is evidence, never protocol. They
// are JSON: gob would drop a pointer to zero, and an exit code of 0 is not the
// absence of one.
//
// macOS's policies belong to a process, for good. There the worker starts itself
// again for each attempt: that process applies the policy, attempts, answers and
// ends, and the worker watches it, limits it and outlives it. None of this was ever
// run on a Mac; what the kernel does there is taken from its public headers, manual
// pages and sources.
package worker

import (
	"strconv"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// Request asks the worker for one thing. Exactly one of the pointers is set.
type Request struct {
	Seq int
	// Nonce is repeated in the answer. A program that a probe starts without a
	// policy may get hold of the descriptor and write answers of its own; it cannot
	// guess this.
	Nonce  uint64
	Probe  *Probe  `json:",omitempty"`
	Canary *Canary `json:",omitempty"`
	// Own is an attempt in a process of its own, as macOS's policies need it.
	Own *OwnProcess `json:",omitempty"`
}

// Probe is one attempt, under a policy or without.
type Probe struct {
	Policy *Policy `json:",omitempty"` // nil: none is applied
	Op     op.Request
}

// Policy is what a probe's thread puts on itself.
type Policy struct {
	// ID is what the worker remembers the policy by: one ID, one policy.
	ID int
	// Layers are the rulesets, outermost first. A worker that knows the ID is
	// not sent them again.
	Layers []landlock.Ruleset `json:",omitempty"`
	// Options say how the layers are put on.
	Options landlock.Options
	// Base is the scratch folder as the layers spell it, and Scratch where it is
	// for this probe.
	Base, Scratch string
}

// leavesThread says whether the thread that serves the request is as good as new
// afterwards.
func (r *Request) leavesThread() bool {
	switch {
	case r.Probe == nil:
		return true
	case r.Probe.Policy != nil:
		return false
	}
	o, known := op.Lookup(r.Probe.Op.Op)
	if !known {
		return true // nothing will be attempted
	}
	v, known := o.Variant(r.Probe.Op.Syscall)
	return !known || !v.Taints
}

// OwnProcess is one attempt on macOS: the worker starts a process that applies
// the policy, asks it, attempts, answers and ends.
type OwnProcess struct {
	Policy  *seatbelt.Policy    `json:",omitempty"` // nil: none is applied
	Attempt attempt.Request     // its driver may be attempt.CheckDriver
	Ask     []seatbelt.Question `json:",omitempty"` // after the policy applies and before the attempt; the attempt itself, of CheckDriver
	Limit   time.Duration       // the process is ended then, and the worker lives on
}

// Bootstrap says how starting a driver's program under the policy went.
type Bootstrap struct {
	Program string
	Errno   int // 0: it was started
}

// Lost is the end of a process that gave no answer.
type Lost struct {
	TimedOut bool
	Epitaph  string // one line
}

// SelfCheck says whether a process is confined by Seatbelt.
type SelfCheck struct {
	Confined bool
	Err      string // why it could not be asked
}

// Canary asks whether the engine really enforces: in Dir, a small policy must
// let one operation through and stop another.
type Canary struct {
	Dir string
	// Seatbelt asks for macOS's engine in place of Landlock.
	Seatbelt bool          `json:",omitempty"`
	Limit    time.Duration `json:",omitempty"` // of the process that Seatbelt's takes
}

// Answer is what came of the Request with the same Seq.
type Answer struct {
	Seq   int
	Nonce uint64
	Apply *Apply `json:",omitempty"` // set when layers were given
	// Sight is where the target led before the policy; nil when nobody looked. On
	// the wire it is left out where it is what the result's descriptor shows.
	Sight    *op.Sight  `json:",omitempty"`
	AsSeen   bool       `json:",omitempty"`
	Result   *op.Result `json:",omitempty"` // set when the operation was attempted
	Err      string     `json:",omitempty"` // the canary failed, or the request could not be served
	Started  float64    // Unix seconds
	Finished float64    // Unix seconds
	// Left are descriptors that earlier requests left open in the worker: this one
	// was served with them at hand.
	Left []Descriptor `json:",omitempty"`

	// What only an Own request has.
	ProbePID  int               `json:",omitempty"` // of the process that attempted
	Callouts  []seatbelt.Answer `json:",omitempty"`
	Bootstrap *Bootstrap        `json:",omitempty"` // set when a driver's program was to be started under the policy
	Lost      *Lost             `json:",omitempty"` // set when the process gave no answer
}

// Descriptor is one that the worker holds.
type Descriptor struct {
	FD int
	To string // as the kernel calls it: a path, "pipe:[4711]", "socket:[4712]"
}

func (d Descriptor) String() string { return strconv.Itoa(d.FD) + " -> " + d.To }

// Apply says how applying the layers went.
type Apply struct {
	API     string // the last system call made
	Errno   int    // 0 when every layer is in force
	Err     string // one line; empty when every layer is in force
	Layers  int
	Skipped []string // optional parents that this host lacks
}

// Hello is what a worker measured of itself before any policy.
type Hello struct {
	PID         int
	World       world.Facts
	WorldErr    string
	EngineErr   string       // why this host has no Landlock; empty when it has
	Layers      int          // Landlock layers the worker was born under
	LayersErr   string       // why they could not be counted
	Descriptors []Descriptor // that came from the parent, beyond the standard three
	Seatbelt    *SelfCheck   // nil where there is no Seatbelt
}
