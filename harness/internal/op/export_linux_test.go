package op

import "time"

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

// Lacking reports whether a result says that the architecture has no such call.
func Lacking(r Result) bool { return sysOpen == noSyscall && r.Call == "" && r.Err != "" }

// ParseTarget is parseTarget, for its test.
var ParseTarget = parseTarget

// StartChild is startChild, for its test.
var StartChild = startChild

// Reap is reap, for its test.
var Reap = reap
