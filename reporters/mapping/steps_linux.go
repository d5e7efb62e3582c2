package mapping

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	switch {
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS): // the file system's, or the kernel's
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	case err == nil:
		return nil
	}
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
}

// syncTree syncs the file system that dir is on: one call, however many files
// there are.
func syncTree(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return os.NewSyscallError("syncfs", unix.Syncfs(int(f.Fd())))
}

// isMountPoint reports whether something is mounted on dir. A kernel that does
// not say is not held against anybody: the exchange will.
func isMountPoint(dir string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, dir, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_TYPE, &st)
	return err == nil && st.Attributes&st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0
}
