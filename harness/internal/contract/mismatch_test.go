package contract_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness/internal/contract"
)

func TestMismatchType(t *testing.T) {
	for _, tc := range []struct {
		name string
		m    contract.Mismatch
		want string
	}{
		{"not_witnessed_first", contract.Mismatch{NotWitnessed: true, Stage: "apply", Expected: "deny", Actual: "allow"}, "op_not_witnessed"},
		{"preflight", contract.Mismatch{Stage: "preflight", Expected: "deny"}, "preflight_blocked"},
		{"apply", contract.Mismatch{Stage: "apply", Expected: "allow", Actual: "deny"}, "apply_gate"},
		{"exec_denied", contract.Mismatch{Stage: "bootstrap", Kind: "bootstrap_deny_process_exec"}, "bootstrap_deny_process_exec"},
		{"exec_failed", contract.Mismatch{Stage: "bootstrap", Kind: "bootstrap_exec_failed"}, "bootstrap_failed"},
		{"deny", contract.Mismatch{Stage: "probe", Expected: "allow", Actual: "deny", Operation: "file-read*", Path: "/tmp/a"}, "unexpected_deny"},
		{"allow", contract.Mismatch{Expected: "deny", Actual: "allow", Operation: "file-read-data", Path: "/tmp/../a"}, "unexpected_allow"},
		{"dots", contract.Mismatch{Expected: "deny", Actual: "allow", Operation: "file-read*", Path: "/tmp/../a"}, "canonicalization_boundary"},
		{"edge", contract.Mismatch{Expected: "allow", Actual: "deny", Operation: "file-write*", Path: "/private/tmp/runtime-adv/canon/x"}, "canonicalization_boundary"},
		{"no_decision", contract.Mismatch{Stage: "probe", Expected: "deny", Operation: "file-read*", Path: "/tmp/../a"}, "filter_diff"},
		{"no_expectation", contract.Mismatch{Actual: "allow"}, "filter_diff"},
		{"as_expected", contract.Mismatch{Expected: "allow", Actual: "allow"}, "filter_diff"},
	} {
		if got := tc.m.Type(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestReason(t *testing.T) {
	all := contract.Reason{NotWitnessed: true, Foretold: true, Respelled: true, Ambient: true, Disagreement: true}
	for _, want := range []string{
		"op_not_witnessed", "oracle_disagreement", "canonicalization_boundary", "ambient_platform_restriction", "capture_pipeline_disagreement", "expectation_too_strong",
	} {
		if got := all.Name(); got != want {
			t.Errorf("%+v: %q, want %q", all, got, want)
		}
		switch {
		case all.NotWitnessed:
			all.NotWitnessed = false
		case all.Foretold:
			all.Foretold = false
		case all.Respelled:
			all.Respelled = false
		case all.Ambient:
			all.Ambient = false
		default:
			all.Disagreement = false
		}
	}
}

func TestAttribute(t *testing.T) {
	for _, tc := range []struct {
		platform, process      string
		effective, attribution string // as the format has it
		seen, whose            string // as we do, where that differs
	}{
		{"allow", "allow", "allow", "allow", "", ""},
		{"allow", "deny", "deny", "process_policy", "", ""},
		{"allow", "unknown", "unknown", "unknown", "", ""},
		{"deny", "deny", "deny", "platform_policy", "", ""},
		{"deny", "allow", "deny", "platform_policy", "unknown", "contradiction"},
		{"deny", "unknown", "deny", "platform_policy", "unknown", "unknown"},
		{"unknown", "allow", "allow", "unknown", "", ""},
		{"unknown", "deny", "deny", "unknown", "", ""},
		{"unknown", "unknown", "unknown", "unknown", "", ""},
	} {
		if tc.seen == "" {
			tc.seen, tc.whose = tc.effective, tc.attribution
		}
		if e, a := contract.Attribute(tc.platform, tc.process); e != tc.effective || a != tc.attribution {
			t.Errorf("%s, %s: %s by %s", tc.platform, tc.process, e, a)
		}
		if e, a := contract.AttributeObserved(tc.platform, tc.process, false, false); e != tc.seen || a != tc.whose {
			t.Errorf("observed %s, %s: %s by %s", tc.platform, tc.process, e, a)
		}
	}
	if e, a := contract.AttributeObserved("unknown", "deny", true, false); e != "deny" || a != "process_policy" {
		t.Errorf("the kernel's word makes %s by %s", e, a)
	}
	if e, a := contract.AttributeObserved("allow", "deny", false, true); e != "deny" || a != "unknown" {
		t.Errorf("under what did not confine the baseline: %s by %s", e, a)
	}
}

func TestFailedCall(t *testing.T) {
	for _, tc := range []struct {
		name                string
		call                contract.FailedCall
		byErrno, byBaseline string
	}{
		{"eperm_under_policy", contract.FailedCall{Attempted: true, Errno: 1, Platform: "allow", Process: "deny", Mode: "landlock"}, "sandbox_or_mac app_sandbox", "sandbox_or_mac landlock"},
		{"eperm_without_policy_too", contract.FailedCall{Attempted: true, Errno: 1, Platform: "deny", Process: "unknown"}, "sandbox_or_mac mac", "unix_permissions unknown"},
		{"eperm_of_a_mac", contract.FailedCall{Attempted: true, Errno: 1, Platform: "deny", Process: "unknown", Mode: "sbpl"}, "sandbox_or_mac mac", "sandbox_or_mac mac"},
		{"eperm_of_a_call_before", contract.FailedCall{Errno: 1, Platform: "deny", Process: "unknown"}, "sandbox_or_mac mac", "unknown unknown"},
		{"eperm_undecided", contract.FailedCall{Attempted: true, Errno: 1}, "sandbox_or_mac sandbox_or_mac", "unknown unknown"},
		{"eperm_denied_no_baseline", contract.FailedCall{Attempted: true, Errno: 1, Process: "deny"}, "sandbox_or_mac app_sandbox", "sandbox_or_mac sandbox_or_mac"},
		{"eacces_under_policy", contract.FailedCall{Attempted: true, Errno: 13, Platform: "allow", Process: "deny", Mode: "landlock"}, "unix_permissions unix_acl", "sandbox_or_mac landlock"},
		{"eacces_without_policy_too", contract.FailedCall{Attempted: true, Errno: 13, Platform: "deny", Process: "deny"}, "unix_permissions unix_acl", "unix_permissions unix_acl"},
		{"eacces_confined_before", contract.FailedCall{Attempted: true, Errno: 13, Platform: "deny", Process: "deny", Confined: true, BaselineConfined: true}, "unix_permissions unix_acl", "sandbox_or_mac sandbox_or_mac"},
		{"eacces_no_baseline", contract.FailedCall{Attempted: true, Errno: 13, Process: "deny"}, "unix_permissions unix_acl", "unknown unknown"},
		{"eacces_witnessed", contract.FailedCall{Attempted: true, Errno: 13, Process: "deny", Recorded: true, Mode: "landlock"}, "unix_permissions unix_acl", "sandbox_or_mac landlock"},
		{"exdev_under_policy", contract.FailedCall{Attempted: true, Errno: 18, Platform: "allow", Process: "deny", Mode: "landlock"}, "other_errno unknown", "sandbox_or_mac landlock"},
		{"enoent", contract.FailedCall{Attempted: true, Errno: 2, Platform: "deny", Process: "unknown"}, "other_errno unknown", "other_errno unknown"},
	} {
		if c, a := tc.call.ByErrno(); c+" "+a != tc.byErrno {
			t.Errorf("%s: by errno %s %s, want %s", tc.name, c, a, tc.byErrno)
		}
		if c, a := tc.call.ByBaseline(); c+" "+a != tc.byBaseline {
			t.Errorf("%s: by baseline %s %s, want %s", tc.name, c, a, tc.byBaseline)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tc := range []struct {
		requested, observed string
		alias               bool
	}{
		{"/tmp/a", "/private/tmp/a", true},
		{"/private/tmp/a", "/tmp/a", true},
		{"/tmpfile", "/private/tmpfile", true}, // plain prefixes
		{"/tmp/a", "/tmp/a", false},
		{"/etc/a", "/private/etc/a", false},
	} {
		if got := contract.AliasPair(&tc.requested, &tc.observed); got != tc.alias {
			t.Errorf("%s and %s: %v", tc.requested, tc.observed, got)
		}
	}
	if contract.AliasPair(nil, new("/private/tmp")) || contract.AliasPair(new("/tmp"), nil) {
		t.Error("nothing is another spelling of something")
	}
	for path, want := range map[string]string{
		"/tmp": "/private/tmp", "/tmp/a": "/private/tmp/a", "/tmpfile": "", "/private/tmp/a": "", "/var/tmp": "", "": "",
	} {
		if got, ok := contract.Canonical(path); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", path, got, ok, want)
		}
	}
}
