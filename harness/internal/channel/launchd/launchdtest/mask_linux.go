package launchdtest

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// unmask has what this thread starts block no signal: launchd is no child of whoever
// asks it, and hands down nothing of theirs. The caller ends with the thread.
func unmask() {
	runtime.LockOSThread()
	var none unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil); err != nil {
		panic(err)
	}
}
