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
		Command:          row.Command,
		Errno:            result.Errno,
		ExpectationID:    row.ExpectationID,
		Expected:         row.Expected,
		FailureKind:      result.FailureKind,
		FailureStage:     result.FailureStage,
		FileConfounder:   d.fileConfounder(s),
		Match:            row.Match,
		Notes:            row.Notes,
		Operation:        row.Operation,
		PolicyLayers:     policyLayers(s),
		ProbeName:        row.Name,
		ProfileID:        s.profile.ID,
		ResourceHygiene:  result.ResourceHygiene,
		RunID:            d.run.RunID,
		RunnerInfo:       result.RunnerInfo,
		RuntimeStatus:    result.Status,
		ScenarioID:       row.ExpectationID,
		Stderr:           stripped(row.Stderr),
		Stdout:           row.Stdout,
		Target:           row.Path,
		ViolationSummary: row.ViolationSummary,
		WorldID:          d.run.WorldID,
	}
	switch {
	case o.Errno != 0 && o.Errno == errno(o):
		e.ErrnoName = orNil(o.ErrnoName)
	case e.Errno != nil: // of applying the policy
		e.ErrnoName = orNil(contract.ErrnoName(contract.SystemOf(d.run.WorldID), *e.Errno))
	}
	if string(row.ProbeDetails) != "null" {
		e.ProbeDetails = row.ProbeDetails
	}
	e.IntendedOpWitnessed = o.witnessed()
	e.FirstDenialOp, e.FirstDenialFilters = firstDenial(o)
	if s.probe.OnPath {
		e.RequestedPath = requestedPath(o)
		e.ObservedPath = orNil(o.ObservedPath)
		e.ObservedPathSource = new("not_attempted")
		if o.ObservedPath != "" {
			e.ObservedPathSource = new("fd_path")
		}
		if path, source := normalizedPath(o); path != nil {
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

// normalizedPath is the best spelling known. The alias map of macOS (/tmp for
// /private/tmp) is not applied: the kernel is asked, not the name.
func normalizedPath(o *Observation) (path *string, source string) {
	return contract.NormalizedPath(orNil(o.ObservedPath), requestedPath(o))
}
