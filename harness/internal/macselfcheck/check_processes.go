//go:build darwin || seatbelt_fake

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

var processChecks = map[string]check{
	"fork": func() (string, error) {
		return trials(trial{attempt: fork, want: allow}, trial{rules: harmless, attempt: fork, want: allow})
	},
	"fork-denied":    denied("process-fork", fork),
	"note-exec":      checkNoteExec,
	"exec-errno":     checkExecErrno,
	"exec-denied":    denied("process-exec*", attempt.Request{Operation: "process-exec*", Target: "/usr/bin/true"}),
	"limit":          checkLimit,
	"descriptors":    checkDescriptors,
	"leftovers":      checkLeftovers,
	"pidinfo":        denied("process-info-pidinfo", attempt.Request{Operation: "process-info-pidinfo", Target: "self"}),
	"process-info":   checkProcessInfo,
	"sysctl-denied":  denied("sysctl-read", attempt.Request{Operation: "sysctl-read", Target: "kern.ostype"}),
	"signal":         checkSignal,
	"signal-denied":  checkSignalDenied,
	"connect-denied": checkConnectDenied,
	"bind-denied":    denied("network-bind", attempt.Request{Operation: "network-bind", Target: "127.0.0.1:0"}),
}

var fork = attempt.Request{Operation: "process-fork"}

// denied is that an attempt succeeds without a policy and fails with EPERM under
// one that denies the operation alone.
func denied(operation string, a attempt.Request) check {
	return func() (string, error) {
		return trials(
			trial{attempt: a, want: allow},
			trial{rules: harmless, attempt: a, want: allow},
			trial{rules: "(allow default)(deny " + operation + ")", attempt: a, want: deny},
		)
	}
}

// script makes a program below the temporary folder.
func script(text string) (path string, remove func(), err error) {
	dir, remove, err := folder(os.TempDir())
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		remove()
		return "", nil, unchecked("%v", err)
	}
	return path, remove, nil
}

// runScript has a script started and gives what was seen of it.
func runScript(rules, text string, limit time.Duration) (ans worker.Answer, w *worker.Worker, err error) {
	path, remove, err := script(text)
	if err != nil {
		return ans, nil, err
	}
	defer remove()
	if w, err = newWorker(); err != nil {
		return ans, nil, err
	}
	own := worker.OwnProcess{Attempt: attempt.Request{Operation: "process-exec*", Target: path}, Limit: limit}
	if rules != "" {
		own.Policy = policy(rules)
	}
	ans, err = ownProcess(w, own)
	return ans, w, err
}

func checkNoteExec() (string, error) {
	ans, w, err := runScript(harmless, "echo here; exit 3", trialLimit)
	if w != nil {
		defer w.Close()
	}
	switch r := ans.Result; {
	case err != nil:
		return "", err
	case described(ans) != allow:
		return "", fmt.Errorf("a script was started under %s: %s", harmless, described(ans))
	case r.ExitCode == nil || *r.ExitCode != 3 || r.Stdout != "here\n":
		return "", fmt.Errorf("a script that prints and ends with 3: exit code %v, printed %q", r.ExitCode, r.Stdout)
	}
	return "a script was started under " + harmless + ", printed and ended with 3", nil
}

func checkExecErrno() (string, error) {
	plain, remove, err := file(os.TempDir()) // mode 0644
	if err != nil {
		return "", err
	}
	defer remove()
	return trials(
		trial{rules: harmless, attempt: attempt.Request{Operation: "process-exec*", Target: plain + ".none"}, want: "ENOENT"},
		trial{rules: harmless, attempt: attempt.Request{Operation: "process-exec*", Target: plain}, want: "EACCES"},
	)
}

func checkLimit() (string, error) {
	path, remove, err := folder(os.TempDir())
	if err != nil {
		return "", err
	}
	defer remove()
	fifo := filepath.Join(path, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		return "", unchecked("mkfifo: %v", err)
	}
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	pid := w.PID()
	// A FIFO that nobody writes to is never opened.
	ans, err := ownProcess(w, worker.OwnProcess{Attempt: open(fifo), Limit: time.Second})
	switch {
	case err != nil:
		return "", err
	case ans.Lost == nil || !ans.Lost.TimedOut:
		return "", fmt.Errorf("open of a FIFO that nobody writes to, with a limit of a second: %s", described(ans))
	}
	again, err := ownProcess(w, worker.OwnProcess{Attempt: fork, Limit: trialLimit})
	switch {
	case err != nil:
		return "", err
	case w.PID() != pid || described(again) != allow:
		return "", fmt.Errorf("after that worker %d serves, %s; before it was %d", w.PID(), described(again), pid)
	}
	return fmt.Sprintf("%s; worker %d serves on", ans.Lost.Epitaph, pid), nil
}

func checkDescriptors() (string, error) {
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	for range 3 {
		ans, err := trial{attempt: fork}.make(w)
		switch {
		case err != nil:
			return "", err
		case len(ans.Left) > 0:
			return "", fmt.Errorf("before an attempt the worker has %v open, which it had not when it was started", ans.Left)
		}
	}
	return "before each of three attempts the worker has open what it had when it was started", nil
}

func checkLeftovers() (string, error) {
	ans, w, err := runScript("", "sleep 300 >/dev/null 2>&1 &\necho $!", trialLimit)
	if w != nil {
		defer w.Close()
	}
	if err != nil {
		return "", err
	}
	if described(ans) != allow {
		return "", unchecked("a script that leaves a program running: %s", described(ans))
	}
	pid, err := strconv.Atoi(strings.TrimSpace(ans.Result.Stdout))
	if err != nil {
		return "", unchecked("a script that prints a pid printed %q", ans.Result.Stdout)
	}
	// Who waits for it now may take a moment.
	for range 50 {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return fmt.Sprintf("process %d is gone", pid), nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return "", fmt.Errorf("process %d still runs", pid)
}

func checkProcessInfo() (string, error) {
	list := attempt.Request{Operation: "process-info-listpids"}
	usage := attempt.Request{Operation: "process-info-rusage", Target: "self"}
	return trials(
		trial{attempt: list, want: allow}, trial{attempt: usage, want: allow},
		trial{rules: "(allow default)(deny process-info-listpids)", attempt: list, want: deny},
		trial{rules: "(allow default)(deny process-info-rusage)", attempt: usage, want: deny},
	)
}

func checkSignal() (string, error) {
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	t := trial{rules: harmless, attempt: attempt.Request{Operation: "signal", Target: "child"}}
	ans, err := t.make(w)
	switch {
	case err != nil:
		return "", err
	case described(ans) != allow:
		return "", fmt.Errorf("%s: %s", t, described(ans))
	case !strings.Contains(string(ans.Result.Details), `"child_received_signal":true`):
		return "", fmt.Errorf("%s: %s", t, ans.Result.Details)
	}
	return fmt.Sprintf("%s: %s", t, ans.Result.Details), nil
}

func checkSignalDenied() (string, error) {
	to := func(target string) attempt.Request { return attempt.Request{Operation: "signal", Target: target} }
	const rules = "(allow default)(deny signal)"
	return trials(
		trial{attempt: to("child"), want: allow, control: true},
		trial{rules: rules, attempt: to("child"), want: deny},
		trial{attempt: to("self"), want: allow, control: true},
		trial{rules: rules, attempt: to("self"), want: deny},
	)
}

// checkConnectDenied asks for a port that nobody listens at: ECONNREFUSED comes
// from behind where a policy is asked.
func checkConnectDenied() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", unchecked("%v", err)
	}
	nobody := l.Addr().String()
	l.Close()
	connect := attempt.Request{Operation: "network-outbound", Target: nobody}
	return trials(
		trial{rules: harmless, attempt: connect, want: "ECONNREFUSED"},
		trial{rules: "(allow default)(deny network-outbound)", attempt: connect, want: deny},
	)
}
