package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// helloTimeout bounds a worker's start. It is long because a loaded CI machine
// may take seconds to page in a large test binary.
const helloTimeout = 30 * time.Second

// A StartError means that no worker could be brought to life.
type StartError struct{ Err error }

func (e *StartError) Error() string { return e.Err.Error() }
func (e *StartError) Unwrap() error { return e.Err }

// A TimeoutError means that the worker did not answer in time and was killed.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("no answer after %v, the worker was killed", e.After)
}

// A DiedError means that the worker ended before it answered.
type DiedError struct{ Epitaph string }

func (e *DiedError) Error() string { return "the worker died: " + e.Epitaph }

// Worker is a worker process that is started on demand and replaced when it
// hangs or dies. It serves one request at a time and is not safe for concurrent
// use.
type Worker struct {
	launcher *channel.Launcher
	accept   func(Hello) error

	proc *channel.Process
	seq  int
	// known are the policies the process holds: their layers are not sent again.
	known map[int]bool
}

// New describes a worker; nothing starts before the first request. Accept sees
// what each new process measured of itself and may refuse it.
func New(launcher *channel.Launcher, accept func(Hello) error) *Worker {
	return &Worker{launcher: launcher, accept: accept}
}

// Start brings a process to life unless one is.
func (w *Worker) Start() error { return w.StartContext(context.Background()) }

// StartContext is Start with a wait for launchd that ctx ends.
func (w *Worker) StartContext(ctx context.Context) error {
	if w.proc != nil && !w.proc.Exited() {
		return nil
	}
	w.Close()
	proc, err := w.launcher.Start(ctx)
	if err != nil {
		return &StartError{err}
	}
	w.known = make(map[int]bool)
	w.proc = proc
	var hello Hello
	err = proc.Wire.Limit(helloTimeout)
	if err == nil {
		err = proc.Wire.Receive(&hello)
	}
	if err != nil {
		return &StartError{fmt.Errorf("channel %s: %w", w.launcher.Name, w.bury(err, helloTimeout))}
	}
	if err := w.accept(hello); err != nil {
		w.Close()
		return &StartError{fmt.Errorf("channel %s: %w", w.launcher.Name, err)}
	}
	return nil
}

// Do sends one request and waits for its answer, at most for limit and until
// ctx ends. After a TimeoutError, a DiedError or the end of ctx the process is
// gone and the next call starts another.
func (w *Worker) Do(ctx context.Context, req Request, limit time.Duration) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, ctx.Err()
	}
	if err := w.StartContext(ctx); err != nil {
		return Answer{}, cmp.Or(ctx.Err(), err)
	}
	wire := w.proc.Wire
	if err := wire.Limit(limit); err != nil {
		return Answer{}, w.bury(err, limit)
	}
	defer context.AfterFunc(ctx, wire.HangUp)()
	ans, err := w.exchange(req)
	if err != nil {
		err = w.bury(err, limit)
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	return ans, err
}

var errOutOfStep = errors.New("answered another request")

func (w *Worker) exchange(req Request) (ans Answer, err error) {
	w.seq++
	req.Seq, req.Nonce = w.seq, rand.Uint64()
	policy := 0
	if req.Probe != nil && req.Probe.Policy != nil {
		policy = req.Probe.Policy.ID
		if w.known[policy] {
			probe, pol := *req.Probe, *req.Probe.Policy
			pol.Layers, probe.Policy, req.Probe = nil, &pol, &probe
		}
	}
	if err := w.proc.Wire.Send(req); err != nil {
		return ans, err
	}
	if err := w.proc.Wire.Receive(&ans); err != nil {
		return ans, err
	}
	if ans.Seq != req.Seq || ans.Nonce != req.Nonce {
		return ans, errOutOfStep
	}
	if ans.AsSeen && ans.Result != nil {
		ans.Sight = &op.Sight{Path: ans.Result.ObservedPath, File: ans.Result.File}
	}
	if req.Probe != nil && ans.Apply != nil && ans.Apply.Err == "" {
		w.known[policy] = true
	}
	return ans, nil
}

// bury kills what is left of the process and says what happened to it.
func (w *Worker) bury(err error, limit time.Duration) error {
	proc := w.proc
	w.Close()
	var protocol *channel.ProtocolError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &TimeoutError{limit}
	case errors.As(err, &protocol):
		return &DiedError{"it " + err.Error() + ": it was killed"}
	case errors.Is(err, errOutOfStep):
		return &DiedError{"it " + err.Error() + " and was killed"}
	}
	return &DiedError{proc.Epitaph()}
}

// PID is the process id of the worker last started, 0 before any was.
func (w *Worker) PID() int {
	if w.proc == nil {
		return 0
	}
	return w.proc.PID()
}

// Close ends the process and every program its probes started. The next request
// would start another.
func (w *Worker) Close() {
	if w.proc != nil {
		w.proc.Kill()
		w.proc = nil
	}
}
