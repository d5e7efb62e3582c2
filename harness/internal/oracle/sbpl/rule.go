package sbpl

// Decision is what the model says.
type Decision string

// The decisions.
const (
	Allow   Decision = "allow"
	Deny    Decision = "deny"
	Unknown Decision = "unknown"
)

// Place is where a form stands.
type Place struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters
}

// Rule is one rule that the run of a profile left behind, in the order the
// kernel would have it: a later one overrides an earlier one.
type Rule struct {
	Place
	Text string // the form as Print writes it, on one line, shortened
	// Effect is Allow or Deny; Unknown stands for a form that may have left any
	// rule behind, which cannot be evaluated.
	Effect Decision
	// Ops are operations and families as the profile writes them, "default"
	// among them; none: any operation, for an Effect that is Unknown.
	Ops []string
	// Filter says what it is about; nil: whatever the operation is done to.
	Filter Filter
	// Doubt, when set, is why it is not known whether the rule is in force.
	Doubt *Doubt
}

// Doubt is a form that the model cannot evaluate, and why.
type Doubt struct {
	Place
	Form string // shortened
	Why  string // half a sentence: "the model does not know what mode the file has"
}
