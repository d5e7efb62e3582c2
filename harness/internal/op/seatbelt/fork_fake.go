//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	sysExit = syscall.SYS_EXIT_GROUP
	signals = 65
)

// rawFork is clone(2) as fork has it; the child gets 0.
//
//go:norace
//go:nosplit
func rawFork() (pid uintptr, child bool, errno syscall.Errno) {
	pid, _, errno = syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	return pid, errno == 0 && pid == 0, errno
}

//go:norace
//go:nosplit
func setSignalMask(set, old *signalSet) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
	return errno
}

//go:norace
//go:nosplit
func defaultAction(sig uintptr) {
	var none [64]byte
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&none)), 0, 8, 0, 0)
}
