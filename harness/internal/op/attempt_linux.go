package op

import (
	"errors"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// key names a row of the table: operation and variant.
type key struct{ op, variant string }

// attempts holds a function for each variant that needs nothing from before
// the policy.
var attempts = merge(openAttempts, nameAttempts, moveAttempts, netAttempts, processAttempts, metaAttempts, otherAttempts)

// preparer gets what an attempt needs from before the policy and returns the
// rest of it. A nil attempt means that it failed, and the Result says how; free
// may be nil.
type preparer func(Request, *Result) (attempt func(*Result), free func())

// preparers holds a function for each of the other variants. A test holds that
// every row of the table is in one of the two.
var preparers = merge(heldPreparers, processPreparers, mountPreparers, fsPreparers)

func merge[F any](parts ...map[key]F) map[key]F {
	all := map[key]F{}
	for _, part := range parts {
		for k, f := range part {
			if _, taken := all[k]; taken {
				panic("bug: op: two attempts at " + k.op + " by " + k.variant)
			}
			all[k] = f
		}
	}
	return all
}

func prepare(o *Op, v *Variant, req Request, t *Trial) {
	if t.res.Err = subjectProblem(o, v, req, t.sight); t.res.Err != "" {
		return
	}
	k := key{o.Name, v.Name}
	if p, ok := preparers[k]; ok {
		t.call, t.free = p(req, &t.res)
		return
	}
	do, ok := attempts[k]
	if !ok {
		t.res.Err = "bug: no attempt is written for " + o.Name + " by " + v.Name
		return
	}
	t.call = func(res *Result) { do(req, res) }
}

// retry makes a call again for as long as a signal interrupts it; the Go
// runtime sends its threads signals at any time.
func retry(f func() error) syscall.Errno {
	return retryRaw(func() syscall.Errno { return errnoOf(f()) })
}

// retryRaw is retry for calls that x/sys has no function for.
func retryRaw(f func() syscall.Errno) syscall.Errno {
	for {
		if e := f(); e != unix.EINTR {
			return e
		}
	}
}

// cString is a text as the kernel reads it: resolve has refused NUL.
func cString(text string) *byte {
	return &append([]byte(text), 0)[0]
}

func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return unix.EIO // x/sys returns nothing but Errno from a system call
}

// errnoText is an errno for a one-line message, e.g. "EACCES".
func errnoText(e syscall.Errno) string {
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return "errno " + strconv.Itoa(int(e))
}

// notReached says that a call before the one under test failed. Call and Errno
// stay those of the failed call, and Err keeps them from being a decision.
func (r *Result) notReached(name string) {
	r.Err = name + " was not reached: " + r.Call + " failed with " + errnoText(syscall.Errno(r.Errno))
}
