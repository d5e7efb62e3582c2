package landlock_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// While one thread is restricted, threads that its goroutine made the runtime
// start are free.
func TestSiblingsStayFree(t *testing.T) {
	needLandlock(t, 1)
	secret := writeFile(t, t.TempDir(), "secret")
	const siblings = 32
	var applyErr, here error
	errs := make([]error, siblings)
	nnp := make([]int, siblings)
	tids := make([]int, siblings)
	restricted := 0
	Throwaway(func() {
		if _, applyErr = Apply([]Ruleset{{HandledFS: ReadFile}}); applyErr != nil {
			return
		}
		here, restricted = open(secret), unix.Gettid()
		// Locked goroutines that wait for each other need a thread each, so
		// the runtime must start some now.
		var started, done sync.WaitGroup
		started.Add(siblings)
		for i := range siblings {
			done.Go(func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				started.Done()
				started.Wait()
				errs[i], nnp[i], tids[i] = open(secret), noNewPrivs(), unix.Gettid()
			})
		}
		done.Wait()
	})
	if applyErr != nil || here != unix.EACCES {
		t.Fatalf("on the restricted thread: apply %v, openat = %v, want %v", applyErr, here, unix.EACCES)
	}
	outer := noNewPrivs()
	for i, err := range errs {
		if err != nil || nnp[i] != outer || tids[i] == restricted {
			t.Errorf("sibling %d: openat = %v, no_new_privs %d, thread %d (restricted: %d)", i, err, nnp[i], tids[i], restricted)
		}
	}
}

// A thousand policies leave no thread and no descriptor behind, and no thread
// of this process restricted.
func TestNothingLeaks(t *testing.T) {
	needLandlock(t, 1)
	dir := t.TempDir()
	file := writeFile(t, dir, "file")
	policy := []Ruleset{{HandledFS: ReadFile | ReadDir, Paths: []PathRule{
		{Parent: file, Access: ReadFile},
		{Parent: dir, Access: ReadDir},
		{Parent: filepath.Join(dir, "absent"), Access: ReadDir, Optional: true},
	}}, {HandledFS: MakeSym}}
	broken := []Ruleset{policy[0], {HandledFS: ReadFile, Paths: []PathRule{{Parent: file + "/x", Access: ReadFile}}}}

	once := func() {
		var err, brokenErr error
		Throwaway(func() {
			_, brokenErr = Apply(broken)
			_, err = Apply(policy)
		})
		if err != nil || brokenErr == nil {
			t.Fatalf("apply: %v; broken policy: %v, want nil and an error", err, brokenErr)
		}
	}
	once()
	fds, threads := count(t, "/proc/self/fd"), count(t, "/proc/self/task")
	for range 1000 {
		once()
	}
	if got := count(t, "/proc/self/fd"); got != fds {
		t.Errorf("descriptors: %d before, %d after", fds, got)
	}
	// A thread outlives Throwaway by the moment its exit takes.
	limit, deadline := threads+2*runtime.GOMAXPROCS(0), time.Now().Add(5*time.Second)
	got := count(t, "/proc/self/task")
	for got > limit && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
		got = count(t, "/proc/self/task")
	}
	if got > limit {
		t.Errorf("threads: %d before, %d after, want at most %d", threads, got, limit)
	}
	// Nothing clears no_new_privs, so a thread that has it beyond what this
	// process was born with is one that a policy was applied to.
	if noNewPrivs() == 1 {
		t.Log("no_new_privs is set for the whole process: cannot look for restricted threads")
		return
	}
	for time.Now().Before(deadline) {
		if len(restrictedThreads(t)) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("threads left with no_new_privs: %v", restrictedThreads(t))
}

func count(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func restrictedThreads(t *testing.T) (tids []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/self/task/*")
	if err != nil || len(all) == 0 {
		t.Fatalf("threads: %v, %v", all, err)
	}
	for _, task := range all {
		status, err := os.ReadFile(task + "/status")
		if err == nil && strings.Contains(string(status), "NoNewPrivs:\t1") {
			tids = append(tids, filepath.Base(task))
		}
	}
	return tids
}

func TestThrowawayAvoidsTheMainThread(t *testing.T) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var bad []string
	for range 200 {
		wg.Go(func() {
			Throwaway(func() {
				if unix.Gettid() == unix.Getpid() {
					mu.Lock()
					bad = append(bad, fmt.Sprint(unix.Gettid()))
					mu.Unlock()
				}
			})
		})
	}
	wg.Wait()
	if len(bad) > 0 {
		t.Errorf("%d of 200 ran on the main thread", len(bad))
	}
}
