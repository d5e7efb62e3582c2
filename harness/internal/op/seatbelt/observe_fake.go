//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// pathOf is what /proc calls a descriptor, in place of F_GETPATH.
func pathOf(fd int) (path string, errno int) {
	buf := make([]byte, unix.PathMax)
	n := 0
	errno = try(func() (err error) {
		n, err = unix.Readlink("/proc/self/fd/"+strconv.Itoa(fd), buf)
		return err
	})
	if errno != 0 {
		return "", errno
	}
	return string(buf[:n]), 0
}

// pathWithoutFirmlinks is pathOf: there are no firmlinks here.
func pathWithoutFirmlinks(fd int) (path string, errno int) { return pathOf(fd) }

func device(st *unix.Stat_t) uint64 { return uint64(st.Dev) }

func fileSystem(fd int, f *op.File) {
	f.MountErr = "the stand-in knows no mounts"
	var st unix.Statfs_t
	if f.FSErrno = try(func() error { return unix.Fstatfs(fd, &st) }); f.FSErrno == 0 {
		f.FSType, f.FSID = "0x"+strconv.FormatUint(uint64(uint32(st.Type)), 16), st.Fsid.Val
	}
}

func openSight(path string, follow bool) (fd, errno int) {
	flags := unix.O_PATH | unix.O_CLOEXEC
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	errno = try(func() (err error) { fd, err = unix.Open(path, flags, 0); return err })
	return fd, errno
}

func mountOf(string) string { return "" }
