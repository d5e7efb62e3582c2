package analysis

import (
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// LegacyMeta is the envelope of the views that older readers take.
type LegacyMeta struct {
	WorldID string `json:"world_id"`
	Source  string `json:"source"` // "runtime_story"
	Status  Health `json:"status"`
}

func newLegacyMeta(s *Story) LegacyMeta {
	return LegacyMeta{s.Meta.WorldID, "runtime_story", s.Meta.Status}
}

// LegacySignatureView is a story as signatures, one for each scenario.
type LegacySignatureView struct {
	Metadata   LegacyMeta                         `json:"metadata"`
	Signatures artifact.Ordered[*LegacySignature] `json:"signatures"` // by scenario
}

// LegacySignature says how the probes of a scenario were decided.
type LegacySignature struct {
	SignatureID string        `json:"signature_id"` // the scenario's
	Profile     *string       `json:"profile"`
	Operation   string        `json:"operation"`
	OpID        *int          `json:"op_id"`
	Probes      []LegacyProbe `json:"probes"` // one for each expectation
}

// LegacyProbe is an expectation and what became of it; null: nobody observed it.
type LegacyProbe struct {
	ExpectationID string  `json:"expectation_id"`
	Name          string  `json:"name"`
	Target        string  `json:"target"`
	Expected      *string `json:"expected"`
	Actual        *string `json:"actual"`
}

// LegacySignatures is the view of a story as signatures. An expectation that the
// story has no mismatch of is reported as it was expected when the results of its
// scenario say that it was observed, and as null otherwise. The reference system
// reports it as it was expected always, as asReference does.
func LegacySignatures(s *Story, asReference bool) *LegacySignatureView {
	v := &LegacySignatureView{Metadata: newLegacyMeta(s)}
	at := map[string]int{}
	for _, m := range s.Ops {
		for _, scenario := range m.Value.Scenarios {
			signature := newLegacySignature(m.Value, scenario, asReference)
			// A scenario of two operations is told twice, and has one signature.
			i, told := at[scenario.ScenarioID]
			if !told {
				i = len(v.Signatures)
				at[scenario.ScenarioID] = i
				v.Signatures = append(v.Signatures, artifact.Member[*LegacySignature]{Key: scenario.ScenarioID, Value: signature})
			}
			v.Signatures[i].Value = signature
		}
	}
	return v
}

func newLegacySignature(op *StoryOp, s *StoryScenario, asReference bool) *LegacySignature {
	signature := &LegacySignature{SignatureID: s.ScenarioID, Profile: s.ProfileID, Operation: op.OpName, OpID: op.OpID, Probes: make([]LegacyProbe, 0, len(s.Expectations))}
	for _, x := range s.Expectations {
		p := LegacyProbe{ExpectationID: x.ExpectationID, Name: x.ProbeName, Target: x.Target, Expected: given(x.Expected)}
		mismatch := slices.IndexFunc(s.Mismatches, func(m ScenarioMismatch) bool { return m.ExpectationID == x.ExpectationID })
		switch {
		case mismatch < 0 && (asReference || s.observedAsExpected()):
			p.Actual = p.Expected
		case mismatch >= 0 && (asReference || s.observedMismatches()):
			p.Actual = s.Mismatches[mismatch].Actual
		}
		signature.Probes = append(signature.Probes, p)
	}
	return signature
}

// observedAsExpected says that an expectation without a mismatch was observed. Of
// several, one may have been and another not, as far as the counts tell, unless
// every observation of the scenario has a decision.
func (s *StoryScenario) observedAsExpected() bool {
	r := s.Results
	if r == nil || r.Matches == 0 {
		return false
	}
	return len(s.Expectations) == 1 || r.Matches+r.Mismatches == r.TotalWithBlocked
}

// observedMismatches says that what the mismatches state was observed: none of
// them is of an operation that was not reached, or not decided.
func (s *StoryScenario) observedMismatches() bool {
	return s.Results != nil && s.Results.Mismatches == len(s.Mismatches)
}

// LegacyCoverageView is a story as coverage.
type LegacyCoverageView struct {
	Metadata LegacyMeta                       `json:"metadata"`
	Coverage artifact.Ordered[LegacyCovering] `json:"coverage"` // by the operation's name
}

// LegacyCovering says which scenarios had to do with an operation.
type LegacyCovering struct {
	OpID              *int     `json:"op_id"`
	RuntimeSignatures []string `json:"runtime_signatures"` // scenario ids, sorted
	Counts            struct {
		RuntimeSignatures int `json:"runtime_signatures"`
	} `json:"counts"`
	CoverageStatus Health `json:"coverage_status"`
}

// LegacyCoverage is the view of a story as coverage.
func LegacyCoverage(s *Story) *LegacyCoverageView {
	v := &LegacyCoverageView{Metadata: newLegacyMeta(s)}
	for _, m := range s.Ops {
		c := LegacyCovering{OpID: m.Value.OpID, RuntimeSignatures: []string{}, CoverageStatus: m.Value.CoverageStatus}
		for _, scenario := range m.Value.Scenarios {
			c.RuntimeSignatures = append(c.RuntimeSignatures, scenario.ScenarioID)
		}
		slices.Sort(c.RuntimeSignatures)
		c.Counts.RuntimeSignatures = len(c.RuntimeSignatures)
		v.Coverage = append(v.Coverage, artifact.Member[LegacyCovering]{Key: m.Value.OpName, Value: c})
	}
	return v
}
