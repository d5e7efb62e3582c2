//go:build !linux

package bundle

import (
	"fmt"
	"os"
	"runtime"
)

func markHeld(*os.File) {}

// lockHeld cannot tell: an flock(2) can only be seen by trying it.
func lockHeld(*os.File) (held bool, taker int, err error) {
	return false, 0, fmt.Errorf("on %s a lock can only be tried", runtime.GOOS)
}
