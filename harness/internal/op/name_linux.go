package op

import (
	"path/filepath"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mknodat makes a node of the given type, mode 0600. The device numbers count
// for S_IFBLK and S_IFCHR.
func mknodat(kind uint32, text string, major, minor uint32) func(Request, *Result) {
	dev := int(unix.Mkdev(major, minor))
	device := kind == unix.S_IFBLK || kind == unix.S_IFCHR
	devText := "makedev(" + hexText(major) + ", " + hexText(minor) + ")"
	return func(req Request, res *Result) {
		c := newCall("mknodat").raw("AT_FDCWD").path(req.Target).raw(text)
		if device {
			c = c.raw(devText)
		}
		res.Call = c.end()
		res.Errno = int(retry(func() error {
			return unix.Mknodat(unix.AT_FDCWD, req.Target, kind|newFileMode, dev)
		}))
	}
}

// hexText is a device number as strace prints it: 0 bare, others in hex.
func hexText(n uint32) string {
	if n == 0 {
		return "0"
	}
	return "0x" + strconv.FormatUint(uint64(n), 16)
}

// newDirMode is the mode of a directory that a probe creates.
const newDirMode = 0o700

func mkdirat(req Request, res *Result) {
	res.Call = newCall("mkdirat").raw("AT_FDCWD").path(req.Target).octal(newDirMode).end()
	res.Errno = int(retry(func() error { return unix.Mkdirat(unix.AT_FDCWD, req.Target, newDirMode) }))
}

func mkdir(req Request, res *Result) {
	if lacks("mkdir", sysMkdir, res) {
		return
	}
	res.Call = newCall("mkdir").path(req.Target).octal(newDirMode).end()
	_, e := rawPath(sysMkdir, req.Target, newDirMode)
	res.Errno = int(e)
}

func symlinkat(req Request, res *Result) {
	res.Call = newCall("symlinkat").path(req.Source).raw("AT_FDCWD").path(req.Target).end()
	res.Errno = int(retry(func() error { return unix.Symlinkat(req.Source, unix.AT_FDCWD, req.Target) }))
}

func unlinkat(flags int, text string) func(Request, *Result) {
	return func(req Request, res *Result) {
		res.Call = newCall("unlinkat").raw("AT_FDCWD").path(req.Target).raw(text).end()
		res.Errno = int(retry(func() error { return unix.Unlinkat(unix.AT_FDCWD, req.Target, flags) }))
	}
}

func renameat2(req Request, res *Result) {
	res.Call = newCall("renameat2").raw("AT_FDCWD").path(req.Source).raw("AT_FDCWD").path(req.Target).raw("0").end()
	res.Errno = int(retry(func() error {
		return unix.Renameat2(unix.AT_FDCWD, req.Source, unix.AT_FDCWD, req.Target, 0)
	}))
}

func linkat(req Request, res *Result) {
	res.Call = newCall("linkat").raw("AT_FDCWD").path(req.Source).raw("AT_FDCWD").path(req.Target).raw("0").end()
	res.Errno = int(retry(func() error {
		return unix.Linkat(unix.AT_FDCWD, req.Source, unix.AT_FDCWD, req.Target, 0)
	}))
}

// refer makes the attempt only when the two directories differ: within one,
// the kernel never asks for the right, and an answer would be about another
// operation.
func refer(do func(Request, *Result)) func(Request, *Result) {
	return func(req Request, res *Result) {
		if filepath.Dir(req.Source) == filepath.Dir(req.Target) {
			res.Err = "fs.refer needs a source and a target in different directories; use syscall." + res.Syscall + " within one"
			return
		}
		do(req, res)
	}
}

// onePath attempts a call that takes a path alone.
func onePath(name string, nr uintptr) func(Request, *Result) {
	return func(req Request, res *Result) {
		if lacks(name, nr, res) {
			return
		}
		res.Call = newCall(name).path(req.Target).end()
		_, e := rawPath(nr, req.Target, 0)
		res.Errno = int(e)
	}
}

// twoPaths attempts a call that takes source and target.
func twoPaths(name string, nr uintptr) func(Request, *Result) {
	return func(req Request, res *Result) {
		if lacks(name, nr, res) {
			return
		}
		source, err1 := unix.BytePtrFromString(req.Source)
		target, err2 := unix.BytePtrFromString(req.Target)
		if err1 != nil || err2 != nil {
			res.Err = "a path cannot hold a NUL byte"
			return
		}
		res.Call = newCall(name).path(req.Source).path(req.Target).end()
		for {
			_, _, e := unix.Syscall(nr, uintptr(unsafe.Pointer(source)), uintptr(unsafe.Pointer(target)), 0)
			if e != unix.EINTR {
				res.Errno = int(e)
				return
			}
		}
	}
}
