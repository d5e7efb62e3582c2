package sbpl

import "fmt"

// Fault is one thing wrong with a profile.
type Fault struct {
	Position
	Code    string // one of the constants
	Msg     string // one line, with the fix
	Warning bool   // the profile may still do what its author means
}

// The codes of faults.
const (
	CodeSyntax    = "sbpl-syntax"    // no forms can be read from the text
	CodeVersion   = "sbpl-version"   // (version N) is missing, misplaced or without a number
	CodeForm      = "sbpl-form"      // a form that does nothing
	CodeOperation = "sbpl-operation" // a rule without an operation, or with one that Seatbelt has not
)

// String gives the fault as "line:column: message".
func (f Fault) String() string {
	return fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Msg)
}

// maxFaults is how many faults are listed; what has more is no profile.
const maxFaults = 100

// faults collects what is wrong with a text.
type faults []Fault

func (fs *faults) add(at Position, code, format string, args ...any) {
	fs.put(Fault{Position: at, Code: code, Msg: fmt.Sprintf(format, args...)})
}

func (fs *faults) put(f Fault) {
	switch {
	case fs.full():
	case len(*fs) == maxFaults-1:
		*fs = append(*fs, Fault{Position: f.Position, Code: f.Code, Msg: "more faults from here on; mend those above first"})
	default:
		*fs = append(*fs, f)
	}
}

// full says that nothing more is listed.
func (fs faults) full() bool { return len(fs) >= maxFaults }
