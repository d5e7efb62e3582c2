package launchd

import (
	"time"

	"golang.org/x/sys/unix"
)

// process is one that is nobody's child here, told from others that may have its
// id after it.
type process struct {
	pid  int
	born int64 // in a unit of the system's
}

func processOf(pid int) (process, bool) {
	born, alive := birth(pid)
	return process{pid, born}, alive
}

// alive is false for one that is dead and not yet waited for, too.
func (p process) alive() bool {
	born, alive := birth(p.pid)
	return alive && born == p.born
}

// end waits for the process's end, and kills it when it takes too long.
func (p process) end(patience time.Duration) (ended bool) {
	if p.pid == 0 || p.gone(patience) {
		return true
	}
	_ = unix.Kill(-p.pid, unix.SIGKILL) // launchd gives each job a session of its own
	_ = unix.Kill(p.pid, unix.SIGKILL)
	return p.gone(patience)
}

func (p process) gone(within time.Duration) bool {
	for start := time.Now(); p.alive(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > within {
			return false
		}
	}
	return true
}
