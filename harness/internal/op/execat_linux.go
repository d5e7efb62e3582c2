package op

import (
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// here is AT_FDCWD as an argument of a system call.
var here = func() uintptr { fd := unix.AT_FDCWD; return uintptr(fd) }()

func execveat(req Request, res *Result) {
	run(req.Target, res, func(files [3]uintptr) (int, int, bool) {
		res.Call = NewCall("execveat").Raw("AT_FDCWD").Path(req.Target).Argv(req.Target).Argv(execEnv[0]).Raw("0").End()
		return startAt(here, req.Target, req.Target, 0, files, res)
	})
}

// fexecve executes what a descriptor stands for. It is opened with O_PATH,
// which no right is needed for.
func fexecve(req Request, res *Result) {
	fd := openatFD(req.Target, openPlace, res)
	if fd < 0 {
		res.notReached("execveat")
		return
	}
	defer res.seen(fd)
	executeFD(fd, req.Target, res)
}

func executeFD(fd int, name string, res *Result) {
	run(name, res, func(files [3]uintptr) (int, int, bool) {
		res.Call = NewCall("execveat").Int(fd).Path("").Argv(name).Argv(execEnv[0]).Raw("AT_EMPTY_PATH").End()
		return startAt(uintptr(fd), "", name, unix.AT_EMPTY_PATH, files, res)
	})
}

// startAt starts a program by execveat, as syscall.ForkExec does by execve:
// from the calling thread, and with execveat's own errno when that fails.
func startAt(dirfd uintptr, path, name string, flags uintptr, files [3]uintptr, res *Result) (pid, pidfd int, started bool) {
	var report [2]int
	if err := unix.Pipe2(report[:], unix.O_CLOEXEC); err != nil {
		res.Call, res.Err = "", "pipe2(O_CLOEXEC) failed with "+errnoText(errnoOf(err))
		return 0, -1, false
	}
	defer unix.Close(report[0])
	j := &job{dirfd: dirfd, flags: flags, keep: noDescriptor, streams: files, report: uintptr(report[1])}
	if path == "" {
		// A script is opened again by its interpreter, as /dev/fd/N, and a
		// descriptor that the exec closes would not be there (execveat(2), BUGS).
		j.keep = dirfd
	}
	for _, fd := range append(files[:], j.report) {
		if fd < 3 {
			unix.Close(report[1])
			res.Call, res.Err = "", "a standard stream of this process is closed: no program is started with descriptor "+strconv.Itoa(int(fd))
			return 0, -1, false
		}
	}
	j.path, j.argv, j.envp = cString(path), cStrings(name), cStrings(execEnv...)
	pid, e := fork(0, j)
	unix.Close(report[1])
	if e != 0 {
		res.Call, res.Err = "", "clone(SIGCHLD) failed with "+errnoText(e)
		return 0, -1, false
	}
	var answer [2]uint32
	n := 0
	e = retry(func() (err error) {
		n, err = unix.Read(report[0], unsafe.Slice((*byte)(unsafe.Pointer(&answer)), unsafe.Sizeof(answer)))
		return err
	})
	if e == 0 && n == 0 { // the exec closed the pipe
		pidfd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			pidfd = -1
		}
		return pid, pidfd, true
	}
	_ = unix.Kill(pid, unix.SIGKILL)
	_, _ = reap(pid)
	switch {
	case e != 0:
		res.Call, res.Err = "", "read of the child's report failed with "+errnoText(e)
	case answer[0] != reachedExec:
		res.Call, res.Err = "", "the child's descriptors could not be set up: "+errnoText(syscall.Errno(answer[1]))
	default:
		res.Errno = int(answer[1])
	}
	return 0, -1, false
}

// cStrings is a list of texts as execveat reads it, with NULL at its end.
func cStrings(texts ...string) **byte {
	list := make([]*byte, len(texts)+1)
	for i, text := range texts {
		list[i] = cString(text)
	}
	return &list[0]
}
