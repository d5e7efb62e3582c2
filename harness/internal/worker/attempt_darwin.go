package worker

import (
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// attemptUnder makes the attempt under the policy that is in force, or none.
func attemptUnder(_ *OwnProcess, trial *attempt.Trial, announce attempt.Announce) op.Result {
	return trial.Attempt(announce)
}

// execUnder is execve(2) under the policy that is in force.
func execUnder(program string, env []string) (errno int, text string) { return execve(program, env) }

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
