package analysis_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// What a row counts as, alone in its scenario.
func TestScenarioStatus(t *testing.T) {
	ok, contrary, undecided := row("op", "s", "deny", "deny"), row("op", "s", "allow", "deny"), row("op", "s", "deny", "")
	unexpected := row("op", "s", "", "deny")
	unexpected.Match = nil
	gate := blocked(ok, "preflight", "")
	elsewhere := ok
	elsewhere.IntendedOpWitnessed = new(false)
	for _, tt := range []struct {
		name string
		rows []artifact.Event
		want analysis.Health
	}{
		{"match", []artifact.Event{ok}, "ok"},
		{"match_and_blocked", []artifact.Event{ok, gate}, "ok"},
		{"match_and_elsewhere", []artifact.Event{ok, elsewhere}, "ok"},
		{"match_and_undecided", []artifact.Event{ok, undecided}, "partial"},
		{"match_and_mismatch", []artifact.Event{ok, contrary}, "partial"},
		{"mismatch", []artifact.Event{contrary}, "brittle"},
		{"mismatch_and_undecided", []artifact.Event{contrary, undecided}, "brittle"},
		{"undecided", []artifact.Event{undecided}, "brittle"},
		{"undecided_and_blocked", []artifact.Event{undecided, gate}, "brittle"},
		{"nothing_expected", []artifact.Event{unexpected}, "partial"},
		{"blocked", []artifact.Event{gate}, "blocked"},
		{"blocked_and_elsewhere", []artifact.Event{gate, elsewhere}, "blocked"},
		{"elsewhere", []artifact.Event{elsewhere}, "brittle"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := cut(t, analysis.CutOptions{Dir: t.TempDir(), WorldID: linuxWorld}, tt.rows...)
			if got := c.Scenarios.Scenarios[0].Value.Results; got.Status != tt.want {
				t.Errorf("results %+v, want status %q", got, tt.want)
			}
		})
	}
}

// Mismatches are those of blocked and of unobserved rows too, each with its type.
// A row that counts and has no decision is none, whatever its match says.
func TestScenarioMismatches(t *testing.T) {
	mismatch := func(expected, actual, stage, kind string) artifact.Event {
		e := row("file-read*", "s", expected, actual)
		e.Target, e.Match = "/tmp/runtime-adv/edges/../x", new(false)
		if stage != "" {
			e.FailureStage, e.FailureKind = &stage, &kind
		}
		return e
	}
	elsewhere := mismatch("allow", "deny", "", "")
	elsewhere.IntendedOpWitnessed = new(false)
	for _, tt := range []struct {
		want    string
		e       artifact.Event
		counted int
	}{
		{"apply_gate", mismatch("allow", "", "apply", "k"), 0},
		{"preflight_blocked", mismatch("deny", "", "preflight", "k"), 0},
		{"bootstrap_deny_process_exec", mismatch("allow", "deny", "bootstrap", "bootstrap_deny_process_exec"), 0},
		{"bootstrap_failed", mismatch("allow", "deny", "bootstrap", "k"), 0},
		{"unexpected_deny", mismatch("allow", "deny", "probe", "k"), 1},
		{"unexpected_allow", mismatch("deny", "allow", "", ""), 1},
		{"filter_diff", mismatch("", "allow", "", ""), 1},
		{"unexpected_deny", elsewhere, 0},
		{"", mismatch("deny", "", "probe", "k"), 0},
	} {
		c := cut(t, analysis.CutOptions{Dir: t.TempDir(), WorldID: linuxWorld}, tt.e)
		s := c.Scenarios.Scenarios[0].Value
		got := ""
		if len(s.Mismatches) > 0 {
			got = s.Mismatches[0].MismatchType
		}
		if got != tt.want || s.Results.Mismatches != tt.counted || c.Scenarios.PhaseHistograms.Overall.Probe.Mismatches != tt.counted {
			t.Errorf("mismatch %q and results %+v, want %q and %d mismatches", got, s.Results, tt.want, tt.counted)
		}
	}
}
