package op

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var otherAttempts = map[key]func(Request, *Result){
	{"syscall.clone", "userns"}:                  clone(unix.CLONE_NEWUSER, "CLONE_NEWUSER"),
	{"syscall.clone", "pidns"}:                   clone(unix.CLONE_NEWPID, "CLONE_NEWPID"),
	{"syscall.io_uring_setup", "io_uring_setup"}: ioUringSetup,
	{"syscall.memfd_create", "create"}:           memfdCreate,
	{"syscall.memfd_create", "exec"}:             memfdExec,
}

// clone makes a child in a namespace of its own, which ends at once.
func clone(flags uintptr, text string) func(Request, *Result) {
	return func(_ Request, res *Result) {
		res.Call = NewCall("clone").Raw("child_stack=NULL").Raw("flags=" + text + "|SIGCHLD").End()
		pid, e := fork(flags, &job{})
		if res.Errno = int(e); e != 0 {
			return
		}
		if _, e := reap(pid); e != 0 {
			res.Err = "wait4 for the child failed with " + errnoText(e)
		}
	}
}

// ioUringSetup makes a ring for one entry and gives it back.
func ioUringSetup(_ Request, res *Result) {
	var params [120]byte // struct io_uring_params of linux/io_uring.h
	res.Call = NewCall("io_uring_setup").Int(1).Raw("{...}").End()
	var fd uintptr
	res.Errno = int(retryRaw(func() (e syscall.Errno) {
		fd, _, e = unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
		return e
	}))
	if res.Errno == 0 {
		unix.Close(int(fd))
	}
}

func memfdCreate(req Request, res *Result) {
	if fd := memfd(req.Target, unix.MFD_CLOEXEC, "MFD_CLOEXEC", res); fd >= 0 {
		unix.Close(fd)
	}
}

func memfd(name string, flags int, text string, res *Result) int {
	res.Call = NewCall("memfd_create").Path(name).Raw(text).End()
	fd := -1
	res.Errno = int(retry(func() (err error) { fd, err = unix.MemfdCreate(name, flags); return err }))
	if res.Errno != 0 {
		return -1
	}
	return fd
}

// memfdExec executes a program that no file system has: the call under test is
// the execveat.
func memfdExec(req Request, res *Result) {
	// A host may make memory files that nothing can execute unless asked for
	// (vm.memfd_noexec); kernels before 6.3 have no way to ask.
	fd := memfd(req.Target, unix.MFD_CLOEXEC|unix.MFD_EXEC, "MFD_CLOEXEC|MFD_EXEC", res)
	if fd < 0 && res.Errno == int(unix.EINVAL) {
		fd = memfd(req.Target, unix.MFD_CLOEXEC, "MFD_CLOEXEC", res)
	}
	if fd < 0 {
		res.notReached("execveat")
		return
	}
	defer unix.Close(fd)
	program := exitProgram(runtime.GOARCH) // there is one: the variant is available
	if n, err := unix.Write(fd, program); err != nil || n != len(program) {
		res.Call, res.Err = "", "write of the program failed with "+errnoText(errnoOf(err))
		return
	}
	// The kernel refuses to execute what is open for writing, but by the
	// descriptor that wrote it (ETXTBSY asks for another writer).
	executeFD(fd, req.Target, res)
}
