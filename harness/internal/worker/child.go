//go:build darwin || seatbelt_fake

package worker

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
)

// child is a probe's process as the worker sees it: a process group of its own
// with nothing for input, and with its output kept.
type child struct {
	wire           *channel.Wire
	stdout, stderr *stream
	said           chan heard // closed at the end of its wire
	over           chan struct{}
	ended          chan struct{} // closed when it has ended; only end reaps it

	proc     *os.Process
	becoming *becoming
	became   bool  // valid when it has ended
	watchErr error // likewise
}

// heard is what came over a wire.
type heard struct {
	word word
	err  error
}

// argv0 is what a probe's process is called in lists of processes.
const argv0 = "rtgen-probe"

// childFD is the number of the wire in a probe's process.
const childFD = 3

// startChild starts this executable again as a probe's process, which waits for
// its order.
func startChild() (*child, error) {
	exe, err := executable()
	if err != nil {
		return nil, err
	}
	ours, theirs, err := channel.Pair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	c := &child{wire: ours, said: make(chan heard), over: make(chan struct{}), ended: make(chan struct{})}
	null, err := os.Open(os.DevNull)
	if err != nil {
		ours.Close()
		return nil, err
	}
	defer null.Close()
	if c.stdout, c.stderr, err = streams(); err != nil {
		ours.Close()
		return nil, err
	}
	c.proc, err = os.StartProcess(exe, []string{argv0}, &os.ProcAttr{
		Env:   append(os.Environ(), fmt.Sprintf("%s=%d", envProbeFD, childFD)),
		Files: []*os.File{childFD: theirs, 0: null, 1: c.stdout.w, 2: c.stderr.w},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	c.stdout.read()
	c.stderr.read()
	if err != nil {
		close(c.said)
		c.abandon()
		return nil, err
	}
	// Nothing is ordered yet: whatever it becomes, it becomes before these eyes.
	if c.becoming, err = watchBecoming(c.proc.Pid); err != nil {
		c.killGroup()
		state, _ := c.proc.Wait()
		close(c.said)
		c.abandon()
		return nil, fmt.Errorf("watch the process, %v: %w", state, err)
	}
	go func() {
		defer close(c.ended)
		c.became, c.watchErr = c.becoming.ended()
	}()
	go c.listen()
	return c, nil
}

func (c *child) pid() int { return c.proc.Pid }

// listen hands on what the process says.
func (c *child) listen() {
	defer close(c.said)
	for {
		var h heard
		if err := c.wire.Receive(&h.word); err != nil {
			var protocol *channel.ProtocolError
			if !errors.As(err, &protocol) {
				return // the end of it
			}
			h.err = err
		}
		select {
		case c.said <- h:
		case <-c.over:
			return
		}
		if h.err != nil {
			return
		}
	}
}

// end ends what is left of the process and of what it started, and reaps it. A
// process that is done is alone but for its group.
func (c *child) end(done bool) ending {
	select {
	case <-c.ended:
	default:
		if !done {
			// First: when the process is gone nobody knows which were its own. And it is
			// to see nothing of their end.
			_ = unix.Kill(-c.pid(), unix.SIGSTOP)
			channel.EndPrograms(c.pid())
		}
		c.killGroup()
		<-c.ended
	}
	// Until it is reaped its process id cannot be anyone else's, nor its group.
	c.killGroup()
	e := ending{became: c.became, err: c.watchErr}
	state, err := c.proc.Wait()
	if err != nil {
		e.err = err
	} else {
		e.status = state.Sys().(syscall.WaitStatus)
	}
	c.becoming.close()
	return e
}

// ending is how a process ended.
type ending struct {
	status syscall.WaitStatus
	became bool // another program, before
	err    error
}

// exitCode is -N when signal N ended the process; nil when nobody knows.
func (e ending) exitCode() *int {
	switch {
	case e.err != nil:
		return nil
	case e.status.Signaled():
		return new(-int(e.status.Signal()))
	}
	return new(e.status.ExitStatus())
}

// killGroup kills the process and what is in its group. The group may be gone.
func (c *child) killGroup() {
	_ = unix.Kill(-c.pid(), unix.SIGKILL)
	_ = unix.Kill(c.pid(), unix.SIGKILL)
}

// abandon stops listening and reading, and closes what the worker has of it.
func (c *child) abandon() {
	close(c.over)
	c.wire.HangUp()
	for range c.said {
	}
	_ = c.wire.Close()
	// Whoever got away with the streams may keep them open for ever.
	over := time.Now().Add(lastWords)
	for _, s := range []*stream{c.stdout, c.stderr} {
		_ = s.r.SetReadDeadline(over)
		<-s.done
		s.r.Close()
	}
}
