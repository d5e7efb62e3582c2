package marker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Lines as the tools print them, with names of this test's own.
const (
	applied    = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"applied","mode":"sbpl","api":"sandbox_init","rc":0,"profile":"p.sb","pid":9}`
	applyOK    = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"apply","mode":"sbpl","api":"sandbox_init","rc":0,"errno":0,"err_class":"ok","err_class_source":"none","profile":"p.sb","pid":9}`
	applyEPERM = `{"tool":"sbpl-apply","stage":"apply","mode":"blob","api":"sandbox_apply","rc":-1,"errno":1,"pid":9}`
	applyTwice = `{"tool":"sbpl-apply","stage":"apply","api":"sandbox_init","rc":-1,"errno":22,"errbuf":"Already inside a Sandbox"}`
	execEPERM  = `{"tool":"sbpl-apply","stage":"exec","rc":-1,"errno":1,"argv0":"/bin/echo"}`
	execENOENT = `{"tool":"sbpl-apply","stage":"exec","rc":-1,"errno":2,"argv0":"/bin/echo"}`
	gate       = `{"tool":"sbpl-preflight","marker_schema_version":1,"stage":"preflight","mode":"sbpl","policy":"enforce","profile":"p.sb","rc":0,"pid":9}`
	compiled   = `{"tool":"sbpl-compile","marker_schema_version":44,"stage":"compile","rc":0}`
	callout    = `{"tool":"seatbelt-callout","marker_schema_version":1,"stage":"pre_syscall","operation":"mach-lookup","filter_type":5,"rc":1,"decision":"deny"}`
	check      = `{"tool":"entitlement-check","marker_schema_version":1,"stage":"pre_apply","entitlement":"com.example.camera","pid":9,"rc":0,"present":true,"value_bool":false,"value_type":"bool"}`
	unlisted   = `{"tool":"sbpl-apply","stage":"begin"}`
	foreign    = `{"tool":"somebody-else","stage":"apply"}`
)

func text(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name, stderr string
		want         []string // tool/stage/version
	}{
		{"empty", "", nil},
		{"plain", "open: denied\n", nil},
		{"all_families", text(applyOK, "hello", applied, gate, compiled, callout, check), []string{
			"sbpl-apply/apply/1", "sbpl-apply/applied/1", "sbpl-preflight/preflight/1", "sbpl-compile/compile/44",
			"seatbelt-callout/pre_syscall/1", "entitlement-check/pre_apply/1",
		}},
		{"white_space_around", "  " + applied + " \r\nx", []string{"sbpl-apply/applied/1"}},
		{"unlisted_stage", text(unlisted), nil},
		{"stage_of_another_tool", text(`{"tool":"sbpl-compile","stage":"apply"}`, `{"tool":"sbpl-preflight"}`), nil},
		{"any_stage", text(`{"tool":"seatbelt-callout","stage":"whenever"}`, `{"tool":"entitlement-check"}`), []string{
			"seatbelt-callout/whenever/0", "entitlement-check//0",
		}},
		{"unknown_tool", text(foreign), nil},
		{"tool_is_no_text", text(`{"tool":1,"stage":"apply"}`, `{"tool":null}`, `{"Tool":"sbpl-apply","stage":"apply"}`), nil},
		{"not_a_whole_object", text("log: "+applied, applied+" done", "["+applied+"]", applied[:len(applied)-1], applied+applied), nil},
		{"version_is_no_integer", text(
			`{"tool":"seatbelt-callout","marker_schema_version":"2"}`, `{"tool":"seatbelt-callout","marker_schema_version":1.5}`,
			`{"tool":"seatbelt-callout","marker_schema_version":true}`, `{"tool":"seatbelt-callout","marker_schema_version":7}`,
		), []string{"seatbelt-callout//0", "seatbelt-callout//0", "seatbelt-callout//0", "seatbelt-callout//7"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, m := range marker.Parse(tc.stderr) {
				got = append(got, fmt.Sprintf("%s/%s/%d", m.Tool, m.Stage, m.Version))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	for line, want := range map[string]bool{
		applyEPERM: true, applied: true, compiled: true, callout: true, check: true,
		`{"tool":"seatbelt-callout","marker_schema_version":2}`:           true,
		`{"tool":"seatbelt-callout","marker_schema_version":3}`:           false,
		`{"tool":"seatbelt-callout","marker_schema_version":-1}`:          false,
		`{"tool":"sbpl-apply","stage":"apply","marker_schema_version":2}`: false,
		`{"tool":"entitlement-check","marker_schema_version":2}`:          false,
	} {
		if markers := marker.Parse(line); len(markers) != 1 || markers[0].Known() != want {
			t.Errorf("%s: known %v, want %v", line, !want, want)
		}
	}
}

func TestStrip(t *testing.T) {
	for _, tc := range []struct{ name, stderr, want string }{
		{"empty", "", ""},
		{"nothing_to_drop", "a\r\n\n b", "a\r\n\n b"},
		{"between", text("a", applyOK, "b", callout), "a\nb\n"},
		{"no_final_newline", "a\n" + applyOK, "a"},
		{"final_newline_dropped_with_all", text(applyOK, applied), ""},
		{"empty_line_left", text(applyOK, ""), "\n"},
		{"unlisted_stage_stays", text(unlisted, applied), text(unlisted)},
		{"foreign_stays", text(foreign, "{}", "{"), text(foreign, "{}", "{")},
		{"braces_of_the_program", "{\"a\": 1}\n", "{\"a\": 1}\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := marker.Strip(tc.stderr); got != tc.want {
				t.Errorf("left %q, want %q", got, tc.want)
			}
		})
	}
	if got := marker.Strays(text("x", unlisted, applied, foreign)); len(got) != 1 || got[0] != marker.Apply {
		t.Errorf("strays %q, want one of %q", got, marker.Apply)
	}
}

func TestReport(t *testing.T) {
	for _, tc := range []struct {
		name, stderr string
		want         *artifact.ApplyReport
		stage, kind  string
	}{
		{name: "none", stderr: text("x", callout)},
		{
			name: "ok", stderr: text(applyOK, applied),
			want: report("sandbox_init", 0, 0, "", "ok", "none"),
		},
		{
			name: "first_wins", stderr: text(applyOK, applyEPERM, applied),
			want: report("sandbox_init", 0, 0, "", "ok", "none"),
		},
		{
			name: "version_0_has_no_class", stderr: text(applyEPERM),
			want:  report("sandbox_apply", -1, 1, "", "errno_eperm", "errno_only"),
			stage: "apply", kind: "sandbox_apply_failed",
		},
		{
			name: "already", stderr: text(applyTwice),
			want:  report("sandbox_init", -1, 22, "Already inside a Sandbox", "already_sandboxed", "errbuf_regex"),
			stage: "apply", kind: "apply_already_sandboxed",
		},
		{
			name: "no_api", stderr: `{"tool":"sbpl-apply","stage":"apply","rc":1}`,
			want:  &artifact.ApplyReport{RC: new(1), ErrClass: new("unknown"), ErrClassSource: new("none")},
			stage: "apply", kind: "apply_failed",
		},
		{
			name: "exec_denied", stderr: text(applyOK, applied, execEPERM),
			want:  report("sandbox_init", 0, 0, "", "ok", "none"),
			stage: "bootstrap", kind: "bootstrap_deny_process_exec",
		},
		{
			name: "exec_denied_before_applied", stderr: text(applyOK, execEPERM),
			want:  report("sandbox_init", 0, 0, "", "ok", "none"),
			stage: "bootstrap", kind: "bootstrap_exec_failed",
		},
		{
			name: "exec_failed", stderr: text(applyOK, applied, execENOENT),
			want:  report("sandbox_init", 0, 0, "", "ok", "none"),
			stage: "bootstrap", kind: "bootstrap_exec_failed",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			markers := marker.Parse(tc.stderr)
			if diff := cmp.Diff(tc.want, marker.Report(markers)); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
			if stage, kind := marker.Failure(markers); stage != tc.stage || kind != tc.kind {
				t.Errorf("failed at %q, %q; want %q, %q", stage, kind, tc.stage, tc.kind)
			}
		})
	}
}

func report(api string, rc, errno int, errbuf, class, source string) *artifact.ApplyReport {
	r := &artifact.ApplyReport{API: &api, RC: &rc, Errno: &errno, ErrClass: &class, ErrClassSource: &source}
	if errbuf != "" {
		r.ErrBuf = &errbuf
	}
	return r
}

func TestClassify(t *testing.T) {
	str, num := func(s string) *string { return &s }, func(n int) *int { return &n }
	for _, tc := range []struct {
		api           *string
		rc, errno     *int
		errbuf        *string
		class, source string
	}{
		{nil, num(0), num(13), str("x"), "ok", "none"},
		{str("sandbox_init"), num(-1), num(1), str("process ALREADY has a sandbox"), "already_sandboxed", "errbuf_regex"},
		{str("sandbox_init_with_parameters"), num(-1), num(1), str("already under a sandbox"), "already_sandboxed", "errbuf_regex"},
		{str("sandbox_init_with_parameters"), num(-1), num(22), str("no such operation"), "errno_other", "errno_only"},
		{str("sandbox_apply"), num(-1), num(1), str("already in a sandbox"), "errno_eperm", "errno_only"},
		{nil, num(-1), num(1), nil, "errno_eperm", "errno_only"},
		{nil, nil, num(13), nil, "errno_eacces", "errno_only"},
		{nil, num(-1), num(22), nil, "errno_other", "errno_only"},
		{nil, num(-1), num(0), str("bad profile"), "unknown", "errbuf_present"},
		{nil, nil, nil, str(""), "unknown", "none"},
	} {
		if class, source := marker.Classify(tc.api, tc.rc, tc.errno, tc.errbuf); class != tc.class || source != tc.source {
			t.Errorf("%+v: %s, %s", tc, class, source)
		}
	}
}

func TestLegacyReport(t *testing.T) {
	for stderr, want := range map[string]*artifact.ApplyReport{
		"":                                nil,
		"sandbox_init":                    nil,
		"note: sandbox_init failed: no\n": nil,
		"x\nsandbox_init failed: Operation not permitted\n": {
			API: new("sandbox_init"), Errno: new(1), ErrBuf: new("Operation not permitted"),
			ErrClass: new("errno_eperm"), ErrClassSource: new("legacy_stderr_regex:errno_only"),
		},
		" sandbox_apply: unexpected version\n": {
			API: new("sandbox_apply"), ErrBuf: new("unexpected version"),
			ErrClass: new("unknown"), ErrClassSource: new("legacy_stderr_regex:errbuf_present"),
		},
		"sandbox_init failed: already in the Sandbox": {
			API: new("sandbox_init"), ErrBuf: new("already in the Sandbox"),
			ErrClass: new("already_sandboxed"), ErrClassSource: new("legacy_stderr_regex:errbuf_regex"),
		},
		"sandbox_init failed:": {
			API: new("sandbox_init"), ErrClass: new("unknown"), ErrClassSource: new("legacy_stderr_regex:none"),
		},
	} {
		if diff := cmp.Diff(want, marker.LegacyReport(stderr)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", stderr, diff)
		}
	}
}
