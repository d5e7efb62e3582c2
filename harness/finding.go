package harness

// Finding is one thing that lint has to say.
type Finding struct {
	Code    string `json:"code"`              // keeps its meaning: see LintCodes, and for policies "LL" and three digits
	Level   string `json:"level"`             // LevelError, LevelWarning or LevelNote
	File    string `json:"file"`              // relative to the root, or as it was given
	Line    int    `json:"line,omitempty"`    // 0: about the file as a whole
	ID      string `json:"id,omitempty"`      // what it is about, e.g. `probe "x"`
	Operand string `json:"operand,omitempty"` // the ids it is about, e.g. "registry:profile:probe"

	// Of findings in a policy only.
	Profiles []string `json:"profiles,omitempty"` // that have the text
	Layer    *int     `json:"layer,omitempty"`    // from 0, outermost

	Message string `json:"message"` // one line, with the fix
}

// The levels of a finding.
const (
	LevelError   = "error"   // the data cannot be run
	LevelWarning = "warning" // most likely a mistake
	LevelNote    = "note"    // may be meant
)

// Warns says whether the finding is more than a note.
func (f *Finding) Warns() bool { return f.Level != LevelNote }
