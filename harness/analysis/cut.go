package analysis

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// The files of a cut.
const (
	EventsIndexFile = "events_index.json"
	ScenariosFile   = "scenarios.json"
	OpsFile         = "ops.json"
	IndexesFile     = "runtime_indexes.json"
	CutManifestFile = "runtime_manifest.json"
	StoryFile       = "runtime_story.json"
	TracesFolder    = "traces"
)

// EventsIndex is events_index.json: where each scenario's observations lie.
type EventsIndex struct {
	Meta   Meta                       `json:"meta"`
	Traces artifact.Ordered[[]string] `json:"traces"` // by scenario; each path once
}

// Indexes is runtime_indexes.json.
type Indexes struct {
	Meta             Meta                       `json:"meta"`
	OpToScenarios    artifact.Ordered[[]string] `json:"op_to_scenarios"` // by what was expected, not by what was seen
	ScenarioToTraces artifact.Ordered[[]string] `json:"scenario_to_traces"`
}

// CutManifest is runtime_manifest.json: where the files of a cut lie.
type CutManifest struct {
	Meta                  Meta   `json:"meta"`
	EventsIndex           string `json:"events_index"`
	Scenarios             string `json:"scenarios"`
	Ops                   string `json:"ops"`
	DivergenceAnnotations string `json:"divergence_annotations,omitempty"`
	RuntimeStory          string `json:"runtime_story,omitempty"`
}

// Scenarios is scenarios.json.
type Scenarios struct {
	Meta            Meta                        `json:"meta"`
	PhaseHistograms PhaseHistograms             `json:"phase_histograms"`
	Scenarios       artifact.Ordered[*Scenario] `json:"scenarios"` // in the order first seen
}

// PhaseHistograms say how far attempts got.
type PhaseHistograms struct {
	Overall  PhaseHistogram            `json:"overall"`
	ByFamily map[string]PhaseHistogram `json:"by_family"`
}

// PhaseHistogram counts observations by the stage they ended in.
type PhaseHistogram struct {
	Total   int           `json:"total"`
	Stages  StageCounts   `json:"stages"`
	Blocked BlockedCounts `json:"blocked"`
	Probe   ProbeCounts   `json:"probe"`
}

// StageCounts are observations by failure_stage; one without is at "probe".
type StageCounts struct {
	Apply     int `json:"apply"`
	Bootstrap int `json:"bootstrap"`
	Preflight int `json:"preflight"`
	Probe     int `json:"probe"`
}

// ProbeCounts are the observations that were not blocked.
type ProbeCounts struct {
	Total      int `json:"total"`
	Allow      int `json:"allow"`
	Deny       int `json:"deny"`
	Mismatches int `json:"mismatches"`
	Unobserved int `json:"unobserved"`
}

// Scenario is what was seen of one scenario.
type Scenario struct {
	WorldID      string             `json:"world_id"`
	ProfileID    string             `json:"profile_id"`
	Expectations []Expectation      `json:"expectations"`
	Results      ScenarioResults    `json:"results"`
	Mismatches   []ScenarioMismatch `json:"mismatches"`
	Impact       *struct{}          `json:"impact"` // always null
	ScenarioID   string             `json:"scenario_id"`
}

// Expectation is what the matrix says of a scenario; of one that it does not know
// there is the id alone.
type Expectation struct {
	ExpectationID string `json:"expectation_id"`
	ProfileID     string `json:"profile_id,omitempty"`
	Operation     string `json:"operation,omitempty"`
	Target        string `json:"target,omitempty"`
	Expected      string `json:"expected,omitempty"`
	ProbeName     string `json:"probe_name,omitempty"`
}

// ScenarioResults counts a scenario's observations.
type ScenarioResults struct {
	Total            int           `json:"total"` // that count
	Matches          int           `json:"matches"`
	Mismatches       int           `json:"mismatches"`
	Unobserved       int           `json:"unobserved"`
	TotalWithBlocked int           `json:"total_including_blocked"`
	Blocked          BlockedCounts `json:"blocked"`
	Status           Health        `json:"status"`
	Undecided        int           `json:"undecided,omitempty"` // of Total
}

// ScenarioMismatch is an observation whose match is false, blocked and unobserved
// ones too: more than ScenarioResults.Mismatches counts.
type ScenarioMismatch struct {
	ExpectationID    string  `json:"expectation_id"`
	Expected         *string `json:"expected"`
	Actual           *string `json:"actual"`
	Operation        string  `json:"operation"`
	Target           *string `json:"target"`
	FailureStage     *string `json:"failure_stage"`
	FailureKind      *string `json:"failure_kind"`
	MismatchType     string  `json:"mismatch_type"`
	ViolationSummary *string `json:"violation_summary"`
	Stderr           *string `json:"stderr"`
}

// CutOptions says what a cut is of and where it goes.
type CutOptions struct {
	Dir        string                   // the staging folder; it is made
	Place      string                   // Dir as documents are to name it; empty: as it is
	WorldID    string                   // of every document of the cut
	Matrix     *artifact.ExpectedMatrix // nil: nothing is expected
	Vocabulary *Vocabulary              // nil: operations have no ids
	SourceJobs []string
}

// CutWriter cuts observations into scenarios. Give it the observations in order,
// then Close it. It holds no observation, only what the documents say of them.
type CutWriter struct{}

// Cut is a cut that was written: its documents as they stand in the folder.
type Cut struct {
	Dir       string // the folder
	Manifest  *CutManifest
	Scenarios *Scenarios
	Ops       *OpSummary
}

// NewCutWriter starts a cut.
func NewCutWriter(o CutOptions) (*CutWriter, error) { panic("not built") }

// Add takes one observation in: a line in its scenario's trace. It refuses what
// CheckEvent refuses, another world's, and a scenario whose trace would have the
// name of another's.
func (c *CutWriter) Add(e *artifact.Event) error { panic("not built") }

// Close writes the documents, the manifest last.
func (c *CutWriter) Close() (*Cut, error) { panic("not built") }
