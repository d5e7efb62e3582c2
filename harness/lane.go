package harness

import "github.com/rtgen/rtgen/harness/internal/evidence"

// Lane names the stream of evidence a result belongs to. Lanes are never
// merged.
type Lane = evidence.Lane

// The three lanes.
const (
	LaneBaseline = evidence.LaneBaseline // the attempt without the policy
	LaneScenario = evidence.LaneScenario // the attempt under the policy
	LaneOracle   = evidence.LaneOracle   // a model's prediction, nothing was attempted
)

// AllLanes are the lanes in the order they are run and reported.
func AllLanes() []Lane { return []Lane{LaneBaseline, LaneScenario, LaneOracle} }

// LaneSet says which lanes are on.
type LaneSet struct {
	Baseline bool `json:"baseline"`
	Scenario bool `json:"scenario"`
	Oracle   bool `json:"oracle"`
}

// Has says whether the lane is on.
func (s LaneSet) Has(l Lane) bool {
	switch l {
	case LaneBaseline:
		return s.Baseline
	case LaneScenario:
		return s.Scenario
	case LaneOracle:
		return s.Oracle
	}
	return false
}

// Only is the set with every other lane off.
func (s LaneSet) Only(l Lane) LaneSet {
	return LaneSet{
		Baseline: s.Baseline && l == LaneBaseline,
		Scenario: s.Scenario && l == LaneScenario,
		Oracle:   s.Oracle && l == LaneOracle,
	}
}
