package normalize_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness/internal/normalize"
)

// written runs one of a set's writers.
func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWriteWitnesses(t *testing.T) {
	said := "F_GETPATH:/private/tmp/a\nF_GETPATH_NOFIRMLINK:/Vol/private/tmp/a\nFD_IDENTITY:1\nFSTAT_ST_DEV:16777220\nFSTAT_ST_INO:42\n" +
		"FSTATFS_FSTYPENAME:apfs\nFSTATFS_MNTONNAME:/Vol\nFSTATFS_FSID0:7\nFSTATFS_FSID1:-1\n"
	for _, tc := range []sceneCase{
		{"scenario", scene{row: keys{"stderr": said}}, `
			schema_version "runtime-tools.path_witnesses.v0.1"
			plan_id "plan.v1"
			run_id "r1"
			records.# 1
			records.0.schema_version "runtime-tools.path_witness.v0.1"
			records.0.lane "scenario"
			records.0.scenario_id "demo:p:a"
			records.0.requested_path "/tmp/a"
			records.0.observed_path "/private/tmp/a"
			records.0.observed_path_source "probe_fgetpath:present"
			records.0.observed_path_nofirmlink "/Vol/private/tmp/a"
			records.0.observed_path_nofirmlink_source "probe_fgetpath_nofirmlink:present"
			records.0.normalized_path_source "observed_path"
			records.0.canonicalization {"alias_pair":true,"nofirmlink_differs":true}
			records.0.fd_identity {"enabled":true,"enabled_source":"probe_fd_identity:present","st_dev":16777220,"st_ino":42,"fstat_errno":null,"fstypename":"apfs","mntonname":"/Vol","fsid":[7,-1],"fstatfs_errno":null}
			records.0.decision "deny"
			records.0.errno 2
			records.0.failure_stage "probe"
			records.0.exit_code -
		`},
		{"said_errors", scene{row: keys{"stderr": "F_GETPATH_ERROR:9\nF_GETPATH_NOFIRMLINK_UNAVAILABLE\nFD_IDENTITY:0\nFSTAT_ERROR:5\nFSTATFS_ERROR:x\n"}}, `
			records.0.observed_path null
			records.0.observed_path_source "probe_fgetpath:error"
			records.0.observed_path_errno 9
			records.0.observed_path_nofirmlink_source "probe_fgetpath_nofirmlink:unavailable"
			records.0.normalized_path "/tmp/a"
			records.0.normalized_path_source "requested_path"
			records.0.fd_identity {"enabled":false,"enabled_source":"probe_fd_identity:present","st_dev":null,"st_ino":null,"fstat_errno":5,"fstypename":null,"mntonname":null,"fsid":null,"fstatfs_errno":null}
		`},
		{"said_nothing", scene{row: keys{"path_observation": keys{"observed_path": "/private/tmp/a", "observed_path_source": "unsandboxed_fd_path"}}}, `
			records.0.observed_path null
			records.0.observed_path_source "probe_fgetpath:missing"
			records.0.canonicalization {"alias_pair":false,"nofirmlink_differs":false}
			records.0.fd_identity -
		`},
		{"no_target", scene{row: keys{"path": ""}, matrix: keys{"target": ""}}, `
			records.0.requested_path null
			records.0.normalized_path null
			records.0.normalized_path_source "missing"
		`},
		{"baseline_first", scene{baseline: keys{
			"observed_path": "/private/tmp/a", "observed_path_source": "unsandboxed_fd_path", "observed_path_errno": nil,
			"observed_path_nofirmlink": nil, "observed_path_nofirmlink_source": "unsandboxed_unavailable", "observed_path_nofirmlink_errno": nil,
		}}, `
			records.# 2
			records.0.lane "baseline"
			records.0.scenario_id "baseline:demo:p:a"
			records.0.observed_path_source "unsandboxed_fd_path"
			records.0.canonicalization {"alias_pair":true,"nofirmlink_differs":false}
			records.0.decision "allow"
			records.0.exit_code 0
			records.0.errno -
			records.1.lane "scenario"
		`},
		{"no_path_operation", scene{row: keys{"operation": "mach-lookup"}}, `
			records []
		`},
		{"forged_on_linux", scene{world: linuxWorld, row: keys{"stderr": said}}, `
			records.0.observed_path null
			records.0.fd_identity -
		`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := tc.scene.open(t)
			expect(t, written(t, func(w io.Writer) error { return set.WriteWitnesses(w, "plan.v1") }), tc.want)
		})
	}
}

func TestWriteMismatches(t *testing.T) {
	for _, tc := range []sceneCase{
		{"matches", scene{}, `
			world_id "` + macWorld + `"
			generated_by "test"
			mismatches []
			counts {}
		`},
		{"differs", scene{row: keys{"actual": "allow", "match": false, "violation_summary": "EPERM", "stderr": "raw {"}}, `
			mismatches.0.expectation_id "demo:p:a"
			mismatches.0.path "/tmp/a"
			mismatches.0.expected "deny"
			mismatches.0.actual "allow"
			mismatches.0.mismatch_type "unexpected_allow"
			mismatches.0.violation_summary "EPERM"
			mismatches.0.notes "raw {"
			counts {"unexpected_allow":1}
		`},
		{"the_matrix_decides", scene{matrix: keys{"expected": "allow"}}, `
			mismatches.0.expected "allow"
			mismatches.0.mismatch_type "unexpected_deny"
		`},
		{"the_row_does_not_say_so", scene{row: keys{"match": nil}}, `
			mismatches.0.mismatch_type "filter_diff"
		`},
		{"no_decision", scene{row: keys{"actual": nil, "match": nil, "stderr": absent}}, `
			mismatches.0.actual null
			mismatches.0.notes null
			mismatches.0.mismatch_type "filter_diff"
		`},
		{"no_expectation", scene{matrix: keys{"expectation_id": "demo:p:other"}}, `
			mismatches.0.mismatch_type "filter_diff"
		`},
		{"not_witnessed", scene{row: keys{"actual": nil}, result: keys{"intended_op_witnessed": false, "failure_stage": "apply"}}, `
			mismatches.0.mismatch_type "op_not_witnessed"
		`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := tc.scene.open(t)
			expect(t, written(t, func(w io.Writer) error { return set.WriteMismatches(w, "test") }), tc.want)
		})
	}
}

// The sandbox's answers about a read: for the path as spelled and for where it
// leads.
var (
	answerRaw = keys{
		"tool": "seatbelt-callout", "marker_schema_version": 2, "stage": "pre_syscall", "api": "sandbox_check", "operation": "file-read-data",
		"filter_type": 1, "filter_type_name": "path", "argument": "/tmp/a", "canonicalization": "raw", "rc": 1, "errno": 0, "decision": "deny",
	}
	answerCanonical = answerRaw.with(keys{"canonicalization": "canonical", "decision": "allow", "rc": 0})
	question        = keys{"operation": "file-read-data", "filter_type": 1, "filter_name": "path", "argument": "/tmp/a", "canonicalization": "both"}
)

func TestCalloutsInEvents(t *testing.T) {
	answered := func(answers ...keys) keys { return keys{"seatbelt_callouts": answers} }
	runScenes(t, []sceneCase{
		{"one_answer", scene{result: answered(answerCanonical)}, `
			sandbox_check_prepass.decision "allow"
			sandbox_check_prepass.no_report_reason null
			sandbox_check_prepass.tool -
			sandbox_check_prepass.check_type -
			seatbelt_callouts.0.varargs_count null
		`},
		{"two_answers", scene{result: answered(answerCanonical, answerRaw)}, `
			sandbox_check_prepass.primary.canonicalization "raw"
			sandbox_check_prepass.variants.#.canonicalization ["canonical","raw"]
		`},
		{"none_for_the_path_as_spelled", scene{result: answered(answerCanonical, answerCanonical.with(keys{"rc": 7}))}, `
			sandbox_check_prepass.primary.rc 0
		`},
		{"other_stage", scene{result: answered(answerRaw.with(keys{"stage": "later"}))}, `
			sandbox_check_prepass -
			seatbelt_callouts.0.stage "later"
		`},
		{"other_argument", scene{result: answered(answerRaw.with(keys{"argument": "/tmp/b"}))}, `sandbox_check_prepass -
		`},
		{"no_argument", scene{result: answered(answerRaw.with(keys{"argument": absent, "operation": "file-read*"}))}, `sandbox_check_prepass.decision "deny"
		`},
		{"other_operation", scene{result: answered(answerRaw.with(keys{"operation": "file-write-data"}))}, `sandbox_check_prepass -
		`},
		{"none_given", scene{result: answered()}, `
			seatbelt_callouts -
		`},
		{"witnessed", scene{result: answered(answerRaw).and(keys{"intended_op_witnessed": absent, "sandbox_check_request": question})}, `
			intended_op_witnessed true
		`},
		{"witnessed_is_the_rows_word", scene{result: answered(answerRaw).and(keys{"intended_op_witnessed": false, "sandbox_check_request": question})}, `
			intended_op_witnessed false
		`},
		{"answer_is_an_error", scene{result: answered(answerRaw.with(keys{"decision": "error"})).and(keys{"intended_op_witnessed": absent, "sandbox_check_request": question})}, `
			intended_op_witnessed false
		`},
		{"answer_to_another_filter", scene{result: answered(answerRaw.with(keys{"filter_type": 0})).and(keys{"intended_op_witnessed": absent, "sandbox_check_request": question})}, `
			intended_op_witnessed false
		`},
		{"forged_under_our_worker", scene{
			result: keys{"runner_info": runner.with(keys{"entrypoint": "rtgen-worker"})},
			row:    keys{"stderr": strings.ReplaceAll(calledOut, "mach-lookup", "file-read*") + "\nF_GETPATH:/forged\n"},
		}, `
			seatbelt_callouts -
			observed_path -
			stderr "F_GETPATH:/forged\n"
		`},
		{"nobody_asked", scene{result: answered(answerRaw).and(keys{"intended_op_witnessed": absent})}, `
			intended_op_witnessed -
		`},
	})
}

func TestWriteOracle(t *testing.T) {
	set := scene{result: keys{"seatbelt_callouts": []keys{answerRaw, answerCanonical.with(keys{"api": absent, "filter_type_name": absent})}}}.open(t)
	expect(t, written(t, set.WriteOracle), `
		schema_version "runtime-tools.oracle_results.v0.1"
		results.# 2
		results.0.expectation_id "demo:p:a"
		results.0.api "sandbox_check"
		results.0.decision "deny"
		results.0.token_status null
		results.0.error null
		results.1.api null
		results.1.filter_type_name "path"
		results.1.decision "allow"
	`)
	expect(t, written(t, scene{}.open(t).WriteOracle), "\nresults []\n")
}

func TestWritePackets(t *testing.T) {
	folder := normalize.Folder{Channel: "direct", RepoRootContext: ".", Events: "out/events.json", Witnesses: "out/witnesses.json"}
	differs := keys{"actual": "allow", "match": false}
	at := func(row keys) keys { return differs.and(row) }
	for _, tc := range []sceneCase{
		{"plain", scene{row: at(keys{"operation": "mach-lookup"})}, `
			schema_version "runtime-tools.mismatch_packet.v0.1"
			expectation_id "demo:p:a"
			mismatch_reason "expectation_too_strong"
			baseline null
			canonicalization null
			oracle_check null
			run_context {"channel":"direct","repo_root_context":".","run_id":"r1","run_manifest":null,"world_id":"` + macWorld + `"}
			decision_event.decision "allow"
			decision_event.intended_op_witnessed null
			decision_event.source "out/events.json"
			decision_event.policy_layers.attribution "unknown"
			expected {"expectation_id":"demo:p:a","expected_decision":"deny","target":"/tmp/a"}
		`},
		{"not_witnessed", scene{row: at(nil), result: keys{"intended_op_witnessed": false}}, `
			mismatch_reason "op_not_witnessed"
			decision_event.intended_op_witnessed false
		`},
		{"respelled", scene{row: at(keys{"stderr": "F_GETPATH:/private/tmp/a\n"}), baseline: keys{"status": "deny"}}, `
			mismatch_reason "canonicalization_boundary"
			canonicalization.witness_source "out/witnesses.json"
			canonicalization.witness.alias_pair true
			canonicalization.witness.lane "scenario"
			canonicalization.witness.scenario_id "demo:p:a"
		`},
		{"behind_a_firmlink", scene{row: at(keys{"path": "/opt/a", "stderr": "F_GETPATH:/opt/a\nF_GETPATH_NOFIRMLINK:/Vol/opt/a\n"})}, `
			mismatch_reason "canonicalization_boundary"
			canonicalization.witness.nofirmlink_differs true
		`},
		{"ambient", scene{row: at(nil), baseline: keys{"status": "deny"}}, `
			mismatch_reason "ambient_platform_restriction"
			baseline.name "baseline:demo:p:a"
		`},
		{"baseline_of_another_name", scene{row: at(nil), baseline: keys{"status": "deny", "probe_name": "b", "name": "baseline:demo:p:b"}}, `
			mismatch_reason "expectation_too_strong"
			baseline null
		`},
		{"lanes_disagree", scene{row: at(nil), result: keys{"seatbelt_callouts": []keys{answerRaw}}}, `
			mismatch_reason "capture_pipeline_disagreement"
			oracle_check {"argument":"/tmp/a","decision":"deny","filter_type":1,"filter_type_name":"path","stage":"pre_syscall"}
			decision_event.filter_type 1
			decision_event.filter_type_name "path"
		`},
		{"the_callout_of_the_operation", scene{
			row:    at(keys{"operation": "mach-lookup"}),
			result: keys{"seatbelt_callouts": []keys{answerRaw, answerRaw.with(keys{"operation": "mach-lookup", "filter_type": 2, "decision": "allow"})}},
		}, `
			mismatch_reason "expectation_too_strong"
			oracle_check.filter_type 2
		`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := tc.scene.open(t)
			got := written(t, func(w io.Writer) error { return set.WritePackets(w, folder) })
			if strings.Count(got, "\n") != 1 || !gjson.Valid(got) {
				t.Errorf("not one line: %q", got)
			}
			expect(t, got, tc.want)
		})
	}
	clean := scene{}.open(t)
	if got := written(t, func(w io.Writer) error { return clean.WritePackets(w, folder) }); got != "\n" {
		t.Errorf("a clean run has packets %q", got)
	}
	twice := scene{profile: keys{"probes": []keys{
		usualRow.with(keys{"runtime_result": usualResult}), usualRow.with(keys{"runtime_result": usualResult}),
	}}}.open(t)
	err := twice.WritePackets(io.Discard, folder)
	if err == nil || !strings.Contains(err.Error(), `runtime_results.json: profile "demo:p": expectation id "demo:p:a" comes twice`) {
		t.Errorf("error %v for an id that comes twice", err)
	}
}
