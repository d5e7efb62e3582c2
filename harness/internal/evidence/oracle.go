package evidence

import (
	"cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// writeOracle writes what models said of each scenario, and behind it what the
// sandbox itself answered beside the attempt. Neither is an observation.
func (d *derivation) writeOracle(w *canon.Writer) {
	d.list(w, artifact.SchemaOracleResults, "results", false)
	d.each(func(s *scenarioRow) {
		if s.oracle != nil {
			w.Value(d.oracleRow(s))
		}
		if s.scenario != nil {
			for i := range s.scenario.Callouts {
				w.Value(contract.CalloutRow(d.run.WorldID, d.run.RunID, s.probe.ExpectationID, &s.scenario.Callouts[i]))
			}
		}
	})
	endList(w)
}

// oracleRow is one model's answer. Rows exist for every observation of the lane: a
// model that cannot answer says "error" and why.
func (d *derivation) oracleRow(s *scenarioRow) *artifact.OracleRow {
	o := s.oracle
	row := &artifact.OracleRow{
		WorldID:        d.run.WorldID,
		RunID:          d.run.RunID,
		ExpectationID:  s.probe.ExpectationID,
		Stage:          new(artifact.ModelStage),
		API:            new(artifact.ModelAPI),
		Operation:      &s.probe.Operation,
		FilterType:     s.probe.FilterType,
		FilterTypeName: orNil(s.probe.FilterName),
		Argument:       new(argument(o)),
		Decision:       new("error"),
	}
	if o.Oracle != nil {
		row.Prediction = &o.Oracle.Prediction
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
