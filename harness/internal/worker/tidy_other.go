//go:build !linux

package worker

import (
	"errors"
	"fmt"
	"runtime"
)

func inherited() []Descriptor { return nil }

// holdings are not looked at here.
type holdings struct{}

func (*holdings) settle()                            {}
func (*holdings) notice(func(int) bool) []Descriptor { return nil }

func tidy() error {
	return fmt.Errorf("a clean worker on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
