//go:build !linux

package op

import (
	"errors"
	"fmt"
	"runtime"
)

// running says that it is not known: no attempt is about a process here.
func running(int) (bool, error) {
	return false, fmt.Errorf("state of a process on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
