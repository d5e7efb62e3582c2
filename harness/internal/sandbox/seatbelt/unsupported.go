//go:build !darwin

package seatbelt

import (
	"errors"
	"fmt"
	"runtime"
)

func unsupported() error {
	return fmt.Errorf("no Seatbelt on %s, only on macOS: %w", runtime.GOOS, errors.ErrUnsupported)
}

func compile(string, map[string]string) ([]byte, error) { return nil, unsupported() }
