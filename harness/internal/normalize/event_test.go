package normalize_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness/internal/normalize"
)

func TestEvents(t *testing.T) {
	runScenes(t, []sceneCase{
		{"as_the_row_says", scene{}, `
			world_id "` + macWorld + `"
			run_id "r1"
			profile_id "demo:p"
			probe_name "a"
			expectation_id "demo:p:a"
			scenario_id "demo:p:a"
			operation "file-read*"
			target "/tmp/a"
			requested_path "/tmp/a"
			expected "deny"
			actual "deny"
			match true
			runtime_status "errno"
			errno 2
			errno_name "ENOENT"
			failure_stage "probe"
			failure_kind "probe_nonzero_exit"
			command ["reader","p.sb","/tmp/a"]
			stdout ""
			stderr "open target: denied\n"
			violation_summary -
			probe_details -
			apply_report -
			seatbelt_callouts -
			intended_op_witnessed -
			preflight -
			harness -
		`},
		{"passed_through", scene{row: keys{
			"primary_intent": keys{"operation": "o", "target": "t", "profile_id": "p", "probe_name": "n"}, "reached_primary_op": true,
			"first_denial_op": "file-read-data", "first_denial_filters": []string{}, "decision_path": "d", "notes": "n",
			"violation_summary": "EPERM", "probe_details": keys{"b": nil, "a": 1.0},
		}}, `
			primary_intent.target "t"
			reached_primary_op true
			first_denial_op "file-read-data"
			first_denial_filters []
			decision_path "d"
			notes "n"
			violation_summary "EPERM"
			probe_details {"a":1,"b":null}
		`},
		{"from_the_matrix", scene{row: keys{"name": absent, "path": absent, "expected": absent}}, `
			probe_name "a"
			target "/tmp/a"
			expected "deny"
		`},
		{"another_name_for_the_target", scene{row: keys{"path": absent, "target": "/tmp/b"}}, `
			target "/tmp/b"
		`},
		{"probe_id", scene{row: keys{"expectation_id": absent, "probe_id": "p7"}}, `
			expectation_id "p7"
			scenario_id "p7"
		`},
		{"no_id", scene{row: keys{"expectation_id": absent}}, `
			expectation_id "demo:p|file-read*|/tmp/a"
			scenario_id "demo:p|file-read*|/tmp/a"
			expected "deny"
		`},
		{"no_id_nor_anything", scene{
			row:    keys{"expectation_id": absent, "operation": absent, "path": absent, "name": absent, "expected": absent},
			matrix: keys{"expectation_id": "demo:p:other"},
		}, `
			expectation_id "demo:p|op|target"
			expected -
		`},
		{"blocked", scene{
			row: keys{
				"actual": nil, "match": nil, "exit_code": absent, "stdout": absent, "stderr": absent, "command": []string{},
				"notes": "preflight blocked: known apply-gate signature",
			},
			result:  keys{"status": "blocked", "errno": nil, "failure_stage": "preflight", "failure_kind": "preflight_apply_gate_signature"},
			profile: keys{"preflight": keys{"tool": "scan", "findings": []string{}}},
		}, `
			actual -
			match -
			stdout -
			stderr -
			command []
			failure_stage "preflight"
			preflight.tool "scan"
			policy_layers.process_policy.decision "unknown"
			file_confounder -
		`},
		{"error_row", scene{
			row:    keys{"error": "timeout", "error_kind": "timeout", "stderr": absent},
			result: keys{"failure_stage": nil, "failure_kind": nil},
		}, `
			failure_stage "probe"
			failure_kind -
			stderr -
		`},
		{"error_row_without_keys", scene{result: keys{"failure_stage": absent, "failure_kind": absent}}, `
			failure_stage "probe"
			failure_kind "probe_errno"
		`},
		{"success", scene{result: keys{"status": "success", "errno": nil, "failure_stage": nil, "failure_kind": nil}}, `
			failure_stage -
			failure_kind -
			errno -
			errno_name -
		`},
		{"signal_is_no_errno", scene{result: keys{"errno": -6}}, `
			errno -6
			errno_name -
		`},
		{"errno_of_a_mac", scene{result: keys{"errno": 35}}, `
			errno_name "EAGAIN"
			file_confounder.errno_name "EAGAIN"
		`},
		{"errno_of_linux", scene{world: linuxWorld, result: keys{"errno": 35}}, `errno_name "EDEADLK"
		`},
		{"errno_of_nobody", scene{world: "w", result: keys{"errno": 35}}, `errno_name -
		`},
		{"hygiene_rebuilt", scene{result: keys{"resource_hygiene": absent, "runner_info": runner}}, `
			resource_hygiene {"apply_model":"self_apply","apply_timing":"pre_syscall","preexisting_sandbox_suspected":false}
			runner_info.entrypoint "reader"
		`},
		{"no_hygiene_to_rebuild", scene{}, `
			resource_hygiene -
		`},
	})
}

func TestEventPaths(t *testing.T) {
	seen := keys{"observed_path": "/private/tmp/u", "observed_path_source": "unsandboxed_fd_path"}
	unseen := keys{"observed_path": nil, "observed_path_source": "unsandboxed_error", "observed_path_errno": 2}
	runScenes(t, []sceneCase{
		{"alias_map", scene{}, `
			observed_path -
			observed_path_source "not_attempted"
			normalized_path "/private/tmp/a"
			normalized_path_source "alias_map"
		`},
		{"not_below_the_alias", scene{row: keys{"path": "/tmpfile"}}, `
			normalized_path "/tmpfile"
			normalized_path_source "requested_path"
		`},
		{"no_alias_on_linux", scene{world: linuxWorld}, `
			normalized_path "/tmp/a"
			normalized_path_source "requested_path"
		`},
		{"own_descriptor", scene{row: keys{"stderr": "F_GETPATH: /private/tmp/f \nF_GETPATH:/second\n", "path_observation": seen}}, `
			observed_path "/private/tmp/f"
			observed_path_source "fd_path"
			normalized_path "/private/tmp/f"
			normalized_path_source "observed_path"
			stderr "F_GETPATH: /private/tmp/f \nF_GETPATH:/second\n"
		`},
		{"without_the_policy", scene{row: keys{"stderr": "F_GETPATH_ERROR:9\n", "path_observation": seen}}, `
			observed_path "/private/tmp/u"
			observed_path_source "unsandboxed_fd_path"
			normalized_path_source "observed_path"
		`},
		{"seen_by_nobody", scene{row: keys{"path_observation": unseen}}, `
			observed_path -
			observed_path_source "unsandboxed_error"
			normalized_path_source "alias_map"
		`},
		{"error", scene{row: keys{"stderr": "F_GETPATH_ERROR:9\n"}}, `observed_path_source "error"
		`},
		{"unavailable", scene{row: keys{"stderr": "F_GETPATH:\nF_GETPATH_UNAVAILABLE\n"}}, `observed_path_source "unavailable"
		`},
		{"no_path_operation", scene{row: keys{"operation": "mach-lookup", "stderr": "F_GETPATH:/x\n", "path_observation": seen}}, `
			requested_path -
			observed_path -
			observed_path_source -
			normalized_path -
		`},
		{"forged_on_linux", scene{world: linuxWorld, row: keys{"stderr": "F_GETPATH:/forged\n"}}, `
			observed_path -
			observed_path_source "not_attempted"
		`},
	})
}

func TestPolicyLayers(t *testing.T) {
	undecided := keys{"actual": nil}
	runScenes(t, []sceneCase{
		{"no_baseline", scene{}, `
			policy_layers {"attribution":"unknown","effective_decision":"deny","platform_policy":{"decision":"unknown","error":null,"exit_code":null,"source":"baseline_missing","status":null},"process_policy":{"decision":"deny","failure_kind":"probe_nonzero_exit","failure_stage":"probe","status":"errno"}}
		`},
		{"policy", scene{baseline: keys{}}, `
			policy_layers.attribution "process_policy"
			policy_layers.effective_decision "deny"
			policy_layers.platform_policy {"decision":"allow","error":null,"exit_code":0,"source":"baseline","status":"allow"}
		`},
		{"platform", scene{row: keys{"actual": "allow"}, baseline: keys{"status": "deny", "exit_code": absent, "error": "timeout"}}, `
			policy_layers.attribution "platform_policy"
			policy_layers.effective_decision "deny"
			policy_layers.platform_policy {"decision":"deny","error":"timeout","exit_code":null,"source":"baseline","status":"deny"}
		`},
		{"both_allow", scene{row: keys{"actual": "allow"}, baseline: keys{}}, `
			policy_layers.attribution "allow"
			policy_layers.effective_decision "allow"
		`},
		{"undecided", scene{row: undecided, baseline: keys{}}, `
			policy_layers.attribution "unknown"
			policy_layers.effective_decision "unknown"
		`},
		{"failed_to_apply", scene{result: keys{"failure_stage": "apply"}, baseline: keys{}}, `
			policy_layers.process_policy.decision "unknown"
			policy_layers.effective_decision "unknown"
		`},
		{"baseline_by_target", scene{baseline: keys{"probe_name": "renamed"}}, `
			policy_layers.platform_policy.source "baseline"
		`},
		{"baseline_of_another_target", scene{baseline: keys{"probe_name": "renamed", "target": "/tmp/b"}}, `
			policy_layers.platform_policy.source "baseline_missing"
		`},
		{"contradiction_on_linux", scene{world: linuxWorld, row: keys{"actual": "allow"}, baseline: keys{"status": "deny"}}, `
			policy_layers.attribution "contradiction"
			policy_layers.effective_decision "unknown"
		`},
		{"undecided_on_linux", scene{world: linuxWorld, row: undecided, baseline: keys{"status": "deny"}}, `
			policy_layers.attribution "unknown"
			policy_layers.effective_decision "unknown"
		`},
		{"witnessed_on_linux", scene{world: linuxWorld, result: keys{"intended_op_witnessed": true}}, `
			policy_layers.attribution "process_policy"
		`},
	})
}

func TestConfounders(t *testing.T) {
	docs, mach := "/Users/ann/Documents/x", keys{"operation": "mach-lookup"}
	lookup := func(details any) keys { return mach.and(keys{"probe_details": details}) }
	runScenes(t, []sceneCase{
		{"file_other", scene{}, `
			file_confounder {"attribution":"unknown","classification":"other_errno","errno":2,"errno_name":"ENOENT"}
		`},
		{"file_permissions", scene{result: keys{"errno": 13}, baseline: keys{}}, `
			file_confounder {"attribution":"unix_acl","classification":"unix_permissions","errno":13,"errno_name":"EACCES"}
		`},
		{"file_sandbox", scene{result: keys{"errno": 1}}, `
			file_confounder.classification "sandbox_or_mac"
			file_confounder.attribution "app_sandbox"
		`},
		{"file_landlock", scene{world: linuxWorld, mode: "landlock", result: keys{"errno": 13}, baseline: keys{}}, `
			file_confounder {"attribution":"landlock","classification":"sandbox_or_mac","errno":13,"errno_name":"EACCES"}
		`},
		{"file_none", scene{result: keys{"errno": nil}}, `file_confounder -
		`},
		{"file_gated", scene{result: keys{"failure_stage": "bootstrap"}}, `file_confounder -
		`},
		{"file_not", scene{row: mach}, `file_confounder -
		`},
		{"tcc_none", scene{baseline: keys{}}, `tcc_confounder -
		`},
		{"tcc_folder", scene{row: keys{"path": docs}, baseline: keys{}}, `
			tcc_confounder {"attribution":"sandbox_or_other","baseline_status":"allow","scenario_status":"deny","sensitive":true}
		`},
		{"tcc_folder_itself", scene{row: keys{"path": "/Users/ann/Desktop"}}, `
			tcc_confounder {"attribution":"unknown","baseline_status":"unknown","scenario_status":"deny","sensitive":true}
		`},
		{"tcc_other_folder", scene{row: keys{"path": "/Users/ann/Documents2"}}, `tcc_confounder -
		`},
		{"tcc_device", scene{row: keys{"operation": "device-camera", "path": "c", "actual": "allow"}, baseline: keys{}}, `
			tcc_confounder.attribution "allow"
		`},
		{"tcc_prompt", scene{row: keys{"path": docs}, baseline: keys{"status": "deny", "error": "timeout"}}, `
			tcc_confounder.baseline_status "prompt_or_timeout"
			tcc_confounder.attribution "tcc_or_platform"
		`},
		{"tcc_prompt_under_policy", scene{row: keys{"path": docs}, result: keys{"failure_kind": "probe_timeout"}, baseline: keys{}}, `
			tcc_confounder.scenario_status "prompt_or_timeout"
			tcc_confounder.attribution "sandbox_or_other"
		`},
		{"tcc_gated", scene{row: keys{"path": docs}, result: keys{"failure_stage": "apply"}, baseline: keys{}}, `
			tcc_confounder.scenario_status "unknown"
			tcc_confounder.attribution "unknown"
		`},
		{"tcc_linux", scene{world: linuxWorld, row: keys{"path": docs}}, `tcc_confounder -
		`},
		{"service_missing", scene{
			row:      lookup(keys{"service_present": false}),
			baseline: lookup(keys{"service_present": nil, "xpc_error": "connection_invalid"}),
		}, `
			service_confounder {"baseline_state":"missing","scenario_state":"missing","source":"probe_details","status":"missing_service"}
		`},
		{"service_there_in_one", scene{
			row:      lookup(keys{"service_present": false}),
			baseline: lookup(keys{"service_present": true, "xpc_error": "connection_invalid"}),
		}, `service_confounder -
		`},
		{"service_unknown", scene{row: lookup([]int{}), baseline: lookup(keys{"service_present": false})}, `service_confounder -
		`},
		{"service_of_another_operation", scene{
			row: keys{"operation": "mach-register", "probe_details": keys{"service_present": false}}, baseline: lookup(keys{"service_present": false}),
		}, `service_confounder -
		`},
	})
}

// Of several baseline rows of one scenario the last counts.
func TestLastBaselineCounts(t *testing.T) {
	docs := scene{}.documents(t)
	docs.Baseline = encode(t, keys{"world_id": macWorld, "run_id": "r1", "results": []keys{
		usualBaseline, usualBaseline.with(keys{"status": "deny"}),
	}})
	set, err := normalize.Open(normalize.Run{RunID: "r1"}, docs)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, events(t, set), `0.policy_layers.attribution "platform_policy"`)
}

// Who does not say which run it is takes the rows' word.
func TestRunOfTheRows(t *testing.T) {
	set, err := normalize.Open(normalize.Run{}, scene{profile: keys{"run_id": "r9"}}.documents(t))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, events(t, set), `0.run_id "r9"`)
}
