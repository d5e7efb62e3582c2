package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

func TestPrintJSON(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    any
		want string
	}{
		{"empty", []string{}, "[]\n"},
		{"indent", map[string]any{"b": []int{1}, "a": map[string]int{}}, "{\n  \"a\": {},\n  \"b\": [\n    1\n  ]\n}\n"},
		{"ascii_stays", "<a&b>/'", "\"<a&b>/'\"\n"},
		{"short_escapes", "\"\\\b\f\n\r\t", `"\"\\\b\f\n\r\t"` + "\n"},
		{"control", "\x00\x1f\x7f", `"\u0000\u001f\u007f"` + "\n"},
		{"latin", "dé", `"d\u00e9"` + "\n"},
		{"line_separators", "\u2028\u2029", `"\u2028\u2029"` + "\n"},
		{"beyond_the_plane", "\U0001f600", `"\ud83d\ude00"` + "\n"},
		{"bad_utf8", "a\xffb", `"a\ufffdb"` + "\n"},
		{"keys_too", map[string]int{"é": 1}, "{\n  \"\\u00e9\": 1\n}\n"},
		// Text that somebody else wrote comes out in the same way.
		{"raw", json.RawMessage(`{"\u00E9\/\u0041\u002f": "\uD83D\uDE00 😀é` + "\x7f" + `\u007F\n\u000a"}`),
			"{\n  \"\\u00e9/A/\": \"\\ud83d\\ude00 \\ud83d\\ude00\\u00e9\\u007f\\u007f\\n\\n\"\n}\n"},
		{"lone_surrogate", json.RawMessage(`"\uDEAD\ud83d"`), `"\udead\ud83d"` + "\n"},
		{"numbers_stay", json.RawMessage(`[1, 1.0, 1e2, -0]`), "[\n  1,\n  1.0,\n  1e2,\n  -0\n]\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := printJSON(&out, tt.v); err != nil {
				t.Fatal(err)
			}
			if out.String() != tt.want {
				t.Errorf("got  %s\nwant %s", out.String(), tt.want)
			}
		})
	}
}

// The law of what is printed: ASCII, the same value as before, and the same
// bytes when it is printed again.
func FuzzPrintJSON(f *testing.F) {
	for _, doc := range []string{`"é"`, `{"a\/b": ["\uD83D\uDE00", "😀", "\u0022\u005c\u000A"]}`, "[\"\x7f\", 1.0, null]", `"\ud800"`, "\"\xc3\x28\"", `{"":{}}`} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if !json.Valid(doc) {
			return
		}
		var once, twice bytes.Buffer
		if err := printJSON(&once, json.RawMessage(doc)); err != nil {
			t.Fatal(err)
		}
		for _, c := range once.Bytes() {
			if c >= 0x7f || c < ' ' && c != '\n' {
				t.Fatalf("byte %#x in %q", c, once.String())
			}
		}
		if !reflect.DeepEqual(decoded(t, doc), decoded(t, once.Bytes())) {
			t.Fatalf("%q is printed as %q", doc, once.String())
		}
		if err := printJSON(&twice, json.RawMessage(once.Bytes())); err != nil {
			t.Fatal(err)
		}
		if once.String() != twice.String() {
			t.Fatalf("printed %q, printed again %q", once.String(), twice.String())
		}
	})
}

func decoded(t *testing.T, doc []byte) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(doc)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%q: %v", doc, err)
	}
	return v
}

// Where models and observations disagree is told, a screen of it, and is no reason
// to fail.
func TestVerdictTellsDisagreements(t *testing.T) {
	r := &harness.Result{RunDir: "out/r", Status: harness.StatusOK, OracleAgreement: &harness.OracleAgreement{
		Compared: 30, Same: 30, Records: 25, SameRecords: 3, Disagreements: 22,
	}}
	for i := range 22 {
		r.Disagreements = append(r.Disagreements, harness.Disagreement{ExpectationID: fmt.Sprint("p:", i), Detail: "the model foretells a record"})
	}
	var out bytes.Buffer
	if err := printVerdict(&out, &harness.Compiled{}, r, runOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"[?] p:0: the model foretells a record\n", "[?] p:19: the model foretells a record\n[?] … and 2 more, see out/r/mismatch_packets.jsonl\n",
		"\noracle  the models foretold 30 of 30 decisions and 3 of 25 of the kernel's records\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the verdict lacks %q:\n%s", want, out.String())
		}
	}
	if err := runAnswer(r, true); err != nil {
		t.Errorf("the run fails: %v", err)
	}
}

// What a job left on the host is told, and is no reason to fail.
func TestVerdictTellsWhatIsLeft(t *testing.T) {
	r := &harness.Result{Status: harness.StatusOK, LeftBehind: []string{"rtgen.runtime.r: the job is still loaded"}}
	var out bytes.Buffer
	if err := printVerdict(&out, &harness.Compiled{}, r, runOptions{}); err != nil {
		t.Fatal(err)
	}
	if want := "[!] left behind: rtgen.runtime.r: the job is still loaded\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("the verdict lacks %q:\n%s", want, out.String())
	}
	if err := runAnswer(r, true); err != nil {
		t.Errorf("the run fails: %v", err)
	}
}

// A path that is to be typed again is one word of a shell's line.
func TestTyped(t *testing.T) {
	for path, want := range map[string]string{
		"out/small":       "out/small",
		"/tmp/a b/out":    "'/tmp/a b/out'",
		"it's":            `'it'\''s'`,
		"out/$HOME;ls":    "'out/$HOME;ls'",
		"out/p:1,x=y@z+w": "out/p:1,x=y@z+w",
		"aus/größe":       "aus/größe",
	} {
		if got := typed(path); got != want {
			t.Errorf("typed(%q) = %s, want %s", path, got, want)
		}
	}
}
