package channel

import (
	"fmt"
	"runtime"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

// unmasked calls start on a thread that blocks no signal: a new process has the
// mask of the thread it was forked from, and so do the programs it starts.
func unmasked(start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	old, err := libsystem.SetSignalMask(0)
	if err != nil {
		return fmt.Errorf("block no signal: %w", err)
	}
	defer libsystem.SetSignalMask(old)
	return start()
}
