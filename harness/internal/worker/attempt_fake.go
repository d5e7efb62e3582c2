//go:build !darwin && seatbelt_fake

package worker

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// attemptUnder asks the stand-in what the policy says of the attempt, and makes
// for real what it allows.
func attemptUnder(own *OwnProcess, trial *attempt.Trial, announce attempt.Announce) op.Result {
	if own.Policy == nil {
		return trial.Attempt(announce)
	}
	req := own.Attempt
	if o, ok := attempt.Lookup(req.Operation); ok && req.Syscall == "" {
		if d, ok := o.Driver(req.Driver); ok {
			req.Syscall = d.Syscalls[0].Name
		}
	}
	switch errno, unknown := seatbelt.Stands(req); {
	case unknown != "":
		return op.Result{Syscall: req.Syscall, Err: "the stand-in for macOS's engine does not know: " + unknown}
	case errno != 0:
		return op.Result{Syscall: req.Syscall, Call: fmt.Sprintf("%s(%q)", req.Syscall, req.Target), Errno: errno}
	}
	return trial.Attempt(announce)
}

// execUnder is execve(2) under the stand-in's policy.
func execUnder(program string, env []string) (errno int, text string) {
	if errno, unknown := seatbelt.Stands(attempt.Request{Operation: "process-exec*", Target: program}); errno != 0 || unknown != "" {
		return errno, unknown
	}
	return execve(program, env)
}

// stillUnder puts the policy on the program again: the stand-in's does not outlive
// an execve.
func stillUnder(p *seatbelt.Policy) string {
	return appliedSeatbelt(seatbelt.Apply(p)).Err
}
