//go:build darwin || seatbelt_fake

package seatbelt

import (
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// A child of a Go program that does not execute at once has one thread, no
// runtime, and copies of locks that nobody gives back. So between fork and its end
// it makes raw system calls and nothing else: what runs there is nosplit, since
// its stack must not grow, has none of the race detector's calls in it, and
// allocates nothing. The library's own fork is not called: it runs what other
// libraries have registered for one, which is not under test and takes their
// locks. All signals of the forking thread are blocked around the fork: a handler
// of Go's that ran in the child would look for the runtime.

// forked is what a child does. All it reads was made before the fork.
type forked struct {
	waits bool       // it says on ready that it is there, and waits until the pipe until is closed; else it ends at once
	ready [2]uintptr // ends of pipes, the reading one first
	until [2]uintptr
}

// signalSet has room for the set of either system, of which this is all.
type signalSet [2]uint64

// fork forks the calling thread; the child does f and never returns.
func fork(f *forked) (pid int, errno syscall.Errno) {
	// No other thread may be between making a descriptor and marking it
	// close-on-exec.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	all := signalSet{^uint64(0), ^uint64(0)}
	var old signalSet
	if e := setSignalMask(&all, &old); e != 0 {
		return 0, e
	}
	r, e := forkAndDo(f)
	setSignalMask(&old, nil)
	return int(r), e
}

//go:noinline
//go:norace
//go:nosplit
func forkAndDo(f *forked) (uintptr, syscall.Errno) {
	pid, child, e := rawFork()
	if !child {
		return pid, e
	}
	if f.waits {
		childWaits(f)
	}
	for { // once is enough
		syscall.RawSyscall(sysExit, 0, 0, 0)
	}
}

//go:noinline
//go:norace
//go:nosplit
func childWaits(f *forked) {
	// The parent's ends: of until, it must be the only one.
	syscall.RawSyscall(syscall.SYS_CLOSE, f.until[1], 0, 0)
	syscall.RawSyscall(syscall.SYS_CLOSE, f.ready[0], 0, 0)
	// No handler is left before a signal can arrive. They are set here and not by
	// the parent, which goes on needing its own.
	for sig := uintptr(1); sig < signals; sig++ {
		defaultAction(sig)
	}
	var none signalSet
	setSignalMask(&none, nil)
	var buf [8]byte
	syscall.RawSyscall(syscall.SYS_WRITE, f.ready[1], uintptr(unsafe.Pointer(&buf)), 1)
	for {
		if _, _, e := syscall.RawSyscall(syscall.SYS_READ, f.until[0], uintptr(unsafe.Pointer(&buf)), 1); e != syscall.EINTR {
			return
		}
	}
}

// reap waits for a child.
func reap(pid int) (status unix.WaitStatus, errno syscall.Errno) {
	for {
		_, err := unix.Wait4(pid, &status, 0, nil)
		if errno = numberOf(err); errno != unix.EINTR {
			return status, errno
		}
	}
}

const forkText = "fork()"

func prepareFork(Request, *op.Result) (func(*op.Result, Announce), func()) {
	return func(res *op.Result, _ Announce) {
		res.Call = forkText
		pid, errno := fork(&forked{})
		if res.Errno = int(errno); errno != 0 {
			return
		}
		if _, errno := reap(pid); errno != 0 {
			res.Err = "wait4(" + strconv.Itoa(pid) + ") failed with " + errorName(errno)
		}
	}, nil
}
