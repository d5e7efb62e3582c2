//go:build unix && !linux

package bundle

import (
	"os"

	"golang.org/x/sys/unix"
)

// isMountPoint reports whether the open folder lies on another device than the
// folder above it.
func isMountPoint(dir *os.File) (bool, error) {
	var here, above unix.Stat_t
	if err := unix.Fstat(int(dir.Fd()), &here); err != nil {
		return false, os.NewSyscallError("fstat", err)
	}
	if err := unix.Fstatat(int(dir.Fd()), "..", &above, 0); err != nil {
		return false, os.NewSyscallError("fstatat", err)
	}
	return here.Dev != above.Dev, nil
}
