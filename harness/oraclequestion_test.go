package harness_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

func TestParseOracleQuestion(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       harness.OracleQuestion
	}{
		{"whole", `{"profile": "a.sb", "operation": "file-read*", "target": "/x", "syscall": "open", "filter_name": "path", "world": "w", "source": "/y",
			"symlinks": {"/a": "/b"}, "params": {"HOME": "/Users/me", "": ""}}`,
			harness.OracleQuestion{
				Profile: "a.sb", Operation: "file-read*", Target: "/x", Syscall: "open", FilterName: "path", World: "w", Source: "/y",
				Symlinks: map[string]string{"/a": "/b"}, Params: map[string]string{"HOME": "/Users/me", "": ""},
			}},
		{"text", `{"profile_text": "(version 1)\n", "operation": "signal", "target": "é"}`,
			harness.OracleQuestion{ProfileText: "(version 1)\n", Operation: "signal", Target: "é"}},
		{"null is nothing", `{"profile": "a.sb", "profile_text": null, "operation": "process-fork", "target": null, "syscall": null,
			"filter_name": null, "world": null, "source": null, "symlinks": null, "params": null}`,
			harness.OracleQuestion{Profile: "a.sb", Operation: "process-fork"}},
		{"empty is nothing", `{"profile": "a.sb", "operation": "process-fork", "target": "", "syscall": "", "symlinks": {}, "params": {}}` + "\r",
			harness.OracleQuestion{Profile: "a.sb", Operation: "process-fork"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := harness.ParseOracleQuestion([]byte(tt.line))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("question (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseOracleQuestionFaults(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"empty", "", `empty; want a JSON object`},
		{"no JSON", `{"profile": `, `not valid JSON at column 12: unexpected end of JSON input`},
		{"two", `{} {}`, `not valid JSON at column 4: invalid character '{' after top-level value`},
		{"array", `[]`, `want an object, got an array`},
		{"nothing", `{}`, `key "operation" is missing; add it; key "target" is missing; add it`},
		{"no policy", `{"operation": "a", "target": ""}`, `no policy; add profile, a file, or profile_text`},
		{"empty policy", `{"profile_text": "", "operation": "a", "target": ""}`, `the policy is empty; name a file in profile, or give its text in profile_text`},
		{"two policies", `{"profile": "a", "profile_text": "b", "operation": "a", "target": ""}`, `profile_text: stands beside profile; give the policy once`},
		{"no operation", `{"profile": "a", "operation": "", "target": ""}`, `operation: empty; name an operation, such as file-read* or fs.read_file`},
		{"null operation", `{"profile": "a", "operation": null, "target": ""}`, `operation: want a string, got null`},
		{"other keys", `{"profil": "a", "operation": "a", "target": "", "filter": "", "id": 1}`, `profil: unknown key; did you mean "profile"?; ` +
			`filter: unknown key; remove it, the keys here are profile, profile_text, operation, target, syscall, filter_name, world, symlinks, params, source; ` +
			`id: unknown key; remove it, the keys here are profile, profile_text, operation, target, syscall, filter_name, world, symlinks, params, source`},
		{"types", `{"profile": 1, "operation": "a", "target": [], "symlinks": [], "params": {"a": 1, "b": null}}`,
			`profile: want a string, got a number; target: want a string, got an array; symlinks: want an object, got an array; params.a: want a string, got a number; params.b: want a string, got null`},
		{"twice", `{"profile": "a", "operation": "a", "operation": "b", "target": ""}`, `operation: key stands twice, first on line 1; keep one`},
		{"no character", `{"profile": "a\u0000", "operation": "a", "target": ""}`, `string with \u0000, which no name can hold; remove it`},
		{"too long", `{"profile_text": "` + strings.Repeat("x", harness.MaxOracleQuestion), `larger than 8388608 bytes; split it`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := harness.ParseOracleQuestion([]byte(tt.line))
			if err == nil {
				t.Fatal("no fault")
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzParseOracleQuestion holds that lines are read right when they are read
// quickly, that what cannot be asked says so in one line, as bad input, and that
// every other question reads the same after it was written.
func FuzzParseOracleQuestion(f *testing.F) {
	f.Add([]byte(`{"profile": "a.sb", "operation": "file-read*", "target": "/x", "syscall": null, "symlinks": {"/a": "/b"}, "params": {"N": "v"}}`))
	f.Add([]byte(`{"profile_text": "(version 1)\n(deny default)", "operation": "signal", "target": "\ud83d\ude00", "world": "w", "filter_name": "path", "source": "s"}`))
	f.Add([]byte("{\"profile\": \"a\",\r\n\"operation\": \"a\", \"target\": null}\r"))
	f.Add([]byte(`{"profile": "a", "profile_text": "b", "operation": "", "target": 1, "operation": []}`))
	f.Add([]byte(`{"profile": "a.sb", "operation": "a", "target": "", "target": null}`))
	f.Add([]byte(` {"profile":null , "profile_text":"b", "operation" :"a","target":null,"params":{"a":"b","a":"c"},"symlinks":{},"syscall":"x","world":null} `))
	f.Fuzz(func(t *testing.T, line []byte) {
		q, err := harness.ParseOracleQuestion(line)
		slow, slowErr := harness.ParseQuestion(line)
		if diff := cmp.Diff(slow, q); diff != "" || fmt.Sprint(err) != fmt.Sprint(slowErr) {
			t.Fatalf("%v, read slowly %v (-slow +quick):\n%s", err, slowErr, diff)
		}
		if err != nil {
			if !harness.IsInputError(err) || strings.Contains(err.Error(), "\n") || err.Error() == "" {
				t.Fatalf("error %q", err)
			}
			if a := q.Unasked(err.Error()); a.Decision != "unknown" || a.Missing == nil {
				t.Fatalf("answer %+v", a)
			}
			return
		}
		text, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		again, err := harness.ParseOracleQuestion(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(q, again); diff != "" {
			t.Fatalf("differs after it was written (-first +second):\n%s", diff)
		}
	})
}
