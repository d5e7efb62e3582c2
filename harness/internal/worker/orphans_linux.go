package worker

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
)

// adoptOrphans has every process that descends from a probe's program become a
// child of the worker when its own parent ends: none gets away.
func adoptOrphans() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("adopt the processes that programs leave behind: %w", err)
	}
	return nil
}

// endPrograms ends what a probe's program left running: it must not meddle with
// the probes after it. Where nothing runs, as after nearly every probe, that
// costs one system call.
func endPrograms() error {
	// Killing takes a moment, and what is killed may have forked meanwhile.
	for range 1000 {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil)
		switch {
		case errors.Is(err, unix.ECHILD):
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return os.NewSyscallError("wait4", err)
		case pid != 0 || err != nil:
			continue // one that has ended, or a signal
		}
		channel.EndPrograms(os.Getpid())
		if _, err := unix.Wait4(-1, nil, unix.WALL, nil); err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.ECHILD) {
			return os.NewSyscallError("wait4", err)
		}
	}
	return errors.New("a program left processes behind that cannot be ended")
}
