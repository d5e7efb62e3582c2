//go:build unix

package channel

import "os"

// Pair makes a wire for a process that a worker starts in turn: ours is the
// worker's end, and theirs is to be that process's. Both are close-on-exec.
// Nobody is impatient on it: to start a process takes long.
func Pair() (ours *Wire, theirs *os.File, err error) {
	ours, theirs, err = socketpair()
	if err == nil {
		ours.impatient = false
	}
	return ours, theirs, err
}
