package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// A policy ends with its probe: the next one, on whatever thread, has none of
// it. Several workers at once, as the processes of a parallel suite are.
func TestPolicyNeverLeaks(t *testing.T) {
	needLandlock(t)
	here := file(t, "here", "x")
	tool := file(t, "tool", "#!/bin/sh\nexit 0\n")
	noExec := &worker.Policy{ID: 2, Layers: []landlock.Ruleset{{HandledFS: landlock.Execute}}}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.SpawnClean}), accept)
			defer w.Close()
			for i := range 60 {
				for _, step := range []struct {
					req  worker.Request
					want syscall.Errno
				}{
					{under(denyReads, "fs.read_file", here), syscall.EACCES},
					{probe("fs.read_file", here), 0},
					{under(denyReads, "fs.write_file", here), 0},
					{under(noExec, "fs.execute", tool), syscall.EACCES},
					{probe("fs.execute", tool), 0},
				} {
					if step.req.Probe.Op.Op == "fs.execute" && i%20 != 0 {
						continue // programs are dear
					}
					ans, err := w.Do(t.Context(), step.req, plenty)
					if err != nil || ans.Result == nil || ans.Result.Errno != int(step.want) {
						t.Errorf("round %d: %s with policy %v = %+v, %v; want %v", i, step.req.Probe.Op.Op, step.req.Probe.Policy, ans.Result, err, step.want)
						return
					}
				}
			}
		})
	}
	all.Wait()
}

// A probe takes its thread with it, and leaves no descriptor and no
// no_new_privs behind, whether it succeeds, is denied or fails.
func TestNothingIsLeftBehind(t *testing.T) {
	needLandlock(t)
	w := start(t)
	dir := t.TempDir()
	here := file(t, "here", "x")
	round := func(i int) {
		for _, req := range []worker.Request{
			probe("fs.read_file", here),
			under(denyReads, "fs.read_file", here),
			probe("fs.read_dir", dir),
			probe("fs.make_reg", filepath.Join(dir, fmt.Sprint(i))),
			probe("fs.read_file", here+"-not"),
			{Probe: &worker.Probe{Op: op.Request{Op: "fs.make_reg", Syscall: "open_creat", Target: filepath.Join(dir, fmt.Sprint(i, "-open"))}}},
			{Probe: &worker.Probe{Op: op.Request{Op: "fs.truncate", Syscall: "ftruncate", Target: here}}},
			{Probe: &worker.Probe{Op: op.Request{Op: "fs.make_sock", Syscall: "bind", Target: filepath.Join(dir, fmt.Sprint("s", i))}}},
			probe("net.bind_tcp", "127.0.0.1:0"),
			probe("net.connect_tcp", "127.0.0.1:1"),
			{Canary: &worker.Canary{Dir: dir}},
		} {
			do(t, w, req)
		}
		if i%10 == 0 {
			do(t, w, probe("fs.execute", "/bin/true"))
			do(t, w, probe("fs.execute", here+"-not"))
		}
	}
	round(1000) // Go's runtime starts the threads and opens the epoll it will keep
	pid, fds := w.PID(), len(list(t, w.PID(), "fd"))
	var most int
	for i := range 30 {
		round(i)
		most = max(most, len(list(t, pid, "task")))
	}
	if w.PID() != pid {
		t.Fatalf("the worker was replaced: %d, then %d", pid, w.PID())
	}
	if got := len(list(t, pid, "fd")); got > fds {
		t.Errorf("%d descriptors after 330 probes, %d before", got, fds)
	}
	// The runtime's own threads are a handful, whatever the number of probes.
	if most > 16 {
		t.Errorf("up to %d threads", most)
	}
	eventually(t, 5*time.Second, func() bool {
		for _, task := range list(t, pid, "task") {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/status", pid, task))
			if err == nil && strings.Contains(string(status), "NoNewPrivs:\t1") {
				return false
			}
		}
		return true
	})
}

// A probe that changes the thread it runs on takes it with it, without a policy
// too: no thread of the worker is left in another folder.
func TestTaintedThreadEnds(t *testing.T) {
	w := start(t)
	dir := t.TempDir()
	for range 20 {
		ans := do(t, w, probe("syscall.chdir", dir))
		if ans.Result == nil || ans.Result.Err != "" || ans.Result.Errno != 0 {
			t.Fatalf("chdir: %+v", ans)
		}
		// A name relative to the folder of the thread that serves the request.
		if ans := do(t, w, probe("syscall.stat", ".")); ans.Result == nil || ans.Result.Errno != 0 {
			t.Fatalf("stat: %+v", ans)
		}
	}
	eventually(t, 5*time.Second, func() bool {
		for _, task := range list(t, w.PID(), "task") {
			cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/task/%s/cwd", w.PID(), task))
			if err == nil && cwd == dir {
				return false
			}
		}
		return true
	})
}

func list(t *testing.T, pid int, what string) []string {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", pid, what))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A policy speaks of what its paths name when a probe begins: not of what they
// named before, and not of what a trial puts in their place on its own thread.
func TestParentsAreCurrent(t *testing.T) {
	needLandlock(t)
	w := start(t)
	root := t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{root}, parts...)...) }
	folder := func(name string) {
		t.Helper()
		if err := os.Mkdir(at(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at(name, "f"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folder("current")
	policy := &worker.Policy{ID: 5, Layers: []landlock.Ruleset{{HandledFS: landlock.ReadFile, Paths: []landlock.PathRule{
		{Parent: at("current"), Access: landlock.ReadFile},
		{Parent: at("later"), Access: landlock.ReadFile, Optional: true},
	}}}}
	reads := func(path string, want syscall.Errno) {
		t.Helper()
		ans := do(t, w, under(policy, "fs.read_file", path))
		if ans.Result == nil || ans.Result.Errno != int(want) {
			t.Errorf("read %s: %+v, want %v", path, ans, want)
		}
	}
	reads(at("current", "f"), 0)
	if err := os.Rename(at("current"), at("old")); err != nil {
		t.Fatal(err)
	}
	folder("current")
	reads(at("current", "f"), 0)
	reads(at("old", "f"), syscall.EACCES)
	folder("later")
	reads(at("later", "f"), 0)
	if err := os.RemoveAll(at("later")); err != nil {
		t.Fatal(err)
	}
	folder("later") // another one of that name
	reads(at("later", "f"), 0)

	if os.Geteuid() != 0 {
		t.Skip("mounting takes root")
	}
	w.Close() // a worker that does not know the policy yet
	ans := do(t, w, worker.Request{Probe: &worker.Probe{Policy: policy, Op: op.Request{Op: "fs.change_topology", Syscall: "umount", Target: at("current")}}})
	if ans.Result == nil || ans.Result.Errno != int(syscall.EPERM) {
		t.Fatalf("umount under the policy: %+v", ans)
	}
	reads(at("current", "f"), 0)
	if ans.Apply.Skipped != nil {
		t.Errorf("skipped %q", ans.Apply.Skipped)
	}
}

// A program that goes into the background, by the book and out of its group and
// session, ends with its probe.
func TestDaemonEnds(t *testing.T) {
	w := start(t)
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	script := file(t, "daemon", fmt.Sprintf(`#!/bin/sh
( setsid sh -c 'echo $$ >>%s; sleep 300' & )
( sleep 300 & echo $! >>%s )
while [ "$(wc -l <%s 2>/dev/null || echo 0)" -lt 2 ]; do sleep 0.01; done
`, pids, pids, pids))
	if ans := do(t, w, probe("fs.execute", script)); ans.Result == nil || ans.Result.Err != "" || ans.Result.Errno != 0 {
		t.Fatalf("answer %+v, result %+v", ans, ans.Result)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		if running(pid) {
			t.Errorf("process %d still runs", pid)
		}
	}
}
