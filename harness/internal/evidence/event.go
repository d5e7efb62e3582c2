package evidence

import (
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

func (d *derivation) writeEvents(w *canon.Writer) {
	w.BeginArray()
	d.each(func(s *scenarioRow) {
		if s.scenario != nil {
			w.Value(d.event(s))
		}
	})
	w.End()
}

// event is the scenario lane's row with everything that helps to judge it.
func (d *derivation) event(s *scenarioRow) *artifact.Event {
	o := s.scenario
	row := d.resultRow(s)
	result := &row.RuntimeResult
	e := &artifact.Event{
		Actual:           row.Actual,
		ApplyReport:      result.ApplyReport,
		Callouts:         result.Callouts,
		Command:          row.Command,
		Errno:            result.Errno,
		ExpectationID:    row.ExpectationID,
		Expected:         row.Expected,
		FailureKind:      result.FailureKind,
		FailureStage:     result.FailureStage,
		FileConfounder:   s.fileConfounder(),
		Match:            row.Match,
		Notes:            row.Notes,
		Operation:        row.Operation,
		PolicyLayers:     policyLayers(s),
		Preflight:        d.gates[s.profile.ID],
		PrimaryIntent:    new(primaryIntent(s)),
		ProbeName:        row.Name,
		ProfileID:        s.profile.ID,
		ReachedPrimaryOp: row.ReachedPrimaryOp,
		ResourceHygiene:  result.ResourceHygiene,
		RunID:            d.run.RunID,
		RunnerInfo:       result.RunnerInfo,
		RuntimeStatus:    result.Status,
		ScenarioID:       row.ExpectationID,
		Stderr:           stripped(row.Stderr),

		SandboxCheckPrepass: o.asked().Prepass(),
		ServiceConfounder:   s.serviceConfounder(),
		TCCConfounder:       s.consentConfounder(),

		Stdout:           row.Stdout,
		Target:           row.Path,
		ViolationSummary: row.ViolationSummary,
		WorldID:          d.run.WorldID,
	}
	switch {
	case o.Errno != 0 && o.Errno == errno(o):
		e.ErrnoName = orNil(s.errnoName(o))
	case e.Errno != nil: // of applying the policy
		e.ErrnoName = orNil(contract.ErrnoName(s.system, *e.Errno))
	}
	if string(row.ProbeDetails) != "null" {
		e.ProbeDetails = row.ProbeDetails
	}
	e.IntendedOpWitnessed = o.witnessed()
	e.FirstDenialOp, e.FirstDenialFilters = row.FirstDenialOp, row.FirstDenialFilters
	if s.probe.OnPath {
		e.RequestedPath = requestedPath(o)
		e.ObservedPath = orNil(o.ObservedPath)
		switch {
		case o.ObservedPath != "":
			e.ObservedPathSource = new("fd_path")
		case o.PathErrno != 0:
			e.ObservedPathSource = new("error")
		case o.File != nil:
			e.ObservedPathSource = new("unavailable")
		default:
			e.ObservedPathSource = new("not_attempted")
		}
		if path, source := normalizedPath(o, o.ObservedPath); path != nil {
			e.NormalizedPath, e.NormalizedPathSource = path, &source
		}
	}
	return e
}

// stripped drops the lines that look like a tool's. Ours speak elsewhere, so the
// program under test wrote them and they change nothing; the row keeps them.
func stripped(stderr *string) *string {
	if stderr == nil {
		return nil
	}
	return new(marker.Strip(*stderr))
}

// requestedPath is what the kernel was handed. A target whose variables were
// never expanded is no path, so a scenario that was not attempted may have none.
func requestedPath(o *Observation) *string {
	switch {
	case o.RequestedPath != "":
		return &o.RequestedPath
	case o.Target == "" || strings.Contains(o.Target, "${"):
		return nil
	}
	return &o.Target
}

// normalizedPath is the best spelling known: what the descriptor had, else where
// the name led without the policy, else the name. The alias map of macOS (/tmp
// for /private/tmp) is not applied: the kernel is asked, not the name.
func normalizedPath(o *Observation, observed string) (path *string, source string) {
	var seen *string
	if o.Sight != nil {
		seen = &o.Sight.Path
	}
	return contract.NormalizedPath(&observed, seen, requestedPath(o))
}

// reached says whether the kernel was asked for the operation under test: not
// where nothing was attempted, nor where its own record names another one first.
// Nil: nobody knows.
func reached(o *Observation) *bool {
	switch {
	case o.Outcome == Blocked || o.Outcome == Unsupported:
		return new(false)
	case !o.attempted():
		return nil // a call before it may have gone wrong
	case o.recordedIntent() != nil:
		return o.recordedIntent()
	case o.Return != nil && o.Return.Kind == contract.ReturnOfCheck:
		return nil // the sandbox was asked, and nothing was attempted
	case o.FailureKind == KindNotWitnessed:
		return nil // something refused it, and may have done so before
	}
	return new(true)
}

func primaryIntent(s *scenarioRow) artifact.PrimaryIntent {
	return artifact.PrimaryIntent{
		Operation: s.probe.Operation, Target: s.probe.Target, ProfileID: s.profile.ID, ProbeName: s.probe.Name,
	}
}
