package evidence

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// generatedBy names the producing module.
const generatedBy = "github.com/rtgen/rtgen/harness/internal/evidence"

// writeMismatches writes mismatch_summary.json. After a failure the reference
// empties the document; here what was seen until then stays, beside the error.
func (d *derivation) writeMismatches(w *canon.Writer, counts *Counts) {
	w.Value(&artifact.MismatchSummary{
		WorldID:     d.run.WorldID,
		GeneratedBy: generatedBy,
		Mismatches:  counts.Mismatches,
		Counts:      counts.byType,
		Error:       orNil(d.run.Error),
	})
}

// mismatch is nil when the scenario matches. A scenario without a decision
// does not.
func (d *derivation) mismatch(s *scenarioRow) *artifact.Mismatch {
	o := s.scenario
	if o == nil || o.Actual == s.probe.Expected {
		return nil
	}
	notes := text(o.Stderr)
	if notes == "" && o.Actual == "" {
		notes = reason(o)
	}
	return &artifact.Mismatch{
		WorldID:          d.run.WorldID,
		ProfileID:        s.profile.ID,
		ExpectationID:    s.probe.ExpectationID,
		Operation:        s.probe.Operation,
		Path:             s.probe.Target,
		Expected:         string(s.probe.Expected),
		Actual:           orNil(string(o.Actual)),
		MismatchType:     mismatchType(s),
		ViolationSummary: violation(o),
		Notes:            &notes,
	}
}

func mismatchType(s *scenarioRow) string {
	o := s.scenario
	stage, kind := failure(o)
	return contract.Mismatch{
		NotWitnessed: s.misjudged(),
		Stage:        stage,
		Kind:         kind,
		Expected:     string(s.probe.Expected),
		Actual:       string(o.Actual),
		Operation:    o.Operation,
		Path:         o.Target,
	}.Type()
}
