package harness_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// oldWorld is a Linux host with the first Landlock that knows networks.
const oldWorld = "linux-6.7.1-x86_64-landlock4-0123abcd"

// portsJSON restricts the network alone, about which every host knows the same.
const portsJSON = `{
  "netPort": [
    {"allowedAccess": ["connect_tcp"], "port": [80, 8443]},
    {"allowedAccess": ["bind_tcp", "connect_tcp"], "port": [8443]}
  ]
}
`

const portsTOML = "[[net_port]]\nallowed_access = [\"connect_tcp\"]\nport = [\n  80,\n  8443,\n]\n"

func TestOracleLandlock(t *testing.T) {
	inFolder(t, map[string]string{"ports.json": portsJSON, "ports": "\n\t" + portsJSON})
	for _, tt := range []struct {
		name string
		q    harness.OracleQuestion
		want harness.OracleAnswer
	}{
		{"the first entry that grants",
			harness.OracleQuestion{Profile: "ports.json", Operation: "net.connect_tcp", Target: "127.0.0.1:8443"},
			harness.OracleAnswer{
				Decision: "allow", Resolved: new("127.0.0.1:8443"), Reason: "every layer that handles it grants port 8443",
				Rule: &harness.OracleRule{File: "ports.json", Line: 3, Text: `{"allowedAccess": ["connect_tcp"], "port": [8443]}`},
				Granting: []harness.OracleGrant{
					{Rule: "8443", Rights: []string{"net.connect_tcp"}, File: "ports.json", Line: 3},
					{Rule: "8443", Rights: []string{"net.connect_tcp"}, File: "ports.json", Line: 4},
				},
			}},
		{"the entry that grants the right", harness.OracleQuestion{Profile: "ports", Operation: "network-bind", Target: "[::]:8443", Syscall: "bind"},
			harness.OracleAnswer{
				Decision: "allow", Resolved: new("[::]:8443"), Reason: "every layer that handles it grants port 8443",
				Rule:     &harness.OracleRule{File: "ports", Line: 5, Text: `{"allowedAccess": ["bind_tcp", "connect_tcp"], "port": [8443]}`},
				Granting: []harness.OracleGrant{{Rule: "8443", Rights: []string{"net.bind_tcp"}, File: "ports", Line: 5}},
			}},
		{"denied", harness.OracleQuestion{Profile: "ports.json", Operation: "net.connect_tcp", Target: "localhost:81", World: "linux-6.18.0-aarch64-landlock7-0123abcd"},
			harness.OracleAnswer{
				Decision: "deny", Resolved: new("127.0.0.1:81"), Reason: "no rule grants port 81", Missing: []harness.OracleMissing{{Layer: new(0), Right: "net.connect_tcp"}},
				Errno: 13, ErrnoName: "EACCES", Blockers: []string{"net.connect_tcp"},
			}},
		{"TOML", harness.OracleQuestion{ProfileText: portsTOML, Operation: "net.connect_tcp", Target: "127.0.0.1:8443"},
			harness.OracleAnswer{
				Decision: "allow", Resolved: new("127.0.0.1:8443"), Reason: "every layer that handles it grants port 8443",
				Rule:     &harness.OracleRule{File: "profile_text", Line: 5, Text: `{allowed_access = ["connect_tcp"], port = [8443]}`},
				Granting: []harness.OracleGrant{{Rule: "8443", Rights: []string{"net.connect_tcp"}, File: "profile_text", Line: 5}},
			}},
		{"another world", harness.OracleQuestion{Profile: "ports.json", Operation: "scope.signal", Target: "self", World: "linux-5.13.0-x86_64-landlock1-0123abcd"},
			harness.OracleAnswer{Decision: "unknown", Reason: "the policy cannot be applied: layer 0: landlock abi 1, want 4 for [net.bind_tcp net.connect_tcp]"}},
		{"not mediated", harness.OracleQuestion{Profile: "ports.json", Operation: "syscall.memfd_create", Target: "name", World: oldWorld},
			harness.OracleAnswer{Decision: "allow", Resolved: new("name"), Reason: "Landlock does not mediate it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := harness.NewOracle().Ask(tt.q)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Operation, tt.want.Target = tt.q.Operation, tt.q.Target
			if tt.want.Missing == nil {
				tt.want.Missing = []harness.OracleMissing{}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

// inFolder runs the test in a folder of its own with these files.
func inFolder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOracleLandlockPaths asks about the files of this host.
func TestOracleLandlockPaths(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere the model of Landlock knows of no file")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	const policy = `{"abi": 1, "ruleset": [{"handledAccessFs": ["abi.all"]}],
"pathBeneath": [
{"allowedAccess": ["abi.read_write"],
"parent": ["${workspace}"]}, {"allowedAccess": ["read_file"],
"parent": ["${tmp}/b", "/${opt}/no"]}]}`
	params := map[string]string{"workspace": dir, "tmp": dir, "opt": "../" + dir, "home": "/unused"}
	q := harness.OracleQuestion{ProfileText: strings.Replace(policy, `, "/${opt}/no"`, "", 1), Operation: "fs.read_file", Target: dir + "/b", Params: params, World: oldWorld}
	oracle := harness.NewOracle()
	ask := func() harness.OracleAnswer {
		t.Helper()
		a, err := oracle.Ask(q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := ask()
	// The rule on the file itself is nearer than that on its folder.
	if a.Decision != "allow" || *a.Resolved != dir+"/b" || a.Rule.Line != 5 || a.Rule.Text != `{"allowedAccess": ["read_file"], "parent": ["${tmp}/b"]}` {
		t.Errorf("answer %+v, rule %+v", a, a.Rule)
	}
	if len(a.Granting) != 2 || a.Granting[1].Line != 4 || a.Granting[1].Rule != dir {
		t.Errorf("granting %+v", a.Granting)
	}
	q.Operation, q.Syscall, q.Target, q.Source = "syscall.link", "", dir+"/c", dir+"/b"
	if a = ask(); a.Decision != "allow" || *a.Resolved != dir+"/c" || a.Rule.Line != 4 {
		t.Errorf("link: %+v", a)
	}
	q.Operation, q.Target, q.Source, q.Symlinks = "file-write*", "/no/such/link/b", "", map[string]string{"/no/such/link": dir}
	if a = ask(); a.Decision != "allow" || *a.Resolved != dir+"/b" {
		t.Errorf("through a link that is given: %+v", a)
	}
	q.Syscall = "open (write, existing file)"
	if a = ask(); a.Decision != "allow" || *a.Resolved != dir+"/b" {
		t.Errorf("a call by Seatbelt's name: %+v", a)
	}
	q.Symlinks, q.Syscall = nil, ""
	if a = ask(); a.Decision != "unknown" || a.ErrnoName != "ENOENT" || a.Resolved != nil || a.Rule != nil {
		t.Errorf("not there: %+v", a)
	}
	q.ProfileText, q.Target = policy, dir+"/b"
	if a = ask(); a.Decision != "unknown" || !strings.Contains(a.Reason, "the policy cannot be applied") {
		t.Errorf("a parent is not there: %+v", a)
	}
}

func TestOracleFaults(t *testing.T) {
	inFolder(t, map[string]string{
		"ports.json": portsJSON,
		"bad.toml":   "[[ruleset]]\nscoped = [\"signl\"]\n[[net_port]]\nport = [1]\n",
		"vars.json": `{"variable": [{"name": "own", "literal": ["/x"]}], "pathBeneath": [{"allowedAccess": ["read_file"],
"parent": ["${own}",
"${workspace}/a", "/b/${scratch}"]}]}`,
	})
	ports := harness.OracleQuestion{Profile: "ports.json", Operation: "net.connect_tcp", Target: "127.0.0.1:1"}
	for _, tt := range []struct {
		name string
		q    func(q *harness.OracleQuestion)
		want string
	}{
		{"no policy", func(q *harness.OracleQuestion) { q.Profile = "" }, `a question needs a profile, or the text of one`},
		{"two policies", func(q *harness.OracleQuestion) { q.ProfileText = "x" }, `a question takes a profile or the text of one, not both`},
		{"no file", func(q *harness.OracleQuestion) { q.Profile = "none.json" }, `none.json: no such file or directory`},
		{"folder", func(q *harness.OracleQuestion) { q.Profile = "." }, `.: is a folder; name a file`},
		{"bad text", func(q *harness.OracleQuestion) { q.Profile = "bad.toml" }, `bad.toml:2: ruleset[0].scoped[0]: unknown scope "signl"; did you mean "signal"?
bad.toml:3: net_port[0]: key "allowed_access" is missing; add it`},
		{"empty text", func(q *harness.OracleQuestion) { q.Profile, q.ProfileText = "", " " }, `profile_text: empty; want a TOML document`},
		{"variable without a value", func(q *harness.OracleQuestion) {
			q.Profile, q.ProfileText = "", `{"variable": [{"name": "own"}], "pathBeneath": [{"allowedAccess": ["read_file"], "parent": ["${own}"]}]}`
		}, `profile_text:1: parent "${own}": variable "own" has no value`},
		{"no variables", func(q *harness.OracleQuestion) { q.Profile = "vars.json" },
			`vars.json:3: parent "${workspace}/a": variable "workspace" has no value; give it one as a parameter, such as --param workspace=/srv/agent
vars.json:3: parent "/b/${scratch}": variable "scratch" has no value; give it one as a parameter, such as --param scratch=/srv/agent`},
		{"variables as in no run", func(q *harness.OracleQuestion) {
			q.Profile, q.Params = "vars.json", map[string]string{"workspace": "/w", "scratch": "/s"}
		}, `vars.json:3: parent "/b/${scratch}": ${scratch} is a whole path; start the parent with it`},
		{"variable of the text", func(q *harness.OracleQuestion) {
			q.Profile, q.Params = "vars.json", map[string]string{"workspace": "/w", "scratch": "/s", "own": "/o"}
		}, `vars.json:1: variable "own" is set by a parameter too; drop one of them`},
		{"relative variable", func(q *harness.OracleQuestion) { q.Params = map[string]string{"home": "me"} }, `parameter "home": "me" is no absolute path`},
		{"operation", func(q *harness.OracleQuestion) { q.Operation = "net.conect_tcp" },
			`operation "net.conect_tcp" is none of Landlock's model, did you mean "net.connect_tcp"?; rtgen list-operations shows what is`},
		{"Seatbelt's operation", func(q *harness.OracleQuestion) { q.Operation = "mach-lookup" },
			`operation "mach-lookup" is none of Landlock's model; rtgen list-operations shows what is`},
		{"syscall", func(q *harness.OracleQuestion) { q.Syscall = "conect" }, `operation net.connect_tcp has no syscall "conect", did you mean "connect"?; it has connect, connect_unspec`},
		{"filter", func(q *harness.OracleQuestion) { q.FilterName = "path" }, `filter "path" is for Seatbelt, and the policy is Landlock's; leave it out`},
		{"no target", func(q *harness.OracleQuestion) { q.Target = "" }, `operation net.connect_tcp needs a target`},
		{"target", func(q *harness.OracleQuestion) { q.Target = "443" },
			`operation net.connect_tcp needs an address as its target: "443" is not an address and a port, such as 127.0.0.1:80 or [::1]:80`},
		{"no source", func(q *harness.OracleQuestion) { q.Operation = "syscall.rename" },
			`operation syscall.rename by renameat2 needs a source beside its target: the other path, or the text of a symlink`},
		{"source", func(q *harness.OracleQuestion) { q.Source = "/x" }, `operation net.connect_tcp by connect has no source; leave it out`},
		{"world", func(q *harness.OracleQuestion) { q.World = "sonoma-14.4.1-23E224-arm64-dyld-a3a840f9" },
			`world "sonoma-14.4.1-23E224-arm64-dyld-a3a840f9": want a Linux world for a Landlock policy, such as linux-6.12.9-x86_64-landlock6-0123abcd`},
		{"world without Landlock", func(q *harness.OracleQuestion) { q.World = "linux-4.19.0-x86_64-landlock0-0123abcd" },
			`world "linux-4.19.0-x86_64-landlock0-0123abcd" has no Landlock; name one that does`},
		{"symlink", func(q *harness.OracleQuestion) { q.Symlinks = map[string]string{"tmp": "/private/tmp"} },
			`symlink "tmp": not an absolute clean path; write it as /a/b`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := ports
			tt.q(&q)
			_, err := harness.NewOracle().Ask(q)
			if err == nil || !harness.IsInputError(err) {
				t.Fatalf("error %v, want one of bad input", err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOracleAtOnce asks one oracle from several goroutines, about more policies
// than it remembers.
func TestOracleAtOnce(t *testing.T) {
	oracle := harness.NewOracle()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 2500 {
				port := 1 + i%1250
				q := harness.OracleQuestion{
					ProfileText: fmt.Sprintf(`{"netPort": [{"allowedAccess": ["connect_tcp"], "port": [%d]}]}`, port),
					Operation:   "net.connect_tcp", Target: fmt.Sprintf("127.0.0.1:%d", port), World: oldWorld,
				}
				if i%2 == 0 {
					q.Symlinks = map[string]string{"/no": "/such"}
				}
				if a, err := oracle.Ask(q); err != nil || a.Decision != "allow" {
					t.Errorf("port %d: %+v, %v", port, a, err)
					return
				}
			}
		})
	}
	wg.Wait()
	_, err := oracle.Ask(harness.OracleQuestion{Profile: "none.json"})
	if data := new(harness.DataError); !errors.As(err, &data) {
		t.Errorf("error %v", err)
	}
}

// TestRemembered holds that large texts are forgotten when there are several, and
// small ones kept.
func TestRemembered(t *testing.T) {
	var r harness.Remembered
	made := map[string]int{}
	get := func(key string, size int) {
		t.Helper()
		got, err := r.Get(key, size, func() (int, error) { made[key]++; return size, errors.ErrUnsupported })
		if got != size || err != errors.ErrUnsupported {
			t.Errorf("%s is %d, %v", key, got, err)
		}
	}
	for range 3 {
		get("a", 1)
		get("b", 2)
	}
	get("large", harness.MaxRememberedBytes-1)
	get("large", harness.MaxRememberedBytes-1)
	get("b", 2)
	get("large", harness.MaxRememberedBytes-1)
	if diff := cmp.Diff(map[string]int{"a": 1, "b": 2, "large": 2}, made); diff != "" {
		t.Errorf("values made (-want +got):\n%s", diff)
	}
}

// TestLargeFilesAreForgotten holds that files count as texts do: the first of two
// that are too large together is read again.
func TestLargeFilesAreForgotten(t *testing.T) {
	dir, blank := t.TempDir(), strings.Repeat(" ", 1<<20-100)
	oracle := harness.NewOracle()
	first := filepath.Join(dir, "0.sb")
	for i := range harness.MaxRememberedBytes>>20 + 1 {
		file := filepath.Join(dir, strconv.Itoa(i)+".sb")
		if err := os.WriteFile(file, []byte("(allow default)"+blank), 0o644); err != nil {
			t.Fatal(err)
		}
		if a, err := oracle.Ask(harness.OracleQuestion{Profile: file, Operation: "file-read*", Target: "/a"}); err != nil || a.Decision != "allow" {
			t.Fatalf("%s: %v, %v", file, a, err)
		}
	}
	if err := os.WriteFile(first, []byte("(deny default)"), 0o644); err != nil {
		t.Fatal(err)
	}
	if a, err := oracle.Ask(harness.OracleQuestion{Profile: first, Operation: "file-read*", Target: "/a"}); err != nil || a.Decision != "deny" {
		t.Errorf("got %v, %v; want the file as it is now, which denies", a.Decision, err)
	}
}
