package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

const plenty = 30 * time.Second

func accept(worker.Hello) error { return nil }

func start(t testing.TB) *worker.Worker {
	t.Helper()
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.SpawnClean}), accept)
	t.Cleanup(w.Close)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	return w
}

func needLandlock(t *testing.T) {
	t.Helper()
	if _, err := landlock.ABI(); err != nil {
		t.Skipf("no Landlock here: %v", err)
	}
}

// denyReads is a policy under which nothing may be opened for reading.
var denyReads = &worker.Policy{ID: 1, Layers: []landlock.Ruleset{{HandledFS: landlock.ReadFile}}}

func probe(o, target string) worker.Request { return under(nil, o, target) }

func under(policy *worker.Policy, o, target string) worker.Request {
	return worker.Request{Probe: &worker.Probe{Policy: policy, Op: op.Request{Op: o, Target: target}}}
}

func do(t testing.TB, w *worker.Worker, req worker.Request) worker.Answer {
	t.Helper()
	ans, err := w.Do(t.Context(), req, plenty)
	if err != nil {
		t.Fatal(err)
	}
	return ans
}

func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What the kernel answered arrives as it was; above all an exit code of 0 is
// not the absence of one.
func TestAnswers(t *testing.T) {
	w := start(t)
	code := func(n int) *int { return &n }
	here := file(t, "here", "x")
	for _, tt := range []struct {
		name, op, target string
		errno            syscall.Errno
		exit             *int
		stdout, stderr   string
		observed         string
	}{
		{name: "opened", op: "fs.read_file", target: here, observed: here},
		{name: "missing", op: "fs.read_file", target: here + "-not", errno: syscall.ENOENT},
		{name: "exit_0", op: "fs.execute", target: file(t, "ok", "#!/bin/sh\nexit 0\n"), exit: code(0)},
		{name: "exit_3", op: "fs.execute", target: file(t, "no", "#!/bin/sh\nprintf out; printf err >&2; exit 3\n"), exit: code(3), stdout: "out", stderr: "err"},
		{name: "killed", op: "fs.execute", target: file(t, "kill", "#!/bin/sh\nkill -TERM $$\n"), exit: code(-15)},
		{name: "no_program", op: "fs.execute", target: here + "-not", errno: syscall.ENOENT},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ans := do(t, w, probe(tt.op, tt.target))
			if ans.Err != "" || ans.Apply != nil || ans.Result == nil {
				t.Fatalf("answer %+v: want a result and nothing else", ans)
			}
			r := ans.Result
			if r.Errno != int(tt.errno) || r.Stdout != tt.stdout || r.Stderr != tt.stderr || r.ObservedPath != tt.observed || r.Err != "" {
				t.Errorf("%s = %+v", r.Call, r)
			}
			switch {
			case (r.ExitCode == nil) != (tt.exit == nil):
				t.Errorf("exit code %v, want %v", r.ExitCode, tt.exit)
			case r.ExitCode != nil && *r.ExitCode != *tt.exit:
				t.Errorf("exit code %d, want %d", *r.ExitCode, *tt.exit)
			}
			if now := float64(time.Now().Unix()); ans.Started > ans.Finished || ans.Started < now-60 || ans.Finished > now+1 {
				t.Errorf("from %f to %f, it is %f", ans.Started, ans.Finished, now)
			}
		})
	}
}

func TestAnswersUnderPolicy(t *testing.T) {
	needLandlock(t)
	w := start(t)
	here := file(t, "here", "x")
	ans := do(t, w, under(denyReads, "fs.read_file", here))
	if ans.Apply == nil || ans.Apply.Err != "" || ans.Apply.Errno != 0 || ans.Apply.Layers != 1 || ans.Apply.API != "landlock_restrict_self" {
		t.Errorf("apply %+v", ans.Apply)
	}
	if ans.Result == nil || ans.Result.Errno != int(syscall.EACCES) {
		t.Errorf("read under the policy: %+v", ans.Result)
	}

	// A policy that cannot be applied leaves nothing attempted, time and again.
	reads := func(parent string, optional bool) []landlock.Ruleset {
		return []landlock.Ruleset{{HandledFS: landlock.ReadFile, Paths: []landlock.PathRule{{Parent: parent, Access: landlock.ReadFile, Optional: optional}}}}
	}
	for range 2 {
		ans = do(t, w, under(&worker.Policy{ID: 2, Layers: reads(here+"-not", false)}, "fs.read_file", here))
		if ans.Apply == nil || ans.Apply.Err == "" || ans.Apply.Errno != int(syscall.ENOENT) || ans.Apply.Layers != 0 {
			t.Errorf("apply with a missing parent: %+v", ans.Apply)
		}
		if ans.Result != nil {
			t.Errorf("the operation was attempted without its policy: %+v", ans.Result)
		}
	}
	for range 2 {
		ans = do(t, w, under(&worker.Policy{ID: 3, Layers: reads(here+"-not", true)}, "fs.read_file", here))
		if ans.Apply == nil || ans.Apply.Err != "" || len(ans.Apply.Skipped) != 1 || ans.Result == nil || ans.Result.Errno != int(syscall.EACCES) {
			t.Errorf("apply with an optional parent missing: %+v, result %+v", ans.Apply, ans.Result)
		}
	}
}

// A policy is sent once and remembered; its scratch folder is each probe's own,
// and a new process is sent it again.
func TestPolicyFollowsTheScratchFolder(t *testing.T) {
	needLandlock(t)
	w := start(t)
	base := filepath.Join(t.TempDir(), "base") // is never made
	layers := []landlock.Ruleset{{HandledFS: landlock.ReadFile, Paths: []landlock.PathRule{{Parent: base + "/home", Access: landlock.ReadFile}}}}
	site := func() (scratch, file string) {
		scratch = t.TempDir()
		file = filepath.Join(scratch, "home", "f")
		if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return scratch, file
	}
	_, others := site()
	for i := range 4 {
		if i == 2 { // the process is replaced
			w.Close()
		}
		scratch, own := site()
		policy := &worker.Policy{ID: 7, Layers: layers, Base: base, Scratch: scratch}
		for target, want := range map[string]syscall.Errno{own: 0, others: syscall.EACCES} {
			ans := do(t, w, under(policy, "fs.read_file", target))
			if ans.Result == nil || ans.Result.Errno != int(want) {
				t.Errorf("probe %d: %s = %+v (apply %+v), want %v", i, target, ans.Result, ans.Apply, want)
			}
		}
		others = own
	}
	// Two policies of one worker are not mixed up.
	ans := do(t, w, under(denyReads, "fs.read_file", others))
	if ans.Result == nil || ans.Result.Errno != int(syscall.EACCES) {
		t.Errorf("under another policy: %+v", ans.Result)
	}
}

func TestCanary(t *testing.T) {
	needLandlock(t)
	w := start(t)
	if ans := do(t, w, worker.Request{Canary: &worker.Canary{Dir: t.TempDir()}}); ans.Err != "" || ans.Result != nil {
		t.Errorf("canary: %+v", ans)
	}
	missing := filepath.Join(t.TempDir(), "not", "there")
	if ans := do(t, w, worker.Request{Canary: &worker.Canary{Dir: missing}}); !strings.Contains(ans.Err, "no such file") {
		t.Errorf("canary without its folder: %+v", ans)
	}
	if ans := do(t, w, worker.Request{}); ans.Err == "" || ans.Result != nil {
		t.Errorf("empty request: %+v", ans)
	}
}

// A hung probe is killed at its deadline, and the next request gets a new
// process.
func TestDeadline(t *testing.T) {
	w := start(t)
	first := w.PID()
	begin := time.Now()
	_, err := w.Do(t.Context(), probe("fs.read_file", fifo(t)), 200*time.Millisecond)
	var timeout *worker.TimeoutError
	if !errors.As(err, &timeout) || timeout.After != 200*time.Millisecond {
		t.Errorf("Do = %v, want a *TimeoutError of 200ms", err)
	}
	if took := time.Since(begin); took < 200*time.Millisecond || took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if running(first) {
		t.Errorf("worker %d outlives its deadline", first)
	}
	ans := do(t, w, probe("fs.read_file", "/etc/passwd"))
	if w.PID() == first || ans.Result == nil || ans.Result.Errno != 0 {
		t.Errorf("after the deadline process %d answers %+v", w.PID(), ans)
	}
}

func TestDeath(t *testing.T) {
	for _, tt := range []struct {
		name     string
		signal   syscall.Signal
		epitaph  string
		lastWord bool
	}{
		{name: "killed", signal: syscall.SIGKILL, epitaph: "signal: killed"},
		// Go's runtime dies of it with a dump whose first line names the cause.
		{name: "crashed", signal: syscall.SIGQUIT, epitaph: "exit status 2: SIGQUIT: quit"},
	} {
		t.Run("mid_probe/"+tt.name, func(t *testing.T) {
			w := start(t)
			first, pipe := w.PID(), fifo(t)
			time.AfterFunc(100*time.Millisecond, func() { _ = syscall.Kill(first, tt.signal) })
			_, err := w.Do(t.Context(), probe("fs.read_file", pipe), plenty)
			var died *worker.DiedError
			if !errors.As(err, &died) || died.Epitaph != tt.epitaph {
				t.Errorf("Do = %v, want a *DiedError of %q", err, tt.epitaph)
			}
			if ans := do(t, w, probe("fs.read_file", "/etc/passwd")); w.PID() == first || ans.Result == nil {
				t.Errorf("after its death process %d answers %+v", w.PID(), ans)
			}
		})
		t.Run("idle/"+tt.name, func(t *testing.T) {
			w := start(t)
			first := w.PID()
			if err := syscall.Kill(first, tt.signal); err != nil {
				t.Fatal(err)
			}
			eventually(t, 5*time.Second, func() bool { return !running(first) })
			// The death may be seen only by the next request; never by the one after.
			if _, err := w.Do(t.Context(), probe("fs.read_file", "/etc/passwd"), plenty); err != nil {
				var died *worker.DiedError
				if !errors.As(err, &died) {
					t.Errorf("Do = %v, want a *DiedError or an answer", err)
				}
			}
			if ans := do(t, w, probe("fs.read_file", "/etc/passwd")); w.PID() == first || ans.Result == nil {
				t.Errorf("after its death process %d answers %+v", w.PID(), ans)
			}
		})
	}
}

// The program of a probe ends with its worker, also when it is not the run that
// ends the worker.
func TestDeathTakesTheProgram(t *testing.T) {
	w := start(t)
	pid := filepath.Join(t.TempDir(), "pid")
	hang := file(t, "hang", fmt.Sprintf("#!/bin/sh\necho $$ > %s.tmp; mv %s.tmp %s; read x < %s\n", pid, pid, pid, fifo(t)))
	victim := w.PID()
	go func() {
		for {
			if _, err := os.Stat(pid); err == nil {
				_ = syscall.Kill(victim, syscall.SIGKILL)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_, err := w.Do(t.Context(), probe("fs.execute", hang), plenty)
	var died *worker.DiedError
	if !errors.As(err, &died) {
		t.Fatalf("Do = %v, want a *DiedError", err)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	program, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, func() bool { return !running(program) })
}

func TestAcceptRefuses(t *testing.T) {
	refusal := errors.New("another world")
	var pid int
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.Direct}), func(h worker.Hello) error { pid = h.PID; return refusal })
	defer w.Close()
	_, err := w.Do(t.Context(), probe("fs.read_file", "/etc/passwd"), plenty)
	var start *worker.StartError
	if !errors.As(err, &start) || !errors.Is(err, refusal) {
		t.Errorf("Do = %v, want a *StartError that wraps the refusal", err)
	}
	if pid == 0 || running(pid) || w.PID() != 0 {
		t.Errorf("refused worker %d is still there (PID %d)", pid, w.PID())
	}
}

// The end of the context ends a hung probe at once.
func TestCancel(t *testing.T) {
	for _, tt := range []struct {
		name   string
		target func(*testing.T) worker.Request
	}{
		{"call", func(t *testing.T) worker.Request { return probe("fs.read_file", fifo(t)) }},
		{"program", func(t *testing.T) worker.Request {
			return probe("fs.execute", file(t, "hang", "#!/bin/sh\nsleep 300\n"))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := start(t)
			first := w.PID()
			ctx, cancel := context.WithCancel(t.Context())
			var cancelled time.Time
			time.AfterFunc(150*time.Millisecond, func() { cancelled = time.Now(); cancel() })
			_, err := w.Do(ctx, tt.target(t), plenty)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Do = %v, want the end of its context", err)
			}
			if took := time.Since(cancelled); took > 2*time.Second {
				t.Errorf("it took %v after the end of the context", took)
			}
			if running(first) {
				t.Errorf("worker %d outlives its context", first)
			}
			if _, err := w.Do(ctx, probe("fs.read_file", "/etc/passwd"), plenty); !errors.Is(err, context.Canceled) || w.PID() != 0 {
				t.Errorf("after the end of its context Do = %v, worker %d", err, w.PID())
			}
		})
	}
}

func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

func eventually(t *testing.T, limit time.Duration, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v", limit)
		}
	}
}
