package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
	"github.com/rtgen/rtgen/harness/internal/worker"
	"github.com/rtgen/rtgen/harness/internal/world"
)

var launchdChecks = map[string]check{
	"domain":         checkDomain,
	"plist-lint":     checkPlistLint,
	"words":          checkWords,
	"log-show":       checkLogShow,
	"copy":           checkCopy,
	"job":            checkJob,
	"job-print":      checkJobPrint,
	"job-parent":     checkJobParent,
	"job-unconfined": checkJobUnconfined,
	"job-hang-up":    checkJobHangUp,
	"job-gone":       checkJobGone,
}

const launchctl = "/bin/launchctl"

// asks runs launchctl to its end.
func asks(args ...string) (out string, rc int, err error) {
	data, err := exec.Command(launchctl, args...).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return string(data), exit.ExitCode(), nil
	}
	return string(data), 0, err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func checkDomain() (string, error) {
	var seen []string
	answered := false
	for _, kind := range []string{"gui", "user"} {
		target := kind + "/" + strconv.Itoa(os.Getuid())
		out, rc, err := asks("print", target)
		if err != nil {
			return "", unchecked("%v", err)
		}
		answered = answered || rc == 0
		seen = append(seen, fmt.Sprintf("print %s = %d, %q", target, rc, firstLine(out)))
	}
	saw := strings.Join(seen, "; ")
	if !answered {
		return "", errors.New(saw)
	}
	return saw, nil
}

func checkWords() (string, error) {
	words := launchd.Words()
	var wrong []string
	for _, number := range slices.Sorted(maps.Keys(words)) {
		out, _, err := asks("error", strconv.Itoa(number))
		if err != nil {
			return "", unchecked("%v", err)
		}
		if !strings.Contains(out, words[number]) {
			wrong = append(wrong, fmt.Sprintf("%d: %q, wanted %q", number, firstLine(out), words[number]))
		}
	}
	if wrong != nil {
		return "", errors.New(strings.Join(wrong, "; "))
	}
	return fmt.Sprintf("%d numbers have their words", len(words)), nil
}

// checkLogShow asks of a label that no job has.
func checkLogShow() (string, error) {
	const predicate = `(process == "launchd" OR process == "xpcproxy") AND eventMessage CONTAINS "rtgen.runtime.none"`
	out, err := exec.Command("/usr/bin/log", "show", "--last", "2m", "--style", "compact", "--info", "--predicate", predicate).CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return "", fmt.Errorf("log show: %w, %q", err, firstLine(string(out)))
	case err != nil:
		return "", unchecked("%v", err)
	}
	return fmt.Sprintf("log show = 0, %q", firstLine(string(out))), nil
}

// checkCopy copies this program as a job's is where launchd may not read it.
func checkCopy() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", unchecked("%v", err)
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		return "", unchecked("%v", err)
	}
	dir, remove, err := folder(privateTemp)
	if err != nil {
		return "", err
	}
	defer remove()
	to := filepath.Join(dir, "program")
	if err := os.WriteFile(to, data, 0o700); err != nil {
		return "", unchecked("%v", err)
	}
	out, err := exec.Command(to, "-list", "-only", "world").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "world\n") {
		return "", fmt.Errorf("%v, %q", err, firstLine(string(out)))
	}
	return fmt.Sprintf("%d bytes, copied and run", len(data)), nil
}

// job is a worker that launchd has started.
type job struct {
	*launchd.Job
	asked *launchd.Diagnostics
	hello worker.Hello
}

// startJob starts a worker that closes nothing of what it inherits. The error is
// of what was asked last.
func startJob() (*job, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, unchecked("%v", err)
	}
	home, _ := os.UserHomeDir()
	id := fmt.Sprintf("selfcheck-%d", os.Getpid())
	started, asked, err := launchd.Start(context.Background(), launchd.Config{
		Label: launchd.Label(id, 1, 1), RunID: id, Program: exe, UID: os.Getuid(), Home: home,
		Env: map[string]string{"PATH": "/usr/bin:/bin"},
	})
	if err != nil {
		return &job{asked: asked}, err
	}
	j := &job{Job: started, asked: asked}
	wire := channel.WireOn(j.FD)
	if err = wire.Limit(30 * time.Second); err == nil {
		err = wire.Receive(&j.hello)
	}
	if err != nil {
		j.end()
		return j, fmt.Errorf("the worker came forward and did not greet: %w: %s", err, j.Epitaph())
	}
	return j, nil
}

// end ends the job as its owner would: its wire is closed, and launchd told.
func (j *job) end() {
	j.Stop()
	unix.Close(j.FD)
}

// ofJob checks something of a job while it lives.
func ofJob(of func(*job) (string, error)) (string, error) {
	j, err := startJob()
	if err != nil {
		return "", unchecked("the job was not started: %v", err)
	}
	defer j.end()
	return of(j)
}

func (j *job) target() string { return j.asked.Domain + "/" + j.asked.Label }

func checkPlistLint() (string, error) {
	j, err := startJob()
	if err == nil {
		j.end()
	} else if j == nil || j.asked == nil {
		return "", err
	}
	for _, c := range j.asked.Commands {
		if !strings.HasSuffix(c.Argv[0], "/plutil") {
			continue
		}
		if c.RC != 0 {
			return "", fmt.Errorf("plutil -lint = %d, %q", c.RC, c.Stdout+c.Stderr)
		}
		return fmt.Sprintf("plutil -lint = 0, %q", firstLine(c.Stdout)), nil
	}
	return "", unchecked("plutil was not asked: %v", err)
}

func checkJob() (string, error) {
	j, err := startJob()
	if err != nil {
		return "", err
	}
	j.end()
	if j.asked.Left != "" {
		return "", fmt.Errorf("it was booted out, and left %s", j.asked.Left)
	}
	staged := "not copied"
	if s := j.asked.Staged; s != nil {
		staged = "copied because " + s.Reason
	}
	return fmt.Sprintf("%s in %s, %s, program %s", j.asked.Label, j.asked.Domain, j.asked.DomainReason, staged), nil
}

func checkJobPrint() (string, error) {
	return ofJob(func(j *job) (string, error) {
		out, rc, err := asks("print", j.target())
		if err != nil {
			return "", unchecked("%v", err)
		}
		for _, line := range []string{"\n\tstate = running\n", fmt.Sprintf("\n\tpid = %d\n", j.PID)} {
			if rc != 0 || !strings.Contains(out, line) {
				return "", fmt.Errorf("launchctl print = %d, without %q: %.400q", rc, line, out)
			}
		}
		return fmt.Sprintf("state = running, pid = %d", j.PID), nil
	})
}

func checkJobParent() (string, error) {
	return ofJob(func(j *job) (string, error) {
		info, err := unix.SysctlKinfoProc("kern.proc.pid", j.PID)
		if err != nil {
			return "", unchecked("kern.proc.pid: %v", err)
		}
		session, err := unix.Getsid(j.PID)
		if parent := info.Eproc.Ppid; err != nil || parent != 1 || session != j.PID {
			return "", fmt.Errorf("process %d has parent %d and session %d, %v", j.PID, parent, session, err)
		}
		return fmt.Sprintf("process %d has parent 1 and a session of its own", j.PID), nil
	})
}

func checkJobUnconfined() (string, error) {
	return ofJob(func(j *job) (string, error) {
		h := j.hello
		switch facts, err := world.Survey(); {
		case err != nil:
			return "", unchecked("%v", err)
		case h.WorldErr != "" || h.World.ID() != facts.ID():
			return "", fmt.Errorf("it lives in %q, %s, and this process in %q", h.World.ID(), h.WorldErr, facts.ID())
		case h.Seatbelt == nil || h.Seatbelt.Err != "" || h.Seatbelt.Confined:
			return "", fmt.Errorf("sandbox_check in the job: %+v", h.Seatbelt)
		case len(h.Descriptors) > 0:
			return "", fmt.Errorf("it inherited %v", h.Descriptors)
		}
		return "sandbox_check gives 0, no descriptor beyond the standard three", nil
	})
}

func checkJobHangUp() (string, error) {
	return ofJob(func(j *job) (string, error) {
		if err := unix.Shutdown(j.FD, unix.SHUT_WR); err != nil {
			return "", unchecked("shutdown: %v", err)
		}
		start := time.Now()
		for time.Since(start) < 5*time.Second {
			if unix.Kill(j.PID, 0) == unix.ESRCH {
				return fmt.Sprintf("process %d is gone", j.PID), nil
			}
			time.Sleep(20 * time.Millisecond)
		}
		return "", fmt.Errorf("process %d still runs 5s after its peer has hung up", j.PID)
	})
}

func checkJobGone() (string, error) {
	j, err := startJob()
	if err != nil {
		return "", unchecked("the job was not started: %v", err)
	}
	dir := filepath.Dir(j.asked.PlistPath)
	j.end()
	out, rc, err := asks("print", j.target())
	if err != nil {
		return "", unchecked("%v", err)
	}
	_, gone := os.Stat(dir)
	alive := unix.Kill(j.PID, 0)
	if rc == 0 || !errors.Is(gone, fs.ErrNotExist) || alive != unix.ESRCH {
		return "", fmt.Errorf("launchctl print = %d, kill(%d, 0): %v, stat %s: %v; %s", rc, j.PID, alive, dir, gone, j.asked.Left)
	}
	return fmt.Sprintf("launchctl print = %d, %q", rc, firstLine(out)), nil
}
