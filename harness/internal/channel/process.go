package channel

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Process is a worker process and the wire it answers on.
type Process struct {
	Wire *Wire

	cmd    *exec.Cmd
	stderr *opening
	waited chan struct{}
	once   sync.Once
}

// start launches this very executable again as a child.
func start(name Name) (*Process, error) {
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
	p := &Process{Wire: ours, stderr: &opening{limit: 16 << 10}, waited: make(chan struct{})}
	p.cmd = exec.Command(exe)
	p.cmd.Args = []string{"rtgen-worker"}
	p.cmd.Env = name.environ(os.Environ())
	p.cmd.ExtraFiles = []*os.File{theirs}
	p.cmd.Stdout = p.stderr
	p.cmd.Stderr = p.stderr
	p.cmd.SysProcAttr = sysProcAttr(name)
	// A program left behind by a probe must not keep Wait waiting for its output.
	p.cmd.WaitDelay = time.Second
	run := p.cmd.Start
	if name != Direct {
		p.cmd.Dir = "/"
		run = func() error { return unmasked(p.cmd.Start) }
	}
	if err := run(); err != nil {
		ours.Close()
		return nil, fmt.Errorf("channel %s: start the worker: %w", name, err)
	}
	go func() {
		// The exit status is read from ProcessState once waited is closed.
		_ = p.cmd.Wait()
		close(p.waited)
	}()
	return p, nil
}

// PID is the worker's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited says whether the process has ended.
func (p *Process) Exited() bool {
	select {
	case <-p.waited:
		return true
	default:
		return false
	}
}

// Kill ends the worker and every program it started, and waits for its end. It
// may be called more than once.
func (p *Process) Kill() {
	p.once.Do(func() {
		if !p.Exited() {
			// First: when the worker is gone nobody knows which were its own.
			EndPrograms(p.cmd.Process.Pid)
			killGroup(p.cmd.Process.Pid)
		}
		p.Wire.Close()
	})
	<-p.waited
}

// Epitaph says in one line how the process ended and what it last wrote. It
// waits for the end.
func (p *Process) Epitaph() string {
	<-p.waited
	s := p.cmd.ProcessState.String()
	if last := p.stderr.firstLine(); last != "" {
		s += ": " + last
	}
	return s
}

// opening keeps the first bytes written to it: a crash says what it is in its
// first lines, and a chatty worker must not fill memory.
type opening struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	limit int
}

func (t *opening) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := t.limit - t.buf.Len(); room > 0 {
		t.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// firstLine is the first line that is not empty: a Go panic or a loader's
// complaint names its cause there.
func (t *opening) firstLine() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range bytes.Lines(t.buf.Bytes()) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return string(line)
		}
	}
	return ""
}
