package channel_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd/launchdtest"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

func TestMain(m *testing.M) {
	launchdtest.Main()
	os.Exit(m.Run())
}

// launched is a launcher of jobs and a worker that it starts.
func launched(t *testing.T, l *launchdtest.Launchd) (*channel.Launcher, *worker.Worker) {
	t.Helper()
	launcher := channel.NewLauncher(channel.Launch{Name: channel.LaunchdClean, RunID: "r", Process: 1, Launchd: l.Config()})
	w := worker.New(launcher, func(worker.Hello) error { return nil })
	t.Cleanup(w.Close)
	return launcher, w
}

// A whole worker that is a job: it attempts, is killed when it hangs, is replaced by
// a job of another label, and each job is accounted for.
func TestWorkerIsAJob(t *testing.T) {
	if _, err := landlock.ABI(); err != nil {
		t.Skip(err)
	}
	l := launchdtest.New(t)
	launcher, w := launched(t, l)
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	deny := &worker.Policy{ID: 1, Layers: []landlock.Ruleset{{HandledFS: landlock.ReadFile}}}
	read := func(policy *worker.Policy) unix.Errno {
		ans, err := w.Do(t.Context(), worker.Request{Probe: &worker.Probe{Policy: policy, Op: op.Request{Op: "fs.read_file", Target: file}}}, time.Minute)
		if err != nil || ans.Result == nil {
			t.Fatalf("%+v, %v", ans, err)
		}
		return unix.Errno(ans.Result.Errno)
	}
	if got := read(nil); got != 0 {
		t.Errorf("without a policy: %v", got)
	}
	if got := read(deny); got != unix.EACCES {
		t.Errorf("under a policy: %v, want EACCES", got)
	}
	first := w.PID()
	hang := filepath.Join(dir, "fifo") // nobody writes to it
	if err := unix.Mkfifo(hang, 0o600); err != nil {
		t.Fatal(err)
	}
	var timeout *worker.TimeoutError
	if _, err := w.Do(t.Context(), worker.Request{Probe: &worker.Probe{Op: op.Request{Op: "fs.read_file", Target: hang}}}, 200*time.Millisecond); !errors.As(err, &timeout) {
		t.Errorf("a worker that hangs: %v", err)
	}
	if got := read(deny); got != unix.EACCES || w.PID() == first {
		t.Errorf("the worker after it, %d: %v, want EACCES", w.PID(), got)
	}
	w.Close()
	jobs := launcher.Jobs()
	if len(jobs) != 2 || jobs[0].Label != "rtgen.runtime.r" || jobs[0].PID != first || jobs[1].Label != "rtgen.runtime.r.w2" || jobs[0].Left+jobs[1].Left != "" {
		t.Errorf("jobs %+v", jobs)
	}
}

// A worker that dies says how launchd saw it end.
func TestJobDies(t *testing.T) {
	launcher, _ := launched(t, launchdtest.New(t))
	p, err := launcher.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	var hello worker.Hello
	if err := p.Wire.Receive(&hello); err != nil || hello.PID != p.PID() || p.Exited() {
		t.Fatalf("worker %d says it is %d, has exited: %v, %v", p.PID(), hello.PID, p.Exited(), err)
	}
	if err := unix.Kill(p.PID(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := p.Wire.Receive(&hello); !errors.Is(err, io.EOF) || !p.Exited() {
		t.Errorf("after its end: %v, has exited: %v", err, p.Exited())
	}
	p.Kill()
	if got := p.Epitaph(); got != "ended by signal killed: 9" {
		t.Errorf("epitaph %q", got)
	}
}

// Launchd is not asked for a worker again and again when there never was one, and
// once more when there was.
func TestLauncherGivesUp(t *testing.T) {
	refuse := launchdtest.Answer{Asked: "launchctl bootstrap", RC: 5, Stderr: "Bootstrap failed: 5: Input/output error\n"}
	start := func(t *testing.T, launcher *channel.Launcher) (failed bool) {
		t.Helper()
		p, err := launcher.Start(t.Context())
		if err != nil {
			if !strings.HasPrefix(err.Error(), "channel launchd_clean: job rtgen.runtime.r") {
				t.Errorf("error %v", err)
			}
			return true
		}
		p.Kill()
		return false
	}
	for _, lived := range []bool{false, true} {
		l := launchdtest.New(t)
		launcher, _ := launched(t, l)
		want := 1
		if lived {
			if start(t, launcher) {
				t.Fatal("the first worker does not start")
			}
			want = 3
		}
		l.Answers(t, refuse)
		for range 4 {
			if !start(t, launcher) {
				t.Error("a worker starts that launchd refused")
			}
		}
		if got := len(launcher.Jobs()); got != want {
			t.Errorf("a worker had lived: %v: %d jobs, want %d", lived, got, want)
		}
	}
}

// The end of a context ends the wait, and is no failure of launchd's.
func TestLauncherContext(t *testing.T) {
	l := launchdtest.New(t)
	launcher, w := launched(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.StartContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("StartContext = %v", err)
	}
	if err := w.Start(); err != nil {
		t.Errorf("after it: %v", err)
	}
	w.Close()
	if n := len(launcher.Jobs()); n != 2 {
		t.Errorf("%d jobs", n)
	}
}

func TestLauncherNeedsRun(t *testing.T) {
	launcher := channel.NewLauncher(channel.Launch{Name: channel.LaunchdClean})
	if _, err := launcher.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "this one has no id") {
		t.Errorf("Start = %v", err)
	}
}
