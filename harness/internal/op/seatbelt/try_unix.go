//go:build darwin || seatbelt_fake

package seatbelt

import (
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// try makes a call, again for as long as a signal interrupts it, and gives its
// errno; 0: it succeeded. The Go runtime sends its threads signals at any time.
func try(call func() error) int {
	for {
		if errno := numberOf(call()); errno != unix.EINTR {
			return int(errno)
		}
	}
}

// unready is what a preparer returns when something that the attempt needs is not
// to be had.
func unready(res *op.Result, err error) (func(*op.Result, Announce), func()) {
	res.Err = err.Error()
	return nil, nil
}

// after is an attempt that needs nothing from before the policy.
func after(do func(Request, *op.Result)) preparer {
	return func(req Request, _ *op.Result) (func(*op.Result, Announce), func()) {
		return func(res *op.Result, _ Announce) { do(req, res) }, nil
	}
}

// aside says of an attempt that the kernel does not ask about its operation,
// whatever it answers: Call and Errno stay, and decide nothing.
func aside(p preparer, why string) preparer {
	return func(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
		attempt, free := p(req, res)
		if attempt == nil {
			return nil, free
		}
		return func(res *op.Result, announce Announce) {
			attempt(res, announce)
			if res.Err == "" {
				res.Err = why
			}
		}, free
	}
}
