package libsystem

import (
	"os"
	"runtime"
	"syscall"
)

var pthreadSigmask = newFunction(system, "pthread_sigmask")

// SetSignalMask has the calling thread block the signals in the set, one bit each
// from SIGHUP on, and gives the set it blocked before: pthread_sigmask(2), whose
// sigset_t has 32 bits (<sys/_types.h>). The caller keeps the thread.
func SetSignalMask(set uint32) (old uint32, err error) {
	const setmask = 3 // SIG_SETMASK of <sys/signal.h>
	in, out := new(set), new(uint32)
	result, _, err := pthreadSigmask.call(setmask, addressOf(in), addressOf(out))
	runtime.KeepAlive(in)
	runtime.KeepAlive(out)
	if rc := cInt(result); err == nil && rc != 0 { // it gives the error itself
		err = os.NewSyscallError("pthread_sigmask", syscall.Errno(rc))
	}
	return *out, err
}
