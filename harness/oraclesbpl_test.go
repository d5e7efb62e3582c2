package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

const agentSB = `(version 1)
(deny default)
(import "base.sb")
(allow file-read* (subpath (param "WORK")))
(allow file-write*
  (require-all (subpath "/private/tmp") (require-not (literal "/private/tmp/key"))))
(allow network-outbound (remote tcp "*:443"))
(allow file-read-xattr (file-mode #o600))
`

func TestOracleSeatbelt(t *testing.T) {
	inFolder(t, map[string]string{
		"agent.sb": agentSB, "agent": "\n ; an agent's\n" + agentSB,
		"base.sb": `(allow mach-lookup (global-name "com.example.a"))` + "\n(allow file-read-metadata (literal \"/tmp\"))",
	})
	work := map[string]string{"WORK": "/Users/me/code"}
	for _, tt := range []struct {
		name string
		q    harness.OracleQuestion
		want harness.OracleAnswer
	}{
		{"a parameter", harness.OracleQuestion{Profile: "agent.sb", Operation: "file-read*", Target: "/Users/me/code/a", Syscall: "open (read)", Params: work},
			harness.OracleAnswer{
				Decision: "allow", Resolved: new("/Users/me/code/a"), Rule: &harness.OracleRule{File: "agent.sb", Line: 4, Text: `(allow file-read* (subpath (param "WORK")))`},
			}},
		{"through a link that may be read", harness.OracleQuestion{Profile: "agent", Operation: "file-write-data", Target: "/tmp/key", Params: work},
			harness.OracleAnswer{
				Decision: "deny", Resolved: new("/private/tmp/key"), Rule: &harness.OracleRule{File: "agent", Line: 4, Text: `(deny default)`},
				Missing: []harness.OracleMissing{{Right: "file-write-data", Target: "/private/tmp/key"}},
			}},
		{"through one that may not", harness.OracleQuestion{
			Profile: "agent.sb", Operation: "file-write-data", Target: "/link/a", Params: work, Symlinks: map[string]string{"/link": "/tmp"}, World: "ventura-13.6-22G120-x86_64-dyld-0123abcd",
		}, harness.OracleAnswer{
			Decision: "deny", Resolved: new("/private/tmp/a"), Rule: &harness.OracleRule{File: "agent.sb", Line: 2, Text: `(deny default)`},
			Missing: []harness.OracleMissing{{Right: "file-read-metadata", Target: "/link"}},
		}},
		{"an imported rule", harness.OracleQuestion{Profile: "./agent.sb", Operation: "mach-lookup", Target: "com.example.a", FilterName: "global-name"},
			harness.OracleAnswer{
				Decision: "allow", Resolved: new("com.example.a"), Rule: &harness.OracleRule{File: "base.sb", Line: 1, Text: `(allow mach-lookup (global-name "com.example.a"))`},
			}},
		{"what cannot be evaluated", harness.OracleQuestion{Profile: "agent.sb", Operation: "file-read-xattr", Target: "/x", Params: work},
			harness.OracleAnswer{
				Decision: "unknown", Resolved: new("/x"),
				Doubt: &harness.OracleDoubt{File: "agent.sb", Line: 8, Text: "(file-mode #o600)", Why: "the model does not know what mode the file has"},
			}},
		{"what no profile decides", harness.OracleQuestion{ProfileText: "(version 1)(allow default)", Operation: "file-read-data", Target: "relative"},
			harness.OracleAnswer{Decision: "unknown"}},
		{"no target", harness.OracleQuestion{ProfileText: "#| all |# (version 1)(allow default)", Operation: "process-fork"},
			harness.OracleAnswer{
				Decision: "allow", Rule: &harness.OracleRule{File: "profile_text", Line: 1, Text: `(allow default)`},
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := harness.NewOracle().Ask(tt.q)
			if err != nil {
				t.Fatal(err)
			}
			if got.Reason == "" || strings.Contains(got.Reason, "\n") {
				t.Errorf("reason %q, want one line", got.Reason)
			}
			tt.want.Operation, tt.want.Target, tt.want.Reason = tt.q.Operation, tt.q.Target, got.Reason // the model's words
			if tt.want.Missing == nil {
				tt.want.Missing = []harness.OracleMissing{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOracleImports asks where a profile's imports are looked for: a text that
// is no file has none beside it.
func TestOracleImports(t *testing.T) {
	inFolder(t, map[string]string{"base.sb": "(allow signal)"})
	if err := os.Mkdir("sub", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"sub/a.sb": `(import "b.sb") (import "../base.sb")`, "sub/b.sb": "(allow process-fork)"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) harness.OracleQuestion {
		if err := os.WriteFile(name, []byte("(version 1) (deny default)\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		return harness.OracleQuestion{Profile: name}
	}
	text := func(text string) harness.OracleQuestion {
		return harness.OracleQuestion{ProfileText: "(version 1) (deny default)\n" + text}
	}
	for _, tt := range []struct {
		name                    string
		q                       harness.OracleQuestion
		operation, want, reason string
	}{
		{"beside the file", file("sub/x.sb", `(import "b.sb")`), "process-fork", "allow", "sub/b.sb:1"},
		{"from what is imported", file("y.sb", `(import "sub/a.sb")`), "process-fork", "allow", "sub/b.sb:1"},
		{"up from there", file("y.sb", `(import "sub/a.sb")`), "signal", "allow", "base.sb:1"},
		{"a file with the name of texts", file("profile_text", `(import "base.sb")`), "signal", "allow", "base.sb:1"},
		{"not beside a text", text(`(import "base.sb")`), "signal", "unknown", `(import "base.sb") at profile_text:2: no base.sb in /System/Library/Sandbox/Profiles, /usr/share/sandbox`},
		{"a text by the whole path", text(`(import "` + dir + `/sub/a.sb")`), "process-fork", "allow", "sub/b.sb:1"},
		{"a folder", file("z.sb", `(import "sub")`), "signal", "unknown", "sub: is a folder; name a file"},
		{"itself", file("me.sb", `(import "me.sb")`), "signal", "unknown", "me.sb imports itself"},
		{"nowhere", file("sub/none.sb", `(import "b/none.sb")`), "signal", "unknown", "no b/none.sb in sub, /System/Library/Sandbox/Profiles, /usr/share/sandbox"},
		{"nothing", file("no.sb", `(import "/no/such.sb")`), "signal", "unknown", "no such.sb in /no"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.q.Operation, tt.q.Target = tt.operation, "self"
			a, err := harness.NewOracle().Ask(tt.q)
			if err != nil || a.Decision != tt.want || !strings.Contains(a.Reason, filepath.FromSlash(tt.reason)) {
				t.Errorf("%s: %s, %v, want %s for %s", a.Decision, a.Reason, err, tt.want, tt.reason)
			}
		})
	}
}

func TestOracleSeatbeltFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		q    harness.OracleQuestion
		want string
	}{
		{"syntax", harness.OracleQuestion{ProfileText: "(version 1)\n  (allow default\n(deny signal))) \"", Operation: "signal"},
			"profile_text:3: column 15: this ) closes nothing; remove it, or add the ( it belongs to\nprofile_text:3: column 17: this string is never closed; add a \""},
		{"operation", harness.OracleQuestion{ProfileText: "(version 1)", Operation: "file-raed*"}, `Seatbelt has no operation "file-raed*", did you mean "file-read*"?`},
		{"Landlock's operation", harness.OracleQuestion{ProfileText: "(version 1)", Operation: "fs.make_sym"}, `Seatbelt has no operation "fs.make_sym"; name one, such as file-read*`},
		{"source", harness.OracleQuestion{ProfileText: "(version 1)", Operation: "file-link", Source: "/x"},
			"source is for the links and renames of Landlock, and the policy is Seatbelt's; leave it out"},
		{"world", harness.OracleQuestion{ProfileText: "(version 1)", Operation: "signal", World: oldWorld},
			`world "linux-6.7.1-x86_64-landlock4-0123abcd" is not the id of a Mac; write <codename>-<version>-<build>-<arch>-dyld-<8 hex>, such as sonoma-14.4.1-23E224-arm64-dyld-a3a840f9`},
		{"symlink", harness.OracleQuestion{ProfileText: "(version 1)", Operation: "signal", Symlinks: map[string]string{"/Users": "/x"}},
			`symlink "/Users": /Users is a folder of macOS itself; leave it out`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := harness.NewOracle().Ask(tt.q)
			if err == nil || !harness.IsInputError(err) {
				t.Fatalf("error %v, want one of bad input", err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
}
