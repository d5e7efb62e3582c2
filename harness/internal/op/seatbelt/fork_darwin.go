package seatbelt

import (
	"syscall"
	"unsafe"
)

const (
	sysExit = syscall.SYS_EXIT
	signals = 32 // NSIG of <sys/signal.h>
)

// rawFork is fork(2) itself. The kernel gives the other process's id to both, and
// says in the second register which of them one is: 1 is the child
// (libsyscall/custom/__fork.s and thread_set_child of XNU).
//
//go:norace
//go:nosplit
func rawFork() (pid uintptr, child bool, errno syscall.Errno) {
	pid, second, errno := syscall.RawSyscall(syscall.SYS_FORK, 0, 0, 0)
	return pid, errno == 0 && second == 1, errno
}

// setSignalMask sets the calling thread's mask. sigprocmask(2) sets that of every
// thread of the process (bsd/kern/kern_sig.c of XNU).
//
//go:norace
//go:nosplit
func setSignalMask(set, old *signalSet) syscall.Errno {
	const setMask = 3 // SIG_SETMASK of <sys/signal.h>
	_, _, errno := syscall.RawSyscall(syscall.SYS___PTHREAD_SIGMASK, setMask, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)))
	return errno
}

// defaultAction takes a handler away. What sigaction(2) takes is not what the
// function of that name does: struct __sigaction has a trampoline behind the
// handler. All of it zero is SIG_DFL.
//
//go:norace
//go:nosplit
func defaultAction(sig uintptr) {
	var none [24]byte
	syscall.RawSyscall(syscall.SYS_SIGACTION, sig, uintptr(unsafe.Pointer(&none)), 0)
}
