package op

import (
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

var moveAttempts = map[key]func(Request, *Result){
	{"fs.refer", "rename"}:    refer(renameat2(0, "0")),
	{"fs.refer", "link"}:      refer(linkat),
	{"fs.refer", "exchange"}:  refer(renameat2(unix.RENAME_EXCHANGE, "RENAME_EXCHANGE")),
	{"fs.refer", "noreplace"}: refer(renameat2(unix.RENAME_NOREPLACE, "RENAME_NOREPLACE")),

	{"syscall.link", "linkat"}:      linkat,
	{"syscall.link", "link"}:        twoPaths("link", sysLink),
	{"syscall.rename", "renameat2"}: renameat2(0, "0"),
	{"syscall.rename", "renameat"}:  renameat,
	{"syscall.rename", "rename"}:    twoPaths("rename", sysRename),
	{"syscall.rename", "noreplace"}: renameat2(unix.RENAME_NOREPLACE, "RENAME_NOREPLACE"),
	{"syscall.rename", "exchange"}:  renameat2(unix.RENAME_EXCHANGE, "RENAME_EXCHANGE"),
}

func renameat2(flags uint, text string) func(Request, *Result) {
	return func(req Request, res *Result) {
		res.Call = newCall("renameat2").raw("AT_FDCWD").path(req.Source).raw("AT_FDCWD").path(req.Target).raw(text).end()
		res.Errno = int(retry(func() error {
			return unix.Renameat2(unix.AT_FDCWD, req.Source, unix.AT_FDCWD, req.Target, flags)
		}))
	}
}

// renameat is made by its number, because x/sys answers the name with renameat2.
func renameat(req Request, res *Result) {
	if lacks("renameat", sysRenameat, res) {
		return
	}
	source, err1 := unix.BytePtrFromString(req.Source)
	target, err2 := unix.BytePtrFromString(req.Target)
	if err1 != nil || err2 != nil {
		res.Err = "a path cannot hold a NUL byte"
		return
	}
	here := unix.AT_FDCWD
	res.Call = newCall("renameat").raw("AT_FDCWD").path(req.Source).raw("AT_FDCWD").path(req.Target).end()
	for {
		_, _, e := unix.Syscall6(sysRenameat, uintptr(here), uintptr(unsafe.Pointer(source)), uintptr(here), uintptr(unsafe.Pointer(target)), 0, 0)
		if e != unix.EINTR {
			res.Errno = int(e)
			return
		}
	}
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
			within := "syscall.rename"
			if res.Syscall == "link" {
				within = "syscall.link"
			}
			res.Err = "fs.refer needs a source and a target in different directories; use " + within + " within one"
			return
		}
		do(req, res)
	}
}
