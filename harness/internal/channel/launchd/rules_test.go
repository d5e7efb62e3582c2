package launchd_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"howett.net/plist"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
)

var update = flag.Bool("update", false, "write the golden property lists anew")

func TestPlist(t *testing.T) {
	for _, session := range []string{"Aqua", "Background"} {
		t.Run(session, func(t *testing.T) {
			cfg := launchd.Config{Label: "rtgen.runtime.r1"}
			env := map[string]string{launchd.EnvSocket: "/private/tmp/rtgen-launchd.501/rtgen.runtime.r1/s", launchd.EnvNonce: "N", "PATH": "/usr/bin:/bin", "RTGEN_WORKER_CLEAN": "1", "ODD": "<&\"'\u2028é>"}
			data, err := launchd.PlistOf(cfg, "/private/tmp/a & b/suite.test", "/private/tmp/rtgen-launchd.501/rtgen.runtime.r1", session, env)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", session+".plist")
			if *update {
				if err := os.WriteFile(file, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(data)); diff != "" {
				t.Errorf("property list (-want +got); -update writes it anew:\n%s", diff)
			}
			var read struct {
				EnvironmentVariables map[string]string
				KeepAlive            any
			}
			if _, err := plist.Unmarshal(data, &read); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(env, read.EnvironmentVariables); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
			if read.KeepAlive != nil {
				t.Errorf("KeepAlive is %v: launchd would start a dead worker again", read.KeepAlive)
			}
		})
	}
}

func TestLabel(t *testing.T) {
	seen := map[string]bool{}
	for _, tt := range []struct {
		run             string
		process, worker int
		want            string
	}{
		{"0b51c4a5-d9f6-4f0e-8a87-3a4a1d4c0f55", 1, 1, "rtgen.runtime.0b51c4a5-d9f6-4f0e-8a87-3a4a1d4c0f55"},
		{"r", 2, 1, "rtgen.runtime.r.p2"},
		{"r", 1, 3, "rtgen.runtime.r.w3"},
		{"r", 12, 3, "rtgen.runtime.r.p12.w3"},
		{"r.p2", 1, 1, "rtgen.runtime.r_2ep2"},
		{"r_2ep2", 1, 1, "rtgen.runtime.r_5f2ep2"},
		{"a b/../c", 1, 1, "rtgen.runtime.a_20b_2f_2e_2e_2fc"},
		{"é\n", 1, 1, "rtgen.runtime._c3_a9_0a"},
	} {
		got := launchd.Label(tt.run, tt.process, tt.worker)
		if got != tt.want {
			t.Errorf("Label(%q, %d, %d) = %q, want %q", tt.run, tt.process, tt.worker, got, tt.want)
		}
		if seen[got] {
			t.Errorf("%q is the label of two jobs", got)
		}
		seen[got] = true
	}
}

func TestSocketPath(t *testing.T) {
	base := "/private/tmp/rtgen-launchd.501"
	fits := strings.Repeat("l", 103-len(base)-len("//s"))
	if got, err := launchd.SocketPath(base, fits); err != nil || len(got) != 103 {
		t.Errorf("%d bytes: %v", len(got), err)
	}
	if _, err := launchd.SocketPath(base, fits+"12345"); err == nil || !strings.Contains(err.Error(), "a socket's path may have 103 bytes") || !strings.Contains(err.Error(), "shorter by 5") {
		t.Errorf("5 bytes too long: %v", err)
	}
	// What is called after a UUID fits in the default place.
	label := launchd.Label("0b51c4a5-d9f6-4f0e-8a87-3a4a1d4c0f55", 100, 1000)
	if got, err := launchd.SocketPath(launchd.DefaultBase+".4294967294", label); err != nil {
		t.Errorf("%s: %v", got, err)
	}
}

func TestDomains(t *testing.T) {
	user := [3]string{"user/501", "Background", launchd.GUIUnavailable}
	for _, tt := range []struct {
		gui  bool
		want [][3]string
	}{
		{true, [][3]string{{"gui/501", "Aqua", launchd.GUIAvailable}, user}},
		{false, [][3]string{user}},
	} {
		if diff := cmp.Diff(tt.want, launchd.TargetsOf(501, tt.gui)); diff != "" {
			t.Errorf("gui answers: %v (-want +got):\n%s", tt.gui, diff)
		}
	}
}

func TestBarred(t *testing.T) {
	const home = "/Users/u"
	for path, within := range map[string]string{
		"/Users/u/Documents/x/suite.test":                         "/Users/u/Documents",
		"/Users/u/documents/suite.test":                           "/Users/u/Documents",
		"/Users/u/Desktop/suite.test":                             "/Users/u/Desktop",
		"/Users/u/Downloads/suite.test":                           "/Users/u/Downloads",
		"/Users/u/Library/Mobile Documents/com~apple~CloudDocs/s": "/Users/u/Library/Mobile Documents",
		"/Users/u/Library/CloudStorage/Box/s":                     "/Users/u/Library/CloudStorage",
		"/Users/u/Library/Containers/a/s":                         "/Users/u/Library/Containers",
		"/Users/u/.Trash/s":                                       "/Users/u/.Trash",
		"/System/Volumes/Data/Users/u/Documents/s":                "/Users/u/Documents",
		"/Users/other/Documents/s":                                "/Users/other/Documents",
		"/Volumes/Stick/s":                                        "/Volumes",
		"/Network/Servers/s":                                      "/Network",
		"/net/host/s":                                             "/net",
		"/home/u/s":                                               "/home",
		"/Users/u/Documents":                                      "",
		"/Users/u/Documents2/s":                                   "",
		"/Users/u/src/Documents/s":                                "",
		"/Users/u/Library/Caches/go-build/s":                      "",
		"/Users/Shared/s":                                         "",
		"/private/var/folders/a/b/T/go-build1/b001/suite.test":    "",
		"/private/tmp/s":                                          "",
		"/usr/local/bin/rtgen":                                    "",
		"/System/Volumes/Data/private/tmp/s":                      "",
	} {
		got := launchd.Barred(path, home)
		if (got == "") != (within == "") || within != "" && !strings.HasPrefix(got, "it lies below "+within+",") {
			t.Errorf("%s: %q, want below %q", path, got, within)
		}
	}
	// A home that lies elsewhere, and one that nobody knows.
	if got := launchd.Barred("/srv/u/Desktop/s", "/srv/u"); got == "" {
		t.Error("another home's desktop is open")
	}
	if got := launchd.Barred("/Desktop/s", ""); got != "" {
		t.Errorf("no home: %s", got)
	}
}

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		rc     int
		stderr string
		want   string
	}{
		{109, "Bootstrap failed: 109: Invalid property list\n", launchd.PlistInvalid},
		{107, "", launchd.PlistInvalid},
		{111, "", launchd.PlistInvalid},
		{140, "", launchd.PlistInvalid},
		{112, "Could not find domain for user gui: 501\n", launchd.SessionMismatch},
		{125, "Bootstrap failed: 125: Domain does not support specified action\n", launchd.SessionMismatch},
		{134, "", launchd.SessionMismatch},
		{124, "", launchd.SessionMismatch},
		{2, "Bootstrap failed: 2: No such file or directory\n", launchd.PlistUnreadable},
		{13, "", launchd.PlistUnreadable},
		{122, "", launchd.PlistUnreadable},
		{108, "", launchd.PlistUnreadable},
		{1, "Bootstrap failed: 1: Operation not permitted\n", launchd.PlistUnreadable},
		{1, "Bootstrap failed: 125: Domain does not support specified action\n", launchd.SessionMismatch},
		{1, "something else\n", launchd.BootstrapFailed},
		{1, "", launchd.BootstrapFailed},
		{133, "/x/L.plist: Invalid property list\n", launchd.PlistInvalid},
		{133, "Bootstrap failed: 133: Multiple errors were returned; see stderr\n/x/L.plist: Path had bad ownership/permissions\n", launchd.PlistUnreadable},
		{133, "", launchd.BootstrapFailed},
		{5, "Bootstrap failed: 5: Input/output error\nTry re-running the command as root for richer errors.\n", launchd.BootstrapFailed},
		{37, "", launchd.BootstrapFailed},
		{119, "", launchd.BootstrapFailed},
		{161, "", launchd.BootstrapFailed},
		{-1, "ended after 20s: context deadline exceeded\n", launchd.BootstrapFailed},
	} {
		got := launchd.Classify(launchd.Command{RC: tt.rc, Stderr: tt.stderr})
		if got.Classification != tt.want || got.RC != tt.rc {
			t.Errorf("%d %q: %+v, want %s", tt.rc, tt.stderr, got, tt.want)
		}
	}
}

const printedJob = `gui/501/rtgen.runtime.r1 = {
	active count = 1
	path = /private/tmp/rtgen-launchd.501/rtgen.runtime.r1/rtgen.runtime.r1.plist
	type = LaunchAgent
	state = running

	program = /private/tmp/suite.test
	environment = {
		state = not running
		pid = 7
	}

	domain = gui/501 [100002]
	runs = 1
	pid = 4711
	last exit code = (never exited)

	resource coalition = {
		ID = 1114
		state = active
	}
}
`

func TestPrintout(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		state      string
		pid        int
		end        string
	}{
		{"running", printedJob, "running", 4711, ""},
		{"not_yet", "x = {\n\tstate = not running\n\truns = 0\n\tlast exit code = (never exited)\n}\n", "not running", 0, ""},
		{"scheduled", "x = {\n\tstate = spawn scheduled\n}\n", "spawn scheduled", 0, ""},
		{"config", "x = {\n\tstate = not running\n\tlast exit code = 78: EX_CONFIG\n}\n", "not running", 0, "exit code 78: EX_CONFIG"},
		{"exited", "x = {\r\n\tstate = not running\r\n\tlast exit code = 0\r\n}\r\n", "not running", 0, "exit code 0"},
		{"signal", "x = {\n\tstate = not running\n\tlast exit code = 0\n\tlast terminating signal = Killed: 9\n}\n", "not running", 0, "ended by signal Killed: 9"},
		{"nothing", "", "", 0, ""},
		{"no_number", "\tpid = many\n\tpid = -1\n", "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			state, pid, end := launchd.PrintoutOf(tt.text)
			if state != tt.state || pid != tt.pid || end != tt.end {
				t.Errorf("state %q, pid %d, end %q", state, pid, end)
			}
		})
	}
}

// What launchctl prints may be anything. The law: what is read stands in it, on a
// line of the job's own, and what runs has not ended.
func FuzzPrintout(f *testing.F) {
	for _, seed := range []string{printedJob, "", "\tstate = \n", "\tpid = 99999999999999999999\n", "\tlast exit code = 1\n\tpid = 2\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		state, pid, end := launchd.PrintoutOf(text)
		if state != "" && !strings.Contains(text, "\tstate = "+state) {
			t.Errorf("state %q is not in %q", state, text)
		}
		if pid < 0 || (pid > 0 || state == "running") && end != "" {
			t.Errorf("state %q, pid %d, end %q", state, pid, end)
		}
	})
}

// The page for a person on a Mac has every class in a row of its own, with the
// numbers that are of it and of no other.
func TestPageHasClasses(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/macos.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			rows[name] = line
		}
	}
	classes := launchd.ClassesOf()
	for _, class := range classes {
		if rows[class] == "" {
			t.Errorf("the page has no row for %s", class)
		}
	}
	numbers := regexp.MustCompile(`\b\d+\b`)
	for name, row := range rows {
		for _, text := range numbers.FindAllString(row, -1) {
			n, err := strconv.Atoi(text)
			if err != nil || classes[n] != name {
				t.Errorf("%d stands in the row of %s, and is of %q", n, name, classes[n])
			}
			delete(classes, n)
		}
	}
	for n, class := range classes {
		t.Errorf("%d is in no row, and is of %s", n, class)
	}
}
