//go:build !linux

package mounts

import (
	"errors"
	"fmt"
	"runtime"
)

// Open opens the calling thread's mount table, which only Linux has.
func Open() (*Live, error) {
	return nil, fmt.Errorf("the mount table on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func changed(int) (bool, error)   { return false, errors.ErrUnsupported }
func readAll(int) (string, error) { return "", errors.ErrUnsupported }
func closeFD(int)                 {}
