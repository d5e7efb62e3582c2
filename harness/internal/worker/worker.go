package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
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
	channel channel.Name
	accept  func(Hello) error

	proc *channel.Process
	enc  *json.Encoder
	dec  *json.Decoder
	seq  int
}

// New describes a worker; nothing starts before the first request. Accept sees
// what each new process measured of itself and may refuse it.
func New(name channel.Name, accept func(Hello) error) *Worker {
	return &Worker{channel: name, accept: accept}
}

// Start brings a process to life unless one is.
func (w *Worker) Start() error {
	if w.proc != nil && !w.proc.Exited() {
		return nil
	}
	w.Close()
	proc, err := channel.Start(w.channel)
	if err != nil {
		return &StartError{err}
	}
	w.proc, w.enc, w.dec = proc, json.NewEncoder(proc.Conn), json.NewDecoder(proc.Conn)
	var hello Hello
	if err := w.receive(&hello, helloTimeout); err != nil {
		return &StartError{fmt.Errorf("channel %s: %w", w.channel, err)}
	}
	if err := w.accept(hello); err != nil {
		w.Close()
		return &StartError{fmt.Errorf("channel %s: %w", w.channel, err)}
	}
	return nil
}

// Do sends one request and waits for its answer, at most for limit. After a
// TimeoutError or a DiedError the process is gone and the next call starts
// another.
func (w *Worker) Do(req Request, limit time.Duration) (Answer, error) {
	if err := w.Start(); err != nil {
		return Answer{}, err
	}
	w.seq++
	req.Seq = w.seq
	if err := w.proc.Conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return Answer{}, w.bury(err, limit)
	}
	if err := w.enc.Encode(req); err != nil {
		return Answer{}, w.bury(err, limit)
	}
	var ans Answer
	if err := w.receive(&ans, limit); err != nil {
		return Answer{}, err
	}
	if ans.Seq != req.Seq {
		w.Close()
		return Answer{}, &DiedError{fmt.Sprintf("it answered request %d instead of %d", ans.Seq, req.Seq)}
	}
	return ans, nil
}

func (w *Worker) receive(v any, limit time.Duration) error {
	if err := w.proc.Conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return w.bury(err, limit)
	}
	if err := w.dec.Decode(v); err != nil {
		return w.bury(err, limit)
	}
	return nil
}

// bury kills what is left of the process and says what happened to it.
func (w *Worker) bury(err error, limit time.Duration) error {
	proc := w.proc
	w.Close()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &TimeoutError{limit}
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
