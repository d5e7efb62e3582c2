package seatbelt

import (
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
	"github.com/rtgen/rtgen/harness/internal/op"
)

func pathOf(fd int) (path string, errno int) {
	errno = try(func() (err error) { path, err = libsystem.PathOf(fd); return err })
	return path, errno
}

func pathWithoutFirmlinks(fd int) (path string, errno int) {
	errno = try(func() (err error) { path, err = libsystem.PathWithoutFirmlinks(fd); return err })
	return path, errno
}

func device(st *unix.Stat_t) uint64 { return uint64(uint32(st.Dev)) }

// fileSystem asks what file system a descriptor is on, and where that is mounted.
func fileSystem(fd int, f *op.File) {
	var st unix.Statfs_t
	if f.FSErrno = try(func() error { return unix.Fstatfs(fd, &st) }); f.FSErrno != 0 {
		f.MountErr = "fstatfs failed"
		return
	}
	f.Mount = unix.ByteSliceToString(st.Mntonname[:])
	f.FSType = unix.ByteSliceToString(st.Fstypename[:])
	f.FSID = st.Fsid.Val
}

// openSight opens what a path leads to, for looking at it alone: O_EVTONLY keeps
// no volume from being unmounted, and O_NONBLOCK waits for no peer and no line
// (open(2)). O_SYMLINK opens a link itself.
func openSight(path string, follow bool) (fd, errno int) {
	flags := unix.O_EVTONLY | unix.O_NONBLOCK | unix.O_CLOEXEC
	if !follow {
		flags |= unix.O_SYMLINK
	}
	errno = try(func() (err error) { fd, err = unix.Open(path, flags, 0); return err })
	return fd, errno
}

// mountOf is where the file system that a path leads to is mounted; empty: not
// known.
func mountOf(path string) string {
	var st unix.Statfs_t
	if try(func() error { return unix.Statfs(path, &st) }) != 0 {
		return ""
	}
	return unix.ByteSliceToString(st.Mntonname[:])
}
