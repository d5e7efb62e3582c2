package bundle_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/bundle"
)

// holdEnv makes the test binary a writer that opens a run in the named folder,
// says so, and waits to be killed.
const holdEnv = "BUNDLE_TEST_HOLD"

func TestMain(m *testing.M) {
	if out := os.Getenv(holdEnv); out != "" {
		st, err := bundle.Create(out, options("held"))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held", st.Dir())
		for {
			time.Sleep(time.Hour)
			runtime.KeepAlive(st) // a stage that nobody needs any more loses its lock
		}
	}
	os.Exit(m.Run())
}

func hold(t *testing.T, out string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdEnv+"="+out)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "held ") {
		t.Fatalf("holder said %q, %v", line, err)
	}
	return cmd
}

func TestLockFailNamesTheHolder(t *testing.T) {
	out := t.TempDir()
	holder := hold(t, out)
	start := time.Now()
	_, err := bundle.Create(out, options("r1"))
	var locked *bundle.LockedError
	if !errors.As(err, &locked) || !errors.Is(err, bundle.ErrLocked) {
		t.Fatalf("Create = %v, want a *LockedError", err)
	}
	if locked.PID != holder.Process.Pid || locked.Path != filepath.Join(out, bundle.LockFile) {
		t.Errorf("holder %d in %s, want %d", locked.PID, locked.Path, holder.Process.Pid)
	}
	if !strings.Contains(err.Error(), fmt.Sprint("process ", holder.Process.Pid)) {
		t.Errorf("error does not name the holder: %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("LockFail took %s", took)
	}
	if _, err := os.Stat(filepath.Join(out, "r1")); err == nil {
		t.Error("a run folder was made without the lock")
	}
}

func TestLockOfAKilledWriterIsNone(t *testing.T) {
	out := t.TempDir()
	newRun("before").write(t, out)
	holder := hold(t, out)
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	if got := read(t, out, bundle.LockFile); got != fmt.Sprintf("pid=%d\n", holder.Process.Pid) {
		t.Errorf("lock file = %q, want the dead holder's pid", got)
	}
	// What it left is an uncommitted run, and readers get the one before.
	v, err := bundle.Validate(filepath.Join(out, "held"))
	if err != nil || v.OK() || v.State != bundle.StateInProgress || v.Findings[0].Code != bundle.IndexMissing {
		t.Errorf("Validate(killed run) = %+v, %v", v, err)
	}
	if b, err := bundle.Load(out); err != nil || b.RunID() != "before" {
		t.Errorf("Load = %v, %v, want the run before", b, err)
	}
	newRun("after").write(t, out)
	if b, err := bundle.Load(out); err != nil || b.RunID() != "after" {
		t.Errorf("Load = %v, %v, want the run after", b, err)
	}
}

func TestLockWait(t *testing.T) {
	out := t.TempDir()
	first, err := bundle.Create(out, options("first"))
	if err != nil {
		t.Fatal(err)
	}
	opts := options("second")
	opts.LockMode, opts.LockTimeout = bundle.LockWait, 120*time.Millisecond
	start := time.Now()
	_, err = bundle.Create(out, opts)
	var locked *bundle.LockedError
	if !errors.As(err, &locked) || locked.Waited < opts.LockTimeout || time.Since(start) < opts.LockTimeout {
		t.Errorf("Create = %v after %s, want a *LockedError once %s are over", err, time.Since(start), opts.LockTimeout)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := bundle.CreateContext(ctx, out, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("CreateContext = %v, want context.Canceled", err)
	}

	opts.LockTimeout = 10 * time.Second
	released := make(chan error, 1)
	go func() {
		time.Sleep(100 * time.Millisecond)
		released <- first.Close()
	}()
	second, err := bundle.Create(out, opts)
	if err != nil {
		t.Fatalf("Create after release = %v", err)
	}
	if err := errors.Join(<-released, second.Close()); err != nil {
		t.Error(err)
	}
}

// Who waits gets the lock of a holder that is killed.
func TestLockWaitOutlivesTheHolder(t *testing.T) {
	out := t.TempDir()
	holder := hold(t, out)
	opts := options("next")
	opts.LockMode, opts.LockTimeout = bundle.LockWait, time.Minute
	got := make(chan error, 1)
	go func() {
		st, err := bundle.Create(out, opts)
		if err == nil {
			err = st.Close()
		}
		got <- err
	}()
	select {
	case err := <-got:
		t.Fatalf("Create = %v while the lock is held", err)
	case <-time.After(150 * time.Millisecond):
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("Create = %v once the holder is dead", err)
	}
}

// The file is no lock, whatever it says: the process it names may be dead, or
// another one that was given the same number.
func TestLockFileThatIsNoLock(t *testing.T) {
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":  "",
		"dead":   fmt.Sprintf("pid=%d\n", gone.Process.Pid),
		"alive":  fmt.Sprintf("pid=%d\n", os.Getppid()),
		"itself": fmt.Sprintf("pid=%d\n", os.Getpid()),
		"torn":   "pid=12",
		"noise":  strings.Repeat("\x00", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			put(t, text, out, bundle.LockFile)
			st, err := bundle.Create(out, options("r1"))
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			if got := read(t, out, bundle.LockFile); got != fmt.Sprintf("pid=%d\n", os.Getpid()) {
				t.Errorf("lock file = %q, want this process", got)
			}
		})
	}
}

func TestReadersNeedNoLock(t *testing.T) {
	out := t.TempDir()
	newRun("before").write(t, out)
	hold(t, out)
	reads := func(when string) {
		t.Helper()
		if b, err := bundle.Load(out); err != nil || b.RunID() != "before" {
			t.Errorf("%s: Load = %v, %v", when, b, err)
		}
		if v, err := bundle.Validate(out); err != nil || !v.OK() {
			t.Errorf("%s: Validate = %+v, %v", when, v, err)
		}
		if res, err := bundle.Reindex(out, false); err != nil || !res.OK() {
			t.Errorf("%s: Reindex = %+v, %v", when, res, err)
		}
		// Nothing to repair, nothing to lock.
		if res, err := bundle.Reindex(out, true); err != nil || res.Status != bundle.ReindexUnchanged {
			t.Errorf("%s: Reindex(repair) = %+v, %v", when, res, err)
		}
	}
	reads("held")
	lock := filepath.Join(out, bundle.LockFile)
	if err := os.Chmod(lock, 0); err != nil {
		t.Fatal(err)
	}
	reads("unreadable")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	reads("removed")
	if err := os.Mkdir(lock, 0o755); err != nil {
		t.Fatal(err)
	}
	reads("a folder")
}

func TestWritersTakeTurns(t *testing.T) {
	out := t.TempDir()
	const writers = 8
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			r := newRun(fmt.Sprintf("r%d", i))
			r.opts.LockMode = bundle.LockWait
			r.write(t, out)
		})
	}
	wg.Wait()
	for i := range writers {
		if _, err := bundle.Load(filepath.Join(out, fmt.Sprintf("r%d", i))); err != nil {
			t.Error(err)
		}
	}
	if _, err := bundle.Load(out); err != nil {
		t.Error(err)
	}
}

func TestLockFileThatIsNoFile(t *testing.T) {
	out := t.TempDir()
	victim := filepath.Join(t.TempDir(), "victim")
	put(t, "precious", victim)
	if err := os.Symlink(victim, filepath.Join(out, bundle.LockFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Create(out, options("r1")); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("Create = %v, want the symlink refused", err)
	}
	if got := read(t, victim); got != "precious" {
		t.Errorf("the symlink's target was written: %q", got)
	}
}
