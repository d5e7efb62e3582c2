package op

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/mounts"
)

// OpenView is for the process's first thread, or another that never leaves the
// namespaces and the root of the process. What cannot be opened is not known.
func OpenView() *View {
	v := &View{fds: -1}
	if fd, e := openPath("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC); e == 0 {
		v.fds = fd
	}
	v.mounts, _ = mounts.Open()
	return v
}

// observe records what fd is open on, and by what path.
func (r *Result) observe(fd int) {
	r.File = new(File)
	r.ObservedPath, r.PathErrno = r.File.describe(fd, r.view, r.ownMounts)
	r.File.statFS(fd)
}

// describe fills in everything but the file system, and returns the path.
func (f *File) describe(fd int, view *View, ownMounts bool) (path string, errno int) {
	f.stat(fd)
	text, e := view.name(fd)
	if e != 0 {
		f.NoPath, f.MountErr = "unread", "the path is not known"
		return "", int(e)
	}
	if f.NoPath = f.unnamed(text); f.NoPath == "" && ownMounts {
		f.NoPath = "other_namespace"
	}
	path = text
	if f.NoPath == isDeleted {
		path = strings.TrimSuffix(text, deleted)
	}
	f.mounted(path, view, ownMounts)
	if f.NoPath != "" {
		f.Text, f.Elsewhere = text, ""
		return "", 0
	}
	return path, 0
}

// mounted finds the mount that the file is in, by its path or the one it had. A
// mount out of reach takes the path away.
func (f *File) mounted(path string, view *View, ownMounts bool) {
	switch {
	case ownMounts:
		f.MountErr = "the thread had mounts of its own"
	case f.NoPath != "" && f.NoPath != isDeleted:
		f.MountErr = "no path leads there"
	case f.MountID == 0:
		f.MountErr = "the kernel gives no mount id"
	}
	if f.MountErr != "" {
		return
	}
	m, err := view.table().Of(f.MountID, path)
	if err == nil {
		f.Mount, f.FSType, f.Elsewhere = m.Path, m.FSType, m.Elsewhere
		return
	}
	f.MountErr = err.Error()
	if errors.Is(err, mounts.ErrUnreachable) && f.NoPath == "" {
		f.NoPath = "unreachable"
	}
}

// deleted is what the kernel puts behind the path that a file had.
const (
	deleted   = " (deleted)"
	isDeleted = "deleted"
)

// stat asks for identity, type and mount in one call.
func (f *File) stat(fd int) {
	var st unix.Statx_t
	e := retry(func() error {
		return unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_TYPE|unix.STATX_INO|unix.STATX_MNT_ID, &st)
	})
	if f.StatErrno = int(e); e != 0 {
		return
	}
	f.Dev, f.Ino = unix.Mkdev(st.Dev_major, st.Dev_minor), st.Ino
	f.Type = KindName(uint32(st.Mode))
	if st.Mask&unix.STATX_MNT_ID != 0 {
		f.MountID = st.Mnt_id
	}
}

// unnamed says what the kernel's text for a descriptor stands for when that is
// no path (d_path in fs/d_path.c of the kernel, and the names of its own file
// systems); empty when it is one.
func (f *File) unnamed(text string) string {
	switch {
	case !strings.HasPrefix(text, "/"):
		if strings.HasPrefix(text, "(unreachable)") {
			return "unreachable"
		}
		kind, _, _ := strings.Cut(text, ":")
		return kind // "pipe:[4711]", "anon_inode:[eventfd]"
	case !strings.HasSuffix(text, deleted):
		return ""
	case f.StatErrno == 0 && f.isAt(text): // a file may be called so
		return ""
	case strings.HasPrefix(text, "/memfd:"):
		return "memfd"
	}
	return isDeleted
}

// isAt reports whether a path leads to this very file.
func (f *File) isAt(path string) bool {
	var st unix.Stat_t
	e := retry(func() error { return unix.Fstatat(unix.AT_FDCWD, path, &st, unix.AT_SYMLINK_NOFOLLOW) })
	return e == 0 && uint64(st.Dev) == f.Dev && st.Ino == f.Ino
}

// statFS asks what file system it is on. What the mount table calls it is more
// exact: one magic number stands for several.
func (f *File) statFS(fd int) {
	var st unix.Statfs_t
	e := retry(func() error { return unix.Fstatfs(fd, &st) })
	if f.FSErrno = int(e); e != 0 {
		f.FSType = ""
		return
	}
	f.FSID = st.Fsid.Val
	if f.FSType == "" {
		f.FSType = fsName(uint32(st.Type))
	}
}

func (v *View) table() *mounts.Live {
	if v == nil {
		return nil
	}
	return v.mounts
}

// name reads what the kernel calls a descriptor. A thread may always look at
// those of its process: no policy is asked (ptrace_may_access in kernel/ptrace.c
// of the kernel), and reading a link is no right of Landlock's. By the process's
// folder that is cheaper than by the thread's, which the kernel has yet to make
// up for a thread that has just come to life.
func (v *View) name(fd int) (string, unix.Errno) {
	dir, name := unix.AT_FDCWD, "/proc/thread-self/fd/"+strconv.Itoa(fd)
	if v != nil && v.fds >= 0 {
		dir, name = v.fds, strconv.Itoa(fd)
	}
	var buf [unix.PathMax]byte
	n := 0
	e := retry(func() (err error) { n, err = unix.Readlinkat(dir, name, buf[:]); return err })
	switch {
	case e != 0:
		return "", e
	case n == len(buf):
		return "", unix.ENAMETOOLONG // the rest of it is missing
	}
	return string(buf[:n]), 0
}
