package worker

import (
	"bytes"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// open is empty where it cannot be told.
func open() []int {
	fds, _ := attempt.OpenDescriptors()
	return fds
}

// describe is false for a descriptor that is not open. F_GETPATH of fcntl(2) knows
// files by path; of the rest it is only known what they are.
func describe(fd int) (Descriptor, bool) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
		return Descriptor{}, false
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_GETPATH, int(uintptr(unsafe.Pointer(&pathBuffer))))
	if name, _, _ := bytes.Cut(pathBuffer[:], []byte{0}); err == nil && len(name) > 0 {
		return Descriptor{fd, string(name)}, true
	}
	kind := "unknown"
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err == nil {
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFIFO:
			kind = "pipe"
		case unix.S_IFSOCK:
			kind = "socket"
		default:
			kind = "file"
		}
	}
	return Descriptor{fd, fmt.Sprintf("%s:[%d]", kind, st.Ino)}, true
}

// pathBuffer is not on a stack, which would move it away under the call. One
// request is served at a time, and none before the greeting.
var pathBuffer [unix.PathMax]byte

// counter never knows: macOS has no call that counts.
type counter struct{}

func (counter) start() bool  { return true }
func (counter) count() int64 { return 0 }

// isQueue knows a kqueue, which is a pipe to fstat(2) and has no inode (kqueue_stat
// of XNU's bsd/kern/kern_event.c; pipes have one).
func isQueue(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFIFO && st.Ino == 0 }
