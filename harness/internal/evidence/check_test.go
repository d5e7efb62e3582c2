package evidence_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// Evidence that contradicts itself is refused, whatever part of it lies.
func TestDeriveRefuses(t *testing.T) {
	type mod = func(*evidence.Observation)
	attempt := []mod{called("/scratch/ws/f"), applied}
	tests := []struct {
		name    string
		lane    evidence.Lane
		outcome evidence.Outcome
		mods    []mod
		want    string
	}{
		{"unknown_lane", "lane9", evidence.Allowed, nil, `unknown lane "lane9"`},
		{"unknown_scenario", evidence.LaneScenario, evidence.Allowed, []mod{func(o *evidence.Observation) { o.ExpectationID = "demo:rw:zz" }}, "the matrix does not know it"},
		{"other_profile", evidence.LaneBaseline, evidence.Allowed, []mod{func(o *evidence.Observation) { o.ProfileID = "demo:ro" }}, `profile_id is "demo:ro", the matrix has "demo:rw"`},
		{"other_operation", evidence.LaneBaseline, evidence.Allowed, []mod{func(o *evidence.Observation) { o.Operation = "fs.truncate" }}, `operation is "fs.truncate"`},
		{"other_target", evidence.LaneBaseline, evidence.Allowed, []mod{func(o *evidence.Observation) { o.Target = "/etc/hosts" }}, `target is "/etc/hosts"`},
		{"other_expectation", evidence.LaneBaseline, evidence.Allowed, []mod{func(o *evidence.Observation) { o.Expected = evidence.Allow }}, `expected is "allow", the matrix has "deny"`},
		{"unknown_outcome", evidence.LaneBaseline, "maybe", nil, `unknown outcome "maybe"`},
		{"decision_not_observed", evidence.LaneScenario, evidence.Broken, append(attempt, because("probe_timeout", ""), func(o *evidence.Observation) { o.Actual = evidence.Deny }), `outcome "broken" with decision "deny"`},
		{"decision_missing", evidence.LaneScenario, evidence.Denied, append(attempt, func(o *evidence.Observation) { o.Actual = "" }), `outcome "denied" with decision ""`},
		{"allowed_with_errno", evidence.LaneScenario, evidence.Allowed, append(attempt, failed(13, "EACCES")), "allowed, with errno 13"},
		{"denied_without_sign", evidence.LaneScenario, evidence.Denied, attempt, "denied, with neither errno nor exit_code nor return nor failure_kind"},
		{"blocked_without_kind", evidence.LaneScenario, evidence.Blocked, nil, `outcome "blocked" without failure_kind`},
		{"blocked_with_errno", evidence.LaneScenario, evidence.Blocked, []mod{because("capability_missing", ""), failed(1, "EPERM")}, "nothing was attempted"},
		{"blocked_but_applied", evidence.LaneScenario, evidence.Blocked, []mod{because("capability_missing", ""), applied}, `outcome "blocked" with an apply report`},
		{"blocked_at_probe", evidence.LaneScenario, evidence.Blocked, []mod{because("x", ""), func(o *evidence.Observation) { o.FailureStage = "probe" }}, `outcome "blocked" with failure_stage "probe"`},
		{"broken_at_preflight", evidence.LaneScenario, evidence.Broken, []mod{because("x", ""), func(o *evidence.Observation) { o.FailureStage = "preflight" }}, `outcome "broken" with failure_stage "preflight"`},
		{"broken_without_kind", evidence.LaneBaseline, evidence.Broken, nil, `outcome "broken" without failure_kind`},
		{"attempt_without_apply", evidence.LaneScenario, evidence.Allowed, []mod{called("/scratch/ws/f")}, `attempted under mode "landlock" without an apply report`},
		{"baseline_with_policy", evidence.LaneBaseline, evidence.Allowed, attempt, "only the scenario lane applies a policy"},
		{"apply_failed_yet_decided", evidence.LaneScenario, evidence.Allowed, append(attempt, func(o *evidence.Observation) { o.Apply.RC, o.Apply.ErrClass = -1, "errno_eperm" }), `rc -1, failure_stage ""`},
		{"apply_stage_without_report", evidence.LaneScenario, evidence.Broken, []mod{because("apply_failed", ""), func(o *evidence.Observation) { o.FailureStage = "apply" }}, "failed to apply, without an apply report"},
		{"apply_stage_with_success", evidence.LaneScenario, evidence.Broken, append(attempt, because("apply_failed", ""), func(o *evidence.Observation) { o.FailureStage = "apply" }), `rc 0, failure_stage "apply"`},
		{"apply_unclassified", evidence.LaneScenario, evidence.Allowed, append(attempt, func(o *evidence.Observation) { o.Apply.ErrClass = "" }), "apply report without api or err_class"},
		{"apply_misclassified", evidence.LaneScenario, evidence.Allowed, append(attempt, func(o *evidence.Observation) { o.Apply.ErrClass = "errno_eperm" }), `rc 0 and err_class "errno_eperm"`},
		{"prediction_as_observation", evidence.LaneScenario, evidence.Allowed, append(attempt, predicted("allow")), "carries a prediction"},
		{"oracle_says_otherwise", evidence.LaneOracle, evidence.Denied, []mod{predicted("allow")}, `decision "deny", the model says "allow"`},
		{"record_of_an_allow", evidence.LaneOracle, evidence.Allowed, []mod{predicted("allow"), foretold(0, "fs.read_file")}, `foretells the record of a denial for want of ["fs.read_file"], and the model says "allow"`},
		{"record_of_nothing", evidence.LaneOracle, evidence.Denied, []mod{predicted("deny"), foretold(0)}, `foretells the record of a denial for want of []`},
		{"oracle_with_kernel_record", evidence.LaneOracle, evidence.Denied, []mod{predicted("deny"), recorded(true, "fs.read_file")}, "in the oracle lane there is no policy"},
		{"oracle_without_model", evidence.LaneOracle, evidence.Allowed, nil, `decision "allow", the model says ""`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := testRun(readProbe("f", evidence.Deny))
			o := observe(run, tc.lane, "demo:rw:f", tc.outcome, tc.mods...)
			refused(t, run, []evidence.Observation{o}, tc.want)
		})
	}
}

func TestDeriveRefusesRuns(t *testing.T) {
	one := testRun(readProbe("f", evidence.Allow))
	offLane := one
	offLane.Lanes = map[evidence.Lane]bool{evidence.LaneScenario: true}
	dry := one
	dry.DryRun = true
	twice := testRun(readProbe("f", evidence.Allow), readProbe("f", evidence.Deny))
	vague := testRun(readProbe("f", ""))
	profiles := one
	profiles.Matrix.Profiles = append(profiles.Matrix.Profiles, evidence.MatrixProfile{ID: "demo:rw"})
	otherWorld := one
	otherWorld.WorldID, otherWorld.Preflight = "linux-elsewhere", preflightRecord
	otherRun := one
	otherRun.RunID, otherRun.Preflight = "run-2", preflightRecord
	noSchema := one
	noSchema.Preflight = json.RawMessage(`{"world_id":"linux-6.18-x86_64-landlock7-0a1b2c3d"}`)

	baseline := observe(one, evidence.LaneBaseline, "demo:rw:f", evidence.Allowed)
	tests := []struct {
		name string
		run  evidence.Run
		obs  []evidence.Observation
		want string
	}{
		{"observed_twice", one, []evidence.Observation{baseline, baseline}, "observed twice"},
		{"lane_off", offLane, []evidence.Observation{baseline}, "the run did not ask for this lane"},
		{"dry", dry, []evidence.Observation{baseline}, "the run did not ask for this lane"},
		{"expectation_id_twice", twice, nil, `expectation id "demo:rw:f" is used twice`},
		{"profile_twice", profiles, nil, `profile "demo:rw" is named twice`},
		{"nothing_expected", vague, nil, `expected "" is neither`},
		{"preflight_of_another_world", otherWorld, nil, `apply_preflight.json: world_id "linux-6.18`},
		{"preflight_of_another_run", otherRun, nil, `apply_preflight.json: run_id "run-1" is not the run's "run-2"`},
		{"preflight_without_schema", noSchema, nil, `apply_preflight.json: schema_version ""`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) { refused(t, tc.run, tc.obs, tc.want) })
	}
}

// All faults come at once, but not by the thousand.
func TestDeriveRefusesAllAtOnce(t *testing.T) {
	run, obs := manyRows(30, 1)
	for i := range obs {
		obs[i].Target = "/elsewhere"
	}
	_, _, err := evidence.Derive(run, obs)
	if err == nil {
		t.Fatal("accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[20] != "and 70 more" {
		t.Errorf("got %d lines, the last %q; want 20 faults and 70 more", len(lines), lines[len(lines)-1])
	}
	if want := `baseline observation of "many:p0:probe-0": target is "/elsewhere", the matrix has "${workspace}/dir/file-0.txt"`; lines[0] != want {
		t.Errorf("first fault\n got %s\nwant %s", lines[0], want)
	}
}

func refused(t *testing.T, run evidence.Run, obs []evidence.Observation, want string) {
	t.Helper()
	docs, _, err := evidence.Derive(run, obs)
	if err == nil {
		t.Fatalf("accepted; want an error with %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want one with %q", err, want)
	}
	if docs != nil {
		t.Error("documents beside an error")
	}
}

// No observation that is accepted, however odd, makes a decision that was not
// in it, or a document that is not JSON.
func FuzzDerive(f *testing.F) {
	run, mac := testRun(readProbe("f", evidence.Deny)), seatbeltDisagrees()
	for _, outcome := range []evidence.Outcome{
		evidence.Allowed, evidence.Denied, evidence.Undecided, evidence.Blocked, evidence.Unsupported, evidence.Broken,
	} {
		raw, err := json.Marshal(allLanes(run, "f", outcome, failed(13, "EACCES"), because("kind", "why")))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, tc := range goldenCases() {
		raw, err := json.Marshal(tc.obs(tc.run))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		fuzzed(t, run, raw)
		fuzzed(t, mac.run, raw)
	})
}

func fuzzed(t *testing.T, run evidence.Run, raw []byte) {
	var obs []evidence.Observation
	if json.Unmarshal(raw, &obs) != nil {
		return
	}
	docs, counts, err := evidence.Derive(run, obs)
	if err != nil {
		return
	}
	decided := map[evidence.Lane]int{}
	for _, o := range obs {
		if o.Outcome == evidence.Allowed || o.Outcome == evidence.Denied {
			decided[o.Lane]++
		}
	}
	for lane, n := range decided {
		if c := counts.Lane(lane); c.Allowed+c.Denied != n {
			t.Errorf("%s: %d decisions from %d observations", lane, c.Allowed+c.Denied, n)
		}
	}
	for _, d := range docs {
		if d.Name != packetsFile && !json.Valid(d.Data) {
			t.Errorf("%s is not JSON:\n%s", d.Name, d.Data)
		}
		if d.Name == eventsFile {
			checkEvents(t, d.Data, obs)
		}
	}
}

// checkEvents holds every event's decision against the observation.
func checkEvents(t *testing.T, data []byte, obs []evidence.Observation) {
	var events []artifact.Event
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	seen := map[string]evidence.Decision{}
	for _, o := range obs {
		if o.Lane == evidence.LaneScenario {
			seen[o.ExpectationID] = o.Actual
		}
	}
	if len(events) != len(seen) {
		t.Errorf("%d events from %d observations", len(events), len(seen))
	}
	for _, e := range events {
		var actual evidence.Decision
		if e.Actual != nil {
			actual = evidence.Decision(*e.Actual)
		}
		if want := seen[e.ExpectationID]; actual != want {
			t.Errorf("%s: event says %q, observed %q", e.ExpectationID, actual, want)
		}
		if e.PolicyLayers == nil {
			t.Errorf("%s: no policy_layers", e.ExpectationID)
		} else if actual == "" && e.PolicyLayers.EffectiveDecision != "unknown" {
			t.Errorf("%s: effective decision %q, nothing was decided", e.ExpectationID, e.PolicyLayers.EffectiveDecision)
		}
		if found := contract.CheckEvent(&e, contract.Current); len(found) > 0 {
			t.Errorf("contradicts itself: %v", found)
		}
		if (e.Match == nil) != (actual == "") {
			t.Errorf("%s: decision %q with match %v", e.ExpectationID, actual, e.Match)
		}
	}
}
