package worker

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tidy makes a worker clean: no inherited descriptors, and default actions for
// the signals that Go leaves ignored when the parent ignored them (nohup and
// shells do), because programs started by a probe would inherit that.
func tidy() error {
	for _, fd := range inheritable() {
		unix.Close(fd)
	}
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGCONT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU} {
		if err := defaultAction(sig); err != nil {
			return fmt.Errorf("default action for %v: %w", sig, err)
		}
	}
	return nil
}

// defaultAction is rt_sigaction(sig, SIG_DFL). An all-zero kernel sigaction is
// SIG_DFL with no flags and an empty mask on every architecture Go supports.
func defaultAction(sig unix.Signal) error {
	var dfl [32]byte
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&dfl)), 0, 8, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
