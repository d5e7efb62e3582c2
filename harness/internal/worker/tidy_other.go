//go:build !linux

package worker

import (
	"errors"
	"fmt"
	"runtime"
)

func inherited() []string { return nil }

func tidy() error {
	return fmt.Errorf("a clean worker on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
