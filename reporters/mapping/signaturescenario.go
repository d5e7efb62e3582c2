package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/analysis"
)

// SignatureScenario is what is known of one scenario.
type SignatureScenario struct {
	ScenarioID           string                    `json:"scenario_id"`
	OpName               string                    `json:"op_name"`
	OpID                 *int                      `json:"op_id"`
	ProfileID            *string                   `json:"profile_id"`
	Status               analysis.Health           `json:"status"`          // no better than that of its operation
	CoverageStatus       analysis.Health           `json:"coverage_status"` // of its operation
	Results              *analysis.ScenarioResults `json:"results"`
	ExpectedRowIDs       []string                  `json:"expected_row_ids"` // expectations
	RuntimeOnly          bool                      `json:"runtime_only"`     // nothing is expected of it
	PassedProbes         []string                  `json:"passed_probes"`    // expectations
	FailedProbes         []FailedProbe             `json:"failed_probes"`
	Mismatches           []string                  `json:"mismatches"` // expectations, sorted: also of probes that nobody observed
	DisallowedMismatches []string                  `json:"disallowed_mismatches"`

	UnobservedProbes []string `json:"unobserved_probes,omitempty"` // expectations: neither passed nor failed
}

// FailedProbe is a mismatch, and what the impact map says of it.
type FailedProbe struct {
	analysis.ScenarioMismatch
	Tags    []string `json:"tags"`
	Allowed bool     `json:"allowed"`
}

// DisallowedMismatch names a mismatch that is not allowed.
type DisallowedMismatch struct {
	ScenarioID    string `json:"scenario_id"`
	ExpectationID string `json:"expectation_id"`
	OpName        string `json:"op_name"`
}

// scenarios are those of the story, by id, with the mismatches that are not
// allowed in the same order. The sightings learn which scenario covers them.
func (g *signatures) scenarios(story *analysis.Story, coverage *Coverage) (all []*SignatureScenario, disallowed []DisallowedMismatch, err error) {
	for _, op := range story.Ops {
		health := coverage.ofOp(op.Value.OpName)
		for _, told := range op.Value.Scenarios {
			all = append(all, g.scenario(op.Value, told, health))
		}
	}
	slices.SortFunc(all, func(a, b *SignatureScenario) int { return strings.Compare(a.ScenarioID, b.ScenarioID) })
	for i, s := range all {
		if i > 0 && all[i-1].ScenarioID == s.ScenarioID {
			return nil, nil, fmt.Errorf("signatures: scenario %q is of operations %q and %q: a scenario is one attempt at one operation", s.ScenarioID, all[i-1].OpName, s.OpName)
		}
		for _, id := range s.DisallowedMismatches {
			disallowed = append(disallowed, DisallowedMismatch{s.ScenarioID, id, s.OpName})
		}
	}
	return all, disallowed, nil
}

func (g *signatures) scenario(op *analysis.StoryOp, told *analysis.StoryScenario, health analysis.Health) *SignatureScenario {
	s := &SignatureScenario{
		ScenarioID: told.ScenarioID, OpName: op.OpName, OpID: op.OpID, ProfileID: told.ProfileID,
		Status: analysis.HealthOK, CoverageStatus: health, Results: told.Results, RuntimeOnly: len(told.Expectations) == 0,
		ExpectedRowIDs: []string{}, PassedProbes: []string{}, FailedProbes: []FailedProbe{}, Mismatches: []string{}, DisallowedMismatches: []string{},
	}
	failed := map[string]bool{}
	for _, m := range told.Mismatches {
		if m.ExpectationID == "" {
			continue
		}
		tags, allowed := g.set.impact.allows(m.ExpectationID)
		s.Mismatches = append(s.Mismatches, m.ExpectationID)
		if !allowed {
			s.DisallowedMismatches = append(s.DisallowedMismatches, m.ExpectationID)
		}
		if g.speaks(m.ExpectationID) {
			failed[m.ExpectationID] = true
			s.FailedProbes = append(s.FailedProbes, FailedProbe{m, notNil(tags), allowed})
			g.fail(&m, allowed)
		}
	}
	s.Mismatches, s.DisallowedMismatches = unique(s.Mismatches), unique(s.DisallowedMismatches)
	for _, expected := range told.Expectations {
		id := expected.ExpectationID
		s.ExpectedRowIDs = append(s.ExpectedRowIDs, id)
		switch {
		case failed[id]:
			g.cover(id, told.ScenarioID)
		case g.speaks(id):
			s.PassedProbes = append(s.PassedProbes, id)
			g.pass(&expected)
			g.cover(id, told.ScenarioID)
		default:
			s.UnobservedProbes = append(s.UnobservedProbes, id)
		}
	}
	if len(s.DisallowedMismatches) > 0 {
		s.Status = analysis.HealthPartial
	}
	if health != analysis.HealthOK {
		s.Status = health
	}
	return s
}

// fail notes a mismatch. As the reference system has it, its decision is stated
// also when nobody saw the operation attempted.
func (g *signatures) fail(m *analysis.ScenarioMismatch, allowed bool) {
	s := g.of(m.ExpectationID)
	s.class = coveredDisallowed
	if allowed {
		s.class = coveredAllowed
	}
	if g.set.opts.ReferenceSignatures && s.decision == unseen && m.Actual != nil {
		s.decision = decisionOf(*m.Actual)
	}
}

// pass notes that there was no mismatch, from which the reference system
// concludes that the expected decision was made.
func (g *signatures) pass(expected *analysis.Expectation) {
	s := g.of(expected.ExpectationID)
	s.class = coveredOK
	if g.set.opts.ReferenceSignatures {
		s.decision = decisionOf(expected.Expected)
	}
}

func (g *signatures) cover(expectation, scenario string) { g.of(expectation).scenario = scenario }

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
