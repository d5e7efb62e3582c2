package op

import (
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// heldPreparers hold variants that use a descriptor opened before the policy.
var heldPreparers = map[key]preparer{
	{"fs.read_file", "held"}:          held("read", openRead, readByte),
	{"fs.write_file", "held"}:         held("write", openAppend, writeByte),
	{"fs.truncate", "ftruncate_held"}: held("ftruncate", openWrite, func(fd int, _ Request, res *Result) { ftruncateFD(fd, res) }),
	{"fs.ioctl_dev", "ioctl_held"}:    held("ioctl", openIoctl, func(fd int, _ Request, res *Result) { ioctlFD(fd, getTermios, res) }),
	{"fs.make_reg", "tmpfile"}:        tmpfile,
	{"syscall.chmod", "fchmod"}:       held("fchmod", openRead, fchmod),
	{"syscall.flock", "flock"}:        held("flock", openRead, flock),
}

var openAppend = openMode{unix.O_WRONLY | unix.O_APPEND | unix.O_CLOEXEC, "O_WRONLY|O_APPEND|O_CLOEXEC"}

// held opens the target before the policy and makes the call after it.
func held(name string, m openMode, do func(int, Request, *Result)) preparer {
	return func(req Request, res *Result) (func(*Result), func()) {
		return holding(name, req.Target, m, res, func(fd int, res *Result) { do(fd, req, res) })
	}
}

func holding(name, path string, m openMode, res *Result, do func(int, *Result)) (func(*Result), func()) {
	fd := openatFD(path, m, res)
	if fd < 0 {
		res.notReached(name)
		return nil, nil
	}
	res.observe(fd)
	return func(res *Result) { do(fd, res) }, func() { unix.Close(fd) }
}

func readByte(fd int, _ Request, res *Result) {
	var buf [1]byte
	// What was read is data of the target, and no evidence.
	res.Call = NewCall("read").Int(fd).Raw("{...}").Int(len(buf)).End()
	res.Errno = int(retry(func() error { _, err := unix.Read(fd, buf[:]); return err }))
}

func writeByte(fd int, _ Request, res *Result) {
	res.Call = NewCall("write").Int(fd).Path("x").Int(1).End()
	res.Errno = int(retry(func() error { _, err := unix.Write(fd, []byte("x")); return err }))
}

// fchmod sets the mode that the file has, as fchmodat does.
func fchmod(fd int, _ Request, res *Result) {
	mode := uint32(newFileMode)
	var st unix.Stat_t
	if retry(func() error { return unix.Fstat(fd, &st) }) == 0 {
		mode = st.Mode & 0o7777
	}
	res.Call = NewCall("fchmod").Int(fd).Octal(mode).End()
	res.Errno = int(retry(func() error { return unix.Fchmod(fd, mode) }))
}

// flock takes a lock and does not wait for it; it goes with the descriptor.
func flock(fd int, _ Request, res *Result) {
	res.Call = NewCall("flock").Int(fd).Raw("LOCK_SH|LOCK_NB").End()
	res.Errno = int(retry(func() error { return unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB) }))
}

// tmpfile gives the target's name to a file that has none. The file is made
// before the policy: what is then asked for is the right to make the name.
func tmpfile(req Request, res *Result) (func(*Result), func()) {
	return holding("linkat", filepath.Dir(req.Target), openTemp, res, func(fd int, res *Result) {
		source := "/proc/thread-self/fd/" + strconv.Itoa(fd)
		res.Call = NewCall("linkat").Raw("AT_FDCWD").Path(source).Raw("AT_FDCWD").Path(req.Target).Raw("AT_SYMLINK_FOLLOW").End()
		res.Errno = int(retry(func() error {
			return unix.Linkat(unix.AT_FDCWD, source, unix.AT_FDCWD, req.Target, unix.AT_SYMLINK_FOLLOW)
		}))
		if res.Errno == 0 {
			res.observe(fd)
		}
	})
}
