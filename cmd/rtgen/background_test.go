package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// background is the key of a script's processes, by name. Testscript's own
// background commands give no exit code.
type background struct{}

type process struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	done           chan struct{}
}

// patience is how long something that must happen may take on a loaded machine.
const patience = 20 * time.Second

// start runs a command in the background: start NAME COMMAND [ARG...].
// Variable $NAME_pid is its process id.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME COMMAND [ARG...]")
	}
	p := &process{cmd: exec.Command(args[1], args[2:]...), done: make(chan struct{})}
	p.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GORACE", "GOCOVERDIR"} {
		if v := ts.Getenv(name); v != "" {
			p.cmd.Env = append(p.cmd.Env, name+"="+v)
		}
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	ts.Check(p.cmd.Start())
	ts.Value(background{}).(map[string]*process)[args[0]] = p
	ts.Setenv(args[0]+"_pid", strconv.Itoa(p.cmd.Process.Pid))
	go func() {
		_ = p.cmd.Wait() // the exit code is read from ProcessState once done is closed
		close(p.done)
	}()
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
	})
}

func named(ts *testscript.TestScript, name string) *process {
	p, ok := ts.Value(background{}).(map[string]*process)[name]
	if !ok {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

var signals = map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}

// signalTo sends a signal to a process by id: signal INT|TERM|KILL PID.
func signalTo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || signals[args[0]] == 0 {
		ts.Fatalf("usage: signal INT|TERM|KILL PID")
	}
	pid, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(syscall.Kill(pid, signals[args[0]]))
}

// ends wants a started command to end with this exit code in this time; its
// output is then that of the last command: ends NAME CODE WITHIN.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: ends NAME CODE WITHIN")
	}
	p := named(ts, args[0])
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	within, err := time.ParseDuration(args[2])
	ts.Check(err)
	select {
	case <-p.done:
	case <-time.After(within):
		ts.Fatalf("%s did not end within %v", args[0], within)
	}
	_, err = ts.Stdout().Write(p.stdout.Bytes())
	ts.Check(err)
	_, err = ts.Stderr().Write(p.stderr.Bytes())
	ts.Check(err)
	if got := p.cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("%s ended with exit code %d (%v), want %d\n%s%s", args[0], got, p.cmd.ProcessState, want, p.stdout.String(), p.stderr.String())
	}
}

// worker waits until the worker of a started command hangs in opening a FIFO,
// and puts its process id into a variable: worker NAME VARIABLE.
func worker(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: worker NAME VARIABLE")
	}
	p := named(ts, args[0])
	deadline := time.Now().Add(patience)
	for ; ; time.Sleep(10 * time.Millisecond) {
		pid, hangs := workerOf(p.cmd.Process.Pid)
		if hangs {
			ts.Setenv(args[1], strconv.Itoa(pid))
			return
		}
		select {
		case <-p.done:
			ts.Fatalf("%s ended before its worker hung:\n%s%s", args[0], p.stdout.String(), p.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the worker of %s (process %d) opened no FIFO within %v", args[0], pid, patience)
		}
	}
}

// workerOf finds the worker among the children of parent, and says whether one
// of its threads waits for the other end of a FIFO.
func workerOf(parent int) (pid int, hangs bool) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		dir := filepath.Dir(stat)
		if ppid(stat) != parent || !isWorker(dir) {
			continue
		}
		pid, _ = strconv.Atoi(filepath.Base(dir))
		tasks, _ := filepath.Glob(dir + "/task/*/wchan")
		return pid, slices.ContainsFunc(tasks, waitsForWriter)
	}
	return 0, false
}

// waitsForWriter reads in which function of the kernel a thread sleeps. The
// first is a static one of fs/pipe.c that a compiler may put into the second.
func waitsForWriter(wchan string) bool {
	where, err := os.ReadFile(wchan)
	return err == nil && (string(where) == "wait_for_partner" || string(where) == "fifo_open")
}

// ppid reads the parent's id: the fourth field, after the command in
// parentheses, which may hold anything (proc_pid_stat(5)).
func ppid(stat string) int {
	text, err := os.ReadFile(stat)
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 2 {
		return 0
	}
	id, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return id
}

func isWorker(procDir string) bool {
	line, err := os.ReadFile(procDir + "/cmdline")
	return err == nil && strings.HasPrefix(string(line), "rtgen-worker\x00")
}

// gone wants that no worker with this process id lives: gone PID.
func gone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: gone PID")
	}
	for deadline := time.Now().Add(2 * time.Second); isWorker("/proc/" + args[0]); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("worker %s is still there", args[0])
		}
	}
}
