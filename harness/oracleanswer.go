package harness

import "strings"

// OracleAnswer is what a model says to a question. It is a prediction, never an
// observation.
type OracleAnswer struct {
	Decision  string `json:"decision"`  // "allow", "deny" or "unknown"
	Operation string `json:"operation"` // as it was asked
	Target    string `json:"target"`    // as it was asked
	// Resolved is the object that the kernel reaches: of a path, with every link
	// followed; else the target. Nil when that is not known.
	Resolved *string `json:"resolved_target"`
	// Rule is what decided: the rule that allowed or, under Seatbelt, denied.
	// Nil when no rule did, or what did is not known.
	Rule    *OracleRule     `json:"rule"`
	Missing []OracleMissing `json:"missing"` // what the policy denies of all that the call needs
	Reason  string          `json:"reason"`  // one line

	// Doubt is the form of a Seatbelt profile for which the decision is "unknown".
	Doubt *OracleDoubt `json:"doubt,omitempty"`

	// What only Landlock's model says.
	Errno     int           `json:"errno,omitempty"` // what the call fails with, as Linux numbers it; with "unknown", not on Landlock's account
	ErrnoName string        `json:"errno_name,omitempty"`
	Granting  []OracleGrant `json:"granting,omitempty"` // the entries that grant what the call needs, by layer and the nearest first
	Blockers  []string      `json:"blockers,omitempty"` // what the kernel's first audit record of the denial names
}

// OracleRule is a rule of a policy and where it stands.
type OracleRule struct {
	File string `json:"file"` // as it was given; "profile_text" for a text
	Line int    `json:"line"` // from 1
	Text string `json:"text"` // on one line; of a Landlock policy, the rule about one parent or port
}

// OracleMissing is one thing that a call needs and the policy denies.
type OracleMissing struct {
	Layer  *int   `json:"layer,omitempty"`  // Landlock: from 0, outermost first
	Right  string `json:"right"`            // Landlock's right, or Seatbelt's operation
	Target string `json:"target,omitempty"` // Seatbelt: what the operation would have been done to
}

// OracleDoubt is a form that the model cannot evaluate.
type OracleDoubt struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"` // the form, shortened
	Why  string `json:"why"`
}

// OracleGrant is what one entry of a Landlock policy grants of the rights that a
// call needs.
type OracleGrant struct {
	Layer  int      `json:"layer"`
	Rule   string   `json:"rule"` // the parent, with its variables expanded, or the port
	Rights []string `json:"rights"`
	File   string   `json:"file"`
	Line   int      `json:"line"`
}

// unknownDecision is a model's answer that is no Decision.
const unknownDecision = "unknown"

// Unasked is the answer to a question that could not be asked, and why.
func (q *OracleQuestion) Unasked(why string) OracleAnswer {
	return OracleAnswer{
		Decision: unknownDecision, Operation: q.Operation, Target: q.Target, Missing: []OracleMissing{},
		Reason: strings.ReplaceAll(why, "\n", "; "),
	}
}
