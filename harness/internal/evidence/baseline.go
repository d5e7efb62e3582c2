package evidence

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

func baselineName(s *scenarioRow) string { return artifact.BaselineName(s.profile.ID, s.probe.Name) }

func (d *derivation) writeBaseline(w *canon.Writer) {
	d.list(w, artifact.SchemaBaselineResults, "results", false)
	d.each(func(s *scenarioRow) {
		if s.baseline != nil {
			w.Value(baselineRow(s))
		}
	})
	endList(w)
}

// baselineRow has status null and an error when nothing was decided; the
// reference knows only allow and deny there, and reads a timeout as a denial.
func baselineRow(s *scenarioRow) *artifact.BaselineRow {
	o := s.baseline
	row := &artifact.BaselineRow{
		Name:          baselineName(s),
		ProfileID:     s.profile.ID,
		ProbeName:     s.probe.Name,
		Operation:     s.probe.Operation,
		Target:        s.probe.Target,
		PrimaryIntent: primaryIntent(s),
		Command:       argv(o),
		Status:        orNil(string(o.Actual)),
		Listener:      listener(o),
		Error:         baselineError(o),
	}
	if s.probe.OnPath {
		path := baselinePath(o)
		row.ObservedPath = artifact.Maybe(orNil(path.text))
		row.ObservedPathSource = &path.source
		row.ObservedPathErrno = artifact.Maybe(orNil(path.errno))
		noFirmlink := baselineNoFirmlink(o)
		row.ObservedNoFirmlink = artifact.Maybe(orNil(noFirmlink.text))
		row.ObservedNoFirmlinkFrom = &noFirmlink.source
		row.ObservedNoFirmlinkErr = artifact.Maybe(orNil(noFirmlink.errno))
	}
	if o.attempted() {
		row.ExitCode = artifact.Maybe(o.ExitCode)
		row.Stdout, row.Stderr = new(cut(text(o.Stdout))), new(cut(text(o.Stderr)))
	}
	if o.Actual != "" {
		row.ReachedPrimaryOp, row.DecisionPath = new(true), new("baseline")
	}
	if o.detailed() {
		row.ProbeDetails = s.probeDetails(o)
	}
	return row
}

func baselineError(o *Observation) *string {
	if o.Actual != "" {
		return nil
	}
	return new(reason(o))
}

// cut keeps the first 200 characters, as the format has it for this lane.
func cut(s string) string {
	const limit = 200
	n := 0
	for i := range s {
		if n == limit {
			return s[:i]
		}
		n++
	}
	return s
}
