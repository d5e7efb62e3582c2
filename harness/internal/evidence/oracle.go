package evidence

import (
	"cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

func (d *derivation) writeOracle(w *canon.Writer) {
	d.list(w, artifact.SchemaOracleResults, "results", false)
	d.each(func(s *scenarioRow) {
		if s.oracle != nil {
			w.Value(d.oracleRow(s))
		}
	})
	endList(w)
}

// oracleRow is one model's answer. The format was made for calls into a
// sandbox; a model asks nobody, so it has a stage and an api of its own and
// null wherever only a call has something to say. Rows exist for every
// observation of the lane: a model that cannot answer says "error" and why.
func (d *derivation) oracleRow(s *scenarioRow) *artifact.OracleRow {
	o := s.oracle
	model := s.mode()
	if o.Oracle != nil {
		model = cmp.Or(o.Oracle.Model, model)
	}
	row := &artifact.OracleRow{
		WorldID:       d.run.WorldID,
		RunID:         d.run.RunID,
		ExpectationID: s.probe.ExpectationID,
		Stage:         new("model"),
		API:           new("oracle:" + model),
		Operation:     &s.probe.Operation,
		Argument:      new(argument(o)),
		Decision:      new("error"),
	}
	if o.Actual != "" {
		*row.Decision = string(o.Actual)
		return row
	}
	why := o.Reason
	if o.Oracle != nil && o.Oracle.Reason != "" {
		why = o.Oracle.Reason
	}
	row.Error = new(cmp.Or(why, o.FailureKind, "no reason given"))
	return row
}

// argument is what the model was asked about.
func argument(o *Observation) string {
	return cmp.Or(o.RequestedPath, o.Target)
}
