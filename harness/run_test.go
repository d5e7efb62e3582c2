package harness_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/fixture"
)

var clean = harness.ChannelSpec{Name: harness.ChannelClean}

func needLinux(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("probes are made on Linux only, this is %s", runtime.GOOS)
	}
	needLandlock(t)
}

// many is a plan of n scenarios that all come out as expected.
func many(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := harnesstest.WritePlan(dir, n); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "plan.json")
}

// RunPlan may be called again and again in one process, into one out folder and
// at the same time into several, and sees the same every time.
func TestRunPlan(t *testing.T) {
	needLinux(t)
	plan, root, scratch := many(t, 24), t.TempDir(), t.TempDir()
	var mu sync.Mutex
	seen := map[string]int{} // what a run saw, and how many saw it
	runs := map[string]bool{}
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			out := filepath.Join(root, fmt.Sprint("out", i))
			for range 2 {
				var r recorder
				res, err := harness.RunPlan(t.Context(), plan, harness.Params{Out: out, Channel: clean, Scratch: scratch, Progress: r.observe})
				if err != nil {
					t.Error(err)
					return
				}
				if res.Status != harness.StatusOK || !res.Promotable || len(res.Failures) > 0 {
					t.Errorf("run: %+v", res)
				}
				latest, err := harness.LoadBundle(out)
				if err != nil || latest.RunID() != res.RunID {
					t.Errorf("LATEST does not lead to run %s: %v", res.RunID, err)
				}
				mu.Lock()
				runs[res.RunID] = true
				seen[fmt.Sprint(r.decisions())]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(runs) != 6 {
		t.Errorf("six runs have %d ids", len(runs))
	}
	if len(seen) != 1 {
		t.Errorf("six runs saw %d different things: %v", len(seen), seen)
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("left in the scratch folder: %v, %v", left, err)
	}
}

// The synthetic plan of the benchmarks holds what it says: n scenarios, half of
// them denied, and all as the model and the kernel see it.
func TestSyntheticPlan(t *testing.T) {
	needLinux(t)
	res, err := harness.RunPlan(t.Context(), many(t, 60), harness.Params{Out: t.TempDir(), Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	for _, lane := range []harness.Lane{harness.LaneScenario, harness.LaneOracle} {
		if n := res.Counts[lane]; n.Planned != 60 || n.Allowed != 30 || n.Denied != 30 || n.Matches != 60 || n.Vacuous != 0 {
			t.Errorf("%s lane: %+v", lane, n)
		}
	}
	if n := res.Counts[harness.LaneBaseline]; n.Allowed != 60 {
		t.Errorf("baseline lane: %+v", n)
	}
	if !res.Promotable {
		t.Errorf("not promotable: %v", res.Reasons)
	}
}

func TestRunRefuses(t *testing.T) {
	needLinux(t)
	one := harnesstest.Probe{Name: "a", Operation: "fs.read_file", Target: "/dev/null", Expected: "deny"}
	plan := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{one}}}})
	missing := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{
		Policy: strings.Replace(harnesstest.Workspace, "${workspace}", "/not/on/this/host", 1), Probes: []harnesstest.Probe{one},
	}}})
	used := t.TempDir()
	if err := os.Mkdir(filepath.Join(used, "again"), 0o755); err != nil {
		t.Fatal(err)
	}
	notFolder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notFolder, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		plan   string
		params harness.Params
		want   string // in the error
		input  bool   // the caller's fault, and nothing was written
	}{
		{"no_plan", plan + "-not", harness.Params{}, "no such file; name a plan.json", true},
		{"missing_parent", missing, harness.Params{}, `parent "/not/on/this/host" does not exist on this host`, true},
		{"channel", plan, harness.Params{Channel: harness.ChannelSpec{Name: "telepathy"}}, `unknown channel "telepathy"`, true},
		{"other_os_channel", plan, harness.Params{Channel: harness.ChannelSpec{Name: "systemd_clean"}}, "channel unavailable", false},
		{"lock_mode", plan, harness.Params{Channel: harness.ChannelSpec{LockMode: "maybe"}}, `unknown lock mode "maybe"`, true},
		{"run_id_path", plan, harness.Params{RunID: "../x"}, `run id "../x"`, false},
		{"run_id_used", plan, harness.Params{Out: used, RunID: "again"}, "give the run another id", false},
		{"out_is_a_file", plan, harness.Params{Out: notFolder}, notFolder, false},
		{"no_scratch", plan, harness.Params{Scratch: notFolder}, "scratch folder", true},
		{"unknown_profile", plan, harness.Params{Select: harness.Selection{Profiles: []string{"p2"}}}, `has no profile "p2"`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.params.Out == "" {
				tt.params.Out = filepath.Join(t.TempDir(), "out")
			}
			res, err := harness.RunPlan(t.Context(), tt.plan, tt.params)
			if err == nil || res != nil {
				t.Fatalf("RunPlan = %+v, %v", res, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q, want %q in it", err, tt.want)
			}
			if harness.IsInputError(err) != tt.input {
				t.Errorf("IsInputError(%v) = %v", err, !tt.input)
			}
			if _, err := os.Lstat(tt.params.Out); tt.input && !os.IsNotExist(err) {
				t.Errorf("the out folder is there: %v", err)
			}
			if _, err := os.Lstat(filepath.Join(tt.params.Out, "LATEST")); err == nil {
				t.Error("LATEST is there")
			}
		})
	}
	t.Run("no_out", func(t *testing.T) {
		if _, err := harness.RunPlan(t.Context(), plan, harness.Params{}); err == nil || !strings.Contains(err.Error(), "no out folder") {
			t.Errorf("RunPlan = %v", err)
		}
	})
}

// A run whose scratch folder cannot be made has a run folder that says so.
func TestFailedStart(t *testing.T) {
	needLinux(t)
	out := t.TempDir()
	_, err := harness.RunPlan(t.Context(), many(t, 1), harness.Params{Out: out, RunID: "r1", Scratch: "/proc"})
	var unavailable *harness.UnavailableError
	if !errors.As(err, &unavailable) {
		t.Errorf("error %v, want an *UnavailableError", err)
	}
	v, err := harness.ValidateBundle(filepath.Join(out, "r1"))
	if err != nil || v.State != bundle.StateFailed || !v.OK() {
		t.Errorf("the run folder: %+v, %v", v, err)
	}
	// The lock is free again.
	if _, err := harness.RunPlan(t.Context(), many(t, 1), harness.Params{Out: out}); err != nil {
		t.Error(err)
	}
}

// Two runs never write into one out folder at once.
func TestLock(t *testing.T) {
	needLinux(t)
	out := t.TempDir()
	compiled, err := harness.CompilePlan(harness.Source{}, many(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	first, err := harness.Start(compiled, harness.Params{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	closed := sync.OnceValue(first.Close)
	defer closed()
	_, err = harness.RunCompiled(t.Context(), compiled, harness.Params{Out: out})
	var locked *bundle.LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("second run = %v, want a *LockedError", err)
	}
	_, err = harness.RunCompiled(t.Context(), compiled, harness.Params{Out: out, Channel: harness.ChannelSpec{LockMode: harness.LockWait, LockTimeout: 150 * time.Millisecond}})
	if !errors.As(err, &locked) || locked.Waited < 150*time.Millisecond {
		t.Errorf("second run that waits too short = %v, want a *LockedError", err)
	}
	time.AfterFunc(200*time.Millisecond, func() { _ = closed() })
	res, err := harness.RunCompiled(t.Context(), compiled, harness.Params{Out: out, Channel: harness.ChannelSpec{Name: harness.ChannelClean, LockMode: harness.LockWait}})
	if err != nil || res.Status != harness.StatusOK {
		t.Errorf("second run that waits = %+v, %v", res, err)
	}
	// The first was never finished, and its folder says so.
	if v, err := harness.ValidateBundle(first.Dir()); err != nil || v.State != bundle.StateFailed {
		t.Errorf("the run that was closed unfinished: %+v, %v", v, err)
	}
}

// A failed run leaves what an earlier one left for consumers as it was.
func TestFailedRunKeepsLatest(t *testing.T) {
	needLinux(t)
	out, plan := t.TempDir(), many(t, 2)
	good, err := harness.RunPlan(t.Context(), plan, harness.Params{Out: out, Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	packet, err := os.ReadFile(good.Packet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	bad, err := harness.RunPlan(ctx, plan, harness.Params{Out: out, Channel: clean})
	if err != nil || bad.Status != harness.StatusFailed {
		t.Fatalf("run with a context that has ended: %+v, %v", bad, err)
	}
	dry, err := harness.RunPlan(t.Context(), plan, harness.Params{Out: out, Channel: clean, Dry: true})
	if err != nil || dry.Status != harness.StatusDry || dry.Promotable || dry.Packet != "" {
		t.Fatalf("dry run: %+v, %v", dry, err)
	}
	latest, err := harness.LoadBundle(out)
	if err != nil || latest.RunID() != good.RunID {
		t.Errorf("LATEST leads to %v, %v; want %s", latest, err, good.RunID)
	}
	if now, err := os.ReadFile(good.Packet); err != nil || string(now) != string(packet) {
		t.Errorf("the packet of the earlier run was touched: %v", err)
	}
}

// A dry run writes what would be run and attempts nothing.
func TestDryRun(t *testing.T) {
	compiled := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "make", Operation: "fs.make_reg", Target: "${workspace}/new", Expected: "deny"},
	}}}})
	scratch := t.TempDir()
	var seen recorder
	res, err := harness.RunCompiled(t.Context(), compiled, harness.Params{Out: t.TempDir(), Scratch: scratch, Dry: true, Progress: seen.observe})
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != harness.StatusDry || len(seen.obs) != 0 || res.Counts[harness.LaneScenario].Run != 0 || res.Counts[harness.LaneScenario].Planned != 1 {
		t.Errorf("dry run: %+v, observed %d", res, len(seen.obs))
	}
	b, err := harness.LoadBundle(res.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	if !b.Has("expected_matrix.json") || b.Summary == nil || !b.Summary.DryRun {
		t.Errorf("artifacts %v, summary %+v", b.Names(), b.Summary)
	}
}

// Every lane sees a fixture of its own: what the baseline did is not there for
// the scenario to find, nor are writes of one scenario input of another.
func TestLanesNeverMeet(t *testing.T) {
	needLinux(t)
	gone := oneFile("${workspace}/f", "x")
	absent := &fixture.Spec{Tree: []fixture.Node{{Path: "${workspace}/new", Kind: fixture.Absent}}}
	compiled := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "remove", Operation: "fs.remove_file", Target: "${workspace}/f", Fixture: gone},
		{Name: "remove-too", Operation: "fs.remove_file", Target: "${workspace}/f", Fixture: gone},
		{Name: "make", Operation: "fs.make_reg", Target: "${workspace}/new", Fixture: absent},
		{Name: "make-too", Operation: "fs.make_dir", Target: "${workspace}/new", Fixture: absent},
		{Name: "nothing-there", Operation: "fs.make_reg", Target: "${workspace}/f"},
	}}}})
	var seen recorder
	if _, err := harness.RunCompiled(t.Context(), compiled, harness.Params{Out: t.TempDir(), Channel: clean, Progress: seen.observe}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, name := range []string{"remove", "remove-too", "make", "make-too", "nothing-there"} {
		for _, lane := range harness.AllLanes() {
			want["p1:"+name+" "+string(lane)] = "allowed allow"
		}
	}
	if diff := cmp.Diff(want, seen.decisions()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if st := seen.obs["p1:remove scenario"].PostState; st == nil || st.TargetExists {
		t.Errorf("after the removal: %+v", st)
	}
	if st := seen.obs["p1:make scenario"].PostState; st == nil || !st.TargetExists || st.TargetType != "file" {
		t.Errorf("after the creation: %+v", st)
	}
}

// Without evidence a laptop stays green and CI does not.
func TestRequireEvidence(t *testing.T) {
	needLinux(t)
	compiled := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "a", Operation: "fs.read_file", Target: "/dev/null", Expected: "deny", Capabilities: []string{notOurUID()}},
	}}}})
	for _, require := range []bool{false, true} {
		res, err := harness.RunCompiled(t.Context(), compiled, harness.Params{Out: t.TempDir(), Channel: clean, RequireEvidence: require})
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{false: 0, true: 1}[require]; len(res.Failures) != want {
			t.Errorf("with RequireEvidence %v: failures %q", require, res.Failures)
		}
		if res.Promotable {
			t.Error("nothing was observed, and it can be promoted")
		}
	}
}

// The plan's own preflight profile is applied before the first scenario, and
// when it cannot be, no scenario runs.
func TestPreflightProfile(t *testing.T) {
	needLinux(t)
	one := []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "a", Operation: "fs.read_file", Target: "/dev/null", Expected: "deny"},
		{Name: "b", Operation: "fs.read_file", Target: "/dev/null", Expected: "deny"},
	}}}
	for _, tt := range []struct {
		name, policy string
		want         string // of the scenario lane
		reasons      []string
	}{
		{"good", harnesstest.Workspace, "denied deny", []string{}},
		{"bad", strings.Replace(harnesstest.Workspace, "${workspace}", "${workspace}/none", 1), "blocked apply_failed", []string{"apply_failed", "scenario_blocked"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			compiled := compilePlan(t, harnesstest.Plan{Preflight: tt.policy, Profiles: one})
			var seen recorder
			res, err := harness.RunCompiled(t.Context(), compiled, harness.Params{Out: t.TempDir(), Channel: clean, Progress: seen.observe})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for _, id := range []string{"p1:a", "p1:b"} {
				want[id+" baseline"], want[id+" scenario"], want[id+" oracle"] = "allowed allow", tt.want, "denied deny"
			}
			if diff := cmp.Diff(want, seen.decisions()); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.reasons, res.Reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}
