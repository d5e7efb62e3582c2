package op

import (
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var nameAttempts = map[key]func(Request, *Result){
	{"fs.make_block", "mknodat"}: mknodat(blockDevice),
	{"fs.make_block", "mknod"}:   mknod(blockDevice),
	{"fs.make_char", "mknodat"}:  mknodat(charDevice),
	{"fs.make_char", "mknod"}:    mknod(charDevice),
	{"fs.make_fifo", "mknodat"}:  mknodat(namedPipe),
	{"fs.make_fifo", "mknod"}:    mknod(namedPipe),
	{"fs.make_reg", "mknodat"}:   mknodat(regularFile),
	{"fs.make_reg", "mknod"}:     mknod(regularFile),
	{"fs.make_sock", "mknodat"}:  mknodat(socketName),
	{"fs.make_sock", "mknod"}:    mknod(socketName),

	{"fs.make_dir", "mkdirat"}:      mkdirat,
	{"fs.make_dir", "mkdir"}:        mkdir,
	{"fs.make_reg", "open_creat"}:   openat(openCreate),
	{"fs.make_reg", "creat_rdonly"}: openat(openCreateRead),
	{"fs.make_sock", "bind"}:        atPath("; use syscall mknodat", bindUnix(streamSocket)),
	{"fs.make_sock", "bind_dgram"}:  atPath("; use syscall mknodat", bindUnix(datagramSocket)),
	{"fs.make_sym", "symlinkat"}:    symlinkat,
	{"fs.make_sym", "symlink"}:      twoPaths("symlink", sysSymlink),
	{"fs.remove_dir", "unlinkat"}:   unlinkat(unix.AT_REMOVEDIR, "AT_REMOVEDIR"),
	{"fs.remove_dir", "rmdir"}:      onePath("rmdir", sysRmdir),
	{"fs.remove_file", "unlinkat"}:  unlinkat(0, "0"),
	{"fs.remove_file", "unlink"}:    onePath("unlink", sysUnlink),
}

// node is a kind of file that mknod makes, mode 0600. The device numbers count
// for S_IFBLK and S_IFCHR.
type node struct {
	kind         uint32
	text         string
	major, minor uint32
}

var (
	blockDevice = node{unix.S_IFBLK, "S_IFBLK|0600", 7, 0}
	// The kernel lets anyone make the whiteout device 0:0 (vfs_mknod).
	charDevice  = node{unix.S_IFCHR, "S_IFCHR|0600", 0, 0}
	namedPipe   = node{kind: unix.S_IFIFO, text: "S_IFIFO|0600"}
	regularFile = node{kind: unix.S_IFREG, text: "S_IFREG|0600"}
	socketName  = node{kind: unix.S_IFSOCK, text: "S_IFSOCK|0600"}
)

func (n node) dev() int { return int(unix.Mkdev(n.major, n.minor)) }

// args appends the arguments that follow the path.
func (n node) args(c Call) string {
	c = c.Raw(n.text)
	if n.kind == unix.S_IFBLK || n.kind == unix.S_IFCHR {
		c = c.Raw("makedev(" + hexText(n.major) + ", " + hexText(n.minor) + ")")
	}
	return c.End()
}

func mknodat(n node) func(Request, *Result) {
	return func(req Request, res *Result) {
		res.Call = n.args(NewCall("mknodat").Raw("AT_FDCWD").Path(req.Target))
		res.Errno = int(retry(func() error {
			return unix.Mknodat(unix.AT_FDCWD, req.Target, n.kind|newFileMode, n.dev())
		}))
	}
}

func mknod(n node) func(Request, *Result) {
	return func(req Request, res *Result) {
		res.Call = n.args(NewCall("mknod").Path(req.Target))
		_, e := rawPath(sysMknod, req.Target, uintptr(n.kind|newFileMode), uintptr(n.dev()))
		res.Errno = int(e)
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
	res.Call = NewCall("mkdirat").Raw("AT_FDCWD").Path(req.Target).Octal(newDirMode).End()
	res.Errno = int(retry(func() error { return unix.Mkdirat(unix.AT_FDCWD, req.Target, newDirMode) }))
}

func mkdir(req Request, res *Result) {
	res.Call = NewCall("mkdir").Path(req.Target).Octal(newDirMode).End()
	_, e := rawPath(sysMkdir, req.Target, newDirMode, 0)
	res.Errno = int(e)
}

func symlinkat(req Request, res *Result) {
	res.Call = NewCall("symlinkat").Path(req.Source).Raw("AT_FDCWD").Path(req.Target).End()
	res.Errno = int(retry(func() error { return unix.Symlinkat(req.Source, unix.AT_FDCWD, req.Target) }))
}

func unlinkat(flags int, text string) func(Request, *Result) {
	return func(req Request, res *Result) {
		res.Call = NewCall("unlinkat").Raw("AT_FDCWD").Path(req.Target).Raw(text).End()
		res.Errno = int(retry(func() error { return unix.Unlinkat(unix.AT_FDCWD, req.Target, flags) }))
	}
}

// onePath attempts a call that takes a path alone.
func onePath(name string, nr uintptr) func(Request, *Result) {
	return func(req Request, res *Result) {
		res.Call = NewCall(name).Path(req.Target).End()
		_, e := rawPath(nr, req.Target, 0, 0)
		res.Errno = int(e)
	}
}

// twoPaths attempts a call that takes source and target.
func twoPaths(name string, nr uintptr) func(Request, *Result) {
	return func(req Request, res *Result) {
		source, target := cString(req.Source), cString(req.Target)
		res.Call = NewCall(name).Path(req.Source).Path(req.Target).End()
		res.Errno = int(retryRaw(func() syscall.Errno {
			_, _, e := unix.Syscall(nr, uintptr(unsafe.Pointer(source)), uintptr(unsafe.Pointer(target)), 0)
			return e
		}))
	}
}
