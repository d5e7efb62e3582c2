package worker

import (
	"fmt"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// attemptUnder makes the attempt under the policy that is in force, or none.
func attemptUnder(_ *OwnProcess, trial *attempt.Trial, announce attempt.Announce) op.Result {
	return trial.Attempt(announce)
}

// execUnder replaces this process by a program, under the policy that is in
// force. It returns when that failed, with why.
func execUnder(program string, env []string) (errno int, text string) {
	err := syscall.Exec(program, []string{argv0}, env)
	if e, ok := err.(syscall.Errno); ok {
		return int(e), ""
	}
	return 0, fmt.Sprintf("execve %s: %v", program, err)
}

// stillUnder says why a program that was started under a policy is not under one;
// empty when it is.
func stillUnder(*seatbelt.Policy) string {
	switch confined, err := seatbelt.Confined(); {
	case err != nil:
		return "ask whether the program that was started under the policy still is: " + err.Error()
	case !confined:
		return "the program that was started under the policy is not under it"
	}
	return ""
}
