package seatbelt_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

func TestGateText(t *testing.T) {
	deep := strings.Repeat("(if #t ", 40) + "(deny mach-message-send)" + strings.Repeat(")", 40)
	const one = `[{"outer_action":"allow","outer_operation":"mach-bootstrap","denied_operation":"mach-message-send"}]`
	for _, tt := range []struct {
		name, text     string
		classification string
		findings       string
	}{
		{"plain", `(version 1)(allow mach-bootstrap (apply-message-filter (deny mach-message-send)))`, seatbelt.GateLikely, one},
		{"beside an allow", `(version 1)(allow mach-bootstrap (apply-message-filter (allow mach-message-send) (deny mach-message-send (message-number 1))))`, seatbelt.GateLikely, one},
		{"nested", `(version 1)(if #t (allow mach-bootstrap (with report) (apply-message-filter ` + deep + `)))`, seatbelt.GateLikely, one},
		{"in an allow of the filter", `(version 1)(allow mach-bootstrap (apply-message-filter (allow xpc-message-send (deny mach-message-send))))`, seatbelt.GateLikely, one},
		{"several operations", `(version 1)(deny mach-lookup (global-name "a") (apply-message-filter (deny (with no-log) mach-message-send xpc-message-send)))`, seatbelt.GateLikely,
			`[{"outer_action":"deny","outer_operation":"mach-lookup","denied_operation":"mach-message-send"},{"outer_action":"deny","outer_operation":"mach-lookup","denied_operation":"xpc-message-send"}]`},
		{"of no rule", `(version 1)(define (f) (apply-message-filter (deny mach-message-send)))`, seatbelt.GateLikely, `[{"outer_action":null,"outer_operation":null,"denied_operation":"mach-message-send"}]`},
		{"of no operation", `(version 1)(allow mach-bootstrap (apply-message-filter (deny)))`, seatbelt.GateLikely, `[{"outer_action":"allow","outer_operation":"mach-bootstrap","denied_operation":null}]`},
		{"in a macro", "(version 1)(macro (m form) `(allow mach-bootstrap (apply-message-filter (deny mach-message-send))))", seatbelt.GateLikely, one},
		{"a deny around", `(version 1)(deny mach-bootstrap (apply-message-filter (allow mach-message-send)))`, seatbelt.GateClean, `[]`},
		{"a deny behind", `(version 1)(allow mach-bootstrap (apply-message-filter (allow mach-message-send)))(deny file-read*)`, seatbelt.GateClean, `[]`},
		{"commented", "(version 1)(allow mach-bootstrap (apply-message-filter ; (deny mach-message-send)\n #| (deny mach-message-send) |# (allow mach-message-send)))", seatbelt.GateClean, `[]`},
		{"strings", `(version 1)(allow file-read* (literal "(apply-message-filter (deny mach-message-send))") (regex #"apply-message-filter (deny x)"))`, seatbelt.GateClean, `[]`},
		{"a longer word", `(version 1)(allow mach-bootstrap (apply-message-filters (deny mach-message-send)))`, seatbelt.GateClean, `[]`},
		{"empty", "", seatbelt.GateClean, `[]`},
		{"no text", "(version 1\n(allow default)", seatbelt.GateInvalid, `[]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := seatbelt.GateText("w", "out/a.runtime.sb", tt.text)
			findings, err := json.Marshal(r.Findings)
			if err != nil {
				t.Fatal(err)
			}
			if r.Classification != tt.classification || string(findings) != tt.findings {
				t.Errorf("%s %s, want %s %s", r.Classification, findings, tt.classification, tt.findings)
			}
			if likely := r.Classification == seatbelt.GateLikely; likely != (r.Signature != nil) || likely != seatbelt.GateEnforce.Blocks(r) {
				t.Errorf("signature %v, blocks %v", r.Signature, seatbelt.GateEnforce.Blocks(r))
			}
			if (r.Error != "") != (r.Classification == seatbelt.GateInvalid) {
				t.Errorf("error %q", r.Error)
			}
		})
	}
}

func TestGateRecord(t *testing.T) {
	for _, tt := range []struct {
		record *seatbelt.GateRecord
		want   string
	}{
		{seatbelt.GateText("w", "out/a.sb", "(version 1)(allow default)"),
			`{"tool":"sbpl-preflight","preflight_schema_version":1,"world_id":"w","input_kind":"sbpl_path","input_ref":"out/a.sb","classification":"no_known_apply_gate_signature","signature":null,"findings":[]}`},
		{seatbelt.GateText("w", "out/a.sb", "(version 1)(allow x (apply-message-filter (deny y)))"),
			`{"tool":"sbpl-preflight","preflight_schema_version":1,"world_id":"w","input_kind":"sbpl_path","input_ref":"out/a.sb","classification":"likely_apply_gated_for_harness_identity","signature":"deny_message_filter","findings":[{"outer_action":"allow","outer_operation":"x","denied_operation":"y"}]}`},
		{seatbelt.GateText("w", "out/a.sb", "(version 1"),
			`{"tool":"sbpl-preflight","preflight_schema_version":1,"world_id":"w","input_kind":"sbpl_path","input_ref":"out/a.sb","classification":"invalid","signature":null,"findings":[],"error":"1:1: this ( is never closed; add a )"}`},
		{seatbelt.GateBlob("w", "a.sb.bin"),
			`{"tool":"sbpl-preflight","preflight_schema_version":1,"world_id":"w","input_kind":"sbpl_blob_path","input_ref":"a.sb.bin","classification":"unsupported","signature":null,"findings":[],"error":"this build knows no digests of compiled profiles that are refused, so nothing can be said of this one"}`},
	} {
		got, err := json.Marshal(tt.record)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != tt.want {
			t.Errorf("record\n%s\nwant\n%s", got, tt.want)
		}
	}
}

func TestGateMode(t *testing.T) {
	likely := seatbelt.GateText("w", "a.sb", "(allow x (apply-message-filter (deny y)))")
	for _, tt := range []struct {
		text   string
		want   seatbelt.GateMode
		blocks bool
	}{{"", seatbelt.GateEnforce, true}, {"enforce", seatbelt.GateEnforce, true}, {"force", seatbelt.GateForce, false}, {"off", seatbelt.GateOff, false}} {
		m, err := seatbelt.ParseGateMode(tt.text)
		if err != nil || m != tt.want || m.Blocks(likely) != tt.blocks || m.Blocks(nil) || m.Blocks(seatbelt.GateBlob("w", "a.bin")) {
			t.Errorf("%q: %q, %v", tt.text, m, err)
		}
	}
	if _, err := seatbelt.ParseGateMode("Off"); err == nil || err.Error() != `unknown apply gate "Off", use enforce, force or off` {
		t.Errorf("error %v", err)
	}
}

// Whatever the text, there is a record that says one thing: without both words a
// text is never likely to be refused, and one that is has a finding and a signature.
func FuzzGateText(f *testing.F) {
	for _, text := range []string{
		"", "(", "(version 1)(allow x (apply-message-filter (deny y)))", "(apply-message-filter . (deny))", "'(deny apply-message-filter)",
		`#"(deny"`, "(apply-message-filter `(,@(deny a b) \"c\"))", "(deny (apply-message-filter (deny (deny deny))))",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := seatbelt.GateText("w", "a.sb", text)
		likely := r.Classification == seatbelt.GateLikely
		if likely != (len(r.Findings) > 0) || likely != (r.Signature != nil) || r.Findings == nil {
			t.Errorf("%+v", r)
		}
		if likely && !(strings.Contains(text, "apply-message-filter") && strings.Contains(text, "deny")) {
			t.Errorf("%+v of a text without the words", r)
		}
		if (r.Classification == seatbelt.GateInvalid) != (r.Error != "") {
			t.Errorf("%+v", r)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
