//go:build unix

package channel

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketpair returns the two ends of a stream socket, both close-on-exec: a
// program started by a probe must not hold the worker's protocol.
func socketpair() (ours *Wire, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	ours = WireOn(fds[0])
	ours.impatient = runtime.NumCPU() > 1
	return ours, os.NewFile(uintptr(fds[1]), "worker"), nil
}

// sysProcAttr keeps the terminal's Ctrl-C away from the worker in every
// channel: it is the run's to end it, after the probe under way was recorded.
func sysProcAttr(name Name) *syscall.SysProcAttr {
	if name == Direct {
		return &syscall.SysProcAttr{Setpgid: true}
	}
	return &syscall.SysProcAttr{Setsid: true}
}

func killGroup(pid int) {
	// The group is gone when the worker and all its programs are: nothing to do
	// about that error.
	_ = unix.Kill(-pid, unix.SIGKILL)
	_ = unix.Kill(pid, unix.SIGKILL)
}
