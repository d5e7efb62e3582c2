package op

import (
	"errors"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// key names a row of the table: operation and variant.
type key struct{ op, variant string }

// attempts holds one function for each variant of the table; a test holds that
// none is missing.
var attempts = map[key]func(Request, *Result){
	{"fs.execute", "execve"}: execve,

	{"fs.ioctl_dev", "ioctl"}:     ioctl(unix.TCGETS, "TCGETS"),
	{"fs.ioctl_dev", "ioctl_rnd"}: ioctl(unix.RNDGETENTCNT, "RNDGETENTCNT"),

	{"fs.make_block", "mknodat"}: mknodat(unix.S_IFBLK, "S_IFBLK|0600", 7, 0),
	// The kernel lets anyone make the whiteout device 0:0 (vfs_mknod).
	{"fs.make_char", "mknodat"}: mknodat(unix.S_IFCHR, "S_IFCHR|0600", 0, 0),
	{"fs.make_fifo", "mknodat"}: mknodat(unix.S_IFIFO, "S_IFIFO|0600", 0, 0),
	{"fs.make_reg", "mknodat"}:  mknodat(unix.S_IFREG, "S_IFREG|0600", 0, 0),
	{"fs.make_sock", "mknodat"}: mknodat(unix.S_IFSOCK, "S_IFSOCK|0600", 0, 0),

	{"fs.make_dir", "mkdirat"}:    mkdirat,
	{"fs.make_dir", "mkdir"}:      mkdir,
	{"fs.make_reg", "open_creat"}: openat(openCreate),
	{"fs.make_sock", "bind"}:      bindUnix,
	{"fs.make_sym", "symlinkat"}:  symlinkat,
	{"fs.make_sym", "symlink"}:    twoPaths("symlink", sysSymlink),

	{"fs.read_dir", "openat"}:    readDir,
	{"fs.read_file", "openat"}:   openat(openRead),
	{"fs.read_file", "open"}:     open(openRead),
	{"fs.read_file", "openat2"}:  openat2(openRead),
	{"fs.write_file", "openat"}:  openat(openWrite),
	{"fs.write_file", "open"}:    open(openWrite),
	{"fs.write_file", "openat2"}: openat2(openWrite),

	{"fs.refer", "rename"}: refer(renameat2),
	{"fs.refer", "link"}:   refer(linkat),

	{"fs.remove_dir", "unlinkat"}:  unlinkat(unix.AT_REMOVEDIR, "AT_REMOVEDIR"),
	{"fs.remove_dir", "rmdir"}:     onePath("rmdir", sysRmdir),
	{"fs.remove_file", "unlinkat"}: unlinkat(0, "0"),
	{"fs.remove_file", "unlink"}:   onePath("unlink", sysUnlink),

	{"fs.truncate", "truncate"}:   truncate,
	{"fs.truncate", "open_trunc"}: openat(openTrunc),
	{"fs.truncate", "ftruncate"}:  ftruncate,

	{"net.bind_tcp", "bind"}:       bindTCP,
	{"net.connect_tcp", "connect"}: connectTCP,

	{"syscall.access", "faccessat"}: faccessat,
	{"syscall.chmod", "fchmodat"}:   fchmodat,
	{"syscall.link", "linkat"}:      linkat,
	{"syscall.link", "link"}:        twoPaths("link", sysLink),
	{"syscall.rename", "renameat2"}: renameat2,
	{"syscall.rename", "rename"}:    twoPaths("rename", sysRename),
	{"syscall.stat", "lstat"}:       fstatat(unix.AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"),
	{"syscall.stat", "stat"}:        fstatat(0, "0"),
}

func attempt(o *Op, v *Variant, req Request, res *Result) {
	do, ok := attempts[key{o.Name, v.Name}]
	if !ok {
		res.Err = "bug: no attempt is written for " + o.Name + " by " + v.Name
		return
	}
	do(req, res)
}

// retry makes a call again for as long as a signal interrupts it; the Go
// runtime sends its threads signals at any time.
func retry(f func() error) syscall.Errno {
	for {
		if e := errnoOf(f()); e != unix.EINTR {
			return e
		}
	}
}

func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return unix.EIO // x/sys returns nothing but Errno from a system call
}

// errnoText is an errno for a one-line message, e.g. "EACCES".
func errnoText(e syscall.Errno) string {
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return "errno " + strconv.Itoa(int(e))
}

// notReached says that a call before the one under test failed. Call and Errno
// stay those of the failed call, and Err keeps them from being a decision.
func (r *Result) notReached(name string) {
	r.Err = name + " was not reached: " + r.Call + " failed with " + errnoText(syscall.Errno(r.Errno))
}

// observe records what path the kernel says fd has. Reading the link is not
// mediated by Landlock, and a thread may always look at its own process.
func (r *Result) observe(fd int) {
	var text [48]byte
	name := strconv.AppendInt(append(text[:0], "/proc/thread-self/fd/"...), int64(fd), 10)
	var buf [unix.PathMax]byte
	n, err := unix.Readlink(string(name), buf[:])
	if err == nil && n < len(buf) {
		r.ObservedPath = string(buf[:n])
	}
}
