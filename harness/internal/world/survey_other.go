//go:build !unix

package world

import (
	"errors"
	"fmt"
	"runtime"
)

func survey() (Facts, error) {
	return Facts{}, fmt.Errorf("survey of a %s world: %w", runtime.GOOS, errors.ErrUnsupported)
}
