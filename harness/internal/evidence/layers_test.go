package evidence_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// lanePair is a scenario and a baseline observation of one file read; an empty
// outcome is a lane that did not look.
func lanePair(run evidence.Run, scenario, baseline evidence.Outcome, sign func(*evidence.Observation)) []evidence.Observation {
	var obs []evidence.Observation
	for _, l := range []struct {
		lane    evidence.Lane
		outcome evidence.Outcome
	}{{evidence.LaneScenario, scenario}, {evidence.LaneBaseline, baseline}} {
		if l.outcome == "" {
			continue
		}
		var mods []func(*evidence.Observation)
		switch l.outcome {
		case evidence.Allowed, evidence.Denied, evidence.Undecided:
			mods = append(mods, called("/scratch/ws/f"))
			if l.lane == evidence.LaneScenario {
				mods = append(mods, applied)
			}
		default:
			mods = append(mods, because("some_kind", "some reason"))
		}
		if l.outcome == evidence.Denied || l.outcome == evidence.Undecided {
			mods = append(mods, sign)
		}
		obs = append(obs, observe(run, l.lane, "demo:rw:f", l.outcome, mods...))
	}
	return obs
}

func oneEvent(t *testing.T, run evidence.Run, obs []evidence.Observation) (artifact.Event, evidence.Counts) {
	t.Helper()
	docs, counts, err := evidence.Derive(run, obs)
	if err != nil {
		t.Fatal(err)
	}
	var events []artifact.Event
	if err := json.Unmarshal(document(t, docs, eventsFile).Data, &events); err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	return events[0], counts
}

// Every meeting of a scenario with a baseline.
func TestPolicyLayers(t *testing.T) {
	const allowed, denied, undecided, broken, blocked = evidence.Allowed, evidence.Denied, evidence.Undecided, evidence.Broken, evidence.Blocked
	tests := []struct {
		scenario, baseline    evidence.Outcome
		effective, attributed string
		vacuous, contradicts  int
	}{
		{allowed, allowed, "allow", "allow", 0, 0},
		{allowed, denied, "unknown", "contradiction", 0, 1},
		{allowed, undecided, "allow", "unknown", 0, 0},
		{allowed, broken, "allow", "unknown", 0, 0},
		{allowed, "", "allow", "unknown", 0, 0},
		{denied, allowed, "deny", "process_policy", 0, 0},
		{denied, denied, "deny", "platform_policy", 1, 0},
		{denied, undecided, "deny", "unknown", 0, 0},
		{denied, blocked, "deny", "unknown", 0, 0},
		{denied, "", "deny", "unknown", 0, 0},
		{undecided, allowed, "unknown", "unknown", 0, 0},
		{undecided, denied, "unknown", "unknown", 0, 0},
		{broken, allowed, "unknown", "unknown", 0, 0},
		{broken, denied, "unknown", "unknown", 0, 0},
		{blocked, denied, "unknown", "unknown", 0, 0},
		{blocked, "", "unknown", "unknown", 0, 0},
	}
	for _, tc := range tests {
		t.Run(string(tc.scenario+"_over_"+tc.baseline), func(t *testing.T) {
			run := testRun(readProbe("f", evidence.Deny))
			e, counts := oneEvent(t, run, lanePair(run, tc.scenario, tc.baseline, failed(13, "EACCES")))
			if e.PolicyLayers.EffectiveDecision != tc.effective || e.PolicyLayers.Attribution != tc.attributed {
				t.Errorf("(%s, %s), want (%s, %s)", e.PolicyLayers.EffectiveDecision, e.PolicyLayers.Attribution, tc.effective, tc.attributed)
			}
			if counts.Vacuous != tc.vacuous || counts.Contradictions != tc.contradicts {
				t.Errorf("vacuous %d, contradictions %d; want %d, %d", counts.Vacuous, counts.Contradictions, tc.vacuous, tc.contradicts)
			}
			if want := map[bool]string{true: "baseline_missing", false: "baseline"}[tc.baseline == ""]; e.PolicyLayers.PlatformPolicy.Source != want {
				t.Errorf("platform source %q, want %q", e.PolicyLayers.PlatformPolicy.Source, want)
			}
		})
	}
}

// An allow that the baseline denies makes the run not ok even when the plan
// expected the allow.
func TestContradictionIsNotOK(t *testing.T) {
	run := testRun(readProbe("f", evidence.Allow))
	e, counts := oneEvent(t, run, lanePair(run, evidence.Allowed, evidence.Denied, failed(13, "EACCES")))
	if !*e.Match || len(counts.Mismatches) != 0 {
		t.Errorf("match %v with %d mismatches; the decision is the expected one", *e.Match, len(counts.Mismatches))
	}
	if counts.Status != evidence.StatusPartial {
		t.Errorf("status %q, want %q", counts.Status, evidence.StatusPartial)
	}
}

// What is not Landlock's, and what is no file.
func TestFileConfounder(t *testing.T) {
	tests := []struct {
		name               string
		mode               string
		scenario, baseline evidence.Outcome
		errno              int
		class, attributed  string
	}{
		{"seccomp_eperm", "seccomp", evidence.Denied, evidence.Allowed, 1, "sandbox_or_mac", "seccomp"},
		{"launcher", "launcher", evidence.Denied, evidence.Allowed, 13, "sandbox_or_mac", "launcher"},
		{"seatbelt_eperm", "sbpl", evidence.Denied, evidence.Allowed, 1, "sandbox_or_mac", "app_sandbox"},
		{"seatbelt_platform_eperm", "sbpl", evidence.Denied, evidence.Denied, 1, "sandbox_or_mac", "mac"},
		{"seatbelt_eperm_no_baseline", "sbpl", evidence.Denied, "", 1, "sandbox_or_mac", "sandbox_or_mac"},
		{"seatbelt_permissions", "sbpl", evidence.Denied, evidence.Denied, 13, "unix_permissions", "unix_acl"},
		{"seatbelt_undecided_eperm", "sbpl", evidence.Undecided, evidence.Allowed, 1, "sandbox_or_mac", "sandbox_or_mac"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := testRun(readProbe("f", evidence.Deny))
			run.Matrix.Profiles[0].Mode = tc.mode
			e, _ := oneEvent(t, run, lanePair(run, tc.scenario, tc.baseline, failed(tc.errno, "")))
			want := &artifact.FileConfounder{Attribution: tc.attributed, Classification: tc.class, Errno: tc.errno}
			if diff := cmp.Diff(want, e.FileConfounder); diff != "" {
				t.Errorf("file_confounder (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("not_a_file", func(t *testing.T) {
		run := testRun(evidence.MatrixProbe{Name: "f", Operation: "net.bind_tcp", Target: "127.0.0.1:80", Expected: evidence.Deny, ExpectationID: "demo:rw:f"})
		if e, _ := oneEvent(t, run, lanePair(run, evidence.Denied, evidence.Allowed, failed(13, "EACCES"))); e.FileConfounder != nil {
			t.Errorf("file_confounder %+v for a network operation", e.FileConfounder)
		}
	})
}
