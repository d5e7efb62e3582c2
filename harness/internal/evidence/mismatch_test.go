package evidence_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// The type is the first that fits, and the reason is told apart from it.
func TestMismatches(t *testing.T) {
	const allow, deny = evidence.Allow, evidence.Deny
	stage := func(name, kind string) func(*evidence.Observation) {
		return func(o *evidence.Observation) { o.FailureStage, o.FailureKind = name, kind }
	}
	policyFailed := func(o *evidence.Observation) {
		o.Apply = &evidence.ApplyReport{API: "landlock_restrict_self", RC: -1, Errno: 7, ErrClass: "already_sandboxed"}
	}
	eacces := failed(13, "EACCES")
	tests := []struct {
		name      string
		operation string
		target    string
		expected  evidence.Decision
		outcome   evidence.Outcome
		mods      []func(*evidence.Observation)
		kind      string
		reason    string
	}{
		{"deny", "fs.read_file", "/f", allow, evidence.Denied, []func(*evidence.Observation){applied, eacces}, "unexpected_deny", "expectation_too_strong"},
		{"allow", "fs.read_file", "/f", deny, evidence.Allowed, []func(*evidence.Observation){applied}, "unexpected_allow", "expectation_too_strong"},
		{"dotdot_starred", "file-read*", "/w/../f", deny, evidence.Allowed, []func(*evidence.Observation){applied}, "canonicalization_boundary", "expectation_too_strong"},
		{"dotdot_plain", "fs.read_file", "/w/../f", deny, evidence.Allowed, []func(*evidence.Observation){applied}, "unexpected_allow", "expectation_too_strong"},
		{"edges", "file-write*", "/private/tmp/runtime-adv/edges/a", allow, evidence.Denied, []func(*evidence.Observation){applied, eacces}, "canonicalization_boundary", "expectation_too_strong"},
		{"canon", "file-write*", "/tmp/runtime-adv/canon", allow, evidence.Denied, []func(*evidence.Observation){applied, eacces}, "canonicalization_boundary", "expectation_too_strong"},
		{"alias", "file-read*", "/tmp/f", deny, evidence.Allowed, []func(*evidence.Observation){applied, opened("/private/tmp/f")}, "unexpected_allow", "canonicalization_boundary"},
		{"undecided", "file-read*", "/w/../f", deny, evidence.Undecided, []func(*evidence.Observation){applied, failed(2, "ENOENT")}, "filter_diff", "op_not_witnessed"},
		{"broken", "fs.read_file", "/f", deny, evidence.Broken, []func(*evidence.Observation){stage("probe", "worker_died")}, "filter_diff", "op_not_witnessed"},
		{"blocked", "fs.read_file", "/f", deny, evidence.Blocked, []func(*evidence.Observation){stage("preflight", "capability_missing")}, "preflight_blocked", "op_not_witnessed"},
		{"unsupported", "fs.read_file", "/f", allow, evidence.Unsupported, []func(*evidence.Observation){stage("", "operation_unsupported")}, "preflight_blocked", "op_not_witnessed"},
		{"apply", "fs.read_file", "/f", deny, evidence.Broken, []func(*evidence.Observation){stage("apply", "apply_already_sandboxed"), policyFailed}, "apply_gate", "op_not_witnessed"},
		{"exec_denied", "fs.read_file", "/f", deny, evidence.Broken, []func(*evidence.Observation){stage("bootstrap", "bootstrap_deny_process_exec"), applied, failed(1, "EPERM")}, "bootstrap_deny_process_exec", "op_not_witnessed"},
		{"exec_failed", "fs.read_file", "/f", deny, evidence.Broken, []func(*evidence.Observation){stage("bootstrap", "bootstrap_exec_failed"), applied}, "bootstrap_failed", "op_not_witnessed"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := testRun(evidence.MatrixProbe{Name: "p", Operation: tc.operation, Target: tc.target, Expected: tc.expected, ExpectationID: "id"})
			docs, counts, err := evidence.Derive(run, []evidence.Observation{observe(run, evidence.LaneScenario, "id", tc.outcome, tc.mods...)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]int{tc.kind: 1}, counts.MismatchCounts); diff != "" {
				t.Errorf("mismatch_counts (-want +got):\n%s", diff)
			}
			var summary artifact.MismatchSummary
			if err := json.Unmarshal(document(t, docs, mismatchFile).Data, &summary); err != nil {
				t.Fatal(err)
			}
			if len(summary.Mismatches) != 1 || summary.Mismatches[0].MismatchType != tc.kind {
				t.Errorf("mismatches %+v, want one of type %q", summary.Mismatches, tc.kind)
			}
			packets, err := artifact.ReadMismatchPackets(bytes.NewReader(document(t, docs, packetsFile).Data))
			if err != nil {
				t.Fatal(err)
			}
			if len(packets) != 1 || packets[0].MismatchReason != tc.reason {
				t.Errorf("packets %+v, want one with reason %q", packets, tc.reason)
			}
		})
	}
}
