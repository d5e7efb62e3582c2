// Package seatbelt is the policy engine of macOS: it makes of a profile what is
// applied, looks for what would keep it from being applied, applies it to the
// calling process, which cannot take it off again, and asks the policy in force.
//
// Applying, asking and compiling go to libSystem and libsandbox and exist on macOS
// alone; everything about texts is the same everywhere. What goes there was written
// from public headers and public code and has not been run on a Mac: a canary under
// a [CanaryPolicy] tells on each host whether it holds.
package seatbelt

import "strings"

// Policy is what a process puts on itself: a text or a compiled blob.
type Policy struct {
	Path       string            // of the prepared copy, for messages
	Text       string            `json:",omitempty"`
	Parameters map[string]string `json:",omitempty"` // what (param "NAME") gives in Text
	Blob       []byte            `json:",omitempty"` // in place of Text
}

// The calls that apply a policy.
const (
	APIInit           = "sandbox_init"
	APIInitParameters = "sandbox_init_with_parameters"
	APIApply          = "sandbox_apply"
)

// API is the call that applies the policy.
func (p *Policy) API() string {
	switch {
	case p.Blob != nil:
		return APIApply
	case len(p.Parameters) > 0:
		return APIInitParameters
	}
	return APIInit
}

// Report says how applying a policy went.
type Report struct {
	API   string
	RC    int    // 0: it is in force
	Errno int    // 0 when RC is
	Text  string `json:",omitempty"` // what the library said of a failure, freed and kept; or why it could not be asked
}

// Question is what sandbox_check is asked about the calling process.
type Question struct {
	Stage      string // where it is asked, e.g. "pre_syscall"
	Operation  string // as the kernel names it
	FilterType int    // in sandbox_check's own numbers; 0: no filter
	FilterName string // empty: no filter
	Argument   string
	Canonical  bool // the path is to count only if there are no links in it
	// Doubt says why the question is not to be asked; empty: it is.
	Doubt string `json:",omitempty"`
}

// Answer is what came of a Question.
type Answer struct {
	Question
	API          string
	CheckType    int // the filter's number with the flags
	Varargs      int // arguments behind the "…"
	NoReport     bool
	NoReportWhy  string `json:",omitempty"` // why NoReport is false
	CanonicalWhy string `json:",omitempty"` // why the flag was not used
	RC           int
	Errno        int
	Decision     string // "allow", "deny" or "error"
	Err          string `json:",omitempty"`
}

// Available says why policies cannot be applied by this build on this host; nil
// when they can.
func Available() error { return available() }

// Apply puts the policy on the calling process, for good. One without a text, and
// without a blob, is nobody's and is not given to macOS.
func Apply(p *Policy) Report {
	if len(p.Blob) == 0 && strings.TrimSpace(p.Text) == "" {
		return Report{API: p.API(), RC: -1, Text: "the policy is empty"}
	}
	return apply(p)
}

// Confined reports whether a policy is in force on the calling process.
func Confined() (bool, error) { return confined() }

// Check asks the policy in force on the calling process.
func Check(q Question) Answer { return check(q) }

// Compile makes a compiled policy of a text, as macOS's own library does.
func Compile(text string, params map[string]string) ([]byte, error) { return compile(text, params) }
