package worker

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

// tidy makes a worker clean: no inherited descriptors, and default actions for
// the signals that Go leaves ignored when the parent ignored them (nohup and
// shells do), because programs started by a probe would inherit that.
func tidy() error {
	for _, fd := range inheritable() {
		unix.Close(fd)
	}
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGCONT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU} {
		if err := libsystem.DefaultAction(sig); err != nil {
			return fmt.Errorf("default action for %v: %w", sig, err)
		}
	}
	return nil
}
