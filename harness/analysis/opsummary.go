package analysis

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// OpSummary is op_runtime_summary.json, and ops.json of a cut: what is known of
// each operation, in the order in which they were first seen.
type OpSummary struct {
	Meta Meta                        `json:"meta"`
	Ops  artifact.Ordered[*OpRecord] `json:"ops"`
}

// OpRecord is what is known of one operation. The reference system calls one ok that
// has no mismatch, also when nobody saw a decision.
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
	CoverageStatus    Health        `json:"coverage_status"`          // "ok", "partial" or "brittle"
	Undecided         int           `json:"undecided,omitempty"`      // of those that count: nobody saw a decision
	Contradictions    int           `json:"contradictions,omitempty"` // of Undecided: allowed under the policy, denied without it
	Vacuous           int           `json:"vacuous,omitempty"`        // denials, matches or not, that the policy did not bring about: it is denied without it too
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

// OpSummaryOptions is what BuildOpSummary is told beside the observations. Its
// zero value works.
type OpSummaryOptions struct {
	WorldID     string // empty: that of the first observation
	Inputs      []string
	InputHashes Hashes // by the paths in Inputs
	SourceJobs  []string
	Notes       string
	Vocabulary  *Vocabulary // nil: the built-in one of the world, and no ids where its system has none
}

// BuildOpSummary sums observations up by operation, and refuses what OpTally.Add
// does. Where there are too many to hold, give them to an OpTally one by one.
func BuildOpSummary(observations []artifact.Event, o OpSummaryOptions) (*OpSummary, error) {
	world := o.WorldID
	if world == "" && len(observations) > 0 {
		world = observations[0].WorldID
	}
	tally := NewOpTally(world, vocabularyOr(o.Vocabulary, world))
	for i := range observations {
		if err := tally.Add(&observations[i]); err != nil {
			return nil, err
		}
	}
	meta := NewMeta(world, o.SourceJobs...)
	meta.Inputs, meta.InputHashes, meta.Notes = o.Inputs, o.InputHashes, o.Notes
	return tally.Summary(meta), nil
}

// vocabularyOr is the vocabulary that was given, else the built-in one of the
// world; nil where its system has none.
func vocabularyOr(given *Vocabulary, worldID string) *Vocabulary {
	if given != nil {
		return given
	}
	builtin, _ := VocabularyOf(worldID)
	return builtin
}

// WriteFile writes the summary to a file, scenario by scenario. The file is
// replaced as a whole or not at all; folders that are not there are made.
func (s *OpSummary) WriteFile(path string) error {
	return writeOps(path, s.Meta, s.Ops)
}
