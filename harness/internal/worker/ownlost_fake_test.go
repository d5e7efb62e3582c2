//go:build linux && seatbelt_fake

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// misbehaving is a worker whose probes' processes misbehave.
func misbehaving(t *testing.T, how string) *worker.Worker {
	t.Helper()
	t.Setenv(worker.EnvMisbehave, how)
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.Direct}), accept)
	t.Cleanup(w.Close)
	return w
}

// A process that dies, hangs or says what is no answer is lost, and the worker
// serves on.
func TestOwnLost(t *testing.T) {
	here := file(t, "here", "x")
	for _, tt := range []struct {
		how, epitaph string
		applied      bool
		timedOut     bool
	}{
		{how: "say ?\n", epitaph: "sent \"?\\n\", which is no answer"},
		{how: "say {}\n", epitaph: `sent a "" that is no answer to its order: it was killed`},
		{how: "forge", epitaph: `sent a "done" that is no answer to its order: it was killed`},
		{how: "out_of_turn", epitaph: `sent a "up" that means nothing: it was killed`},
		{how: "flood", epitaph: "it does not end: it was killed"},
		{how: "deaf", epitaph: "gave no answer within 200ms and was killed", timedOut: true},
		{how: "hang_up", epitaph: "gave no answer within 200ms and was killed", timedOut: true},
		{how: "applied", epitaph: "was ended by SIGKILL, as a rule of the policy does (with send-signal SIGKILL)", applied: true},
		{how: "announced", epitaph: "was ended by SIGTERM"},
	} {
		t.Run(strings.Fields(tt.how)[0], func(t *testing.T) {
			w := misbehaving(t, tt.how)
			var pid int
			for range 2 {
				req := own("(allow default)", "file-read*", here)
				if tt.timedOut {
					req.Own.Limit = 200 * time.Millisecond
				}
				if tt.how == "deaf" { // more than a socket takes
					req.Own.Policy.Text += ";" + strings.Repeat("x", 1<<20)
				}
				ans := do(t, w, req)
				if ans.Lost == nil || !strings.HasSuffix(ans.Lost.Epitaph, tt.epitaph) && !strings.Contains(ans.Lost.Epitaph, tt.epitaph+":") || ans.Lost.TimedOut != tt.timedOut {
					t.Fatalf("lost %+v, result %+v, %q", ans.Lost, ans.Result, ans.Err)
				}
				if ans.Result != nil || ans.Err != "" || (ans.Apply != nil) != tt.applied || ans.Bootstrap != nil {
					t.Errorf("answer %+v", ans)
				}
				if pid != 0 && w.PID() != pid {
					t.Errorf("worker %d was replaced by %d", pid, w.PID())
				}
				if pid = w.PID(); running(ans.ProbePID) {
					t.Errorf("process %d is still there", ans.ProbePID)
				}
			}
		})
	}
	// What was said in time counts, however the process ends.
	if ans := do(t, misbehaving(t, "done"), own("", "file-read*", here)); ans.Lost != nil || ans.Result == nil || ans.Result.Call != "open()" {
		t.Errorf("lost %+v, result %+v", ans.Lost, ans.Result)
	}
}

// A program that hangs was started all the same; a call that hangs decides
// nothing. The worker outlives both.
func TestOwnLimit(t *testing.T) {
	w := start(t)
	req := own("(allow default)", "process-exec*", file(t, "hang", "#!/bin/sh\necho here\nsleep 300\n"))
	req.Own.Limit = time.Second
	ans := do(t, w, req)
	pid := w.PID()
	if r := ans.Result; r == nil || r.Errno != 0 || r.ExitCode == nil || *r.ExitCode != -9 || r.Stdout != "here\n" || r.Stderr != "rtgen: the program was killed after 1s\n" || ans.Lost != nil {
		t.Errorf("result %+v, lost %+v", r, ans.Lost)
	}
	req = own("(allow default)", "file-read*", fifo(t))
	req.Own.Limit = time.Second
	ans = do(t, w, req)
	if ans.Result != nil || ans.Lost == nil || !ans.Lost.TimedOut || ans.Apply == nil || ans.Apply.Layers != 1 {
		t.Errorf("apply %+v, result %+v, lost %+v", ans.Apply, ans.Result, ans.Lost)
	}
	if ans := do(t, w, own("", "file-read*", "/etc/passwd")); ans.Result == nil || w.PID() != pid {
		t.Errorf("after that: %+v, worker %d then %d", ans, pid, w.PID())
	}
	req.Own.Limit = 0
	if ans := do(t, w, req); !strings.Contains(ans.Err, "without a limit") {
		t.Errorf("without a limit: %+v", ans)
	}
}

// Of what a program writes the beginning is kept, and that there was more is said.
func TestOwnOutput(t *testing.T) {
	w := start(t)
	const written = 300_000
	ans := do(t, w, own("(allow default)", "process-exec*", file(t, "chatty", fmt.Sprintf("#!/bin/sh\nhead -c %d /dev/zero\necho last >&2\n", written))))
	r := ans.Result
	if r == nil || len(r.Stdout) != worker.StreamLimit || r.Stderr != fmt.Sprintf("last\nrtgen: %d more bytes of stdout were dropped\n", written-worker.StreamLimit) || *r.ExitCode != 0 {
		t.Errorf("%d bytes of output, result %.200v", len(r.Stdout), r.Stderr)
	}
}

// Nothing of one probe reaches the next: neither what its program leaves running,
// nor descriptors, nor output, nor the dead.
func TestOwnLeavesNothing(t *testing.T) {
	w := start(t)
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	left := file(t, "left", fmt.Sprintf(`#!/bin/sh
( setsid sh -c 'echo $$ >>%[1]s; sleep 300' & )
( sleep 300 & echo $! >>%[1]s )
while [ "$(wc -l <%[1]s 2>/dev/null || echo 0)" -lt 2 ]; do sleep 0.01; done
`, pids))
	holds := file(t, "holds", "#!/bin/sh\nfor fd in 3 4 5 6 7 8 9; do if { : >&$fd; } 2>/dev/null; then echo $fd; fi; done\n")
	round := func() []string {
		t.Helper()
		var all []string
		for _, req := range []worker.Request{
			own("", "file-read*", dir), own("(allow default)", "process-exec*", left), own("(allow default)", "process-exec*", holds),
		} {
			ans := do(t, w, req)
			if ans.Result == nil || ans.Result.Errno != 0 || len(ans.Left) > 0 {
				t.Fatalf("answer %+v, result %+v, lost %+v", ans, ans.Result, ans.Lost)
			}
			all = append(all, ans.Result.Stdout)
		}
		return all
	}
	out := round()
	if out[2] != "" {
		t.Errorf("a program was given descriptors %q", out[2])
	}
	before := len(list(t, w.PID(), "fd"))
	for range 2 {
		if again := round(); again[2] != out[2] {
			t.Errorf("descriptors %q, then %q", out[2], again[2])
		}
	}
	if now := len(list(t, w.PID(), "fd")); now != before {
		t.Errorf("the worker has %d descriptors, had %d", now, before)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(field); err != nil || running(pid) {
			t.Errorf("process %s still runs, %v", field, err)
		}
	}
	if kids := children(t, w.PID()); kids != "" {
		t.Errorf("the worker still has the children %s", kids)
	}
}

// The end of the context takes the worker, the probe's process and its program.
func TestOwnCancel(t *testing.T) {
	w := start(t)
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for deadline := time.Now().Add(plenty); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			if _, err := os.Stat(ready); err == nil {
				break
			}
		}
		cancel()
	}()
	req := own("(allow default)", "process-exec*", file(t, "hang", fmt.Sprintf("#!/bin/sh\necho $$ >%s.new; mv %s.new %s; sleep 300\n", ready, ready, ready)))
	if _, err := w.Do(ctx, req, plenty); !errors.Is(err, context.Canceled) {
		t.Fatalf("Do = %v", err)
	}
	text, err := os.ReadFile(ready)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, func() bool { return !running(pid) })
}

func children(t *testing.T, pid int) string {
	t.Helper()
	var all strings.Builder
	for _, task := range list(t, pid, "task") {
		if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task)); err == nil {
			all.Write(text)
		}
	}
	return all.String()
}
