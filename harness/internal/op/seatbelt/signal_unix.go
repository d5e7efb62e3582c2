//go:build darwin || seatbelt_fake

package seatbelt

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// signalLimit is how long a signal may take to arrive, and a child to say that it
// is there. It decides nothing: kill(2) has answered by then.
const signalLimit = time.Second

// signalSeen is what was seen of a signal beside the kernel's answer.
type signalSeen struct {
	Version        string `json:"probe_schema_version"`
	ChildPID       int    `json:"child_pid,omitempty"`
	SpawnMethod    string `json:"child_spawn_method,omitempty"`
	HandshakeOK    *bool  `json:"handshake_ok,omitempty"`
	HandshakeError string `json:"handshake_error,omitempty"`
	Sent           bool   `json:"signal_sent"`
	SelfReceived   *bool  `json:"self_received_signal,omitempty"` // of a signal to oneself, in place of the child's
	ChildReceived  *bool  `json:"child_received_signal,omitempty"`
	ExitCode       *int   `json:"child_exit_code,omitempty"` // -N when signal N ended it
	Status         string `json:"child_status,omitempty"`    // "exited" or "killed"
	WaitError      string `json:"wait_error,omitempty"`
}

func (s *signalSeen) tell(res *op.Result) {
	s.Version = "hardened-runtime.signal-probe.v0.2"
	detail(res, s)
}

func prepareSignal(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	if req.Target != op.Self {
		return prepareChild(res)
	}
	// A handler, or the signal ends the one that is to tell of it.
	got := make(chan os.Signal, 1)
	signal.Notify(got, unix.SIGUSR1)
	return func(res *op.Result, _ Announce) {
		seen := signalSeen{SelfReceived: new(false)}
		defer seen.tell(res)
		if seen.Sent = sendSignal(os.Getpid(), res); !seen.Sent {
			return
		}
		select {
		case <-got:
			*seen.SelfReceived = true
		case <-time.After(signalLimit):
		}
	}, func() { signal.Stop(got) }
}

func sendSignal(pid int, res *op.Result) bool {
	res.Call = op.NewCall("kill").Int(pid).Raw("SIGUSR1").End()
	res.Errno = int(numberOf(unix.Kill(pid, unix.SIGUSR1)))
	return res.Errno == 0
}

// prepareChild makes what a child and its parent need to tell each other that they
// are there; the child itself is started under the policy.
func prepareChild(res *op.Result) (func(*op.Result, Announce), func()) {
	var ready, until descriptors
	if errno := ready.open(); errno != 0 {
		res.Err = "pipe() failed with " + errorName(errno)
		return nil, nil
	}
	if errno := until.open(); errno != 0 {
		ready.close()
		res.Err = "pipe() failed with " + errorName(errno)
		return nil, nil
	}
	free := func() {
		ready.close()
		until.close()
	}
	return func(res *op.Result, _ Announce) { signalChild(&ready, &until, res) }, free
}

// signalChild starts a child that ends by SIGUSR1 or when until is closed, which
// it is when this process ends too, and sends it the signal.
func signalChild(ready, until *descriptors, res *op.Result) {
	res.Call = forkText
	pid, errno := fork(&forked{waits: true, ready: ready.numbers(), until: until.numbers()})
	if res.Errno = int(errno); errno != 0 {
		notMade("kill", res)
		return
	}
	seen := signalSeen{ChildPID: pid, SpawnMethod: "fork", HandshakeOK: new(false), ChildReceived: new(false)}
	defer seen.tell(res)
	ready.closeWriter() // the child's is the last one, so that its end is seen
	until.closeReader()
	if seen.HandshakeError = ready.await(); seen.HandshakeError == "" {
		*seen.HandshakeOK = true
		if seen.Sent = sendSignal(pid, res); seen.Sent {
			ready.await() // for its end
		}
	} else {
		res.Call, res.Err = "", "kill was not reached: the child did not say that it is there: "+seen.HandshakeError
	}
	until.close()
	status, errno := reap(pid)
	switch {
	case errno != 0:
		seen.WaitError = "wait4 failed with " + errorName(errno)
	case status.Signaled():
		seen.Status, seen.ExitCode = "killed", new(-int(status.Signal()))
		*seen.ChildReceived = status.Signal() == syscall.SIGUSR1
	default:
		seen.Status, seen.ExitCode = "exited", new(status.ExitStatus())
	}
}
