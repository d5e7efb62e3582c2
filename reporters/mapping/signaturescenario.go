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
	VacuousProbes    []string `json:"vacuous_probes,omitempty"`    // expectations: passed or failed by a denial that the policy did not bring about
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

// tale is a scenario as its operation tells of it.
type tale struct {
	op     *analysis.StoryOp
	told   *analysis.StoryScenario
	health analysis.Health // of the operation, in the coverage
}

// tales are the scenarios of a story, by id.
func tales(story *analysis.Story, coverage *Coverage) ([]tale, error) {
	var all []tale
	for _, op := range story.Ops {
		health := coverage.ofOp(op.Value.OpName)
		for _, told := range op.Value.Scenarios {
			all = append(all, tale{op.Value, told, health})
		}
	}
	slices.SortFunc(all, func(a, b tale) int { return strings.Compare(a.told.ScenarioID, b.told.ScenarioID) })
	for i := 1; i < len(all); i++ {
		if a, b := all[i-1], all[i]; a.told.ScenarioID == b.told.ScenarioID {
			return nil, fmt.Errorf("signatures: scenario %q is of operations %q and %q: a scenario is one attempt at one operation", a.told.ScenarioID, a.op.OpName, b.op.OpName)
		}
	}
	return all, nil
}

// disallowed are the mismatches that are not allowed, by scenario. The sightings
// learn from all scenarios what covers them.
func (g *signatures) disallowed(all []tale) []DisallowedMismatch {
	list := []DisallowedMismatch{}
	for _, t := range all {
		s := g.scenario(t)
		for _, id := range s.DisallowedMismatches {
			list = append(list, DisallowedMismatch{s.ScenarioID, id, s.OpName})
		}
	}
	return list
}

// scenario is what the document says of a scenario.
func (g *signatures) scenario(t tale) *SignatureScenario {
	op, told, health := t.op, t.told, t.health
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
		if seen, known := g.seen[id]; known && seen.vacuous {
			s.VacuousProbes = append(s.VacuousProbes, id)
		}
		switch {
		case failed[id]:
			g.cover(id, told.ScenarioID)
		case g.passes(&expected):
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
