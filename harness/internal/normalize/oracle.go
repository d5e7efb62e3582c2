package normalize

import (
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// WriteOracle writes oracle_results.json: a row per callout.
func (s *Set) WriteOracle(w io.Writer) error {
	out := s.list(w, artifact.SchemaOracleResults, nil, "results")
	err := s.Each(func(r *Row) error {
		for i := range r.Probe.RuntimeResult.Callouts {
			out.Value(contract.CalloutRow(s.run.WorldID, s.run.RunID, r.expectationID, &r.Probe.RuntimeResult.Callouts[i]))
		}
		return nil
	})
	return endList(out, err)
}
