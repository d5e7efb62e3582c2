package op

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Landlock mediates none of these; they are there for policies that do, and to
// show what a Landlock policy leaves open.
var metaAttempts = map[key]func(Request, *Result){
	{"syscall.access", "faccessat"}:    faccessat,
	{"syscall.access", "access"}:       access,
	{"syscall.access", "faccessat2"}:   faccessat2,
	{"syscall.chmod", "fchmodat"}:      fchmodat,
	{"syscall.chown", "fchownat"}:      fchownat,
	{"syscall.open_path", "openat"}:    openat(openPlace),
	{"syscall.readlink", "readlinkat"}: readlinkat,
	{"syscall.readlink", "readlink"}:   readlink,
	{"syscall.setxattr", "setxattr"}:   setxattr,
	{"syscall.stat", "lstat"}:          fstatat(unix.AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"),
	{"syscall.stat", "stat"}:           fstatat(0, "0"),
	{"syscall.stat", "statx"}:          statx,
	{"syscall.statfs", "statfs"}:       statfs,
	{"syscall.utimensat", "utimensat"}: utimensat,

	{"syscall.inotify_add_watch", "inotify_add_watch"}: inotifyAddWatch,
}

func fstatat(flags int, text string) func(Request, *Result) {
	return func(req Request, res *Result) {
		var st unix.Stat_t
		res.Call = NewCall("newfstatat").Raw("AT_FDCWD").Path(req.Target).Raw("{...}").Raw(text).End()
		res.Errno = int(retry(func() error { return unix.Fstatat(unix.AT_FDCWD, req.Target, &st, flags) }))
	}
}

func statx(req Request, res *Result) {
	var st unix.Statx_t
	res.Call = NewCall("statx").Raw("AT_FDCWD").Path(req.Target).Raw("AT_STATX_SYNC_AS_STAT").Raw("STATX_BASIC_STATS").Raw("{...}").End()
	res.Errno = int(retry(func() error { return unix.Statx(unix.AT_FDCWD, req.Target, 0, unix.STATX_BASIC_STATS, &st) }))
}

func faccessat(req Request, res *Result) {
	res.Call = NewCall("faccessat").Raw("AT_FDCWD").Path(req.Target).Raw("F_OK").End()
	res.Errno = int(retry(func() error { return unix.Faccessat(unix.AT_FDCWD, req.Target, unix.F_OK, 0) }))
}

func access(req Request, res *Result) {
	res.Call = NewCall("access").Path(req.Target).Raw("F_OK").End()
	_, e := rawPath(sysAccess, req.Target, unix.F_OK, 0)
	res.Errno = int(e)
}

func faccessat2(req Request, res *Result) {
	res.Call = NewCall("faccessat2").Raw("AT_FDCWD").Path(req.Target).Raw("F_OK").Raw("AT_EACCESS").End()
	res.Errno = int(retry(func() error { return unix.Faccessat2(unix.AT_FDCWD, req.Target, unix.F_OK, unix.AT_EACCESS) }))
}

func statfs(req Request, res *Result) {
	var st unix.Statfs_t
	res.Call = NewCall("statfs").Path(req.Target).Raw("{...}").End()
	res.Errno = int(retry(func() error { return unix.Statfs(req.Target, &st) }))
}

func readlinkat(req Request, res *Result) {
	var buf [unix.PathMax]byte
	res.Call = NewCall("readlinkat").Raw("AT_FDCWD").Path(req.Target).Raw("{...}").Int(len(buf)).End()
	res.Errno = int(retry(func() error { _, err := unix.Readlinkat(unix.AT_FDCWD, req.Target, buf[:]); return err }))
}

func readlink(req Request, res *Result) {
	path := cString(req.Target)
	var buf [unix.PathMax]byte
	res.Call = NewCall("readlink").Path(req.Target).Raw("{...}").Int(len(buf)).End()
	res.Errno = int(retryRaw(func() syscall.Errno {
		_, _, e := unix.Syscall(sysReadlink, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
		return e
	}))
}

// stat looks at the target, for calls that set what it has, so that nothing
// but its ctime changes. A file that cannot be looked at gets a call all the
// same: its errno is the answer.
func stat(path string) (st unix.Stat_t, ok bool) {
	ok = retry(func() error { return unix.Fstatat(unix.AT_FDCWD, path, &st, 0) }) == 0
	return st, ok
}

func fchmodat(req Request, res *Result) {
	mode := uint32(newFileMode)
	if st, ok := stat(req.Target); ok {
		mode = st.Mode & 0o7777
	}
	res.Call = NewCall("fchmodat").Raw("AT_FDCWD").Path(req.Target).Octal(mode).End()
	res.Errno = int(retry(func() error { return unix.Fchmodat(unix.AT_FDCWD, req.Target, mode, 0) }))
}

func fchownat(req Request, res *Result) {
	uid, gid := unix.Geteuid(), unix.Getegid()
	if st, ok := stat(req.Target); ok {
		uid, gid = int(st.Uid), int(st.Gid)
	}
	res.Call = NewCall("fchownat").Raw("AT_FDCWD").Path(req.Target).Int(uid).Int(gid).Raw("0").End()
	res.Errno = int(retry(func() error { return unix.Fchownat(unix.AT_FDCWD, req.Target, uid, gid, 0) }))
}

func utimensat(req Request, res *Result) {
	var ts []unix.Timespec
	if st, ok := stat(req.Target); ok {
		ts = []unix.Timespec{st.Atim, st.Mtim}
	} else {
		ts = make([]unix.Timespec, 2)
	}
	res.Call = NewCall("utimensat").Raw("AT_FDCWD").Path(req.Target).Raw("[{...}]").Raw("0").End()
	res.Errno = int(retry(func() error { return unix.UtimesNanoAt(unix.AT_FDCWD, req.Target, ts, 0) }))
}

// xattrName is the attribute that probes set, read and remove.
const xattrName = "user.rtgen"

func setxattr(req Request, res *Result) {
	res.Call = NewCall("setxattr").Path(req.Target).Path(xattrName).Path("1").Int(1).Raw("0").End()
	res.Errno = int(retry(func() error { return unix.Setxattr(req.Target, xattrName, []byte("1"), 0) }))
}

// withXattr sets the attribute before the policy.
func withXattr(name string, do func(Request, *Result)) preparer {
	return func(req Request, res *Result) (func(*Result), func()) {
		if setxattr(req, res); res.Errno != 0 {
			res.notReached(name)
			return nil, nil
		}
		return func(res *Result) { do(req, res) }, nil
	}
}

func getxattr(req Request, res *Result) {
	var buf [16]byte
	res.Call = NewCall("getxattr").Path(req.Target).Path(xattrName).Raw("{...}").Int(len(buf)).End()
	res.Errno = int(retry(func() error { _, err := unix.Getxattr(req.Target, xattrName, buf[:]); return err }))
}

func removexattr(req Request, res *Result) {
	res.Call = NewCall("removexattr").Path(req.Target).Path(xattrName).End()
	res.Errno = int(retry(func() error { return unix.Removexattr(req.Target, xattrName) }))
}

func inotifyAddWatch(req Request, res *Result) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		res.Err = "inotify_init1(IN_CLOEXEC) failed with " + errnoText(errnoOf(err))
		return
	}
	defer unix.Close(fd)
	res.Call = NewCall("inotify_add_watch").Int(fd).Path(req.Target).Raw("IN_ATTRIB").End()
	res.Errno = int(retry(func() error { _, err := unix.InotifyAddWatch(fd, req.Target, unix.IN_ATTRIB); return err }))
}

// fsPreparers hold variants that give the thread its own working directory and
// root before the policy, or set an attribute.
var fsPreparers = map[key]preparer{
	{"syscall.chdir", "chdir"}:          ownDirectory("chdir", chdir),
	{"syscall.chdir", "fchdir"}:         ownDirectory("fchdir", fchdir),
	{"syscall.chroot", "chroot"}:        ownDirectory("chroot", chroot),
	{"syscall.setxattr", "getxattr"}:    withXattr("getxattr", getxattr),
	{"syscall.setxattr", "removexattr"}: withXattr("removexattr", removexattr),
}

// ownDirectory takes the thread's working directory and root apart from those
// of the process: what the call changes ends with the thread.
func ownDirectory(name string, do func(Request, *Result)) preparer {
	return func(req Request, res *Result) (func(*Result), func()) {
		if !unshare(unix.CLONE_FS, "CLONE_FS", name, res) {
			return nil, nil
		}
		return func(res *Result) { do(req, res) }, nil
	}
}

func unshare(flags int, text, name string, res *Result) bool {
	res.Call = NewCall("unshare").Raw(text).End()
	e := retry(func() error { return unix.Unshare(flags) })
	if e != 0 {
		res.Errno = int(e)
		res.notReached(name)
		return false
	}
	res.ownMounts = flags&unix.CLONE_NEWNS != 0
	return true
}

func chdir(req Request, res *Result) {
	res.Call = NewCall("chdir").Path(req.Target).End()
	res.Errno = int(retry(func() error { return unix.Chdir(req.Target) }))
}

func fchdir(req Request, res *Result) {
	fd := openatFD(req.Target, openPlace, res)
	if fd < 0 {
		res.notReached("fchdir")
		return
	}
	defer res.seen(fd)
	res.Call = NewCall("fchdir").Int(fd).End()
	res.Errno = int(retry(func() error { return unix.Fchdir(fd) }))
}

func chroot(req Request, res *Result) {
	res.Call = NewCall("chroot").Path(req.Target).End()
	res.Errno = int(retry(func() error { return unix.Chroot(req.Target) }))
}
