package analysis

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// OpSummary is op_runtime_summary.json, and ops.json of a cut: what is known of
// each operation, in the order in which they were first seen.
type OpSummary struct {
	Meta Meta                        `json:"meta"`
	Ops  artifact.Ordered[*OpRecord] `json:"ops"`
}

// OpRecord is what is known of one operation.
type OpRecord struct {
	OpName            string        `json:"op_name"`
	OpID              *int          `json:"op_id"` // null: the vocabulary does not have it
	WorldID           string        `json:"world_id"`
	Probes            int           `json:"probes"` // observations that count
	Matches           int           `json:"matches"`
	Mismatches        int           `json:"mismatches"`
	ProbesWithBlocked int           `json:"probes_including_blocked"`
	Blocked           BlockedCounts `json:"blocked"`
	Unobserved        int           `json:"unobserved"`
	Examples          []OpExample   `json:"examples"`  // the first five that count
	Scenarios         []string      `json:"scenarios"` // sorted, of all observations
	MismatchDetails   []OpMismatch  `json:"mismatch_details,omitempty"`
	CoverageStatus    Health        `json:"coverage_status"`     // "ok", "partial" or "brittle"
	Undecided         int           `json:"undecided,omitempty"` // of those that count: nobody saw a decision
}

// BlockedCounts counts observations whose operation was never reached.
type BlockedCounts struct {
	Total   int            `json:"total"`
	ByStage map[string]int `json:"by_stage"`
	ByKind  map[string]int `json:"by_kind"` // of those that name a failure_kind
}

// OpExample is an observation in short.
type OpExample struct {
	ScenarioID    string  `json:"scenario_id"`
	ExpectationID string  `json:"expectation_id"`
	Expected      *string `json:"expected"`
	Actual        *string `json:"actual"`
	Match         *bool   `json:"match"`
}

// OpMismatch is an observation that was not the expected one.
type OpMismatch struct {
	ScenarioID    string  `json:"scenario_id"`
	ExpectationID string  `json:"expectation_id"`
	Expected      *string `json:"expected"`
	Actual        *string `json:"actual"`
	Target        *string `json:"target"`
}

// OpTally adds up observations by operation. It holds no observation.
type OpTally struct{}

// NewOpTally starts a tally. An empty world is that of the first observation; a
// nil vocabulary has no ids.
func NewOpTally(worldID string, vocabulary *Vocabulary) *OpTally { panic("not built") }

// Add counts one observation; see CheckEvent for its errors.
func (t *OpTally) Add(e *artifact.Event) error { panic("not built") }

// Summary is what was added up so far, in the envelope meta.
func (t *OpTally) Summary(meta Meta) *OpSummary { panic("not built") }
