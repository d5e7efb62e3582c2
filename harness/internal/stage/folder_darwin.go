package stage

import (
	"errors"

	"golang.org/x/sys/unix"
)

// exchange gives each of two folders the other's name at once. It is
// errors.ErrUnsupported where the file system cannot.
func exchange(a, b string) error {
	err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) {
		return errors.ErrUnsupported
	}
	return err
}

func syncAll(string) error { return unix.Sync() }
