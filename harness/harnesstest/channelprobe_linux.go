package harnesstest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// do makes one attempt without a policy.
func do(t *testing.T, w *worker.Worker, req op.Request) op.Result {
	t.Helper()
	ans, err := w.Do(t.Context(), worker.Request{Probe: &worker.Probe{Op: req}}, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if ans.Result == nil || ans.Result.Err != "" {
		t.Fatalf("%s of %s was not attempted: %+v", req.Op, req.Target, ans)
	}
	return *ans.Result
}

// script writes a shell script and gives its path.
func script(t *testing.T, text string) string { return program(t, "#!/bin/sh\n"+text+"\n") }

func program(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// statusOfProgram is /proc/self/status of a program that a probe starts. It is
// no shell script: shells put their signal mask in order.
func statusOfProgram(t *testing.T, w *worker.Worker) string {
	t.Helper()
	return do(t, w, op.Request{Op: "fs.execute", Target: program(t, "#!/bin/cat /proc/self/status\n")}).Stdout
}

func proc(t *testing.T, pid int, name string) string {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func descriptors(t *testing.T, pid int) string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		to, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // closed since
		}
		list = append(list, to)
	}
	return strings.Join(list, "\n")
}

// mask reads a signal mask of a /proc/pid/status; see proc(5).
func mask(t *testing.T, status, name string) uint64 {
	t.Helper()
	for line := range strings.Lines(status) {
		if hex, ok := strings.CutPrefix(line, name+":"); ok {
			v, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no %s in %q", name, status)
	return 0
}

// alive says whether the process runs; one that is dead and not yet waited for
// does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// eventually gives what must happen five seconds to do so.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 5s: %v", what, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
