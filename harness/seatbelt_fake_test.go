//go:build seatbelt_fake

package harness_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Here the whole of a session runs as on a Mac, over a stand-in for the engine that
// keeps to what the model of profiles decides. The attempts are this system's own.

// macPlan is a plan of macOS whose targets lie in a temporary folder of its own, D in
// texts and targets. A filter is for the path as it is spelled, too, so that the
// stand-in for sandbox_check can tell.
func macPlan(t *testing.T, profiles ...harness.CompiledProfile) *harness.Compiled {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "rtgen-fake-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	all := harness.LaneSet{Baseline: true, Scenario: true, Oracle: true}
	c := &harness.Compiled{PlanID: "mac", Lanes: all, Profiles: profiles}
	for i := range c.Profiles {
		p := &c.Profiles[i]
		p.Mode, p.Path = harness.ModeSBPL, "profiles/"+p.ID+".sb"
		both := func(text string) string {
			return inD.ReplaceAllString(text, `($1 "/private`+dir+`/$2") ($1 "`+dir+`/$2")`)
		}
		p.Text = both(p.Text)
		for j, rule := range p.KeySpecificRules {
			p.KeySpecificRules[j] = both(rule)
		}
		for j := range p.Scenarios {
			sc := &p.Scenarios[j]
			sc.Target = strings.Replace(sc.Target, "D/", dir+"/", 1)
			sc.ExpectationID = p.ID + ":" + sc.Name
			if sc.Lanes == (harness.LaneSet{}) {
				sc.Lanes = all
			}
		}
	}
	return c
}

var inD = regexp.MustCompile(`\((literal|subpath) "D/(.*?)"\)`)

// fakeRun runs a plan and says what came of each observation, by "lane profile:name".
func fakeRun(t *testing.T, c *harness.Compiled, p harness.Params) (map[string]*harness.Observation, *harness.Result) {
	t.Helper()
	seen := make(map[string]*harness.Observation)
	p.Out = filepath.Join(t.TempDir(), "out")
	tell := p.Progress
	p.Progress = func(obs *harness.Observation) {
		kept := *obs
		seen[string(obs.Lane)+" "+obs.ExpectationID] = &kept
		if tell != nil {
			tell(obs)
		}
	}
	res, err := harness.RunCompiled(t.Context(), c, p)
	if err != nil {
		t.Fatal(err)
	}
	v, err := bundle.ValidateDeep(res.RunDir)
	if err != nil || !v.OK() {
		t.Errorf("ValidateDeep = %+v, %v", v, err)
	}
	return seen, res
}

// short is an observation in one line.
func short(obs *harness.Observation) string {
	if obs == nil {
		return "none"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", obs.Outcome, obs.FailureStage, obs.FailureKind, obs.ErrnoName))
}

func TestSeatbeltSession(t *testing.T) {
	c := macPlan(t,
		harness.CompiledProfile{
			ID: "p:rw",
			CompiledPolicy: harness.CompiledPolicy{Text: `(version 1)
(allow default)
(deny file-read* (subpath "D/no"))
(deny file-write* (literal "D/ro"))
`},
			KeySpecificRules: []string{`(allow file-read* (literal "D/no/but"))`},
			Scenarios: []harness.Scenario{
				{Name: "read", Operation: "file-read*", Target: "D/yes", Expected: harness.Allow},
				{Name: "read-but", Operation: "file-read*", Target: "D/no/but", Expected: harness.Allow},
				{Name: "read-no", Operation: "file-read*", Target: "D/no/f", Expected: harness.Deny},
				{Name: "nested", Operation: "file-read*", Target: "D/nested/../deep/er", Expected: harness.Allow},
				{Name: "write", Operation: "file-write*", Target: "D/rw", Expected: harness.Allow},
				{Name: "write-no", Operation: "file-write*", Target: "D/ro", Expected: harness.Deny},
				{Name: "absent", Operation: "file-read*", Target: "/nowhere/at/all", Expected: harness.Allow},
				{Name: "check", Operation: "file-read-data", Target: "D/no/f", Driver: "sandbox_check_probe", FilterName: "path", Expected: harness.Deny},
				{Name: "fork", Operation: "process-fork", Expected: harness.Allow},
			},
		},
		harness.CompiledProfile{
			ID:             "p:gated",
			CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n(allow mach-lookup (apply-message-filter (deny mach-message-send)))\n"},
			Scenarios:      []harness.Scenario{{Name: "read", Operation: "file-read*", Target: "D/yes", Expected: harness.Allow}},
		},
		harness.CompiledProfile{
			ID:             "p:refused",
			CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default\n"},
			Scenarios:      []harness.Scenario{{Name: "read", Operation: "file-read*", Target: "D/yes", Expected: harness.Allow, Lanes: harness.LaneSet{Scenario: true}}},
		},
	)
	want := map[string]string{
		"scenario p:rw:read":      "allowed",
		"scenario p:rw:read-no":   "denied probe probe_syscall_errno EPERM",
		"scenario p:rw:read-but":  "allowed",
		"baseline p:rw:read-but":  "allowed",
		"scenario p:rw:nested":    "undecided probe op_not_witnessed", // the stand-in for sandbox_check does not know of ".."
		"scenario p:rw:write":     "allowed",
		"scenario p:rw:write-no":  "denied probe probe_syscall_errno EPERM",
		"scenario p:rw:absent":    "undecided probe probe_errno ENOENT",
		"scenario p:rw:check":     "denied probe probe_return",
		"scenario p:rw:fork":      "allowed",
		"baseline p:rw:read":      "allowed",
		"baseline p:rw:read-no":   "allowed",
		"baseline p:rw:nested":    "allowed",
		"baseline p:rw:write":     "allowed",
		"baseline p:rw:write-no":  "allowed",
		"baseline p:rw:absent":    "undecided probe probe_errno ENOENT",
		"baseline p:rw:check":     "allowed",
		"baseline p:rw:fork":      "allowed",
		"scenario p:gated:read":   "blocked preflight preflight_apply_gate_signature",
		"baseline p:gated:read":   "allowed",
		"scenario p:refused:read": "broken apply sandbox_init_failed",
	}
	for _, channel := range []harness.ChannelName{harness.ChannelDirect, harness.ChannelSpawnClean} {
		t.Run(string(channel), func(t *testing.T) {
			seen, res := fakeRun(t, c, harness.Params{Channel: harness.ChannelSpec{Name: channel}})
			got := make(map[string]string)
			for key, obs := range seen {
				if obs.Lane != harness.LaneOracle {
					got[key] = short(obs)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("observations (-want +got):\n%s", diff)
			}
			for key, obs := range seen {
				if !strings.HasPrefix(key, "scenario p:rw") {
					continue
				}
				if len(obs.Callouts) == 0 && obs.Asked != nil {
					t.Errorf("%s: sandbox_check was not asked", key)
				}
			}
			if s := seen["scenario p:rw:write"].PostState; s == nil || !s.TargetExists || s.TargetType != "file" {
				t.Errorf("state after a write = %+v", s)
			}
			if !slices.Contains(res.Reasons, string(bundle.NotCleanChannel)) || res.Promotable {
				t.Errorf("reasons = %v, want %s among them", res.Reasons, bundle.NotCleanChannel)
			}
			if left, err := filepath.Glob(filepath.Dir(c.Profiles[0].Scenarios[0].Target) + "/*"); err != nil || len(left) > 0 {
				t.Errorf("left behind: %q, %v", left, err)
			}
			checkPrepared(t, res, c)
		})
	}
}

// checkPrepared holds the prepared copies of a run against what was to be applied.
func checkPrepared(t *testing.T, res *harness.Result, c *harness.Compiled) {
	t.Helper()
	b, err := harness.LoadBundle(res.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	var results map[string]artifact.ResultsProfile
	data, err := b.Read(artifact.RuntimeResultsFile)
	if err == nil {
		err = json.Unmarshal(data, &results)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Profiles {
		row := results[p.ID]
		if row.ProfilePath == nil || row.BaseProfilePath == nil || *row.BaseProfilePath != p.Path {
			t.Errorf("profile %s: its results are %+v", p.ID, row)
			continue
		}
		if gate, ok := row.Preflight.Get(); !ok || gate.Classification == "" {
			t.Errorf("profile %s: there is no record of its gate", p.ID)
		}
		_, name, _ := strings.Cut(*row.ProfilePath, res.RunID+"/")
		text, err := b.Read(name)
		if err != nil {
			t.Errorf("profile %s: prepared copy %s: %v", p.ID, *row.ProfilePath, err)
			continue
		}
		want := strings.TrimRight(p.Text, "\n") + "\n"
		for _, rule := range p.KeySpecificRules {
			want += rule + "\n"
		}
		if diff := cmp.Diff(want, string(text)); diff != "" {
			t.Errorf("profile %s: prepared copy (-want +got):\n%s", p.ID, diff)
		}
	}
}

// A driver that is a program is started under the profile with what it needs for
// that, which lies in the run folder beside the text that others are attempted
// under. Where even that is denied, nothing is known of the operation.
func TestSeatbeltProgram(t *testing.T) {
	scenario := harness.LaneSet{Scenario: true}
	lookup := harness.Scenario{Name: "lookup", Operation: "mach-lookup", Target: "com.example.none", Driver: "mach_probe", Expected: harness.Deny, Lanes: scenario}
	c := macPlan(t,
		harness.CompiledProfile{
			ID: "p", CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n(deny process-exec*)\n(deny mach-lookup)\n"},
			Scenarios: []harness.Scenario{lookup},
		},
		harness.CompiledProfile{
			ID: "q", CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n"},
			KeySpecificRules: []string{"(deny process-exec*)"},
			Scenarios:        []harness.Scenario{lookup},
		},
	)
	seen, res := fakeRun(t, c, harness.Params{})
	for key, want := range map[string]string{
		"scenario p:lookup": "denied probe probe_syscall_errno EPERM", // the stand-in gives errnos alone
		"scenario q:lookup": "broken bootstrap bootstrap_deny_process_exec EPERM",
	} {
		if got := short(seen[key]); got != want {
			t.Errorf("%s is %q, want %q: %s", key, got, want, seen[key].Reason)
		}
	}
	copies, err := filepath.Glob(filepath.Join(res.RunDir, "runtime_profiles", "*"))
	if err != nil || len(copies) != 4 {
		t.Errorf("copies: %q, %v, want two of each profile", copies, err)
	}
}

// A profile that the gate finds something in is applied when it is forced to be,
// and nobody looks when nobody is to.
func TestSeatbeltGate(t *testing.T) {
	for gate, want := range map[harness.ApplyGate]struct{ short, record string }{
		harness.ApplyGateForce: {"allowed", "likely_apply_gated_for_harness_identity"},
		harness.ApplyGateOff:   {"allowed", ""},
	} {
		t.Run(string(gate), func(t *testing.T) {
			c := macPlan(t, harness.CompiledProfile{
				ID:             "p",
				CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n(allow mach-lookup (apply-message-filter (deny mach-message-send)))\n"},
				Scenarios:      []harness.Scenario{{Name: "read", Operation: "file-read*", Target: "D/yes", Expected: harness.Allow, Lanes: harness.LaneSet{Scenario: true}}},
			})
			seen, res := fakeRun(t, c, harness.Params{ApplyGate: gate})
			if got := short(seen["scenario p:read"]); got != want.short {
				t.Errorf("forced scenario is %q, want %q: %s", got, want.short, seen["scenario p:read"].Reason)
			}
			data, err := os.ReadFile(filepath.Join(res.RunDir, artifact.RuntimeResultsFile))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(string(data), "likely_apply_gated"); got != (want.record != "") {
				t.Errorf("the results speak of the gate: %v", got)
			}
		})
	}
}

// A probe that hangs has no decision, costs its process alone, and the next is as
// ever.
func TestSeatbeltTimeout(t *testing.T) {
	c := macPlan(t, harness.CompiledProfile{
		ID:             "p",
		CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n"},
		Scenarios: []harness.Scenario{
			{Name: "hang", Operation: "file-read*", Target: "D/fifo", Expected: harness.Allow, Lanes: harness.LaneSet{Scenario: true}},
			{Name: "read", Operation: "file-read*", Target: "D/yes", Expected: harness.Allow, Lanes: harness.LaneSet{Scenario: true}},
		},
	})
	if err := unix.Mkfifo(c.Profiles[0].Scenarios[0].Target, 0o600); err != nil {
		t.Fatal(err)
	}
	seen, res := fakeRun(t, c, harness.Params{ProbeTimeout: 500 * time.Millisecond})
	if got := short(seen["scenario p:hang"]); got != "broken probe probe_timeout" {
		t.Errorf("a probe that hangs is %q (%s)", got, seen["scenario p:hang"].Reason)
	}
	if got := short(seen["scenario p:read"]); got != "allowed" {
		t.Errorf("the probe after it is %q (%s)", got, seen["scenario p:read"].Reason)
	}
	if !slices.Contains(res.Reasons, string(bundle.EvidenceBroken)) {
		t.Errorf("reasons = %v", res.Reasons)
	}
}

// What was there before is read and never changed.
func TestSeatbeltLeavesFilesAlone(t *testing.T) {
	scenario := harness.LaneSet{Baseline: true, Scenario: true}
	c := macPlan(t, harness.CompiledProfile{
		ID:             "p",
		CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n"},
		Scenarios: []harness.Scenario{
			{Name: "read", Operation: "file-read*", Target: "D/mine", Expected: harness.Allow, Lanes: scenario},
			{Name: "write", Operation: "file-write*", Target: "D/mine", Expected: harness.Allow, Lanes: scenario},
		},
	})
	mine := c.Profiles[0].Scenarios[0].Target
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	seen, _ := fakeRun(t, c, harness.Params{})
	for key, want := range map[string]string{
		"baseline p:read": "allowed", "scenario p:read": "allowed",
		"baseline p:write": "broken probe fixture_failed", "scenario p:write": "broken probe fixture_failed",
	} {
		if got := short(seen[key]); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if data, err := os.ReadFile(mine); err != nil || string(data) != "mine" {
		t.Errorf("the file holds %q, %v", data, err)
	}
}

// The preflight says who measured what, and the plan's own profile is applied.
func TestSeatbeltPreflight(t *testing.T) {
	c := macPlan(t, harness.CompiledProfile{
		ID:             "p",
		CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n"},
		Scenarios:      []harness.Scenario{{Name: "read", Operation: "file-read*", Target: "D/yes", Expected: harness.Allow, Lanes: harness.LaneSet{Scenario: true}}},
	})
	c.Preflight = &harness.CompiledPolicy{Path: "allow.sb", Mode: harness.ModeSBPL, Text: "(version 1)\n(allow default)\n"}
	record := func(t *testing.T, res *harness.Result) (rec artifact.ApplyPreflight) {
		data, err := os.ReadFile(filepath.Join(res.RunDir, artifact.ApplyPreflightFile))
		if err = errors.Join(err, json.Unmarshal(data, &rec)); err != nil {
			t.Fatal(err)
		}
		return rec
	}
	_, res := fakeRun(t, c, harness.Params{})
	rec := record(t, res)
	if self := rec.SandboxCheckSelf; self.Source != "sandbox_check" || self.Sandboxed == nil || *self.Sandboxed || self.Layers != nil {
		t.Errorf("sandbox_check_self = %+v", self)
	}
	if report, _ := rec.ApplyReport.Get(); report.API == nil || *report.API != "sandbox_init" || rec.ApplyOK == nil || !*rec.ApplyOK {
		t.Errorf("apply_report = %+v", report)
	}

	c.Preflight.Text = "(version 1"
	seen, res := fakeRun(t, c, harness.Params{})
	if got := short(seen["scenario p:read"]); got != "blocked preflight apply_failed" {
		t.Errorf("a scenario after a preflight that failed is %q", got)
	}
	if rec := record(t, res); rec.ApplyOK == nil || *rec.ApplyOK {
		t.Errorf("apply_ok = %v", rec.ApplyOK)
	}
}
