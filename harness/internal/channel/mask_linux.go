package channel

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// unmasked calls start on a thread that blocks no signal: a new process has the
// mask of the thread it was forked from, and so do the programs it starts.
func unmasked(start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var none, old unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &none, &old); err != nil {
		return err
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	return start()
}
