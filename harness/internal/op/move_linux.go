package op

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var moveAttempts = map[key]func(Request, *Result){
	{"fs.refer", "rename"}:    renameat2(0, "0"),
	{"fs.refer", "link"}:      linkat,
	{"fs.refer", "exchange"}:  renameat2(unix.RENAME_EXCHANGE, "RENAME_EXCHANGE"),
	{"fs.refer", "noreplace"}: renameat2(unix.RENAME_NOREPLACE, "RENAME_NOREPLACE"),

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
		res.Call = NewCall("renameat2").Raw("AT_FDCWD").Path(req.Source).Raw("AT_FDCWD").Path(req.Target).Raw(text).End()
		res.Errno = int(retry(func() error {
			return unix.Renameat2(unix.AT_FDCWD, req.Source, unix.AT_FDCWD, req.Target, flags)
		}))
	}
}

// renameat is made by its number, because x/sys answers the name with renameat2.
func renameat(req Request, res *Result) {
	source, target := cString(req.Source), cString(req.Target)
	res.Call = NewCall("renameat").Raw("AT_FDCWD").Path(req.Source).Raw("AT_FDCWD").Path(req.Target).End()
	res.Errno = int(retryRaw(func() syscall.Errno {
		_, _, e := unix.Syscall6(sysRenameat, here, uintptr(unsafe.Pointer(source)), here, uintptr(unsafe.Pointer(target)), 0, 0)
		return e
	}))
}

func linkat(req Request, res *Result) {
	res.Call = NewCall("linkat").Raw("AT_FDCWD").Path(req.Source).Raw("AT_FDCWD").Path(req.Target).Raw("0").End()
	res.Errno = int(retry(func() error {
		return unix.Linkat(unix.AT_FDCWD, req.Source, unix.AT_FDCWD, req.Target, 0)
	}))
}
