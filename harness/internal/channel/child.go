package channel

import (
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
	"github.com/rtgen/rtgen/harness/internal/channel/printed"
)

// child is a worker of the direct and the spawn_clean channel.
type child struct {
	cmd    *exec.Cmd
	stderr *printed.Opening
	waited chan struct{}
}

// spawn launches this very executable again as a child.
func spawn(name Name) (*Process, error) {
	ours, theirs, err := socketpair()
	if err != nil {
		return nil, fmt.Errorf("channel %s: socket pair for the worker: %w", name, err)
	}
	defer theirs.Close()
	exe, err := executable()
	if err != nil {
		ours.Close()
		return nil, fmt.Errorf("channel %s: find this program to start it as a worker: %w", name, err)
	}
	c := &child{stderr: &printed.Opening{Limit: 16 << 10}, waited: make(chan struct{})}
	c.cmd = exec.Command(exe)
	c.cmd.Args = []string{launchd.Argv0}
	c.cmd.Env = name.environ(os.Environ())
	c.cmd.ExtraFiles = []*os.File{theirs}
	c.cmd.Stdout = c.stderr
	c.cmd.Stderr = c.stderr
	c.cmd.SysProcAttr = sysProcAttr(name)
	// A program left behind by a probe must not keep Wait waiting for its output.
	c.cmd.WaitDelay = time.Second
	run := c.cmd.Start
	if name != Direct {
		c.cmd.Dir = "/"
		run = func() error { return unmasked(c.cmd.Start) }
	}
	if err := run(); err != nil {
		ours.Close()
		return nil, fmt.Errorf("channel %s: start the worker: %w", name, err)
	}
	go func() {
		// The exit status is read from ProcessState once waited is closed.
		_ = c.cmd.Wait()
		close(c.waited)
	}()
	return &Process{Wire: ours, body: c}, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) exited() bool {
	select {
	case <-c.waited:
		return true
	default:
		return false
	}
}

func (c *child) end() {
	if !c.exited() {
		killGroup(c.cmd.Process.Pid)
	}
	<-c.waited
}

func (c *child) epitaph() string {
	s := c.cmd.ProcessState.String()
	if last := c.stderr.FirstLine(); last != "" {
		s += ": " + last
	}
	return s
}
