package normalize

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Event says what a row means.
func (s *Set) Event(r *Row) *artifact.Event {
	p, result := r.Probe, &r.Probe.RuntimeResult
	e := &artifact.Event{
		Actual:              p.Actual,
		ApplyReport:         result.ApplyReport,
		Callouts:            result.Callouts,
		Command:             p.Command,
		DecisionPath:        p.DecisionPath,
		EntitlementChecks:   result.EntitlementChecks,
		Errno:               result.Errno,
		ExpectationID:       r.expectationID,
		Expected:            p.Expected,
		FailureKind:         result.FailureKind,
		FailureStage:        result.FailureStage,
		FirstDenialFilters:  p.FirstDenialFilters,
		FirstDenialOp:       p.FirstDenialOp,
		IntendedOpWitnessed: result.IntendedOpWitnessed.Ptr(),
		Match:               p.Match,
		Notes:               p.Notes,
		Operation:           p.Operation,
		Preflight:           r.Preflight,
		PrimaryIntent:       p.PrimaryIntent,
		ProbeDetails:        present(p.ProbeDetails),
		ProbeName:           p.Name,
		ProfileID:           r.ProfileID,
		ReachedPrimaryOp:    p.ReachedPrimaryOp,
		RunID:               s.run.RunID,
		RunnerInfo:          result.RunnerInfo,
		RuntimeStatus:       result.Status,
		ScenarioID:          r.expectationID,
		Stdout:              p.Stdout,
		Target:              r.target,
		ViolationSummary:    p.ViolationSummary,
		WorldID:             s.run.WorldID,
	}
	if p.Stderr != nil {
		e.Stderr = new(marker.Strip(*p.Stderr))
	}
	if e.FailureStage == nil && e.RuntimeStatus != "success" {
		e.FailureStage = new(contract.StageProbe)
		if r.kindless {
			e.FailureKind = new("probe_errno")
		}
	}
	s.paths(e, p.PathObservation)
	if s.generation == contract.Earlier {
		return e
	}
	if e.Errno != nil {
		e.ErrnoName = orNil(contract.ErrnoName(s.system, *e.Errno))
	}
	e.ResourceHygiene = result.ResourceHygiene
	s.judge(e, r)
	return e
}

// judge adds what is known by comparing the row with others.
func (s *Set) judge(e *artifact.Event, r *Row) {
	process := processDecision(e)
	e.PolicyLayers = s.layers(e, r.Baseline, process)
	if r.Baseline != nil {
		e.ServiceConfounder = contract.ServiceMissing(e.Operation, e.ProbeDetails, r.Baseline.ProbeDetails)
	}
	e.FileConfounder = s.fileConfounder(e, r, process)
	if s.system != contract.Linux {
		e.TCCConfounder = tccConfounder(e, r.Baseline)
	}
	e.SandboxCheckPrepass = r.asked(&r.Probe.RuntimeResult).Prepass()
}

// paths says where a path operation led.
func (s *Set) paths(e *artifact.Event, unsandboxed *artifact.PathObservation) {
	if !strings.HasPrefix(e.Operation, "file-") {
		return
	}
	e.RequestedPath = orNil(e.Target)
	seen := s.probePaths(e)
	switch {
	case seen.path.text != nil:
		e.ObservedPath, e.ObservedPathSource = seen.path.text, new("fd_path")
	case unsandboxed != nil && (value(unsandboxed.ObservedPath) != "" || unsandboxed.ObservedPathSource != ""):
		e.ObservedPath, e.ObservedPathSource = unsandboxed.ObservedPath, &unsandboxed.ObservedPathSource
	case seen.path.outcome == pathMissing:
		e.ObservedPathSource = new("not_attempted")
	default:
		e.ObservedPathSource = new(seen.path.outcome)
	}
	s.spell(e)
}

// spell chooses the best spelling known. The alias map stands in for macOS where
// nobody saw the path; a Linux world has no aliases.
func (s *Set) spell(e *artifact.Event) {
	path, source := contract.NormalizedPath(e.ObservedPath, nil, e.RequestedPath)
	if alias, ok := contract.Canonical(value(path)); ok && source == contract.PathRequested && s.system != contract.Linux {
		path, source = &alias, "alias_map"
	}
	if path != nil {
		e.NormalizedPath, e.NormalizedPathSource = path, &source
	}
}

// present is nil for a JSON null.
func present(raw json.RawMessage) json.RawMessage {
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return raw
}
