//go:build !darwin && seatbelt_fake

package worker

import (
	"fmt"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// attemptUnder asks the stand-in's model what the policy says of the attempt, and
// makes what is allowed for real.
func attemptUnder(own *OwnProcess, trial *attempt.Trial, announce attempt.Announce) op.Result {
	if own.Policy == nil {
		return trial.Attempt(announce)
	}
	return trial.Attempt(announce)
}

// execUnder is execve(2) under the stand-in's policy.
func execUnder(own *OwnProcess, program string, env []string) (errno int, text string) {
	err := syscall.Exec(program, []string{"rtgen-probe"}, env)
	if e, ok := err.(syscall.Errno); ok {
		return int(e), ""
	}
	return 0, fmt.Sprintf("execve %s: %v", program, err)
}

// stillUnder puts the policy on the program again: the stand-in's does not outlive
// an execve.
func stillUnder(p *seatbelt.Policy) string {
	if p == nil {
		return ""
	}
	return appliedSeatbelt(seatbelt.Apply(p)).Err
}
