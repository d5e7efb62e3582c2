package normalize

import (
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// WriteOracle writes oracle_results.json: a row per callout.
func (s *Set) WriteOracle(w io.Writer) error {
	out := s.list(w, artifact.SchemaOracleResults, nil, "results")
	err := s.Each(func(r *Row) error {
		for i := range r.Probe.RuntimeResult.Callouts {
			c := &r.Probe.RuntimeResult.Callouts[i]
			out.Value(&artifact.OracleRow{
				WorldID:             s.run.WorldID,
				RunID:               s.run.RunID,
				ExpectationID:       r.expectationID,
				Stage:               orNil(c.Stage),
				API:                 orNil(c.API),
				Operation:           orNil(c.Operation),
				FilterType:          c.FilterType,
				FilterTypeName:      c.FilterTypeName,
				CheckType:           c.CheckType,
				Argument:            c.Argument,
				Canonicalization:    c.Canonicalization,
				CanonicalFlagUsed:   c.CanonicalFlagUsed,
				CanonicalFlagReason: c.CanonicalFlagReason,
				NoReport:            c.NoReport,
				NoReportReason:      c.NoReportReason,
				TokenStatus:         c.TokenStatus,
				TokenMachKR:         c.TokenMachKR,
				RC:                  c.RC,
				Errno:               c.Errno,
				Decision:            orNil(c.Decision),
				Error:               c.Error,
			})
		}
		return nil
	})
	return endList(out, err)
}
