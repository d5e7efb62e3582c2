package made

import (
	"cmp"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// began is when every made-up run was, in Unix seconds.
const began = 1767459284.25

// outcomes is what the things that can be seen are to package evidence.
var outcomes = map[Seen]evidence.Outcome{
	Allow: evidence.Allowed, Deny: evidence.Denied, Undecided: evidence.Undecided, NotWitnessed: evidence.Undecided,
	Blocked: evidence.Blocked, Unsupported: evidence.Unsupported,
	BlockedApply: evidence.Broken, BlockedBootstrap: evidence.Broken, Broken: evidence.Broken,
}

// observations are what the lanes saw, in matrix order.
func (s *BundleSpec) observations() ([]evidence.Observation, error) {
	var obs []evidence.Observation
	var fault error
	s.each(func(p *Profile, probe *Probe) {
		for _, lane := range []struct {
			name evidence.Lane
			seen Seen
		}{{evidence.LaneScenario, probe.Scenario}, {evidence.LaneBaseline, probe.Baseline}, {evidence.LaneOracle, probe.Oracle}} {
			if lane.seen == "" {
				continue
			}
			outcome, known := outcomes[lane.seen]
			if !known {
				fault = cmp.Or(fault, fmt.Errorf("scenario %q: the %s lane cannot have seen %q", probe.ExpectationID, lane.name, lane.seen))
				continue
			}
			o := evidence.Observation{
				Lane: lane.name, ProfileID: p.ID, ExpectationID: probe.ExpectationID, ProbeName: probe.Name,
				Operation: probe.Operation, Target: probe.Target, Expected: evidence.Decision(probe.Expected), Outcome: outcome,
			}
			switch lane.seen {
			case Allow:
				o.Actual = evidence.Allow
			case Deny:
				o.Actual = evidence.Deny
			}
			if lane.name == evidence.LaneOracle {
				s.predict(&o, p)
			} else {
				s.attempt(&o, p, probe, lane.seen)
			}
			obs = append(obs, o)
		}
	})
	return obs, fault
}

// predict fills in what a model says.
func (s *BundleSpec) predict(o *evidence.Observation, p *Profile) {
	o.Oracle = &evidence.Prediction{Decision: "unknown", Prediction: artifact.Prediction{Model: p.Mode}}
	if o.Actual != "" {
		o.Oracle.Decision = string(o.Actual)
		return
	}
	o.Outcome = evidence.Undecided
	o.Oracle.Reason = "the model has no answer"
}

// attempt fills in what a lane saw of an attempt.
func (s *BundleSpec) attempt(o *evidence.Observation, p *Profile, probe *Probe, seen Seen) {
	scenario := o.Lane == evidence.LaneScenario
	if scenario {
		o.FailureKind, o.Command = probe.Kind, probe.Command
		o.Asked, o.Details = probe.Asked, probe.Details
	}
	fail := func(kind, reason string) { o.FailureKind, o.Reason = cmp.Or(o.FailureKind, kind), reason }
	switch seen {
	case Blocked:
		fail("capability_missing", "the host lacks what the scenario needs")
		return
	case Unsupported:
		fail("operation_unsupported", "the lane cannot answer "+o.Operation)
		return
	case BlockedApply:
		o.FailureStage = evidence.StageApply
		fail("policy_apply_failed", "the policy could not be applied")
	case BlockedBootstrap:
		o.FailureStage = evidence.StageBootstrap
		fail("bootstrap_failed", "the probe did not start")
	case Broken:
		fail("probe_timeout", "no answer within 5s")
	case Undecided:
		o.Errno, o.ErrnoName = 2, "ENOENT"
		o.Reason = "ENOENT is no answer of the policy"
	case NotWitnessed:
		o.Errno, o.ErrnoName = s.denial()
		fail(evidence.KindNotWitnessed, "the kernel denied something else")
		o.Witness = &evidence.Witness{Status: evidence.WitnessRecorded, Intended: new(false), Denials: []evidence.Denial{{
			Serial: 1, Domain: "1", Blockers: []string{"other"}, Object: map[string]string{},
		}}}
	case Deny:
		o.Errno, o.ErrnoName = s.denial()
	case Allow:
		o.FailureKind = "" // an allowed call did not fail
		if onPath(o.Operation) {
			o.ObservedPath = o.Target
		}
	}
	o.RequestedPath, o.WorkerPID, o.Started, o.Finished = o.Target, 41, began, began+0.25
	if seen != BlockedApply && seen != BlockedBootstrap && onPath(o.Operation) {
		o.Syscall, o.Call = "openat", fmt.Sprintf("openat(AT_FDCWD, %q, O_RDONLY|O_CLOEXEC)", o.Target)
	}
	if !scenario {
		return
	}
	o.Apply = s.applied(p.Mode, seen == BlockedApply)
	if probe.Asked != nil && seen != BlockedApply {
		o.Callouts = probe.Callouts
	}
	if probe.Return != nil {
		o.Errno, o.ErrnoName, o.Return = 0, "", probe.Return
	}
}

// denial is the errno with which the world's engine denies.
func (s *BundleSpec) denial() (errno int, name string) {
	if s.linux() {
		return 13, "EACCES"
	}
	return 1, "EPERM"
}

// applied is how applying a policy went; nil where the worker applies none.
func (s *BundleSpec) applied(mode string, failed bool) *evidence.ApplyReport {
	api, known := map[string]string{
		"landlock": "landlock_restrict_self", "seccomp": "seccomp", "sbpl": "sandbox_init", "blob": "sandbox_apply",
	}[mode]
	if !known {
		return nil
	}
	r := &evidence.ApplyReport{API: api, ErrClass: "ok"}
	if failed {
		r.RC, r.Errno, r.ErrClass, r.ErrText = -1, 1, "errno_eperm", "operation not permitted"
	}
	return r
}
