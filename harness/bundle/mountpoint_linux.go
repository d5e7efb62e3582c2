package bundle

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// isMountPoint reports whether something is mounted on the open folder. Devices
// would not tell: a bind mount has its folder's own.
func isMountPoint(dir *os.File) (bool, error) {
	var st unix.Statx_t
	err := unix.Statx(int(dir.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_TYPE, &st)
	if err == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		err = errors.New("this kernel does not say what is a mount point")
	}
	return st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0, os.NewSyscallError("statx", err)
}
