package harness_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/world"
)

func needLandlock(t testing.TB) {
	t.Helper()
	if _, err := landlock.ABI(); err != nil {
		t.Skipf("no Landlock here: %v", err)
	}
	if facts, err := world.Survey(); err == nil && facts.LandlockABI == 0 {
		t.Skipf("no Landlock in world %s: %s", facts.ID(), facts.LandlockReason)
	}
}

func compilePlan(t testing.TB, p harnesstest.Plan) *harness.Compiled {
	t.Helper()
	c, err := harness.CompilePlan(harness.Source{}, harnesstest.PlanFile(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// oneFile is a fixture of one file.
func oneFile(path, content string) *fixture.Spec {
	return &fixture.Spec{Tree: []fixture.Node{{Path: path, Kind: fixture.File, Mode: "0755", Content: content}}}
}

// recorder keeps what a run observed, by scenario and lane.
type recorder struct {
	mu  sync.Mutex
	obs map[string]harness.Observation
}

func (r *recorder) observe(obs *harness.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.obs == nil {
		r.obs = make(map[string]harness.Observation)
	}
	key := obs.ExpectationID + " " + string(obs.Lane)
	if _, twice := r.obs[key]; twice {
		key += " again"
	}
	r.obs[key] = *obs
}

// decisions is what was observed, in the words of a decision or its lack.
func (r *recorder) decisions() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := make(map[string]string, len(r.obs))
	for key, obs := range r.obs {
		d[key] = string(obs.Outcome) + " " + string(obs.Actual)
		if obs.Actual == "" {
			d[key] = string(obs.Outcome) + " " + obs.FailureKind
		}
	}
	return d
}

var failureLine = regexp.MustCompile(`^registry/probes\.json:[0-9]+: (baseline|scenario|oracle) lane: ([^ ]+): .`)

// notOurUID is a capability this process lacks.
func notOurUID() string {
	if os.Geteuid() == 0 {
		return "uid!=0"
	}
	return "uid==0"
}

// Every way a scenario can come out, each by a real mishap and not one of them
// as a decision it is not.
func TestOutcomes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("probes need Linux")
	}
	needLandlock(t)
	missingParent := strings.Replace(harnesstest.Workspace, "${workspace}", "${workspace}/none", 1)
	outside := oneFile("${home}/secret", "x")
	fifo := &fixture.Spec{Tree: []fixture.Node{{Path: "${workspace}/fifo", Kind: fixture.FIFO}}}
	compiled := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{
		{ID: "ws", Probes: []harnesstest.Probe{
			{Name: "allowed", Operation: "fs.read_file", Target: "${workspace}/a", Fixture: oneFile("${workspace}/a", "x")},
			{Name: "denied", Operation: "fs.read_file", Target: "${home}/secret", Expected: "deny", Fixture: outside},
			{Name: "mismatch", Operation: "fs.read_file", Target: "${home}/secret", Expected: "allow", Fixture: outside},
			{Name: "vacuous", Operation: "fs.execute", Target: "${home}/secret", Expected: "deny",
				Fixture: &fixture.Spec{Tree: []fixture.Node{{Path: "${home}/secret", Kind: fixture.File, Mode: "0644", Content: "x"}}}},
			{Name: "undecided", Operation: "fs.read_file", Target: "${workspace}/none"},
			{Name: "blocked", Operation: "fs.read_file", Target: "${workspace}/a", Capabilities: []string{notOurUID()}},
			{Name: "bad-fixture", Operation: "fs.read_file", Target: "${workspace}/a", Fixture: oneFile("${workspace}/"+strings.Repeat("n", 300), "x")},
			{Name: "hangs", Operation: "fs.read_file", Target: "${workspace}/fifo", Fixture: fifo},
			{Name: "kills", Operation: "fs.execute", Target: "${workspace}/kill", Expected: "deny",
				Fixture: oneFile("${workspace}/kill", "#!/bin/sh\nkill -9 $$PPID\nsleep 60\n")},
			{Name: "after", Operation: "fs.write_file", Target: "${workspace}/a", Fixture: oneFile("${workspace}/a", "x")},
		}},
		{ID: "unmade", Policy: missingParent, Probes: []harnesstest.Probe{
			{Name: "read", Operation: "fs.read_file", Target: "${workspace}/a", Fixture: oneFile("${workspace}/a", "x")},
		}},
	}})
	var seen recorder
	res, err := harness.RunCompiled(t.Context(), compiled, harness.Params{
		Out: t.TempDir(), Channel: harness.ChannelSpec{Name: harness.ChannelClean}, ProbeTimeout: 700 * time.Millisecond, Progress: seen.observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"ws:allowed baseline": "allowed allow", "ws:allowed scenario": "allowed allow", "ws:allowed oracle": "allowed allow",
		"ws:denied baseline": "allowed allow", "ws:denied scenario": "denied deny", "ws:denied oracle": "denied deny",
		"ws:mismatch baseline": "allowed allow", "ws:mismatch scenario": "denied deny", "ws:mismatch oracle": "denied deny",
		"ws:vacuous baseline": "denied deny", "ws:vacuous scenario": "denied deny", "ws:vacuous oracle": "unsupported model_unknown",
		"ws:undecided baseline": "undecided probe_errno", "ws:undecided scenario": "undecided probe_errno", "ws:undecided oracle": "unsupported model_unknown",
		"ws:blocked baseline": "blocked capability_missing", "ws:blocked scenario": "blocked capability_missing", "ws:blocked oracle": "unsupported model_unknown",
		"ws:bad-fixture baseline": "broken fixture_failed", "ws:bad-fixture scenario": "broken fixture_failed", "ws:bad-fixture oracle": "unsupported model_unknown",
		"ws:hangs baseline": "broken probe_timeout", "ws:hangs scenario": "broken probe_timeout", "ws:hangs oracle": "unsupported model_unknown",
		"ws:kills baseline": "broken worker_died", "ws:kills scenario": "denied deny", "ws:kills oracle": "denied deny",
		"ws:after baseline": "allowed allow", "ws:after scenario": "allowed allow", "ws:after oracle": "allowed allow",
		"unmade:read baseline": "allowed allow", "unmade:read scenario": "broken openat_failed", "unmade:read oracle": "unsupported model_unknown",
	}
	if diff := cmp.Diff(want, seen.decisions()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	for key, obs := range seen.obs {
		if obs.Actual == "" && (obs.Reason == "" || strings.Contains(obs.Reason, "\n") || obs.FailureKind == "") {
			t.Errorf("%s: no decision, and the reason is %q (%s)", key, obs.Reason, obs.FailureKind)
		}
		if obs.Started == 0 || obs.Finished < obs.Started {
			t.Errorf("%s: from %f to %f", key, obs.Started, obs.Finished)
		}
	}
	if stage := seen.obs["unmade:read scenario"].FailureStage; stage != "apply" {
		t.Errorf("a profile that cannot be applied fails in stage %q", stage)
	}
	if obs := seen.obs["ws:denied scenario"]; obs.Errno != 13 || obs.ErrnoName != "EACCES" || obs.Apply == nil || obs.Apply.RC != 0 || obs.Apply.Layers != 1 {
		t.Errorf("denied: %+v, apply %+v", obs, obs.Apply)
	}
	if obs := seen.obs["ws:denied baseline"]; obs.Apply != nil {
		t.Errorf("baseline has a policy: %+v", obs.Apply)
	}
	for _, lane := range []string{"baseline", "scenario"} {
		if pid, after := seen.obs["ws:hangs "+lane].WorkerPID, seen.obs["ws:after "+lane].WorkerPID; pid != 0 && pid == after {
			t.Errorf("%s: worker %d hung and was used again", lane, pid)
		}
	}

	if res.Status != harness.StatusPartial || res.Promotable {
		t.Errorf("status %s, promotable %v", res.Status, res.Promotable)
	}
	if diff := cmp.Diff([]string{"evidence_broken", "scenario_blocked"}, res.Reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	counts := res.Counts[harness.LaneScenario]
	if counts.Allowed != 2 || counts.Denied != 4 || counts.Undecided != 1 || counts.Blocked != 1 || counts.Broken != 3 ||
		counts.Matches != 5 || counts.Mismatches != 1 || counts.Vacuous != 1 || counts.Planned != 11 || counts.Run != 11 {
		t.Errorf("scenario lane counts %+v", counts)
	}
	// A broken attempt is a failure in every lane; blocked and unsupported are none.
	var failed []string
	for _, line := range res.Failures {
		m := failureLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("failure %q does not say where, in which lane and which", line)
		}
		failed = append(failed, m[2]+" "+m[1])
	}
	wantFailed := []string{
		"ws:mismatch scenario", "ws:mismatch oracle", "ws:undecided scenario", "ws:bad-fixture baseline", "ws:bad-fixture scenario",
		"ws:hangs baseline", "ws:hangs scenario", "ws:kills baseline", "unmade:read scenario",
	}
	if diff := cmp.Diff(wantFailed, failed); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if v, err := harness.ValidateBundle(filepath.Dir(res.RunDir)); err != nil || !v.OK() {
		t.Errorf("the bundle: %+v, %v", v, err)
	}
}

// A plan pinned to another world is not observed under its policy here; the
// model still answers, and nothing of it can be promoted.
func TestPinnedWorld(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("probes need Linux")
	}
	compiled := compilePlan(t, harnesstest.Plan{WorldID: "linux-6.1.0-x86_64-landlock2-00000000", Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "a", Operation: "fs.read_file", Target: "${workspace}/a", Fixture: oneFile("${workspace}/a", "x")},
	}}}})
	var seen recorder
	res, err := harness.RunCompiled(t.Context(), compiled, harness.Params{
		Out: t.TempDir(), Channel: harness.ChannelSpec{Name: harness.ChannelClean}, Progress: seen.observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"p1:a baseline": "allowed allow", "p1:a scenario": "blocked world_mismatch", "p1:a oracle": "allowed allow"}
	if diff := cmp.Diff(want, seen.decisions()); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if res.Promotable || !strings.Contains(strings.Join(res.Reasons, " "), "world_mismatch") {
		t.Errorf("promotable %v, reasons %v", res.Promotable, res.Reasons)
	}
}

// The end of the context ends the probe under way at once, and says so.
func TestInterruptedProbe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("probes need Linux")
	}
	fifo := &fixture.Spec{Tree: []fixture.Node{{Path: "${workspace}/fifo", Kind: fixture.FIFO}}}
	compiled := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "first", Operation: "fs.read_file", Target: "/dev/null"},
		{Name: "hangs", Operation: "fs.read_file", Target: "${workspace}/fifo", Fixture: fifo, Lanes: map[string]bool{"scenario": false}},
		{Name: "never", Operation: "fs.read_file", Target: "/dev/null"},
	}}}})
	out, scratch := t.TempDir(), t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	var seen recorder
	var cancelled time.Time
	time.AfterFunc(time.Second, func() { cancelled = time.Now(); cancel(fmt.Errorf("the day is over")) })
	res, err := harness.RunCompiled(ctx, compiled, harness.Params{Out: out, Scratch: scratch, Progress: seen.observe, ProbeTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(cancelled); took > 3*time.Second {
		t.Errorf("it took %v after the end of the context", took)
	}
	if got := seen.decisions()["p1:hangs baseline"]; got != "broken interrupted" {
		t.Errorf("the probe under way is %q", got)
	}
	if _, observed := seen.obs["p1:never baseline"]; observed {
		t.Error("the run went on after its context had ended")
	}
	if res.Status != harness.StatusFailed || res.Error != "interrupted: the day is over" || res.Packet != "" || res.Promotable {
		t.Errorf("result %+v", res)
	}
	if _, err := os.Lstat(filepath.Join(out, "LATEST")); !os.IsNotExist(err) {
		t.Errorf("LATEST of a failed run: %v", err)
	}
	if v, err := harness.ValidateBundle(res.RunDir); err != nil || !v.OK() || v.State != "failed" {
		t.Errorf("the bundle of an interrupted run: %+v, %v", v, err)
	}
	if _, err := harness.LoadBundle(res.RunDir); err == nil {
		t.Error("a strict load takes an interrupted run")
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("left in the scratch folder: %v, %v", left, err)
	}
}
