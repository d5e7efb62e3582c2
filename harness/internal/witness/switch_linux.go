package witness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
)

// guardian is the process that holds a Switch.
type guardian struct {
	restore func() error
	pid     int
}

// answerTimeout is more than the gate's: a guardian may wait that long for it.
const answerTimeout = 2 * gateTimeout

// guardAnswer is what a guardian says, once when audit is on and once when it is
// put back.
type guardAnswer struct {
	Before  Status
	Err     string
	Missing bool     // Err is the Reason of an *Unavailable
	Changed []string // of a *ChangedError
}

func (a *guardAnswer) err() error {
	switch {
	case a.Missing:
		return &Unavailable{Reason: a.Err}
	case a.Err != "":
		return errors.New(a.Err)
	case len(a.Changed) != 0:
		return &ChangedError{a.Changed}
	}
	return nil
}

func (a *guardAnswer) set(err error) {
	var missing *Unavailable
	var changed *ChangedError
	switch {
	case errors.As(err, &missing):
		a.Missing, a.Err = true, missing.Error()
	case errors.As(err, &changed):
		a.Changed = changed.Fields
	case err != nil:
		a.Err = err.Error()
	}
}

func enable() (*Switch, error) {
	h, err := startHelper("guard")
	if err != nil {
		return nil, fmt.Errorf("turn audit on: guardian: %w", err)
	}
	var on guardAnswer
	if err := h.answer(context.Background(), &on, answerTimeout); err != nil {
		return nil, fmt.Errorf("turn audit on: guardian: %w", err)
	}
	if err := on.err(); err != nil {
		_ = h.close()
		return nil, err
	}
	restore := sync.OnceValue(func() error { return endGuard(h) })
	return &Switch{Before: on.Before, guardian: guardian{restore, h.cmd.Process.Pid}}, nil
}

// endGuard has the guardian put the state back, and does it in its place when it
// is gone.
func endGuard(h *helper) error {
	h.in.Close()
	var off guardAnswer
	if err := h.answer(context.Background(), &off, answerTimeout); err != nil {
		if err2 := inItsPlace(); err2 != nil {
			return fmt.Errorf("restore audit: %w; then: %w", err, err2)
		}
		return nil
	}
	_ = h.close()
	return off.err()
}

func inItsPlace() error {
	s, err := openScheme()
	if err != nil {
		return err
	}
	defer s.close()
	return s.leave()
}

// guard is a guardian's life: it turns audit on, waits for the end of its parent
// or for its word, and puts back what was.
func guard(in, out *os.File) error {
	// Only the end of in may end it.
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE,
		unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)
	var on guardAnswer
	s, err := openScheme()
	if err == nil {
		defer s.close()
		on.Before, err = s.enter()
	}
	on.set(err)
	sayErr := say(out, on)
	if err != nil {
		return sayErr
	}
	// Whatever ends the wait, the state is put back.
	var b [1]byte
	for {
		if n, err := in.Read(b[:]); n == 0 || err != nil {
			break
		}
	}
	var off guardAnswer
	err = s.leave()
	off.set(err)
	if sayErr = say(out, off); sayErr != nil {
		return err // nobody hears it on out
	}
	return nil
}
