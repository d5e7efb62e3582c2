package analysis

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

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
	Undecided      int              `json:"undecided,omitempty"` // of Probes
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
// scenarios; documents of two worlds, or of another than the one asked for, are
// refused, and so is a nil vocabulary.
//
// An operation's id is the one that ops has, else the vocabulary's. Two names of
// one operation are told apart: the second goes by its name.
func NewStory(ops *OpSummary, scenarios *Scenarios, vocabulary *Vocabulary, worldID string) (*Story, error) {
	if vocabulary == nil {
		return nil, errors.New("a story needs a vocabulary: the operations of the world with their ids")
	}
	world := cmp.Or(worldID, ops.Meta.WorldID, scenarios.Meta.WorldID)
	for _, doc := range []struct{ name, world string }{{OpsFile, ops.Meta.WorldID}, {ScenariosFile, scenarios.Meta.WorldID}} {
		if doc.world != "" && doc.world != world {
			return nil, fmt.Errorf("%s is of world %q, and the story of %q: tell each world's by itself", doc.name, doc.world, world)
		}
	}
	if err := artifact.CheckID("world_id", world); err != nil {
		return nil, fmt.Errorf("neither %s nor %s says what world it is of: %w", OpsFile, ScenariosFile, err)
	}
	byID := make(map[string]*Scenario, len(scenarios.Scenarios))
	for _, m := range scenarios.Scenarios {
		byID[m.Key] = m.Value
	}
	s := &Story{Meta: NewMeta(world, slices.Clone(ops.Meta.SourceJobs)...)}
	taken := map[string]bool{}
	for _, m := range ops.Ops {
		op := newStoryOp(m.Value, vocabulary)
		for _, id := range m.Value.Scenarios {
			op.Scenarios = append(op.Scenarios, newStoryScenario(id, byID[id]))
		}
		key := op.OpName
		if op.OpID != nil && !taken[strconv.Itoa(*op.OpID)] {
			key = strconv.Itoa(*op.OpID)
		}
		if taken[key] {
			return nil, fmt.Errorf("%s: operation %q would be told twice, as %q", OpsFile, op.OpName, key)
		}
		taken[key] = true
		s.Ops = append(s.Ops, artifact.Member[*StoryOp]{Key: key, Value: op})
	}
	return s, nil
}

func newStoryOp(r *OpRecord, vocabulary *Vocabulary) *StoryOp {
	op := &StoryOp{
		OpID: r.OpID, OpName: r.OpName, CoverageStatus: r.CoverageStatus, Probes: r.Probes, Matches: r.Matches, Mismatches: r.Mismatches,
		Examples: r.Examples, Scenarios: make([]*StoryScenario, 0, len(r.Scenarios)), Static: StoryStatic{vocabulary.Entry(r.OpName)},
		Undecided: r.Undecided,
	}
	if id, known := vocabulary.ID(r.OpName); known && op.OpID == nil {
		op.OpID = &id
	}
	return op
}

// newStoryScenario is a scenario as a story has it; s is nil when nobody knows
// more than its id.
func newStoryScenario(id string, s *Scenario) *StoryScenario {
	if s == nil {
		return &StoryScenario{ScenarioID: id, Expectations: []Expectation{}, Mismatches: []ScenarioMismatch{}}
	}
	return &StoryScenario{
		ScenarioID: id, ProfileID: &s.ProfileID, Status: &s.Results.Status, Results: &s.Results,
		Expectations: s.Expectations, Mismatches: s.Mismatches,
	}
}

// WriteFile writes the story to a file, entry by entry. The file is replaced as a
// whole or not at all.
func (s *Story) WriteFile(file string) error {
	return writeOps(file, s.Meta, s.Ops)
}
