package artifact

// MismatchSummary is mismatch_summary.json: every row whose decision is not
// the expected one, rows without a decision among them.
type MismatchSummary struct {
	WorldID     string       `json:"world_id"`
	GeneratedBy string       `json:"generated_by"`
	Mismatches  []Mismatch   `json:"mismatches"`
	Counts      Ordered[int] `json:"counts"` // by mismatch_type, in order of first appearance
	Error       *string      `json:"error,omitempty"`
}

// Mismatch is one of them.
type Mismatch struct {
	WorldID          string  `json:"world_id"`
	ProfileID        string  `json:"profile_id"`
	ExpectationID    string  `json:"expectation_id"`
	Operation        string  `json:"operation"`
	Path             string  `json:"path"`
	Expected         string  `json:"expected"`
	Actual           *string `json:"actual"`
	MismatchType     string  `json:"mismatch_type"`
	ViolationSummary *string `json:"violation_summary"`
	Notes            *string `json:"notes"`
}

// The mismatch types, in the order in which the first that fits is taken.
const (
	MismatchOpNotWitnessed    = "op_not_witnessed"
	MismatchPreflightBlocked  = "preflight_blocked"
	MismatchApplyGate         = "apply_gate"
	MismatchBootstrapDenyExec = "bootstrap_deny_process_exec"
	MismatchBootstrapFailed   = "bootstrap_failed"
	MismatchUnexpectedDeny    = "unexpected_deny"
	MismatchUnexpectedAllow   = "unexpected_allow"
	MismatchCanonicalization  = "canonicalization_boundary"
	MismatchFilterDiff        = "filter_diff"
)
