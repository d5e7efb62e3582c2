package mapping

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func exchange(a, b string) error {
	err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
	switch {
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.EINVAL):
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	case err == nil:
		return nil
	}
	return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
}
