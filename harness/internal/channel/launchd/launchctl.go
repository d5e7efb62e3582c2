package launchd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel/printed"
)

// What a program may take, and how much of what it prints is kept. Bootout waits
// for a job's end for a while, and log show reads a system's whole log.
const (
	commandLimit = 20 * time.Second
	keptOutput   = 8 << 10
	keptDomain   = 256      // that it is there; the rest is what else its user runs
	keptPrint    = 64 << 10 // a job's environments come before its process
	keptLog      = 64 << 10
)

// check says why the programs cannot be run. There is no other way to launchd.
func (t *Tools) check() error {
	for _, path := range []string{t.Launchctl, t.Plutil} {
		if _, err := exec.LookPath(path); err != nil {
			var why syscall.Errno
			if errors.As(err, &why) {
				err = why
			}
			return fmt.Errorf("launchd is asked by %s: %w: it is part of macOS, use another channel where it is missing", path, err)
		}
	}
	return nil
}

// Present reports whether launchctl is where macOS has it.
func Present() bool { return executable(Config{}.withDefaults().Tools.Launchctl) }

// run runs a program to its end, which is forced when ctx ends.
func run(ctx context.Context, keep int, argv ...string) Command {
	limited, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	stdout, stderr := &printed.Opening{Limit: keep}, &printed.Opening{Limit: keep}
	cmd := exec.CommandContext(limited, argv[0], argv[1:]...)
	// Nothing of the caller's may change what the programs do, or its language.
	cmd.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C"}
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = stdout, stderr
	// The terminal's Ctrl-C is for whoever asks: a job is booted out after it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	c := Command{Argv: argv, RC: 0, Stdout: stdout.String(), Stderr: stderr.String()}
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit) && exit.Exited():
		c.RC = exit.ExitCode()
	default:
		if limited.Err() != nil {
			err = fmt.Errorf("ended after %v: %w", commandLimit, limited.Err())
			if ctx.Err() != nil {
				err = ctx.Err()
			}
		}
		c.RC = -1
		c.Stderr += err.Error() + "\n"
	}
	return c
}

// launchctl asks launchd, and keeps what it was asked and answered.
func (j *Job) launchctl(ctx context.Context, args ...string) Command {
	return j.record(run(ctx, keptOutput, append([]string{j.cfg.Tools.Launchctl}, args...)...))
}

func (j *Job) record(c Command) Command {
	j.diagnostics.Commands = append(j.diagnostics.Commands, c)
	return c
}

// again is record for a question that is asked until the answer is another.
func (j *Job) again(c Command) Command {
	if list := j.diagnostics.Commands; len(list) > 0 && slices.Equal(list[len(list)-1].Argv, c.Argv) {
		list[len(list)-1] = c
		return c
	}
	return j.record(c)
}

// showLog reads what launchd, and the program by which it starts others, have
// logged of the job. Launchctl's error 5 says nothing else.
func (j *Job) showLog(ctx context.Context) {
	if ctx.Err() != nil || !executable(j.cfg.Tools.Log) {
		return
	}
	predicate := fmt.Sprintf(`(process == "launchd" OR process == "xpcproxy") AND eventMessage CONTAINS "%s"`, j.cfg.Label)
	c := run(ctx, keptLog, j.cfg.Tools.Log, "show", "--last", "2m", "--style", "compact", "--info", "--predicate", predicate)
	j.diagnostics.LogShow = &c
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
