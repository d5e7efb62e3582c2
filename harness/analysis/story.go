package analysis

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Story is runtime_story.json: scenarios told by operation.
type Story struct {
	Meta Meta                       `json:"meta"`
	Ops  artifact.Ordered[*StoryOp] `json:"ops"` // by op_id as text, by name where there is none
}

// StoryOp is one operation of a story.
type StoryOp struct {
	OpID           *int             `json:"op_id"`
	OpName         string           `json:"op_name"`
	CoverageStatus Health           `json:"coverage_status"`
	Probes         int              `json:"probes"`
	Matches        int              `json:"matches"`
	Mismatches     int              `json:"mismatches"`
	Examples       []OpExample      `json:"examples"`
	Scenarios      []*StoryScenario `json:"scenarios"`
	Static         StoryStatic      `json:"static"`
}

// StoryStatic is what is known of an operation without any run.
type StoryStatic struct {
	VocabEntry json.RawMessage `json:"vocab_entry"` // as the vocabulary's file has it, or null
}

// StoryScenario is one scenario of an operation.
type StoryScenario struct {
	ScenarioID   string             `json:"scenario_id"`
	ProfileID    *string            `json:"profile_id"`
	Status       *Health            `json:"status"` // that of Results
	Results      *ScenarioResults   `json:"results"`
	Expectations []Expectation      `json:"expectations"`
	Mismatches   []ScenarioMismatch `json:"mismatches"`
}

// NewStory tells the story of a cut. An empty world is that of ops, else that of
// scenarios; a nil vocabulary is refused.
func NewStory(ops *OpSummary, scenarios *Scenarios, vocabulary *Vocabulary, worldID string) (*Story, error) {
	panic("not built")
}

// WriteFile writes the story to a file, entry by entry.
func (s *Story) WriteFile(file string) error { panic("not built") }
