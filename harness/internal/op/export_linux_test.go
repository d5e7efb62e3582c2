package op

import (
	"time"

	"golang.org/x/sys/unix"
)

// SetExecLimit sets how long a started program may run and returns how to set
// it back.
func SetExecLimit(d time.Duration) (restore func()) {
	old := execLimit
	execLimit = d
	return func() { execLimit = old }
}

// HasAttempt reports whether an attempt is written for a row of the table.
func HasAttempt(op, variant string) bool {
	k := key{op, variant}
	_, direct := attempts[k]
	_, prepared := preparers[k]
	return direct != prepared
}

// AttemptCount is the number of attempts that are written.
func AttemptCount() int { return len(attempts) + len(preparers) }

// Attempt is Prepare and Trial.Attempt in one, for when no policy comes between.
func Attempt(req Request) Result { return Prepare(req, nil).Attempt() }

// AvailableOn is Available for another architecture: one that has all of the
// old calls, or none.
func AvailableOn(arch string, hasOld bool, o *Op, v *Variant) string {
	numbers := map[string]uintptr{}
	for name := range oldCalls {
		numbers[name] = noSyscall
		if hasOld {
			numbers[name] = 1
		}
	}
	return availableOn(arch, numbers, o, v)
}

// IsOldCall reports whether some architecture lacks the system call.
func IsOldCall(name string) bool { _, old := oldCalls[name]; return old }

// StartChild is startChild, for its test.
var StartChild = startChild

// Reap is reap, for its test.
var Reap = reap

// Close gives back what the view holds.
func (v *View) Close() {
	unix.Close(v.fds)
	v.mounts.Close()
}

// Observe is what is said of a descriptor by a thread that has the process's
// mounts, or its own.
func Observe(fd int, view *View, ownMounts bool) (r Result) {
	r.view, r.ownMounts = view, ownMounts
	r.observe(fd)
	return r
}

// FSName is fsName, for its test.
var FSName = fsName
