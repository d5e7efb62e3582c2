package evidence_test

import (
	"encoding/json"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// What no run on macOS can have seen is refused.
func TestDeriveRefusesSeatbelt(t *testing.T) {
	const path = "/private/var/ws/f"
	attempt := mods{sandboxed, onFile(path)}
	question := func(decisions ...string) func(*evidence.Observation) {
		return asked("file-read-data", 1, "path", path, decisions...)
	}
	changed := func(change func(*artifact.Callout)) mods {
		return append(attempt, question("allow"), func(o *evidence.Observation) { change(&o.Callouts[0]) })
	}
	refusal := gave("kern_return_t", 1100, "BOOTSTRAP_NOT_PRIVILEGED")
	tests := []struct {
		name    string
		lane    evidence.Lane
		outcome evidence.Outcome
		mods    mods
		want    string
	}{
		{"allowed_by_a_refusal", evidence.LaneScenario, evidence.Allowed, append(attempt, refusal), `decision "allow", and the call gave kern_return_t 1100 BOOTSTRAP_NOT_PRIVILEGED, which decides "deny"`},
		{"denied_by_success", evidence.LaneBaseline, evidence.Denied, mods{onFile(path), gave("kern_return_t", 0, "")}, `decision "deny", and the call gave kern_return_t 0, which decides "allow"`},
		{"denied_by_no_answer", evidence.LaneScenario, evidence.Denied, append(attempt, gave("kern_return_t", 1102, "")), `kern_return_t 1102, which decides ""`},
		{"denied_by_another_kind", evidence.LaneScenario, evidence.Denied, append(attempt, gave("notify_status", 1100, "")), `notify_status 1100, which decides ""`},
		{"allowed_by_what_was_not_seen", evidence.LaneScenario, evidence.Allowed, append(attempt, func(o *evidence.Observation) {
			o.Return = &artifact.Return{Kind: "seen", Undecided: "nobody looked"}
		}), `seen 0 (nobody looked), which decides ""`},
		{"returned_unattempted", evidence.LaneScenario, evidence.Blocked, mods{because("capability_missing", ""), refusal}, "nothing was called"},
		{"returned_by_a_model", evidence.LaneOracle, evidence.Denied, mods{predicted("deny"), refusal}, "nothing was called"},
		{"denied_by_permissions", evidence.LaneScenario, evidence.Denied, append(attempt, failed(13, "EACCES")), "denied with errno 13, and Seatbelt denies with EPERM"},

		{"asked_without_policy", evidence.LaneBaseline, evidence.Allowed, mods{onFile(path), question("allow")}, "in the baseline lane there is no policy"},
		{"asked_a_model", evidence.LaneOracle, evidence.Denied, mods{predicted("deny"), question("deny")}, "in the oracle lane there is no policy"},
		{"answered_unapplied", evidence.LaneScenario, evidence.Broken, mods{because("sandbox_init_failed", ""), question("deny"), func(o *evidence.Observation) {
			o.FailureStage, o.Apply = "apply", &evidence.ApplyReport{API: "sandbox_init", RC: -1, Errno: 1, ErrClass: "errno_eperm"}
		}}, "under a policy that was not applied"},
		{"answered_unattempted", evidence.LaneScenario, evidence.Blocked, mods{because("capability_missing", ""), question("deny")}, "under a policy that was not applied"},
		{"decided_unanswered", evidence.LaneScenario, evidence.Allowed, append(attempt, question()), "the sandbox did not answer what it was asked about file-read*"},
		{"decided_by_an_error", evidence.LaneScenario, evidence.Denied, append(attempt, failed(1, "EPERM"), question("error")), "the sandbox did not answer"},
		{"answer_about_another_path", evidence.LaneScenario, evidence.Allowed, changed(func(c *artifact.Callout) { c.Argument = new("/elsewhere") }), "the sandbox did not answer"},
		{"answer_about_another_filter", evidence.LaneScenario, evidence.Allowed, changed(func(c *artifact.Callout) { c.FilterType, c.FilterTypeName = new(2), nil }), "the sandbox did not answer"},
		{"answer_that_was_not_given", evidence.LaneScenario, evidence.Allowed, changed(func(c *artifact.Callout) { c.Decision = "deny" }), `callout 0: decision "deny", the call returned 0`},
		{"answer_of_nothing", evidence.LaneScenario, evidence.Allowed, changed(func(c *artifact.Callout) { c.RC = nil }), `callout 0: decision "allow", the call returned nothing`},
		{"answer_of_another_tool", evidence.LaneScenario, evidence.Allowed, changed(func(c *artifact.Callout) { c.Tool = "sbpl-apply" }), `callout 0: of tool "sbpl-apply"`},
		{"answer_of_another_version", evidence.LaneScenario, evidence.Allowed, changed(func(c *artifact.Callout) { c.MarkerVersion = 3 }), "of marker version 3"},
		{"answer_at_another_time", evidence.LaneScenario, evidence.Undecided, append(changed(func(c *artifact.Callout) { c.Stage = "afterwards" }), failed(2, "ENOENT")), `at stage "afterwards"`},
		{"answer_misnamed", evidence.LaneScenario, evidence.Allowed, changed(func(c *artifact.Callout) { c.FilterTypeName = new("global-name") }), `filter 1 is path, not "global-name"`},

		{"details_of_no_object", evidence.LaneScenario, evidence.Allowed, append(attempt, details(`["kr"]`)), "details: want an object"},
		{"details_twice", evidence.LaneScenario, evidence.Allowed, append(attempt, details(`{"kr":0,"kr":1100}`)), "details: "},
		{"details_in_capitals", evidence.LaneScenario, evidence.Allowed, append(attempt, details(`{"Errno":1}`)), "details: "},
		{"details_mistyped", evidence.LaneScenario, evidence.Allowed, append(attempt, details(`{"errno":"one"}`)), "details: errno is string"},

		{"firmlink_of_no_descriptor", evidence.LaneScenario, evidence.Allowed, append(attempt, func(o *evidence.Observation) { o.NoFirmlink = path }), "of no descriptor"},
		{"exec_denied_by_nobody", evidence.LaneScenario, evidence.Broken, mods{sandboxed, because("bootstrap_deny_process_exec", ""), func(o *evidence.Observation) {
			o.FailureStage, o.Errno = "bootstrap", 2
		}}, `failure_kind "bootstrap_deny_process_exec" with failure_stage "bootstrap" and errno 2`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := macRun(macProbe("f", "file-read*", "${workspace}/f", evidence.Deny))
			refused(t, run, []evidence.Observation{observe(run, tc.lane, "demo:rw:f", tc.outcome, tc.mods...)}, tc.want)
		})
	}
	t.Run("firmlink_on_linux", func(t *testing.T) {
		run := testRun(readProbe("f", evidence.Deny))
		o := observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Allowed, called(path), applied, opened(path), func(o *evidence.Observation) { o.NoFirmlink = path })
		refused(t, run, []evidence.Observation{o}, "in a world that has none")
	})
	for name, record := range map[string]string{"not_json": `{`, "of_another_world": `{"world_id":"w","classification":"invalid"}`, "unclassified": `{"world_id":"` + macWorld + `"}`} {
		t.Run("gate_"+name, func(t *testing.T) {
			run := macRun(macProbe("f", "file-read*", "/f", evidence.Deny))
			run.Prepared["demo:rw"] = evidence.Prepared{Gate: json.RawMessage(record)}
			refused(t, run, nil, `matrix: profile "demo:rw": the record of its gate`)
		})
	}
}

// An operation's details cannot take the place of what was observed.
func TestDetailsAddOnly(t *testing.T) {
	run := macRun(macProbe("f", "file-read*", "/private/tmp/f", evidence.Deny))
	forged := details(`{"syscall":"other","errno":0,"witness":{"status":"recorded"},"return":{"kind":"seen","value":0},"worker_pid":1,"post_state":{},"rc":-1}`)
	docs, _, err := evidence.Derive(run, []evidence.Observation{
		observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Denied, sandboxed, onFile("/private/tmp/f"), failed(1, "EPERM"), forged),
	})
	if err != nil {
		t.Fatal(err)
	}
	var events []artifact.Event
	if err := json.Unmarshal(document(t, docs, eventsFile).Data, &events); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(events[0].ProbeDetails, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"syscall": "open", "errno": 1.0, "errno_name": "EPERM", "worker_pid": 41.0, "rc": -1.0, "call": `open("/private/tmp/f", O_RDONLY|O_CLOEXEC)`}
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("%s is %v, want %v", key, got[key], want[key])
		}
	}
	if len(got) != len(want) {
		t.Errorf("details %v, want the keys of %v", got, want)
	}
}
