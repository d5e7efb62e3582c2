package evidence

import (
	"cmp"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// failure is where and how an attempt failed; both are empty when it did not.
func failure(o *Observation) (stage, kind string) {
	stage, kind = o.FailureStage, o.FailureKind
	switch o.Outcome {
	case Allowed:
		return "", ""
	case Blocked, Unsupported:
		return StagePreflight, kind
	}
	if stage == "" {
		stage = StageProbe
	}
	if kind == "" {
		switch {
		case o.Return != nil && o.Errno == 0:
			kind = contract.KindReturn
		case o.Outcome == Undecided:
			kind = "probe_errno"
		case o.Errno == 0:
			kind = "probe_nonzero_exit"
		default:
			kind = "probe_syscall_errno"
		}
	}
	return stage, kind
}

// errno is the system call's own, or that of applying the policy.
func errno(o *Observation) int {
	if o.FailureStage == StageApply {
		return o.Apply.Errno
	}
	return o.Errno
}

func status(o *Observation) string {
	switch o.Outcome {
	case Allowed:
		return "success"
	case Blocked, Unsupported:
		return "blocked"
	}
	return "errno"
}

func match(s *scenarioRow, o *Observation) *bool {
	if o.Actual == "" {
		return nil
	}
	return new(o.Actual == s.probe.Expected)
}

// reason is never empty: an observation without a decision says why.
func reason(o *Observation) string {
	_, kind := failure(o)
	return cmp.Or(o.Reason, kind)
}

// text is captured output as documents carry it.
func text(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// violation says EPERM when that is what was seen; errno 1 is EPERM everywhere.
func violation(o *Observation) *string {
	if errno(o) == contract.EPERM || o.FailureStage == StageApply && o.Apply.ErrClass == marker.ClassEPERM {
		return new("EPERM")
	}
	return nil
}

// argv is the command of a probe that starts a program; others have none.
func argv(o *Observation) []string {
	if o.Command == nil {
		return []string{}
	}
	return o.Command
}
