package seatbelt_test

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestPrepare(t *testing.T) {
	const text = "(version 1)\n(deny default) ; nothing\n(allow file-read* (literal \"/private/tmp/a\"))\n \t\r\n\n"
	rules := []string{`(deny file-read-data (literal "/private/tmp/b")) ; a note`, `(allow mach-lookup (global-name "com.example"))`}
	for _, s := range []seatbelt.Source{
		{Path: "sb/read.sb", ID: "demo:read", Text: text},
		{Path: "sb/read.sb", ID: "demo:read", Text: text, Shim: true},
		{Path: "sb/read.sb", ID: "demo:ruled", Text: text, Rules: rules},
		{Path: "sb/read.sb", ID: "demo:ruled", Text: text, Rules: rules, Shim: true},
	} {
		p := seatbelt.Prepare(s)
		golden := filepath.Join("testdata", "prepared", p.Name)
		if *update {
			if err := os.WriteFile(golden, []byte(p.Text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), p.Text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.Name, diff)
		}
	}
}

// The shim overrides the text, and the rules override the shim.
func TestPrepareOrder(t *testing.T) {
	s := seatbelt.Source{
		Path: "a.sb", ID: "a", Shim: true, Text: "(version 1)(allow default)(deny file-read* process-exec* sysctl-read)",
		Rules: []string{`(deny file-read* (subpath "/usr/share"))`},
	}
	profile, faults := sbpl.Compile(sbpl.Source{File: "a.sb", Text: seatbelt.Prepare(s).Text})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, tt := range []struct {
		operation, target string
		want              sbpl.Decision
	}{
		{"file-read-data", "/usr/bin/true", sbpl.Allow},
		{"file-read-data", "/", sbpl.Allow}, // or no program starts
		{"file-read-data", "/usr/share/dict", sbpl.Deny},
		{"file-read-data", "/Users/me", sbpl.Deny},
		{"file-read-metadata", "/private/tmp", sbpl.Allow},
		{"process-exec*", "/usr/bin/true", sbpl.Allow},
		{"sysctl-read", "hw.pagesize_compat", sbpl.Allow}, // or no Go program starts
		{"sysctl-read", "kern.ostype", sbpl.Deny},
	} {
		ans := profile.Ask(sbpl.Question{Operation: tt.operation, Target: tt.target, Syscall: sbpl.CheckCall})
		if ans.Decision != tt.want {
			t.Errorf("%s of %s: %s, want %s: %s", tt.operation, tt.target, ans.Decision, tt.want, ans.Reason)
		}
	}
}

func TestPrepareNames(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		path, id string
		shim     bool
		want     string
	}{
		{"sb/read.sb", "demo:read", false, "read.demo_read.runtime.sb"},
		{"sb/read.sb", "demo:read", true, "read.demo_read.shim.runtime.sb"},
		{"sb/v1_read.sb", "bucket4:v1_read", false, "v1_read.bucket4_v1%5fread.runtime.sb"},
		{"a.b.sb", "A", false, "a-b.%41.runtime.sb"},
		{".sb", "..", false, "-sb.%2e%2e.runtime.sb"},
		{"ä ö.sb", "é", false, "---.%c3%a9.runtime.sb"},
		{"read", "x.shim", false, "read.x%2eshim.runtime.sb"},
		{"read", long, false, "read." + long[:80] + "~" + fmt.Sprintf("%x", sha256.Sum256([]byte(long))) + ".runtime.sb"},
	} {
		got := seatbelt.Prepare(seatbelt.Source{Path: tt.path, ID: tt.id, Shim: tt.shim}).Name
		if got != tt.want {
			t.Errorf("%s of %q: %s, want %s", tt.path, tt.id, got, tt.want)
		}
	}
}

// Two ids never share a file, on file systems that fold names either.
func FuzzPrepareNames(f *testing.F) {
	for _, ids := range [][2]string{{"a:b", "a_b"}, {"A", "a"}, {"x.shim", "x"}, {"a%3a", "a:"}, {"é", "e\u0301"}, {"", "%"}} {
		f.Add(ids[0], ids[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == b {
			return
		}
		seen := map[string]string{}
		for _, id := range []string{a, b} {
			for _, shim := range []bool{false, true} {
				name := seatbelt.Prepare(seatbelt.Source{Path: "p.sb", ID: id, Shim: shim}).Name
				if other, taken := seen[strings.ToLower(name)]; taken {
					t.Errorf("%q and %q share %s", id, other, name)
				}
				seen[strings.ToLower(name)] = id
				if len(name) > 255 || strings.ContainsAny(name, "/\\\x00") || name[0] == '.' {
					t.Errorf("%q: file %q", id, name)
				}
			}
		}
	})
}
