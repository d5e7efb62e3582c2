package mapping

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// told is a scenario of a story whose observations come to results.
func told(id string, r analysis.ScenarioResults, mismatches ...string) *analysis.StoryScenario {
	s := &analysis.StoryScenario{ScenarioID: id, ProfileID: new("p"), Results: &r, Expectations: []analysis.Expectation{{ExpectationID: id, Expected: "deny"}}}
	for _, m := range mismatches {
		s.Mismatches = append(s.Mismatches, analysis.ScenarioMismatch{ExpectationID: m, Expected: new("deny"), Actual: new("allow")})
	}
	return s
}

var (
	matched    = analysis.ScenarioResults{Total: 1, Matches: 1}
	mismatched = analysis.ScenarioResults{Total: 1, Mismatches: 1}
	undecided  = analysis.ScenarioResults{Total: 1, Undecided: 1}
	blocked    = analysis.ScenarioResults{TotalWithBlocked: 1, Blocked: analysis.BlockedCounts{Total: 1}}
	half       = analysis.ScenarioResults{Total: 2, Matches: 1, Undecided: 1}
)

func TestCoverOp(t *testing.T) {
	impact, err := parseImpactMap([]byte(impactText))
	if err != nil {
		t.Fatal(err)
	}
	untold := told("s", matched)
	untold.Results = nil
	tests := []struct {
		name      string
		scenarios []*analysis.StoryScenario
		want      OpCoverage // what is not empty
	}{
		{"matches", []*analysis.StoryScenario{told("b", matched), told("a", matched)}, OpCoverage{Status: "ok", RuntimeSignatures: []string{"a", "b"}}},
		{"allowed mismatch", []*analysis.StoryScenario{told("a", mismatched, "e:one")}, OpCoverage{
			Status: "ok", MismatchSummary: MismatchSummary{Total: 1, Tags: map[string]int{"known": 1, "other": 1}},
		}},
		{"disallowed mismatch", []*analysis.StoryScenario{told("a", mismatched, "e:two"), told("b", matched)}, OpCoverage{
			Status: "partial", Mismatches: []string{"e:two"}, MismatchSummary: MismatchSummary{Total: 1, Disallowed: 1, Tags: map[string]int{"known": 1, "odd": 1}},
		}},
		{"each expectation once", []*analysis.StoryScenario{told("a", mismatched, "y", "x", "y", "e:one")}, OpCoverage{
			Status: "partial", Mismatches: []string{"x", "y"}, MismatchSummary: MismatchSummary{Total: 3, Disallowed: 2, Tags: map[string]int{"known": 1, "other": 1}},
		}},
		{"mismatch of no expectation", []*analysis.StoryScenario{told("a", mismatched, "")}, OpCoverage{Status: "partial", UnnamedMismatches: 1}},
		{"blocked mismatch", []*analysis.StoryScenario{told("a", blocked, "x")}, OpCoverage{
			Status: "partial", Mismatches: []string{"x"}, UndecidedScenarios: []string{"a"}, MismatchSummary: MismatchSummary{Total: 1, Disallowed: 1},
		}},
		{"nothing decided", []*analysis.StoryScenario{told("b", undecided), told("a", blocked)}, OpCoverage{Status: "brittle", UndecidedScenarios: []string{"a", "b"}}},
		{"one undecided", []*analysis.StoryScenario{told("a", undecided), told("b", matched)}, OpCoverage{Status: "partial", UndecidedScenarios: []string{"a"}}},
		{"one blocked", []*analysis.StoryScenario{told("a", blocked), told("b", matched)}, OpCoverage{Status: "partial", UndecidedScenarios: []string{"a"}}},
		{"half decided", []*analysis.StoryScenario{told("a", half), told("b", matched)}, OpCoverage{Status: "partial", UndecidedScenarios: []string{"a"}}},
		{"nothing known", []*analysis.StoryScenario{untold}, OpCoverage{Status: "brittle", UndecidedScenarios: []string{"s"}}},
		{"no scenario", nil, OpCoverage{Status: "brittle", RuntimeSignatures: []string{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if want.RuntimeSignatures == nil {
				for _, s := range tt.scenarios {
					want.RuntimeSignatures = append(want.RuntimeSignatures, s.ScenarioID)
				}
				slices.Sort(want.RuntimeSignatures)
			}
			want.OpID, want.Counts.RuntimeSignatures, want.Mismatches = new(7), len(want.RuntimeSignatures), notNil(want.Mismatches)
			if want.MismatchSummary.Tags == nil {
				want.MismatchSummary.Tags = map[string]int{}
			}
			got := coverOp(&analysis.StoryOp{OpID: new(7), OpName: "op", Scenarios: tt.scenarios}, impact)
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("coverage (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoverageStatus(t *testing.T) {
	op := func(name string, scenarios ...*analysis.StoryScenario) artifact.Member[*analysis.StoryOp] {
		return artifact.Member[*analysis.StoryOp]{Key: name, Value: &analysis.StoryOp{OpName: name, Scenarios: scenarios}}
	}
	ok, bad, none := op("ok", told("a", matched)), op("bad", told("b", mismatched, "b")), op("none", told("c", blocked))
	tests := []struct {
		name string
		ops  artifact.Ordered[*analysis.StoryOp]
		want analysis.Health
	}{
		{"ok", artifact.Ordered[*analysis.StoryOp]{ok}, analysis.HealthOK},
		{"disallowed", artifact.Ordered[*analysis.StoryOp]{ok, bad}, analysis.HealthPartial},
		{"one without a decision", artifact.Ordered[*analysis.StoryOp]{ok, none}, analysis.HealthPartial},
		{"all without", artifact.Ordered[*analysis.StoryOp]{none}, analysis.HealthBrittle},
		{"no rows", nil, analysis.HealthBrittle},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := newCoverage(&set{world: "w", place: "maps"}, &analysis.Story{Ops: tt.ops})
			if err != nil || c.Metadata.Status != tt.want {
				t.Errorf("status %v, %v, want %s", c.Metadata.Status, err, tt.want)
			}
			if c.Metadata.InputHashes != nil || c.Metadata.Provenance.RuntimeStory != "maps/runtime_cuts/runtime_story.json" {
				t.Errorf("metadata %+v", c.Metadata)
			}
		})
	}
	if _, err := newCoverage(&set{}, nil); err == nil || !strings.Contains(err.Error(), "no story") {
		t.Errorf("without a story: %v, want an error", err)
	}
}

// Packets are inputs of the story, and once more of its coverage.
func TestCoverageInputs(t *testing.T) {
	w := newWorkshop(t)
	s := w.make(w.set("maps", w.packet("out", everyEnd())))
	want := []string{"maps/runtime_cuts/ops.json", "maps/runtime_cuts/scenarios.json", "out/promotion_packet.json", "out/promotion_packet.json"}
	if got := s.Coverage.Metadata.Inputs; !slices.Equal(got, want) {
		t.Errorf("inputs %q, want %q", got, want)
	}
	if got := s.Coverage.Metadata.InputHashes["out/run-1/run_manifest.json"]; got == "" {
		t.Error("the run's manifest has no hash")
	}
}
