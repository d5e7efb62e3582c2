package harness

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/marker"
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// appliedSeatbelt takes in how putting the policy on the process went. Without it
// in force there is nothing to observe.
func appliedSeatbelt(obs *Observation, a *worker.Apply) bool {
	obs.Apply = applyReport(a)
	if a.Err == "" {
		return true
	}
	obs.Outcome, obs.FailureStage, obs.FailureKind = Broken, evidence.StageApply, applyFailure(obs.Apply)
	obs.Reason = fmt.Sprintf("apply profile %q: %s", obs.ProfileID, a.Err)
	return false
}

// applyFailure is the failure kind of a policy that could not be applied.
func applyFailure(r *evidence.ApplyReport) string {
	if r.ErrClass == marker.ClassConfined {
		return "apply_already_sandboxed"
	}
	return r.API + "_failed"
}

// notStarted is of a driver's program that did not come to life under the policy:
// that decides nothing about the operation.
func notStarted(obs *Observation, b *worker.Bootstrap) {
	broken(obs, "bootstrap_exec_failed", fmt.Sprintf("start %s under the policy: %s: it decides nothing about %s", b.Program, seatbeltErrno(b.Errno), obs.Operation))
	obs.FailureStage, obs.Errno, obs.ErrnoName = evidence.StageBootstrap, b.Errno, seatbeltErrno(b.Errno)
	if b.Errno == contract.EPERM {
		obs.FailureKind = marker.KindDenyExec
	}
}

// readAttempt turns the answer of macOS into the observation. Only what the engine
// gives is a denial.
func readAttempt(obs *Observation, r *op.Result) {
	took(obs, r)
	obs.ErrnoName = seatbeltErrno(r.Errno)
	obs.NoFirmlink, obs.NoFirmlinkErrno = r.NoFirmlink, r.NoFirmlinkErrno
	obs.Return, obs.Details = (*artifact.Return)(r.Return), r.Details
	decision, kind := attempt.Classify(*r)
	switch {
	case decision == op.Allow:
		obs.Outcome, obs.Actual = Allowed, Allow
	case decision == op.Deny:
		obs.Outcome, obs.Actual = Denied, Deny
		obs.FailureStage, obs.FailureKind = evidence.StageProbe, "probe_syscall_errno"
		if r.Return != nil {
			obs.FailureKind = op.KindReturn
		}
	case kind == op.KindError:
		reason := r.Err
		if reason == "" {
			reason = "the probe's process made no call"
		}
		broken(obs, kind, reason)
	default:
		obs.Outcome, obs.FailureStage, obs.FailureKind = Undecided, evidence.StageProbe, kind
		obs.Reason = undecidedBy(obs, r)
	}
}

// undecidedBy says why a result decides nothing, in one line.
func undecidedBy(obs *Observation, r *op.Result) string {
	switch {
	case r.Return == nil:
		return fmt.Sprintf("%s failed with %s, which no policy gives for %s: it decides nothing", obs.Syscall, obs.ErrnoName, obs.Operation)
	case r.Return.Undecided != "":
		return r.Return.Undecided
	}
	code := r.Return.Name
	if code == "" {
		code = fmt.Sprintf("%#x", r.Return.Value)
	}
	return fmt.Sprintf("%s gave %s back, which no policy gives for %s: it decides nothing", obs.Syscall, code, obs.Operation)
}

// seatbeltErrno names an errno of macOS's on whatever host this is; empty for 0.
func seatbeltErrno(errno int) string {
	if errno == 0 {
		return ""
	}
	if name := contract.ErrnoName(contract.Darwin, errno); name != "" {
		return name
	}
	return fmt.Sprintf("errno %d", errno)
}

// unlessAnswered withdraws a decision when the policy in force was asked about the
// operation and did not answer: the format lets none stand then.
func unlessAnswered(obs *Observation) {
	asked := contract.Asked{Operation: obs.Operation, Target: obs.Target, Request: obs.Asked, Callouts: obs.Callouts}
	if answered := asked.Witnessed(); obs.Actual == "" || answered == nil || *answered {
		return
	}
	why := "it was not"
	for _, c := range obs.Callouts {
		if c.Error != nil {
			why = *c.Error
			break
		}
	}
	obs.FailureStage = evidence.StageProbe
	undecided(obs, fmt.Sprintf("sandbox_check was to be asked about %s beside the attempt and gave no decision (%s), so that of the attempt does not count", obs.Asked.Operation, why))
}
