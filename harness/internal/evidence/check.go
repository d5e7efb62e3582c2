package evidence

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// The stages at which an attempt can fail.
const (
	StagePreflight = contract.StagePreflight
	StageApply     = contract.StageApply
	StageBootstrap = contract.StageBootstrap
	StageProbe     = contract.StageProbe
)

// The profile modes in which the worker itself applies the policy, so that an
// apply report is part of every attempt.
const (
	modeLandlock = "landlock"
	modeSeccomp  = "seccomp"
	modeSBPL     = "sbpl"
	modeBlob     = "blob"
)

// decisions is what each outcome says was decided.
var decisions = map[Outcome]Decision{
	Allowed: Allow, Denied: Deny, Undecided: "", Blocked: "", Unsupported: "", Broken: "",
}

// stages is where an attempt with this outcome can have failed; empty stands
// for the outcome's own stage.
var stages = map[Outcome][]string{
	Allowed:     {""},
	Denied:      {"", StageProbe},
	Undecided:   {"", StageProbe},
	Blocked:     {"", StagePreflight},
	Unsupported: {"", StagePreflight},
	Broken:      {"", StageProbe, StageApply, StageBootstrap},
}

// checkIdentity compares what an observation says of itself with the matrix:
// evidence from another compilation of the plan must not slip in by its id.
func checkIdentity(o *Observation, row *scenarioRow) error {
	for _, field := range []struct{ name, got, want string }{
		{"profile_id", o.ProfileID, row.profile.ID},
		{"probe_name", o.ProbeName, row.probe.Name},
		{"operation", o.Operation, row.probe.Operation},
		{"target", o.Target, row.probe.Target},
	} {
		if field.got != field.want {
			return fmt.Errorf("%s is %q, the matrix has %q", field.name, field.got, field.want)
		}
	}
	if o.Expected != "" && o.Expected != row.probe.Expected {
		return fmt.Errorf("expected is %q, the matrix has %q", o.Expected, row.probe.Expected)
	}
	return nil
}

// checkOutcome refuses an observation whose parts cannot all be true.
func checkOutcome(o *Observation, row *scenarioRow) error {
	want, known := decisions[o.Outcome]
	switch {
	case !known:
		return fmt.Errorf("unknown outcome %q", o.Outcome)
	case o.Actual != want:
		return fmt.Errorf("outcome %q with decision %q", o.Outcome, o.Actual)
	}
	if err := checkFailure(o); err != nil {
		return err
	}
	if err := checkPrediction(o); err != nil {
		return err
	}
	for _, check := range []func(*Observation) error{row.checkFirmlinks, row.checkErrno, checkWitness, checkReturn, checkCallouts, checkDetails} {
		if err := check(o); err != nil {
			return err
		}
	}
	return checkApply(o, row)
}

// checkFailure holds outcome, errno, stage and kind against each other.
func checkFailure(o *Observation) error {
	silent := o.FailureKind == ""
	switch {
	case !slices.Contains(stages[o.Outcome], o.FailureStage):
		return fmt.Errorf("outcome %q with failure_stage %q", o.Outcome, o.FailureStage)
	case o.Outcome == Allowed && (o.Errno != 0 || !silent):
		return fmt.Errorf("allowed, with errno %d and failure_kind %q", o.Errno, o.FailureKind)
	case !o.attempted() && o.Outcome != Broken && o.Errno != 0:
		return fmt.Errorf("outcome %q with errno %d: nothing was attempted", o.Outcome, o.Errno)
	case !o.attempted() && silent:
		return fmt.Errorf("outcome %q without failure_kind", o.Outcome)
	case o.Outcome == Denied && o.Lane != LaneOracle && silent && o.Errno == 0 && o.ExitCode == nil && o.Return == nil:
		return errors.New("denied, with neither errno nor exit_code nor return nor failure_kind")
	case o.FailureKind == marker.KindDenyExec && (o.FailureStage != StageBootstrap || o.Errno != contract.EPERM):
		return fmt.Errorf("failure_kind %q with failure_stage %q and errno %d", o.FailureKind, o.FailureStage, o.Errno)
	}
	return nil
}

// checkFirmlinks keeps what only macOS has to macOS, and to the descriptor that it
// is of.
func (s *scenarioRow) checkFirmlinks(o *Observation) error {
	switch {
	case o.NoFirmlink == "" && o.NoFirmlinkErrno == 0:
		return nil
	case s.system != contract.Darwin:
		return fmt.Errorf("a path without firmlinks, %q, in a world that has none", o.NoFirmlink)
	case o.ObservedPath == "" && o.PathErrno == 0 && o.File == nil:
		return fmt.Errorf("a path without firmlinks, %q, of no descriptor", o.NoFirmlink)
	}
	return nil
}

// checkErrno refuses denials of macOS by an errno that its sandbox never gives.
func (s *scenarioRow) checkErrno(o *Observation) error {
	mode := s.mode()
	if s.system == contract.Darwin && (mode == modeSBPL || mode == modeBlob) && o.Outcome == Denied && o.Return == nil && o.Errno != 0 && o.Errno != contract.EPERM {
		return fmt.Errorf("denied with errno %d, and Seatbelt denies with EPERM", o.Errno)
	}
	return nil
}

// checkPrediction keeps models and observations apart.
func checkPrediction(o *Observation) error {
	if o.Lane != LaneOracle {
		if o.Oracle != nil {
			return errors.New("carries a prediction, which is no observation")
		}
		return nil
	}
	predicted := Decision("")
	if o.Oracle != nil && o.Oracle.Decision != "unknown" {
		predicted = Decision(o.Oracle.Decision)
	}
	switch {
	case predicted != o.Actual:
		return fmt.Errorf("decision %q, the model says %q", o.Actual, predicted)
	case o.Oracle != nil && o.Oracle.Record != nil && (predicted != Deny || len(o.Oracle.Record.Blockers) == 0):
		return fmt.Errorf("foretells the record of a denial for want of %q, and the model says %q", o.Oracle.Record.Blockers, o.Oracle.Decision)
	}
	return nil
}

// checkApply holds the apply report against the outcome: a decision under a
// policy that was not applied is no decision.
func checkApply(o *Observation, row *scenarioRow) error {
	report := o.Apply
	if report == nil {
		switch {
		case o.FailureStage == StageApply:
			return errors.New("failed to apply, without an apply report")
		case o.Lane == LaneScenario && o.attempted() && row.selfApplied():
			return fmt.Errorf("attempted under mode %q without an apply report", row.mode())
		}
		return nil
	}
	failed := report.RC != 0
	switch {
	case o.Lane != LaneScenario:
		return errors.New("carries an apply report, only the scenario lane applies a policy")
	case report.API == "" || report.ErrClass == "":
		return errors.New("apply report without api or err_class")
	case failed == (report.ErrClass == "ok"):
		return fmt.Errorf("apply report with rc %d and err_class %q", report.RC, report.ErrClass)
	case failed != (o.FailureStage == StageApply):
		return fmt.Errorf("apply report with rc %d, failure_stage %q", report.RC, o.FailureStage)
	case o.Outcome == Blocked || o.Outcome == Unsupported:
		return fmt.Errorf("outcome %q with an apply report", o.Outcome)
	}
	return nil
}

// attempted reports whether the kernel was really asked and did answer.
func (o *Observation) attempted() bool {
	return o.Outcome == Allowed || o.Outcome == Denied || o.Outcome == Undecided
}

func (s *scenarioRow) mode() string {
	if s.probe.Mode != "" {
		return s.probe.Mode
	}
	return s.profile.Mode
}

func (s *scenarioRow) selfApplied() bool {
	switch s.mode() {
	case modeLandlock, modeSeccomp, modeSBPL, modeBlob:
		return true
	}
	return false
}
