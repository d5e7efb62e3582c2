package normalize

import (
	"fmt"
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// CheckMismatches refuses documents of which no mismatches can be told: scenarios
// of the matrix without an expectation id, and rows that it does not know.
func (s *Set) CheckMismatches() error {
	for _, p := range s.expected {
		for i := range p.Value.Probes {
			if p.Value.Probes[i].ExpectationID == "" {
				return fmt.Errorf("%s: profile %q: row %d has no expectation_id, by which its result is found: add it", s.matrixName, p.Key, i)
			}
		}
	}
	return s.Each(func(r *Row) error {
		if r.Matrix == nil {
			return fmt.Errorf("%s: profile %q: row %q is not in %s: give the two documents of one run", s.results, r.ProfileID, r.expectationID, s.matrixName)
		}
		return nil
	})
}

// WriteMismatches writes mismatch_summary.json in the name of the module that
// generatedBy says.
func (s *Set) WriteMismatches(w io.Writer, generatedBy string) error {
	out := canon.NewWriter(w, canon.Indented)
	out.BeginObject()
	out.Key("world_id")
	out.Value(s.run.WorldID)
	out.Key("generated_by")
	out.Value(generatedBy)
	out.Key("mismatches")
	out.BeginArray()
	counts := artifact.Ordered[int]{}
	err := s.Each(func(r *Row) error {
		if m := s.mismatch(r); m != nil {
			out.Value(m)
			counts = count(counts, m.MismatchType)
		}
		return nil
	})
	out.End()
	out.Key("counts")
	out.Value(counts)
	return endDocument(out, err)
}

func count(counts artifact.Ordered[int], name string) artifact.Ordered[int] {
	for i := range counts {
		if counts[i].Key == name {
			counts[i].Value++
			return counts
		}
	}
	return append(counts, artifact.Member[int]{Key: name, Value: 1})
}

// expected is the matrix's word, whatever the row says.
func (r *Row) expected() string {
	if r.Matrix == nil {
		return ""
	}
	return r.Matrix.Expected
}

func (r *Row) matches() bool {
	return r.expected() != "" && r.expected() == value(r.Probe.Actual) && is(r.Probe.Match, true)
}

// mismatch is nil for a row that shows what was expected. A row without a
// decision does not.
func (s *Set) mismatch(r *Row) *artifact.Mismatch {
	if r.matches() {
		return nil
	}
	p, result := r.Probe, &r.Probe.RuntimeResult
	return &artifact.Mismatch{
		WorldID:       s.run.WorldID,
		ProfileID:     r.ProfileID,
		ExpectationID: r.expectationID,
		Operation:     p.Operation,
		Path:          r.target,
		Expected:      r.expected(),
		Actual:        p.Actual,
		MismatchType: contract.Mismatch{
			NotWitnessed: is(result.IntendedOpWitnessed.Ptr(), false),
			Stage:        value(result.FailureStage),
			Kind:         value(result.FailureKind),
			Expected:     r.expected(),
			Actual:       value(p.Actual),
			Operation:    p.Operation,
			Path:         r.target,
		}.Type(),
		ViolationSummary: p.ViolationSummary,
		Notes:            s.notes(p),
	}
}

// notes are what the row's tools said. Our own say nothing of a row without a
// decision, and the row itself does.
func (s *Set) notes(p *artifact.ResultsProbe) *string {
	if contract.ToolsOnStderr(s.system, p.RuntimeResult.RunnerInfo) || p.Actual != nil || value(p.Stderr) != "" {
		return p.Stderr
	}
	return orNil(first(value(p.Notes), value(p.Error)))
}
