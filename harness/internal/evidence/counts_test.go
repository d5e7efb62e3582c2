package evidence_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

func TestCounts(t *testing.T) {
	run, obs := manyRows(100, 2)
	_, got, err := evidence.Derive(run, obs)
	if err != nil {
		t.Fatal(err)
	}
	// Half of the scenarios expect an allow. Every twentieth, which expects a
	// deny, is allowed; the fiftieth and the hundredth are broken.
	profile := func(id string, allowed, denied, matches, mismatches int) evidence.ProfileCounts {
		return evidence.ProfileCounts{
			ProfileID: id, Status: "blocked", Scenarios: 50,
			Baseline: evidence.LaneCounts{Allowed: 50},
			Scenario: evidence.LaneCounts{Allowed: allowed, Denied: denied, Broken: 1, Matches: matches, Mismatches: mismatches},
			Oracle:   evidence.LaneCounts{Allowed: 25, Denied: 25, Matches: 50},
		}
	}
	want := evidence.Counts{
		Status: "partial", ProfileCount: 2, ScenarioCount: 100,
		Baseline:       evidence.LaneCounts{Allowed: 100},
		Scenario:       evidence.LaneCounts{Allowed: 54, Denied: 44, Broken: 2, Matches: 94, Mismatches: 4},
		Oracle:         evidence.LaneCounts{Allowed: 50, Denied: 50, Matches: 100},
		Witness:        evidence.WitnessCounts{Denied: 44},
		Agreement:      evidence.OracleCounts{Compared: 98, Same: 94, Disagreements: 4},
		MismatchCounts: map[string]int{"filter_diff": 2, "unexpected_allow": 4},
		Profiles:       []evidence.ProfileCounts{profile("many:p0", 27, 22, 47, 2), profile("many:p1", 27, 22, 47, 2)},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(evidence.Counts{}, "Mismatches", "Disagreements", "byType")); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if n := len(got.Mismatches); n != 6 {
		t.Errorf("%d mismatches, want 6", n)
	}
	if n := len(got.Disagreements); n != 4 {
		t.Errorf("%d disagreements, want 4", n)
	}
	if n := got.Lane(evidence.LaneScenario).Observed(); n != 100 {
		t.Errorf("%d observed, want 100", n)
	}
}

// What a run needs to be ok.
func TestRunStatus(t *testing.T) {
	run := testRun(readProbe("f", evidence.Allow))
	failedRun := run
	failedRun.Error = "interrupted"
	failedDry := failedRun
	failedDry.DryRun = true
	good := allLanes(run, "f", evidence.Allowed)
	with := func(o evidence.Observation) []evidence.Observation {
		obs := append([]evidence.Observation{}, good...)
		for i := range obs {
			if obs[i].Lane == o.Lane {
				obs[i] = o
			}
		}
		return obs
	}
	tests := []struct {
		name string
		run  evidence.Run
		obs  []evidence.Observation
		want string
	}{
		{"all_as_expected", run, good, "ok"},
		{"nothing_observed", run, nil, "partial"},
		{"failed", failedRun, good, "failed"},
		{"failed_dry", failedDry, nil, "failed"},
		{"baseline_undecided", run, with(observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Undecided, failed(2, "ENOENT"))), "ok"},
		{"baseline_blocked", run, with(observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Blocked, because("capability_missing", ""))), "ok"},
		{"baseline_broken", run, with(observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Broken, because("worker_died", ""))), "partial"},
		{"scenario_blocked", run, with(observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Blocked, because("capability_missing", ""))), "partial"},
		{"oracle_unknown", run, with(observe(run, evidence.LaneOracle, "demo:rw:f", evidence.Undecided, predicted("unknown"))), "ok"},
		{"oracle_contradicts", run, with(observe(run, evidence.LaneOracle, "demo:rw:f", evidence.Denied, predicted("deny"))), "partial"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, counts, err := evidence.Derive(tc.run, tc.obs)
			if err != nil {
				t.Fatal(err)
			}
			if counts.Status != tc.want {
				t.Errorf("status %q, want %q", counts.Status, tc.want)
			}
		})
	}
}

// A profile is blocked only when nothing of it was decided, or something broke.
func TestProfileStatus(t *testing.T) {
	type outcomes = []evidence.Outcome // of scenarios that expect a deny
	const denied, allowed, undecided, blocked, broken = evidence.Denied, evidence.Allowed, evidence.Undecided, evidence.Blocked, evidence.Broken
	tests := []struct {
		name          string
		seen          outcomes
		status, notes string
	}{
		{"all_match", outcomes{denied, denied}, "ok", ""},
		{"one_differs", outcomes{denied, allowed}, "partial", "runtime results diverged from expected allow/deny matrix"},
		{"one_undecided", outcomes{denied, undecided}, "partial", "some probes reached no decision"},
		{"one_blocked", outcomes{denied, blocked}, "partial", "some probes reached no decision"},
		{"blocked_and_differs", outcomes{allowed, blocked}, "partial", "runtime results diverged from expected allow/deny matrix"},
		{"all_blocked", outcomes{blocked, blocked}, "blocked", "all probes blocked before policy evaluation"},
		{"one_broken", outcomes{denied, broken}, "blocked", "probe execution error"},
		{"broken_and_blocked", outcomes{broken, blocked}, "blocked", "probe execution error"},
		{"one_selected", outcomes{denied, ""}, "ok", ""},
		{"none_selected", outcomes{"", ""}, "", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := testRun(readProbe("0", evidence.Deny), readProbe("1", evidence.Deny))
			var obs []evidence.Observation
			for i, outcome := range tc.seen {
				var mods []func(*evidence.Observation)
				switch outcome {
				case "":
					continue
				case allowed:
					mods = append(mods, applied)
				case denied, undecided:
					mods = append(mods, applied, failed(13, "EACCES"))
				default:
					mods = append(mods, because("some_kind", ""))
				}
				obs = append(obs, observe(run, evidence.LaneScenario, run.Matrix.Profiles[0].Probes[i].ExpectationID, outcome, mods...))
			}
			docs, counts, err := evidence.Derive(run, obs)
			if err != nil {
				t.Fatal(err)
			}
			var results artifact.RuntimeResults
			if err := json.Unmarshal(document(t, docs, resultsFile).Data, &results); err != nil {
				t.Fatal(err)
			}
			profile, ok := results.Get("demo:rw")
			if ok != (tc.status != "") {
				t.Fatalf("profile listed: %v, want %v", ok, !ok)
			}
			notes := ""
			if profile.Notes != nil {
				notes = *profile.Notes
			}
			if profile.Status != tc.status || notes != tc.notes || counts.Profiles[0].Status != tc.status {
				t.Errorf("(%q, %q), counted %q; want (%q, %q)", profile.Status, notes, counts.Profiles[0].Status, tc.status, tc.notes)
			}
			if len(profile.Probes) != len(obs) {
				t.Errorf("%d rows from %d observations", len(profile.Probes), len(obs))
			}
		})
	}
}
