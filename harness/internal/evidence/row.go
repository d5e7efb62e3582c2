package evidence

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

func (d *derivation) resultRow(s *scenarioRow) *artifact.ResultsProbe {
	o := s.scenario
	row := &artifact.ResultsProbe{
		Name:             s.probe.Name,
		ExpectationID:    s.probe.ExpectationID,
		AnchorCtxID:      orNil(s.probe.AnchorCtxID),
		Operation:        s.probe.Operation,
		Path:             s.probe.Target,
		Expected:         string(s.probe.Expected),
		Actual:           orNil(string(o.Actual)),
		Match:            match(s, o),
		RuntimeResult:    d.runtimeResult(o),
		ViolationSummary: violation(o),
		PathObservation:  pathObservation(s, o),
		Command:          argv(o),
		Listener:         listener(o),

		SandboxCheckRequest: o.Asked,
		DecisionSource:      decisionSource(o),
	}
	row.ReachedPrimaryOp = reached(o)
	row.FirstDenialOp, row.FirstDenialFilters = firstDenial(o)
	if o.Outcome != Broken {
		row.ExitCode = artifact.Maybe(o.ExitCode)
		row.Stdout, row.Stderr = new(text(o.Stdout)), new(text(o.Stderr))
		row.ProbeDetails = s.probeDetails(o)
		row.Notes = orNil(o.Reason)
	} else {
		row.Error, row.ErrorKind = new(reason(o)), new(o.FailureKind)
		// An attempt that went wrong may still have left something to look at.
		if o.ExitCode != nil {
			row.ExitCode = artifact.Some(*o.ExitCode)
		}
		row.Stdout, row.Stderr = orNil(text(o.Stdout)), orNil(text(o.Stderr))
		if o.detailed() {
			row.ProbeDetails = s.probeDetails(o)
		}
	}
	if o.Started != 0 {
		row.StartedAt = new(artifact.Seconds(o.Started))
		row.FinishedAt = new(artifact.Seconds(o.Finished))
		row.Duration = new(artifact.Seconds(o.Finished - o.Started))
	}
	return row
}

func (d *derivation) runtimeResult(o *Observation) artifact.RuntimeResult {
	stage, kind := failure(o)
	runner := d.runnerInfo(o)
	return artifact.RuntimeResult{
		Status:              status(o),
		Errno:               orNil(errno(o)),
		Version:             artifact.RuntimeResultVersion,
		MarkerVersion:       artifact.ToolMarkerVersion,
		FailureStage:        orNil(stage),
		FailureKind:         orNil(kind),
		ApplyReport:         applyReport(o.Apply),
		RunnerInfo:          runner,
		Callouts:            o.Callouts,
		IntendedOpWitnessed: artifact.Maybe(o.witnessed()),
		SandboxCheckRequest: artifact.Maybe(o.Asked),
		ResourceHygiene:     d.hygiene(o, runner),
	}
}

func applyReport(r *ApplyReport) *artifact.ApplyReport {
	if r == nil {
		return nil
	}
	_, source := marker.Classify(&r.API, &r.RC, &r.Errno, &r.ErrText)
	return &artifact.ApplyReport{
		API: &r.API, RC: &r.RC, Errno: &r.Errno, ErrBuf: orNil(r.ErrText), ErrClass: &r.ErrClass, ErrClassSource: &source,
	}
}

// runnerInfo is nil when no worker had a part in the observation.
func (d *derivation) runnerInfo(o *Observation) *artifact.RunnerInfo {
	w := &d.run.Worker
	if w.Entrypoint == "" || !o.attempted() && o.Apply == nil && o.WorkerPID == 0 {
		return nil
	}
	suspected := o.confined()
	if o.Apply != nil && o.Apply.RC != 0 {
		suspected = suspected || o.Apply.ErrClass == marker.ClassConfined || o.Apply.ErrClass == marker.ClassEPERM
	}
	return &artifact.RunnerInfo{
		Entrypoint: w.Entrypoint, ApplyModel: w.ApplyModel, ApplyTiming: w.ApplyTiming,
		PreexistingSandboxSuspected: suspected,
		EntrypointPath:              orNil(w.Path),
		EntrypointSHA256:            orNil(w.SHA256),
		ToolBuildID:                 orNil(w.SHA256),
	}
}

// confined: the process that attempted was confined before any policy.
func (o *Observation) confined() bool { return o != nil && o.Worker != nil && o.Worker.Sandboxed }

// hygiene lists what the very process that attempted had open before the
// policy, which is not asked about it. What was passed to it are numbers; the
// hints say what each is, and what else was left there.
func (d *derivation) hygiene(o *Observation, runner *artifact.RunnerInfo) *artifact.ResourceHygiene {
	h := &artifact.ResourceHygiene{
		CloseFDs:     new(d.run.Channel != "direct"), // whose worker inherits
		PassFDs:      []int{},
		PreopenHints: []string{},
	}
	if w := o.Worker; w != nil {
		for _, fd := range w.Inherited {
			h.PassFDs = append(h.PassFDs, fd.FD)
			h.PreopenHints = append(h.PreopenHints, fd.String())
		}
		for _, fd := range w.Left {
			h.PreopenHints = append(h.PreopenHints, fd.String()+", left by an earlier probe")
		}
	}
	h.PreopenDetected = new(len(h.PreopenHints) > 0)
	if runner != nil {
		h.ApplyModel, h.ApplyTiming = &runner.ApplyModel, &runner.ApplyTiming
		h.PreexistingSandboxSuspected = &runner.PreexistingSandboxSuspected
	}
	return h
}

func listener(o *Observation) *artifact.Listener {
	l := o.Listener
	if l == nil {
		return nil
	}
	return &artifact.Listener{
		Host: l.Host, Port: l.Port, Status: l.Status, Error: orNil(l.Error),
		Precheck:    artifact.Precheck{Status: l.Precheck, Error: orNil(l.PrecheckErr)},
		AcceptCount: l.AcceptCount, Network: l.Network, Datagrams: l.Datagrams,
	}
}
