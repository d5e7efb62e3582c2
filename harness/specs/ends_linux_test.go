package specs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/fixture"
)

// hangingSuite is a suite whose baseline lane hangs, twice, and whose scenario
// lane does not.
func hangingSuite(t *testing.T) string {
	t.Helper()
	fifo := &fixture.Spec{Tree: []fixture.Node{{Path: "${home}/fifo", Kind: fixture.FIFO}}}
	hang := func(name string) harnesstest.Probe {
		return harnesstest.Probe{Name: name, Operation: "fs.read_file", Target: "${home}/fifo", Expected: "deny", Fixture: fifo, Lanes: map[string]bool{"oracle": false}}
	}
	dir := module(t, harnesstest.Plan{ID: "hanging", Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{hang("a"), hang("b")}}}})
	return build(t, dir, "hanging.test", "test", "-c", "-vet=off", "-ldflags=-w", "./suite")
}

// A run that does not reach its end is closed as failed, with what was seen;
// what an earlier run left for consumers stays, and nothing is left running.
func TestInterrupt(t *testing.T) {
	suite, out, scratch := hangingSuite(t), t.TempDir(), t.TempDir()
	env := environ("RTGEN_OUT="+out, "RTGEN_SCRATCH="+scratch, "RTGEN_PROBE_TIMEOUT=1m")
	pass(t, t.TempDir(), append(env, "RTGEN_RUN_ID=good"), suite, "--ginkgo.label-filter=scenario")
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			id := fmt.Sprintf("signal-%d", sig)
			cmd, text := command(t, t.TempDir(), append(env, "RTGEN_RUN_ID="+id), suite)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, 10*time.Second, "a probe hangs", func() bool { return hangs(scratch, 1) })
			begin := time.Now()
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Errorf("an interrupted suite succeeds:\n%s", text)
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("it took %v to end", took)
			}
			closedAsFailed(t, filepath.Join(out, id), "interrupted")
			latest, err := harness.LoadBundle(out)
			if err != nil || latest.RunID() != "good" {
				t.Errorf("LATEST leads to %v: %v", latest, err)
			}
			if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
				t.Errorf("left in the scratch folder: %v, %v", left, err)
			}
		})
	}
}

// What a lost process saw is lost: the run is no evidence, and says so.
func TestLostProcess(t *testing.T) {
	suite, out, scratch := hangingSuite(t), t.TempDir(), t.TempDir()
	env := environ("RTGEN_OUT="+out, "RTGEN_SCRATCH="+scratch, "RTGEN_PROBE_TIMEOUT=1500ms", "RTGEN_RUN_ID=lost")
	cmd, text := command(t, t.TempDir(), env, ginkgoCommand(t), "--procs=2", "--no-color", suite)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "a probe of process 2 hangs", func() bool { return hangs(scratch, 2) })
	pid := processOf(t, cmd.Process.Pid, "--ginkgo.parallel.process=2")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Errorf("a suite that lost a process succeeds:\n%s", text)
	}
	closedAsFailed(t, filepath.Join(out, "lost"), "exception")
	if _, err := os.Lstat(filepath.Join(out, "LATEST")); err == nil {
		t.Error("LATEST leads to a run that lost a process")
	}
	// The out folder is free again.
	pass(t, t.TempDir(), append(env, "RTGEN_RUN_ID=next"), suite, "--ginkgo.label-filter=scenario")
}

func closedAsFailed(t *testing.T, dir, stage string) {
	t.Helper()
	v, err := harness.ValidateBundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	if v.State != bundle.StateFailed || v.Status != bundle.IndexFailed || !v.OK() {
		t.Errorf("the run is %s, its index %s: %v", v.State, v.Status, v.Findings)
	}
	if status, err := os.ReadFile(filepath.Join(dir, "run_status.json")); err != nil || !strings.Contains(string(status), `"failure_stage": "`+stage+`"`) {
		t.Errorf("run_status %s: %v", status, err)
	}
	if _, err := harness.LoadBundle(dir); err == nil {
		t.Error("a strict load takes it")
	}
}

// hangs says whether a probe of the suite's process has had the time to hang.
func hangs(scratch string, process int) bool {
	fifos, err := filepath.Glob(filepath.Join(scratch, "*", "p"+strconv.Itoa(process), "*", "home", "fifo"))
	if err != nil || len(fifos) == 0 {
		return false
	}
	time.Sleep(200 * time.Millisecond)
	return true
}

// processOf finds the descendant of a process that has the argument.
func processOf(t *testing.T, ancestor int, arg string) int {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || !strings.Contains(string(cmdline), arg+"\x00") {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after)
		if len(fields) > 1 && fields[1] == strconv.Itoa(ancestor) {
			pid, err := strconv.Atoi(filepath.Base(dir))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("process %d has no child with %s", ancestor, arg)
	return 0
}
