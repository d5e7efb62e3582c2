package op

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openMode is a set of open flags and its text.
type openMode struct {
	flags int
	text  string
}

var (
	openRead       = openMode{unix.O_RDONLY | unix.O_CLOEXEC, "O_RDONLY|O_CLOEXEC"}
	openWrite      = openMode{unix.O_WRONLY | unix.O_CLOEXEC, "O_WRONLY|O_CLOEXEC"}
	openTrunc      = openMode{unix.O_WRONLY | unix.O_TRUNC | unix.O_CLOEXEC, "O_WRONLY|O_TRUNC|O_CLOEXEC"}
	openCreate     = openMode{unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC, "O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC"}
	openCreateRead = openMode{unix.O_RDONLY | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC, "O_RDONLY|O_CREAT|O_EXCL|O_CLOEXEC"}
	openTemp       = openMode{unix.O_WRONLY | unix.O_TMPFILE | unix.O_CLOEXEC, "O_WRONLY|O_CLOEXEC|O_TMPFILE"}
	openPlace      = openMode{unix.O_PATH | unix.O_CLOEXEC, "O_RDONLY|O_CLOEXEC|O_PATH"}
	openDir        = openMode{unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, "O_RDONLY|O_CLOEXEC|O_DIRECTORY"}
	// Access mode 3 gives a descriptor for ioctl alone (open(2), NOTES), so
	// Landlock asks for no right at the open. O_NOCTTY and O_NONBLOCK: looking
	// at a terminal must neither adopt it nor wait for its line.
	openIoctl = openMode{unix.O_ACCMODE | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC, "O_ACCMODE|O_NOCTTY|O_NONBLOCK|O_CLOEXEC"}
)

var openAttempts = map[key]func(Request, *Result){
	{"fs.execute", "execve"}:   execve,
	{"fs.execute", "execveat"}: execveat,
	{"fs.execute", "fexecve"}:  fexecve,

	{"fs.ioctl_dev", "ioctl"}:          ioctl(getTermios),
	{"fs.ioctl_dev", "ioctl_rnd"}:      ioctl(getEntropy),
	{"fs.ioctl_dev", "ioctl_nonblock"}: ioctl(setNonblock),

	{"fs.read_dir", "openat"}:        readDir(openatFD),
	{"fs.read_dir", "open"}:          readDir(openFD),
	{"fs.read_file", "openat"}:       openat(openRead),
	{"fs.read_file", "open"}:         open(openRead),
	{"fs.read_file", "openat2"}:      openat2(openRead),
	{"fs.write_file", "openat"}:      openat(openWrite),
	{"fs.write_file", "open"}:        open(openWrite),
	{"fs.write_file", "openat2"}:     openat2(openWrite),
	{"fs.write_file", "open_creat"}:  openat(openCreate),
	{"fs.read_file", "creat_rdonly"}: openat(openCreateRead),
	{"fs.write_file", "tmpfile"}:     openat(openTemp),

	{"fs.truncate", "truncate"}:   truncate,
	{"fs.truncate", "open_trunc"}: openat(openTrunc),
	{"fs.truncate", "creat"}:      creat,
	{"fs.truncate", "ftruncate"}:  ftruncate,
}

// newFileMode is the mode of a regular file that a probe creates.
const newFileMode = 0o600

// openatFD opens path, records the call, and returns -1 when it failed.
func openatFD(path string, m openMode, res *Result) int {
	c := NewCall("openat").Raw("AT_FDCWD").Path(path).Raw(m.text)
	var mode uint32
	if m.flags&unix.O_CREAT != 0 || m.flags&unix.O_TMPFILE == unix.O_TMPFILE {
		mode = newFileMode
		c = c.Octal(mode)
	}
	res.Call = c.End()
	for {
		fd, err := unix.Openat(unix.AT_FDCWD, path, m.flags, mode)
		if err == nil {
			res.Errno = 0
			return fd
		}
		if err != unix.EINTR {
			res.Errno = int(errnoOf(err))
			return -1
		}
	}
}

// seen records the path of an opened file and closes it.
func (r *Result) seen(fd int) {
	r.observe(fd)
	unix.Close(fd)
}

func openat(m openMode) func(Request, *Result) {
	return func(req Request, res *Result) {
		if fd := openatFD(req.Target, m, res); fd >= 0 {
			res.seen(fd)
		}
	}
}

// openFD is openatFD by the call that openat superseded.
func openFD(path string, m openMode, res *Result) int {
	res.Call = NewCall("open").Path(path).Raw(m.text).End()
	fd, e := rawPath(sysOpen, path, uintptr(m.flags), 0)
	if res.Errno = int(e); e != 0 {
		return -1
	}
	return fd
}

func open(m openMode) func(Request, *Result) {
	return func(req Request, res *Result) {
		if fd := openFD(req.Target, m, res); fd >= 0 {
			res.seen(fd)
		}
	}
}

func openat2(m openMode) func(Request, *Result) {
	return func(req Request, res *Result) {
		how := unix.OpenHow{Flags: uint64(m.flags)}
		res.Call = NewCall("openat2").Raw("AT_FDCWD").Path(req.Target).
			Raw("{flags=" + m.text + ", resolve=0}").Int(unix.SizeofOpenHow).End()
		var fd int
		e := retry(func() (err error) {
			fd, err = unix.Openat2(unix.AT_FDCWD, req.Target, &how)
			return err
		})
		if res.Errno = int(e); e == 0 {
			res.seen(fd)
		}
	}
}

// readDir reads one buffer of entries: a listing is more than the open, and
// one buffer shows it.
func readDir(open func(string, openMode, *Result) int) func(Request, *Result) {
	return func(req Request, res *Result) {
		fd := open(req.Target, openDir, res)
		if fd < 0 {
			return
		}
		defer res.seen(fd)
		var buf [1024]byte
		e := retry(func() error {
			_, err := unix.Getdents(fd, buf[:])
			return err
		})
		if e != 0 {
			res.Call = NewCall("getdents64").Int(fd).Raw("[]").Int(len(buf)).End()
			res.Errno = int(e)
		}
	}
}

func truncate(req Request, res *Result) {
	res.Call = NewCall("truncate").Path(req.Target).Int(0).End()
	res.Errno = int(retry(func() error { return unix.Truncate(req.Target, 0) }))
}

func creat(req Request, res *Result) {
	res.Call = NewCall("creat").Path(req.Target).Octal(newFileMode).End()
	fd, e := rawPath(sysCreat, req.Target, newFileMode, 0)
	if res.Errno = int(e); e == 0 {
		res.seen(fd)
	}
}

func ftruncate(req Request, res *Result) {
	fd := openatFD(req.Target, openWrite, res)
	if fd < 0 {
		res.notReached("ftruncate")
		return
	}
	defer res.seen(fd)
	ftruncateFD(fd, res)
}

func ftruncateFD(fd int, res *Result) {
	res.Call = NewCall("ftruncate").Int(fd).Int(0).End()
	res.Errno = int(retry(func() error { return unix.Ftruncate(fd, 0) }))
}

// command is a device command and how strace prints it.
type command struct {
	request uintptr
	text    string // with its argument
}

var (
	getTermios  = command{unix.TCGETS, "TCGETS, {...}"}
	getEntropy  = command{unix.RNDGETENTCNT, "RNDGETENTCNT, {...}"}
	setNonblock = command{fionbio(), "FIONBIO, [0]"}
)

// fionbio is FIONBIO, which x/sys lacks: asm-generic/ioctls.h, and the ioctls.h
// of the architectures that keep another numbering.
func fionbio() uintptr {
	switch runtime.GOARCH {
	case "mips", "mipsle", "mips64", "mips64le":
		return 0x667e
	case "ppc64", "ppc64le":
		return 0x8004667e
	}
	return 0x5421
}

func ioctl(c command) func(Request, *Result) {
	return func(req Request, res *Result) {
		fd := openatFD(req.Target, openIoctl, res)
		if fd < 0 {
			res.notReached("ioctl")
			return
		}
		defer res.seen(fd)
		ioctlFD(fd, c, res)
	}
}

func ioctlFD(fd int, c command, res *Result) {
	var arg unix.Termios // zero for what reads it, and the largest thing the commands write
	res.Call = NewCall("ioctl").Int(fd).Raw(c.text).End()
	res.Errno = int(retryRaw(func() syscall.Errno {
		_, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), c.request, uintptr(unsafe.Pointer(&arg)))
		return e
	}))
}

// rawPath makes a system call that takes a path and up to two more arguments, by its
// number, because x/sys answers these names with the *at calls.
func rawPath(nr uintptr, path string, arg, arg2 uintptr) (r int, e syscall.Errno) {
	p := cString(path)
	e = retryRaw(func() syscall.Errno {
		r1, _, e := unix.Syscall(nr, uintptr(unsafe.Pointer(p)), arg, arg2)
		r = int(r1)
		return e
	})
	return r, e
}
