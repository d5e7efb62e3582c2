package harness_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// predict runs the oracle lane of one profile and gives what it predicted, by the
// scenarios' names, and the run.
func predict(t *testing.T, c harness.Compiled, p harness.CompiledProfile) (map[string]*harness.Observation, *harness.Result) {
	t.Helper()
	oracle := harness.LaneSet{Oracle: true}
	c.PlanID, c.Lanes = "mac", oracle
	p.ID, p.Path = "mac:p", "p.sb"
	for i := range p.Scenarios {
		sc := &p.Scenarios[i]
		sc.ExpectationID, sc.Lanes = p.ID+":"+sc.Name, oracle
	}
	c.Profiles = []harness.CompiledProfile{p}
	seen := make(map[string]*harness.Observation)
	res, err := harness.RunCompiled(t.Context(), &c, harness.Params{Out: t.TempDir(), Progress: func(obs *harness.Observation) {
		kept := *obs
		seen[obs.ProbeName] = &kept
	}})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := bundle.ValidateDeep(res.RunDir); err != nil || !v.OK() {
		t.Errorf("ValidateDeep = %+v, %v", v, err)
	}
	return seen, res
}

func seatbelt(text string, scenarios ...harness.Scenario) harness.CompiledProfile {
	return harness.CompiledProfile{CompiledPolicy: harness.CompiledPolicy{Mode: harness.ModeSBPL, Text: text}, Scenarios: scenarios}
}

// The policies of another system are predicted on this one: with every way that
// their probes have, by what would be applied.
func TestPredictSeatbelt(t *testing.T) {
	const text = `(version 1)
(deny default)
(allow file-read* (subpath "/private/tmp/in"))
(allow file-read-metadata (literal "/tmp"))
(allow file-write* (literal "/private/tmp/in/w"))
(allow process-exec* (literal "/private/tmp/tool"))
(allow process-exec* (literal "/usr/bin/true"))
(deny process-exec* (literal "/tmp/tool"))
(allow mach-lookup (local-name "com.example.near"))
(allow iokit-open-service (iokit-property "Anything"))(allow iokit-open-user-client)
`
	p := seatbelt(text,
		harness.Scenario{Name: "read", Operation: "file-read*", Target: "/private/tmp/in/f", Expected: "allow"},
		harness.Scenario{Name: "read-alias", Operation: "file-read*", Target: "/tmp/in/f", Expected: "allow"},
		harness.Scenario{Name: "read-closed-alias", Operation: "file-read*", Target: "/var/f", Expected: "deny"},
		harness.Scenario{Name: "read-openat", Operation: "file-read*", Syscall: "openat", Target: "/private/tmp/in", Expected: "deny"}, // opens /private/tmp
		harness.Scenario{Name: "read-rootrel", Operation: "file-read*", Syscall: "openat_rootrel", Target: "private/tmp/in/f", Expected: "allow"},
		harness.Scenario{Name: "write", Operation: "file-write*", Target: "/private/tmp/in/w", Expected: "allow"},
		harness.Scenario{Name: "write-other", Operation: "file-write*", Target: "/private/tmp/in/f", Expected: "deny"},
		harness.Scenario{Name: "lstat-link", Operation: "file-read-metadata", Driver: "metadata_runner", Syscall: "lstat", Target: "/tmp", Expected: "allow"},
		harness.Scenario{Name: "added", Operation: "sysctl-read", Target: "kern.ostype", Expected: "allow"},
		harness.Scenario{Name: "local", Operation: "mach-lookup", Driver: "sandbox_check_probe", FilterName: "local-name", Target: "com.example.near", Expected: "allow"},
		harness.Scenario{Name: "local-by-number", Operation: "mach-lookup", Driver: "sandbox_check_probe", FilterType: new(3), Target: "com.example.near", Expected: "allow"},
		harness.Scenario{Name: "global", Operation: "mach-lookup", Driver: "sandbox_mach_probe", Target: "com.example.near", Expected: "deny"},
		harness.Scenario{Name: "check", Operation: "process-exec*", Driver: "sandbox_check_probe", FilterName: "path", Target: "/usr/bin/true", Expected: "allow"},
		harness.Scenario{Name: "check-alias", Operation: "process-exec*", Driver: "sandbox_check_probe", FilterName: "path", Target: "/tmp/tool", Expected: "allow"},
		harness.Scenario{Name: "check-dots", Operation: "process-exec*", Driver: "sandbox_check_probe", FilterName: "path", Target: "/usr/bin/../bin/true", Expected: "allow"},
		harness.Scenario{Name: "doubt", Operation: "iokit-open-service", Driver: "sandbox_iokit_probe", Target: "IOSurfaceRoot", Expected: "allow"},
	)
	p.KeySpecificRules = []string{"; what this key needs", "(allow sysctl-read)"}
	seen, res := predict(t, harness.Compiled{}, p)
	for _, tt := range []struct {
		name     string
		outcome  harness.Outcome
		syscall  string
		rule     string // file:line of what decided
		resolved string
		reason   []string // each in the reason of an unknown
	}{
		{"read", harness.Allowed, "open", "p.sb:3", "", nil},
		{"read-alias", harness.Allowed, "open", "p.sb:3", "/private/tmp/in/f", nil},
		{"read-closed-alias", harness.Denied, "open", "p.sb:2", "/private/var/f", nil},
		{"read-openat", harness.Denied, "openat", "p.sb:2", "", nil},
		{"read-rootrel", harness.Allowed, "openat_rootrel", "p.sb:3", "/private/tmp/in/f", nil},
		{"write", harness.Allowed, "open", "p.sb:5", "", nil},
		{"write-other", harness.Denied, "open", "p.sb:2", "", nil},
		{"lstat-link", harness.Allowed, "lstat", "p.sb:4", "", nil},
		{"added", harness.Allowed, "sysctlbyname", "p.sb key_specific_rules:2", "", nil},
		{"local", harness.Allowed, "sandbox_check", "p.sb:9", "", nil},
		{"local-by-number", harness.Allowed, "sandbox_check", "p.sb:9", "", nil},
		{"global", harness.Denied, "bootstrap_look_up", "p.sb:2", "", nil},
		{"check", harness.Allowed, "sandbox_check", "p.sb:7", "", nil},
		{"check-alias", harness.Unsupported, "sandbox_check", "", "/private/tmp/tool", []string{
			`p.sb: process-exec* of "/tmp/tool" as it is spelled is deny, of "/private/tmp/tool", where it leads, allow, and which of them sandbox_check is asked about is not documented`,
		}},
		{"check-dots", harness.Unsupported, "sandbox_check", "", "/usr/bin/true", []string{
			`p.sb: process-exec* of "/usr/bin/../bin/true" as it is spelled is unknown, of "/usr/bin/true", where it leads, allow`,
		}},
		{"doubt", harness.Unsupported, "IOServiceOpen", "", "", []string{"p.sb:10", `(iokit-property "Anything")`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			obs := seen[tt.name]
			if obs == nil || obs.Outcome != tt.outcome || obs.Syscall != tt.syscall || obs.Oracle == nil || obs.Oracle.Model != harness.ModeSBPL {
				t.Fatalf("observed %+v, prediction %+v", obs, obs.Oracle)
			}
			if tt.outcome != harness.Unsupported && obs.Actual != obs.Expected {
				t.Errorf("%s: %s", obs.Actual, obs.Oracle.Reason)
			}
			rule := ""
			if r := obs.Oracle.Rule; r != nil {
				rule = fmt.Sprintf("%s:%d", r.File, r.Line)
			}
			if rule != tt.rule || obs.Oracle.Resolved != tt.resolved {
				t.Errorf("rule %q, resolved %q, want %q, %q", rule, obs.Oracle.Resolved, tt.rule, tt.resolved)
			}
			if tt.outcome == harness.Unsupported && obs.FailureKind != "model_unknown" {
				t.Errorf("kind %q", obs.FailureKind)
			}
			for _, want := range tt.reason {
				if !strings.Contains(obs.Reason, want) {
					t.Errorf("reason %q, want %q in it", obs.Reason, want)
				}
			}
		})
	}
	if got := seen["read-closed-alias"].Oracle.Missing; len(got) == 0 || got[0].Right != "file-read-metadata" || got[0].Target != "/var" || got[0].Layer != nil {
		t.Errorf("missing %+v: the link itself is in the way", got)
	}

	// Nothing of it is an observation.
	if res.Status != harness.StatusOK || res.Promotable || len(res.Failures) > 0 || res.OracleAgreement != nil {
		t.Errorf("result %+v", res)
	}
	if _, ran := res.Counts[harness.LaneScenario]; ran || res.Counts[harness.LaneOracle].Matches != 13 {
		t.Errorf("counts %+v", res.Counts)
	}
	b, err := bundle.Load(res.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{artifact.RuntimeResultsFile, artifact.RuntimeEventsFile, artifact.BaselineResultsFile, artifact.ApplyPreflightFile} {
		if slices.Contains(b.Names(), name) {
			t.Errorf("the run has %s, and nothing was attempted", name)
		}
	}
}

// A plan that is pinned to a host is predicted for that host, wherever it runs.
func TestPredictSeatbeltOfPinnedWorld(t *testing.T) {
	profile := func() harness.CompiledProfile {
		return seatbelt("(version 1)\n(deny default)\n(allow file-read* (subpath \"/private/var/tmp\"))\n(allow file-read-metadata)\n",
			harness.Scenario{Name: "link", Operation: "file-read*", Target: "/private/tmp/vfs_linkdir/to_var_tmp/f", Expected: "allow"})
	}
	for world, want := range map[string]harness.Decision{
		"": harness.Deny, "linux-6.18.0-x86_64-landlock7-0123abcd": harness.Deny, "ventura-13.0-22A380-x86_64-dyld-00ff00ff": harness.Deny, "some-dyld-mac": harness.Deny,
		"sonoma-14.4.1-23E224-arm64-dyld-a3a840f9": harness.Allow, // has that link
	} {
		seen, res := predict(t, harness.Compiled{WorldID: world}, profile())
		if got := seen["link"].Actual; got != want {
			t.Errorf("world %q: %q, want %q: %+v", world, got, want, seen["link"])
		}
		if world != "" && !slices.Contains(res.Reasons, "world_mismatch") {
			t.Errorf("world %q: reasons %q", world, res.Reasons)
		}
	}
}

// What the model cannot read has no prediction.
func TestPredictSeatbeltUnavailable(t *testing.T) {
	read := harness.Scenario{Name: "read", Operation: "file-read*", Target: "/private/tmp/f", Expected: "deny"}
	blob := seatbelt("", read)
	blob.Mode, blob.Blob = harness.ModeBlob, []byte{1, 2, 3}
	unknown := read
	unknown.Operation = "file-reed*"
	other := read
	other.Driver = "telepathy"
	for name, tt := range map[string]struct {
		profile harness.CompiledProfile
		outcome harness.Outcome
		kind    string
		reason  string
	}{
		"blob":      {blob, harness.Unsupported, "model_unavailable", `mode "blob" is a compiled profile`},
		"seccomp":   {func() harness.CompiledProfile { p := blob; p.Mode = harness.ModeSeccomp; return p }(), harness.Unsupported, "model_unavailable", `no model of mode "seccomp"`},
		"no_text":   {seatbelt("(version 1)\n(deny default", read), harness.Broken, "model_question", "p.sb:"},
		"operation": {seatbelt("(version 1)", unknown), harness.Broken, "model_question", `operation "file-reed*"`},
		"driver":    {seatbelt("(version 1)", other), harness.Broken, "model_question", `no driver "telepathy"`},
	} {
		seen, _ := predict(t, harness.Compiled{}, tt.profile)
		obs := seen["read"]
		if obs.Outcome != tt.outcome || obs.FailureKind != tt.kind || !strings.Contains(obs.Reason, tt.reason) || obs.Actual != "" {
			t.Errorf("%s: %+v, want %s, %s, %q", name, obs, tt.outcome, tt.kind, tt.reason)
		}
	}
}
