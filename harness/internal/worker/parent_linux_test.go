package worker_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// envParent makes this test binary a program that starts a worker, gives it one
// probe and waits for ever: "channel operation target".
const envParent = "WORKER_TEST_PARENT"

func TestMain(m *testing.M) {
	if probe := os.Getenv(envParent); probe != "" {
		os.Unsetenv(envParent)
		parent(strings.Fields(probe))
		return
	}
	os.Exit(m.Run())
}

func parent(args []string) {
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.Name(args[0])}), accept)
	if err := w.Start(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(w.PID())
	_, err := w.Do(context.Background(), probe(args[1], args[2]), time.Hour)
	fmt.Println(err)
}

// soon is at once: the race detector holds a process's exit back for a second.
const soon = 2500 * time.Millisecond

// A worker ends with its parent, however the parent ends and whatever its
// probe is doing, and so do the programs it started.
func TestParentEnds(t *testing.T) {
	for _, name := range []channel.Name{channel.Direct, channel.SpawnClean} {
		t.Run(string(name)+"/call_hangs", func(t *testing.T) {
			parent, pid := startParent(t, name, "fs.read_file", fifo(t))
			// Time to get into the kernel's open of the FIFO.
			time.Sleep(200 * time.Millisecond)
			end(t, parent)
			eventually(t, soon, func() bool { return !running(pid) })
		})
		t.Run(string(name)+"/program_hangs", func(t *testing.T) {
			pids := filepath.Join(t.TempDir(), "pids")
			parent, pid := startParent(t, name, "fs.execute", file(t, "hang",
				fmt.Sprintf("#!/bin/sh\nsleep 300 &\necho $$ $! > %s.tmp; mv %s.tmp %s; wait\n", pids, pids, pids)))
			var programs []byte
			eventually(t, 5*time.Second, func() (there bool) {
				var err error
				programs, err = os.ReadFile(pids)
				return err == nil
			})
			end(t, parent)
			eventually(t, soon, func() bool { return !running(pid) })
			for _, field := range strings.Fields(string(programs)) {
				program, err := strconv.Atoi(field)
				if err != nil {
					t.Fatal(err)
				}
				eventually(t, soon, func() bool { return !running(program) })
			}
		})
	}
}

// startParent gives the parent's command and the worker's process id.
func startParent(t *testing.T, name channel.Name, operation, target string) (*exec.Cmd, int) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %s", envParent, name, operation, target))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the parent says %q", line)
	}
	return cmd, pid
}

func end(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
}
