// Package evidence holds what was observed and derives from it every artifact
// of a run folder. Everything here is a pure function of its arguments: clock,
// run id, world and channel come in as values.
package evidence

import (
	"encoding/json"
	"strconv"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Lane names the stream of evidence a result belongs to. Lanes are never
// merged: an oracle's answer is not an observation, and a baseline's result
// says nothing about a policy.
type Lane string

// The three lanes.
const (
	LaneBaseline Lane = "baseline" // the attempt without the policy
	LaneScenario Lane = "scenario" // the attempt under the policy
	LaneOracle   Lane = "oracle"   // a model's prediction, nothing was attempted
)

// Decision is what a policy did with an attempt. The empty Decision means that
// nothing was decided, and is written as null.
type Decision string

// The two decisions.
const (
	Allow Decision = "allow"
	Deny  Decision = "deny"
)

// Outcome is our reading of one attempt. Only Allowed and Denied carry a
// decision.
type Outcome string

// The outcomes.
const (
	Allowed     Outcome = "allowed"
	Denied      Outcome = "denied"
	Undecided   Outcome = "undecided"   // the call failed with an errno the engine never gives for it
	Blocked     Outcome = "blocked"     // not attempted: the host lacks something the scenario needs
	Unsupported Outcome = "unsupported" // not attempted: this lane cannot answer this operation
	Broken      Outcome = "broken"      // the attempt itself went wrong: deadline, dead worker, fixture
)

// Observation is one lane's result for one scenario. It is serialised once, in
// the process that made it, and travels as a string from there on.
type Observation struct {
	Lane          Lane     `json:"lane"`
	ProfileID     string   `json:"profile_id"`
	ExpectationID string   `json:"expectation_id"`
	ProbeName     string   `json:"probe_name"`
	Operation     string   `json:"operation"` // as the plan spells it
	Target        string   `json:"target"`    // as the plan spells it, variables not expanded
	Expected      Decision `json:"expected"`

	Outcome      Outcome  `json:"outcome"`
	Actual       Decision `json:"actual,omitempty"` // empty: nothing was decided
	Reason       string   `json:"reason,omitempty"` // one line: why there is no decision
	FailureStage string   `json:"failure_stage,omitempty"`
	FailureKind  string   `json:"failure_kind,omitempty"`

	RequestedPath string `json:"requested_path,omitempty"` // Target with variables expanded: what the kernel was handed
	SourcePath    string `json:"source_path,omitempty"`    // the other path of link, rename and symlink
	ObservedPath  string `json:"observed_path,omitempty"`  // the path of the probe's own descriptor, when that is a path of the host
	PathErrno     int    `json:"path_errno,omitempty"`     // why that could not be read
	File          *File  `json:"file,omitempty"`           // what that descriptor is open on; nil without one
	Sight         *Sight `json:"sight,omitempty"`          // where the target led before the policy; nil: nobody looked
	// NoFirmlink is ObservedPath as macOS spells it without its firmlinks.
	NoFirmlink      string `json:"no_firmlink,omitempty"`
	NoFirmlinkErrno int    `json:"no_firmlink_errno,omitempty"` // why it could not be read

	Syscall string `json:"syscall,omitempty"` // the variant attempted, e.g. "openat"
	Call    string `json:"call,omitempty"`    // the call with its arguments, as strace would print it
	Errno   int    `json:"errno,omitempty"`   // the call's own errno, 0 when it succeeded
	// ErrnoName is the errno's name on the host that observed it.
	ErrnoName string `json:"errno_name,omitempty"`

	Command  []string `json:"command,omitempty"`   // argv, for probes that start a program
	ExitCode *int     `json:"exit_code,omitempty"` // of that program; -N when signal N ended it
	Stdout   string   `json:"stdout,omitempty"`
	Stderr   string   `json:"stderr,omitempty"`

	PostState *PostState   `json:"post_state,omitempty"`
	Apply     *ApplyReport `json:"apply,omitempty"`
	Listener  *Listener    `json:"listener,omitempty"`
	Oracle    *Prediction  `json:"oracle,omitempty"`
	Witness   *Witness     `json:"witness,omitempty"` // scenario lane: the kernel's record of the denial

	// What only macOS has.
	Return *artifact.Return `json:"return,omitempty"` // nil: the call reports by errno alone
	// Details is an object of what else the attempt saw, with the keys that the
	// format has for its operation.
	Details json.RawMessage `json:"details,omitempty"`
	// Asked is what sandbox_check was asked beside the attempt, and Callouts what it
	// answered.
	Asked    *artifact.SandboxCheckRequest `json:"asked,omitempty"`
	Callouts []artifact.Callout            `json:"callouts,omitempty"`

	WorkerPID int     `json:"worker_pid,omitempty"`
	Worker    *Worker `json:"worker,omitempty"`   // that process before the attempt; nil where none had a part
	Started   float64 `json:"started,omitempty"`  // Unix seconds
	Finished  float64 `json:"finished,omitempty"` // Unix seconds
}

// File is what a descriptor is open on, by what the kernel says of the
// descriptor alone.
type File struct {
	NoPath string `json:"no_path,omitempty"` // why no path of the host is known: "deleted", "pipe", "unreachable", …
	Text   string `json:"text,omitempty"`    // what the kernel calls it, when that is no path

	Type      string `json:"type,omitempty"` // "file", "dir", "symlink", …
	Dev       uint64 `json:"dev,omitempty"`
	Ino       uint64 `json:"ino,omitempty"`
	StatErrno int    `json:"stat_errno,omitempty"` // the three above are not known then

	MountID   uint64 `json:"mount_id,omitempty"`  // 0: not known
	Mount     string `json:"mount,omitempty"`     // the mount point; empty: MountErr says why
	MountErr  string `json:"mount_err,omitempty"` // one line
	Elsewhere string `json:"elsewhere,omitempty"` // the file's other path, of which this is a bind mount

	FSType  string   `json:"fs,omitempty"` // "ext4", or a number in hex
	FSID    [2]int32 `json:"fsid,omitzero"`
	FSErrno int      `json:"fs_errno,omitempty"` // the two above are not known then
}

// Sight is where a target led before the policy.
type Sight struct {
	Path  string `json:"path,omitempty"`
	Errno int    `json:"errno,omitempty"` // of opening it
	New   bool   `json:"new,omitempty"`   // nothing had the name yet: Path is the name in its folder
	File  *File  `json:"file,omitempty"`
}

// Worker is a process that attempted, as it was before any policy.
type Worker struct {
	// Sandboxed: the engine under test confined it, or it is not known not to.
	Sandboxed bool         `json:"sandboxed,omitempty"`
	Inherited []Descriptor `json:"inherited,omitempty"` // what it had from its parent, beyond the standard three and its protocol
	Left      []Descriptor `json:"left,omitempty"`      // what earlier attempts had left open in it
}

// Descriptor is one that a worker held.
type Descriptor struct {
	FD int    `json:"fd"`
	To string `json:"to"` // as the kernel calls it: a path, "pipe:[4711]", "socket:[4712]"
}

func (d Descriptor) String() string { return strconv.Itoa(d.FD) + " -> " + d.To }

// ApplyReport says how applying the policy went.
type ApplyReport struct {
	API      string `json:"api"`              // the last system call made, e.g. "landlock_restrict_self"
	RC       int    `json:"rc"`               // 0 or -1
	Errno    int    `json:"errno"`            // 0 when RC is 0
	ErrClass string `json:"err_class"`        // "ok", "errno_eperm", "errno_eacces", "errno_other", "already_sandboxed"
	ErrText  string `json:"errbuf,omitempty"` // one line for a reader
	Layers   int    `json:"layers,omitempty"` // policy layers stacked
}

// PostState is what the target looked like after a probe that creates, removes
// or changes: an errno alone does not say that nothing happened.
type PostState struct {
	TargetExists bool   `json:"target_exists"`
	TargetType   string `json:"target_type,omitempty"` // "file", "dir", "symlink", …
	TargetSize   int64  `json:"target_size,omitempty"` // bytes, regular files only
	SourceExists *bool  `json:"source_exists,omitempty"`
}

// Listener is the server a probe was given.
type Listener struct {
	Network     string `json:"network,omitempty"` // "tcp", "mptcp", "udp", "unix" or "unixgram"; empty: tcp
	Host        string `json:"host"`              // the address; of a unix socket its path or @name
	Port        int    `json:"port"`              // 0 for a unix socket
	Status      string `json:"status"`            // "ok" or "error"
	Error       string `json:"error,omitempty"`
	Precheck    string `json:"precheck"` // "ok", "error" or "skipped"
	PrecheckErr string `json:"precheck_error,omitempty"`
	AcceptCount int    `json:"accept_count"`        // includes the precheck's own connection
	Datagrams   int    `json:"datagrams,omitempty"` // includes the precheck's own
}

// Prediction is an oracle's answer.
type Prediction struct {
	Decision string `json:"decision"` // "allow", "deny" or "unknown"
	artifact.Prediction
}
