package normalize_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
	"github.com/rtgen/rtgen/harness/internal/normalize"
)

const (
	applyFailed = `{"tool":"sbpl-apply","stage":"apply","api":"sandbox_apply","rc":-1,"errno":1}`
	applyOK     = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"apply","api":"sandbox_init","rc":0,"errno":0,"err_class":"ok","err_class_source":"none"}`
	appliedOK   = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"applied","rc":0}`
	calledOut   = `{"tool":"seatbelt-callout","stage":"pre_syscall","operation":"mach-lookup","filter_type":5,"decision":"deny"}`
	entitled    = `{"tool":"entitlement-check","marker_schema_version":1,"stage":"pre_apply","entitlement":"e"}`
)

func TestUpgrade(t *testing.T) {
	for _, tc := range []struct {
		name, result, stderr, want string
	}{
		{"nothing", `{}`, "", `
			runtime_result_schema_version 1
			tool_marker_schema_version 2
			apply_report null
			failure_stage null
			seatbelt_callouts null
			entitlement_checks -
			resource_hygiene -
		`},
		{"marker_version_kept", `{"tool_marker_schema_version":0}`, "", `tool_marker_schema_version 0
		`},
		{"marker_version_is_no_integer", `{"tool_marker_schema_version":"1"}`, "", `tool_marker_schema_version 2
		`},
		{"from_markers", `{"apply_report":null}`, applyFailed, `
			apply_report {"api":"sandbox_apply","rc":-1,"errno":1,"errbuf":null,"err_class":"errno_eperm","err_class_source":"errno_only"}
			failure_stage "apply"
			failure_kind "sandbox_apply_failed"
		`},
		{"null_is_not_missing", `{"apply_report":null,"failure_stage":null,"failure_kind":null}`, applyFailed, `
			apply_report.rc -1
			failure_stage null
			failure_kind null
		`},
		{"report_stays", `{"apply_report":{"api":"x","rc":0,"errno":0,"errbuf":null,"err_class":"c","err_class_source":"s"}}`, applyFailed, `
			apply_report.api "x"
			apply_report.err_class "c"
		`},
		{"class_missing", `{"apply_report":{"api":"sandbox_init","rc":-1,"errno":13}}`, "", `
			apply_report.err_class "errno_eacces"
			apply_report.err_class_source "errno_only"
		`},
		{"class_null", `{"apply_report":{"api":"sandbox_init","rc":-1,"errno":13,"err_class":null,"err_class_source":null}}`, "", `
			apply_report.err_class null
			apply_report.err_class_source null
		`},
		{"legacy", `{"failure_stage":null,"failure_kind":null}`, "sandbox_init failed: Operation not permitted\n", `
			apply_report {"api":"sandbox_init","rc":null,"errno":1,"errbuf":"Operation not permitted","err_class":"errno_eperm","err_class_source":"legacy_stderr_regex:errno_only"}
			failure_stage "apply"
			failure_kind "sandbox_init_failed"
		`},
		{"legacy_beside_a_stage", `{"failure_stage":"probe","failure_kind":"k"}`, "sandbox_apply: no\n", `
			apply_report.api "sandbox_apply"
			failure_stage "probe"
			failure_kind "k"
		`},
		{"legacy_beside_markers", `{}`, appliedOK + "\nsandbox_init failed: no\n", `
			apply_report null
			failure_stage null
		`},
		{"callouts_from_markers", `{"seatbelt_callouts":null}`, calledOut, `
			seatbelt_callouts.0.filter_type_name "right-name"
			seatbelt_callouts.0.no_report_reason "legacy"
		`},
		{"callouts_numbered_as_asked", `{"sandbox_check_request":{"operation":"mach-lookup","filter_type":5,"filter_name":"global-name","argument":"s"}}`, calledOut, `
			seatbelt_callouts.0.filter_type_name "global-name"
		`},
		{"callouts_stay", `{"seatbelt_callouts":[{"tool":"seatbelt-callout","stage":"s","operation":"o","argument":7}]}`, calledOut, `
			seatbelt_callouts.# 1
			seatbelt_callouts.0.stage "s"
			seatbelt_callouts.0.argument null
		`},
		{"no_callouts_stay", `{"seatbelt_callouts":[]}`, calledOut, `seatbelt_callouts []
		`},
		{"entitlements_from_markers", `{}`, entitled, `
			entitlement_checks.0.entitlement "e"
		`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := normalize.Upgrade(json.RawMessage(tc.result), &tc.stderr, marker.CheckFilters)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, string(encode(t, got)), tc.want)
		})
	}
}

func TestUpgradeRefuses(t *testing.T) {
	for result, want := range map[string]string{
		`{"runtime_result_schema_version":2}`:                  "runtime_result_schema_version 2 is not known",
		`{"runtime_result_schema_version":-1}`:                 "runtime_result_schema_version -1 is not known",
		`{"runtime_result_schema_version":"1"}`:                "runtime_result_schema_version",
		`{"tool_marker_schema_version":3}`:                     "tool_marker_schema_version 3 is not known",
		`{"seatbelt_callouts":[1]}`:                            "seatbelt_callouts: element 0 is no object",
		`[]`:                                                   "cannot unmarshal array",
		`{"seatbelt_callouts":[{"marker_schema_version":3}]}`:  "seatbelt_callouts: element 0: marker_schema_version 3 of seatbelt-callout is not known",
		`{"entitlement_checks":[{"marker_schema_version":2}]}`: "entitlement_checks: element 0: marker_schema_version 2 of entitlement-check is not known",
	} {
		if _, err := normalize.Upgrade(json.RawMessage(result), nil, marker.CheckFilters); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", result, err, want)
		}
	}
	newer := `{"tool":"sbpl-apply","stage":"apply","marker_schema_version":2}`
	const want = "stderr: marker_schema_version 2 of sbpl-apply is not known"
	if _, err := normalize.Upgrade(json.RawMessage(`{}`), &newer, marker.CheckFilters); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// An error names the file, the profile, the row and its id.
func TestErrorsNameThePlace(t *testing.T) {
	_, err := normalize.Open(normalize.Run{}, normalize.Documents{Matrix: []byte(`{"profiles":{}}`), Results: []byte(`{}`)})
	if err == nil || err.Error() != "neither expected_matrix.json nor runtime_results.json has a world_id, and none was given" {
		t.Errorf("no world: %v", err)
	}
	docs := scene{}.documents(t)
	for _, tc := range []struct {
		docs normalize.Documents
		want string
	}{
		{normalize.Documents{Matrix: []byte("{"), Results: docs.Results}, "expected_matrix.json: "},
		{normalize.Documents{Matrix: docs.Matrix, Results: []byte("[]")}, "runtime_results.json: "},
		{normalize.Documents{Matrix: docs.Matrix, Results: docs.Results, Baseline: []byte("[]")}, "baseline_results.json: "},
	} {
		if _, err := normalize.Open(normalize.Run{}, tc.docs); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("error %v, want one of %q", err, tc.want)
		}
	}
	for want, other := range map[string]normalize.Documents{
		`runtime_results.json: run_id "r2" is not the run's "r1"`:  scene{profile: keys{"run_id": "r2"}}.documents(t),
		`baseline_results.json: run_id "r3" is not the run's "r1"`: {Matrix: docs.Matrix, Results: docs.Results, Baseline: []byte(`{"run_id":"r3"}`)},
	} {
		if _, err := normalize.Open(normalize.Run{RunID: "r1"}, other); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	set := scene{result: keys{"runtime_result_schema_version": 9}}.open(t)
	_, err = set.Check()
	const want = `runtime_results.json: profile "demo:p": row 0: "demo:p:a": runtime_result: runtime_result_schema_version 9 is not known`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name  string
		scene scene
		want  []string
	}{
		{"fine", scene{row: keys{"stderr": applyOK + "\n" + appliedOK + "\n"}}, nil},
		{"applied_without_apply", scene{row: keys{"stderr": appliedOK + "\n"}}, []string{"applied_without_apply", "markers_without_report"}},
		{"stray", scene{row: keys{"stderr": `{"tool":"sbpl-compile","stage":"x"}`}}, []string{"marker_in_stderr"}},
		{
			"said_once", scene{result: keys{"failure_stage": "apply", "apply_report": keys{"rc": 0, "err_class": "ok", "err_class_source": "none"}}},
			[]string{"apply_stage_succeeded"},
		},
		{"forged_on_linux", scene{world: linuxWorld, row: keys{"stderr": appliedOK + "\n" + `{"tool":"sbpl-compile"}`}}, nil},
		{"forged_under_our_worker", scene{result: keys{"runner_info": runner.with(keys{"entrypoint": "rtgen-worker"})}, row: keys{"stderr": appliedOK}}, nil},
		{"earlier", scene{result: earlier}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found, err := tc.scene.open(t).Check()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range found {
				got = append(got, v.Code)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// earlier takes from a result what only the current generation has.
var earlier = keys{"resource_hygiene": absent, "intended_op_witnessed": absent, "sandbox_check_request": absent}

// Rows of the earlier generation make events of the current one, or, when they
// are asked for, of their own.
func TestGenerations(t *testing.T) {
	s := scene{
		result:   earlier.and(keys{"runner_info": runner, "errno": 1, "seatbelt_callouts": nil}),
		row:      keys{"actual": "allow", "match": false, "stderr": "F_GETPATH:/private/tmp/a\n" + strings.ReplaceAll(calledOut, "mach-lookup", "file-read*") + "\n"},
		profile:  keys{"schema_version": "hardened-runtime.runtime_results.v0.2"},
		baseline: keys{},
	}
	docs := s.documents(t)
	for _, tc := range []struct {
		asWritten                  bool
		events, witnesses, packets string
	}{
		{
			asWritten: true,
			events: `
				0.policy_layers -
				0.file_confounder -
				0.sandbox_check_prepass -
				0.resource_hygiene -
				0.errno_name -
				0.errno 1
				0.seatbelt_callouts.0.filter_type_name "global-name"
			`,
			witnesses: `
				records.0.canonicalization -
				records.1.observed_path "/private/tmp/a"
			`,
			packets: `
				canonicalization -
				decision_event.policy_layers -
				decision_event.intended_op_witnessed -
				mismatch_reason "canonicalization_boundary"
			`,
		},
		{
			events: `
				0.policy_layers.attribution "allow"
				0.file_confounder.classification "sandbox_or_mac"
				0.sandbox_check_prepass.decision "deny"
				0.resource_hygiene.apply_model "self_apply"
				0.errno_name "EPERM"
			`,
			witnesses: `
				records.1.canonicalization {"alias_pair":true,"nofirmlink_differs":false}
			`,
			packets: `
				canonicalization.witness.alias_pair true
				decision_event.policy_layers.attribution "allow"
				decision_event.intended_op_witnessed null
			`,
		},
	} {
		set, err := normalize.Open(normalize.Run{RunID: "r1", AsWritten: tc.asWritten}, docs)
		if err != nil {
			t.Fatal(err)
		}
		if set.Generation() != contract.Earlier {
			t.Errorf("rows are of generation %d", set.Generation())
		}
		expect(t, events(t, set), tc.events)
		expect(t, written(t, func(w io.Writer) error { return set.WriteWitnesses(w, "plan.v1") }), tc.witnesses)
		expect(t, written(t, func(w io.Writer) error { return set.WritePackets(w, normalize.Folder{}) }), tc.packets)
	}
	if got := (scene{}).open(t).Generation(); got != contract.Current {
		t.Errorf("usual rows are of generation %d", got)
	}
	if got, err := normalize.Open(normalize.Run{}, normalize.Documents{Matrix: docs.Matrix, Results: []byte("{}")}); err != nil || got.Generation() != contract.Current {
		t.Errorf("no rows: %v", err)
	}
}
