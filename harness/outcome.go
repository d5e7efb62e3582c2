package harness

import (
	"context"
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/marker"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// blocked records that nothing was attempted, and why.
func blocked(obs *Observation, outcome Outcome, kind, why string) {
	obs.Outcome, obs.Actual = outcome, ""
	obs.FailureStage, obs.FailureKind, obs.Reason = "preflight", kind, why
}

// broken records that the attempt itself went wrong. Whatever decision was read
// before is withdrawn, with what the kernel said of it.
func broken(obs *Observation, kind, why string) {
	obs.Outcome, obs.Actual, obs.Witness = Broken, "", nil
	obs.FailureStage, obs.FailureKind, obs.Reason = "probe", kind, why
}

func workerFailed(obs *Observation, err error) {
	var timeout *worker.TimeoutError
	var start *worker.StartError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		broken(obs, "interrupted", "the run was interrupted during this probe")
	case errors.As(err, &timeout):
		broken(obs, "probe_timeout", err.Error())
	case errors.As(err, &start):
		broken(obs, "worker_launch_failed", err.Error())
	default:
		broken(obs, "worker_died", err.Error())
	}
}

// sign says which process had a part in the observation, and what it was like. A
// worker that is gone by now had one too.
func (s *Session) sign(obs *Observation, ans *worker.Answer, err error) {
	var start *worker.StartError
	if s.hello.PID == 0 || errors.As(err, &start) {
		return
	}
	obs.WorkerPID = s.hello.PID
	obs.Worker = &evidence.Worker{Sandboxed: s.bornConfined()}
	for _, fd := range s.hello.Descriptors {
		obs.Worker.Inherited = append(obs.Worker.Inherited, evidence.Descriptor(fd))
	}
	for _, fd := range ans.Left {
		obs.Worker.Left = append(obs.Worker.Left, evidence.Descriptor(fd))
	}
}

// bornConfined says whether the worker was born under the engine under test. What
// was not measured is taken for the worse.
func (s *Session) bornConfined() bool {
	if s.underSeatbelt {
		self := s.hello.Seatbelt
		return self == nil || self.Confined || self.Err != ""
	}
	return s.hello.Layers > 0 || s.hello.LayersErr != ""
}

// applied takes in how putting the policy on the probe's thread went. Without
// every layer in force there is nothing to observe.
func (s *Session) applied(obs *Observation, policy *worker.Policy, a *worker.Apply) bool {
	if a == nil {
		broken(obs, "probe_error", "the worker did not say that it applied the policy")
		return false
	}
	obs.Apply = applyReport(a)
	switch {
	case a.Err != "":
		obs.Outcome, obs.FailureStage, obs.FailureKind = Broken, "apply", obs.Apply.API+"_failed"
		obs.Reason = fmt.Sprintf("apply profile %q: %s", obs.ProfileID, a.Err)
		return false
	case a.Layers != len(policy.Layers):
		broken(obs, "probe_error", fmt.Sprintf("the worker applied %d of the policy's %d layers", a.Layers, len(policy.Layers)))
		return false
	}
	return true
}

// read turns the kernel's answer into the observation. Only an errno that the
// engine gives for the operation is a denial.
func read(obs *Observation, v *op.Variant, r *op.Result) {
	took(obs, r)
	if r.Errno != 0 {
		obs.ErrnoName = op.ErrnoName(r.Errno)
	}
	decision, kind := op.Classify(v, *r)
	switch {
	case decision == string(Allow):
		obs.Outcome, obs.Actual = Allowed, Allow
	case decision == string(Deny):
		obs.Outcome, obs.Actual = Denied, Deny
		obs.FailureStage, obs.FailureKind = "probe", "probe_syscall_errno"
	case r.Err != "":
		broken(obs, kind, r.Err)
	default:
		obs.Outcome, obs.FailureStage, obs.FailureKind = Undecided, "probe", kind
		obs.Reason = fmt.Sprintf("%s failed with %s, which no policy gives for %s: it decides nothing", obs.Syscall, obs.ErrnoName, obs.Operation)
	}
}

// took takes over what the results of all engines have.
func took(obs *Observation, r *op.Result) {
	obs.Syscall, obs.Call, obs.Errno = r.Syscall, r.Call, r.Errno
	obs.ObservedPath, obs.PathErrno, obs.File = r.ObservedPath, r.PathErrno, (*evidence.File)(r.File)
	obs.Command, obs.ExitCode = r.Command, r.ExitCode
	obs.Stdout, obs.Stderr = r.Stdout, r.Stderr
}

// applyReport reads how the layers went on. The classes are the contract's.
func applyReport(a *worker.Apply) *evidence.ApplyReport {
	r := &evidence.ApplyReport{API: a.API, Errno: a.Errno, ErrText: a.Err, Layers: a.Layers}
	if a.Err != "" {
		r.RC = -1
	}
	r.ErrClass, _ = marker.Classify(&r.API, &r.RC, &r.Errno, &r.ErrText)
	return r
}

// sight is where a target led, as evidence carries it.
func sight(s *op.Sight) *evidence.Sight {
	if s == nil {
		return nil
	}
	return &evidence.Sight{Path: s.Path, Errno: s.Errno, New: s.New, File: (*evidence.File)(s.File)}
}

// stateAfter looks at what a probe may have created, removed or changed, nil for
// what only the probe knows.
func stateAfter(v *op.Variant, req op.Request, site *fixture.Site) (*evidence.PostState, error) {
	if v.Target == op.TargetProcess {
		if req.Target != site.Vars[fixture.VarOutsidePID] {
			return nil, nil // a child of the attempt's, which has ended it
		}
		return &evidence.PostState{TargetExists: site.Alive(), TargetType: "process"}, nil
	}
	st, err := op.StateOf(req.Target, req.Source)
	if err != nil {
		return nil, err
	}
	return postState(st), nil
}

func postState(st op.State) *evidence.PostState {
	return &evidence.PostState{
		TargetExists: st.TargetExists, TargetType: st.TargetType, TargetSize: st.TargetSize, SourceExists: st.SourceExists,
	}
}

func listener(l *fixture.Listener) *evidence.Listener {
	if l == nil {
		return nil
	}
	network := l.Network
	if network == "tcp" { // as the format has it
		network = ""
	}
	return &evidence.Listener{
		Host: l.Host, Port: l.Port, Status: l.Status, Error: l.Error,
		Precheck: l.Precheck, PrecheckErr: l.PrecheckErr, AcceptCount: l.AcceptCount,
		Network: network, Datagrams: l.Datagrams,
	}
}
