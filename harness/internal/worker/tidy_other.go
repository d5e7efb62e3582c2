//go:build !linux && !darwin

package worker

import (
	"errors"
	"fmt"
	"runtime"
)

func tidy() error {
	return fmt.Errorf("a clean worker on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
