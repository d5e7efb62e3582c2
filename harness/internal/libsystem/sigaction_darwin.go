package libsystem

import (
	"runtime"
	"syscall"
)

var sigaction = newFunction(system, "sigaction")

// sigactionSize is the size of a struct sigaction of <sys/signal.h>: the handler,
// a mask of 32 bits and flags of as many.
const sigactionSize = 16

// DefaultAction gives a signal its default action. All zero is SIG_DFL with no
// flags and an empty mask.
//
//	int sigaction(int sig, const struct sigaction *restrict act, struct sigaction *restrict oact);
func DefaultAction(sig syscall.Signal) error {
	dfl := make([]byte, sigactionSize)
	rc, errno, err := sigaction.call(uintptr(sig), pointer(dfl), 0)
	runtime.KeepAlive(dfl)
	if err == nil && cInt(rc) != 0 {
		err = syscall.Errno(errno)
	}
	return err
}
