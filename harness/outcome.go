package harness

import (
	"context"
	"errors"

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

// applyReport reads how the layers went on. The classes are the contract's.
func applyReport(a *worker.Apply) *evidence.ApplyReport {
	r := &evidence.ApplyReport{API: a.API, Errno: a.Errno, ErrText: a.Err, Layers: a.Layers}
	if a.Err != "" {
		r.RC = -1
	}
	r.ErrClass, _ = marker.Classify(&r.API, &r.RC, &r.Errno, &r.ErrText)
	return r
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
	return &evidence.PostState{
		TargetExists: st.TargetExists, TargetType: st.TargetType, TargetSize: st.TargetSize, SourceExists: st.SourceExists,
	}, nil
}

func listener(site *fixture.Site) *evidence.Listener {
	l := site.Listener
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
