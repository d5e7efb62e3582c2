package normalize_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness/internal/normalize"
)

func TestWriteMetadataEvents(t *testing.T) {
	usual := keys{
		"profile_id": "demo:meta", "op": "file-read-metadata", "operation": "file-read-metadata", "path": "/tmp/a", "requested_path": "/tmp/a",
		"syscall": "lstat", "status": "op_failed", "errno": 1, "errno_name": "EPERM", "message": "Operation not permitted",
		"apply_mode": "sbpl", "apply_rc": 0, "stdout": "{}", "stderr": "", "returncode": 0,
	}
	for _, tc := range []struct {
		name string
		row  keys
		want string
	}{
		{"denied", nil, `
			world_id "` + macWorld + `"
			run_id "r1"
			profile_id "demo:meta"
			probe_name "lstat"
			expectation_id "demo:meta|file-read-metadata|/tmp/a|lstat|payload"
			scenario_id "demo:meta|file-read-metadata|/tmp/a|lstat|payload"
			actual "deny"
			expected -
			match -
			runtime_status "errno"
			errno 1
			errno_name "EPERM"
			failure_stage "probe"
			failure_kind "probe_syscall_errno"
			apply_report {"api":"sandbox_init","err_class":"ok","err_class_source":"none","errbuf":null,"errno":null,"rc":0}
			requested_path "/tmp/a"
			observed_path -
			observed_path_source -
			normalized_path "/private/tmp/a"
			normalized_path_source "alias_map"
			policy_layers.attribution "unknown"
			file_confounder.classification "sandbox_or_mac"
			resource_hygiene.apply_model "self_apply"
			runner_info.entrypoint "reader"
			notes "probe=lstat; message=Operation not permitted"
			harness "metadata-runner"
			stdout "{}"
		`},
		{"allowed", keys{"status": "ok", "errno": 0, "attr_payload": "cmn", "message": absent, "harness": "h"}, `
			actual "allow"
			runtime_status "success"
			errno -
			failure_stage -
			probe_name "lstat:cmn"
			expectation_id "demo:meta|file-read-metadata|/tmp/a|lstat|cmn"
			notes "probe=lstat:cmn"
			harness "h"
		`},
		{"no_syscall", keys{"syscall": absent, "operation": absent, "path": absent}, `
			probe_name "syscall"
			operation "file-read-metadata"
			expectation_id "demo:meta|file-read-metadata|/tmp/a|syscall|payload"
		`},
		{"apply_failed", keys{"status": "apply_failed", "apply_mode": "blob", "apply_rc": -1, "apply_errno": 22, "apply_errbuf": "bad"}, `
			actual -
			runtime_status "errno"
			failure_stage "apply"
			failure_kind "sandbox_apply_failed"
			errno 22
			apply_report {"api":"sandbox_apply","err_class":"errno_other","err_class_source":"errno_only","errbuf":"bad","errno":22,"rc":-1}
			policy_layers.effective_decision "unknown"
		`},
		{"no_such_operation", keys{"status": "invalid_op", "errno": absent}, `
			actual -
			runtime_status "errno"
			failure_kind "probe_syscall_errno"
		`},
		{"blocked", keys{"status": "blocked"}, `
			actual -
			runtime_status "blocked"
			failure_stage "preflight"
		`},
		{"gated", keys{"failure_stage": "preflight", "failure_kind": "k"}, `
			actual -
			runtime_status "blocked"
			failure_kind "k"
		`},
		{"markers", keys{"stderr": applyOK + "\n" + calledOut + "\nhello\n", "apply_rc": absent}, `
			apply_report.api "sandbox_init"
			seatbelt_callouts.0.decision "deny"
			stderr "hello\n"
		`},
		{"no_observed_path", keys{"stderr": "F_GETPATH:/elsewhere\n"}, `
			observed_path -
			normalized_path "/private/tmp/a"
		`},
		{"says_nothing_of_applying", keys{"apply_rc": absent}, `apply_report -
		`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			batch := encode(t, keys{"world_id": macWorld, "runner_info": runner, "results": []keys{usual.with(tc.row)}})
			var out bytes.Buffer
			if err := normalize.WriteMetadataEvents(&out, normalize.Run{RunID: "r1"}, batch); err != nil {
				t.Fatal(err)
			}
			expect(t, gjson.Get(out.String(), "0").Raw, tc.want)
		})
	}
	for batch, want := range map[string]string{
		`[]`:                             "metadata batch: json: cannot unmarshal array",
		`{}`:                             "metadata batch: no world_id",
		`{"world_id":"w","results":[1]}`: "metadata batch: row 0: ",
		`{"world_id":"w","results":[{"stderr":"{\"tool\":\"seatbelt-callout\",\"marker_schema_version\":3}"}]}`: `metadata batch: row 0: "|op|target|syscall|payload": stderr: marker_schema_version 3`,
	} {
		err := normalize.WriteMetadataEvents(io.Discard, normalize.Run{}, []byte(batch))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", batch, err, want)
		}
	}
}
