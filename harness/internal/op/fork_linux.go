package op

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A process that an attempt needs is forked from the calling thread, so that it
// is under this thread's policy. Between fork and exec the child of a Go
// program may do nothing but raw system calls: there is no runtime in it, its
// one thread holds copies of locks that nobody gives back, and its stack must
// not grow. So what runs there is nosplit, has no race detector's calls in it,
// allocates nothing, and all signals are blocked around the fork.

// job is what a forked child does. All it reads was made before the fork.
type job struct {
	parent uintptr // the forking process's id
	linger bool    // wait until the pipe until is closed; else execute, or end when path is nil
	until  [2]uintptr

	dirfd      uintptr // execveat's arguments
	path       *byte
	argv, envp **byte
	flags      uintptr
	keep       uintptr    // a descriptor that the program is to inherit, or noDescriptor
	streams    [3]uintptr // its standard input, output and error
	report     uintptr    // where execveat's errno goes, close-on-exec
}

const noDescriptor = ^uintptr(0)

const (
	signals     = 64 // _NSIG of Linux, but for mips, where the kernel refuses none of these
	sigsetSize  = 8
	sigsetWords = 2 // room for mips, whose set has 16 bytes
)

// sigaction is room for the kernel's own, which differs by architecture: what
// matters is that its handler is the first word, or the second on mips, and that
// all zero is the default action.
type sigaction [8]uintptr

// fork forks the calling thread with these clone flags beside SIGCHLD; the child
// does j and never returns.
func fork(flags uintptr, j *job) (pid int, errno syscall.Errno) {
	j.parent = uintptr(unix.Getpid())
	// No other thread may be between making a descriptor and marking it
	// close-on-exec; and the signal mask is the thread's own.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	all := [sigsetWords]uint64{^uint64(0), ^uint64(0)}
	var old [sigsetWords]uint64
	size := uintptr(sigsetSize)
	if runtime.GOARCH == "mips" || runtime.GOARCH == "mipsle" || runtime.GOARCH == "mips64" || runtime.GOARCH == "mips64le" {
		size = 2 * sigsetSize
	}
	if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), size, 0, 0); e != 0 {
		return 0, e
	}
	r, e := forkRaw(flags|uintptr(unix.SIGCHLD), size, j)
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, size, 0, 0)
	return int(r), e
}

//go:noinline
//go:norace
//go:nosplit
func forkRaw(flags, setSize uintptr, j *job) (uintptr, syscall.Errno) {
	var pid uintptr
	var e syscall.Errno
	if runtime.GOARCH == "s390x" {
		pid, _, e = syscall.RawSyscall6(syscall.SYS_CLONE, 0, flags, 0, 0, 0, 0) // the first two are swapped there
	} else {
		pid, _, e = syscall.RawSyscall6(syscall.SYS_CLONE, flags, 0, 0, 0, 0, 0)
	}
	if e != 0 || pid != 0 {
		return pid, e
	}
	childMain(setSize, j)
	for { // not reached
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 127, 0, 0)
	}
}

//go:noinline
//go:norace
//go:nosplit
func childMain(setSize uintptr, j *job) {
	if !j.linger && j.path == nil {
		return
	}
	// It ends with the thread that made it, even when that ended before this.
	syscall.RawSyscall6(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0, 0)
	if pid, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0); pid != j.parent {
		return
	}
	// No controlling terminal, and one process group to kill.
	syscall.RawSyscall(syscall.SYS_SETSID, 0, 0, 0)
	defaultSignals(setSize, j.linger)
	if j.linger {
		// Nothing of the parent's is held open but descriptor 0, and the pipe as 1.
		syscall.RawSyscall(syscall.SYS_CLOSE, j.until[1], 0, 0)
		syscall.RawSyscall(syscall.SYS_DUP3, j.until[0], 1, 0)
		syscall.RawSyscall(unix.SYS_CLOSE_RANGE, 2, uintptr(^uint32(0)), 0)
	}
	var none [sigsetWords]uint64
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&none)), 0, setSize, 0, 0)
	for j.linger {
		var buf [8]byte
		if _, _, e := syscall.RawSyscall(syscall.SYS_READ, 1, uintptr(unsafe.Pointer(&buf)), 1); e != syscall.EINTR {
			return
		}
	}
	report := [2]uint32{}
	if e := giveDescriptors(j); e != 0 {
		report[1] = uint32(e)
	} else {
		_, _, e := syscall.RawSyscall6(unix.SYS_EXECVEAT, j.dirfd, uintptr(unsafe.Pointer(j.path)),
			uintptr(unsafe.Pointer(j.argv)), uintptr(unsafe.Pointer(j.envp)), j.flags, 0)
		report[0], report[1] = reachedExec, uint32(e)
	}
	syscall.RawSyscall(syscall.SYS_WRITE, j.report, uintptr(unsafe.Pointer(&report)), unsafe.Sizeof(report))
}

// reachedExec is the first word of a report whose second is execveat's errno;
// else it is that of a step before.
const reachedExec = 1

// defaultSignals takes the handlers away: they are code of the Go runtime, which
// is not here. What is ignored stays so, as across any exec, unless all is set.
//
//go:noinline
//go:norace
//go:nosplit
func defaultSignals(setSize uintptr, all bool) {
	const ignored = 1 // SIG_IGN
	for sig := uintptr(1); sig <= signals; sig++ {
		var act, none sigaction
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, sig, 0, uintptr(unsafe.Pointer(&act)), setSize, 0, 0)
		handler := act[0]
		if setSize != sigsetSize { // mips has the flags first
			handler = act[1]
		}
		if handler > ignored || all {
			syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&none)), 0, setSize, 0, 0)
		}
	}
}

// giveDescriptors puts the program's streams in place. All are above 2, which
// the caller made sure of.
//
//go:noinline
//go:norace
//go:nosplit
func giveDescriptors(j *job) syscall.Errno {
	for to := uintptr(0); to < 3; to++ {
		if _, _, e := syscall.RawSyscall(syscall.SYS_DUP3, j.streams[to], to, 0); e != 0 {
			return e
		}
	}
	if j.keep != noDescriptor {
		if _, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, j.keep, syscall.F_SETFD, 0); e != 0 {
			return e
		}
	}
	return 0
}

// reap waits for a child.
func reap(pid int) (status unix.WaitStatus, errno syscall.Errno) {
	errno = retry(func() error {
		_, err := unix.Wait4(pid, &status, unix.WALL, nil)
		return err
	})
	return status, errno
}

// startChild forks a child that does nothing. end ends and reaps it, and may be
// called again.
func startChild() (pid int, end func() unix.WaitStatus, errno syscall.Errno) {
	var until [2]int
	if err := unix.Pipe2(until[:], unix.O_CLOEXEC); err != nil {
		return 0, nil, errnoOf(err)
	}
	pid, errno = fork(0, &job{linger: true, until: [2]uintptr{uintptr(until[0]), uintptr(until[1])}})
	unix.Close(until[0])
	if errno != 0 {
		unix.Close(until[1])
		return 0, nil, errno
	}
	var status unix.WaitStatus
	ended := false
	return pid, func() unix.WaitStatus {
		if !ended {
			ended = true
			// A policy may forbid the signal; the pipe ends it all the same.
			_ = unix.Kill(pid, unix.SIGKILL)
			unix.Close(until[1])
			status, _ = reap(pid)
		}
		return status
	}, 0
}
