package normalize

import (
	"encoding/json"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Row is one row of runtime_results, upgraded, with everything that belongs to it.
type Row struct {
	ProfileID string
	Preflight *artifact.StaticGate   // the profile's, nil without one
	Matrix    *artifact.MatrixProbe  // nil: the matrix does not know it
	Baseline  *artifact.BaselineRow  // nil: none was made
	Probe     *artifact.ResultsProbe // RuntimeResult upgraded

	mode          string // of the policy
	kindless      bool   // failure_kind is not even a key
	expectationID string
	target        string
}

// Each calls f for every row, in the documents' order. An error of f ends it; a
// row that cannot be read is an error that names its profile and id.
func (s *Set) Each(f func(*Row) error) error {
	for i := range s.profiles {
		p := &s.profiles[i]
		for j, raw := range p.Value.Probes {
			row, err := s.row(p.Key, &p.Value, raw)
			if err != nil {
				return fmt.Errorf("%s: profile %q: row %d: %w", s.results, p.Key, j, err)
			}
			if err := f(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// rawRow is a row whose result is read by Upgrade: it must tell a key that is
// missing from one that is null.
type rawRow struct {
	artifact.ResultsProbe
	RuntimeResult json.RawMessage `json:"runtime_result"`
}

func (s *Set) row(profileID string, p *profile, raw json.RawMessage) (*Row, error) {
	var decoded rawRow
	if err := json.Unmarshal(raw, &decoded); err != nil {
		return nil, err
	}
	probe := &decoded.ResultsProbe
	m := s.matrix[profileID]
	row := &Row{ProfileID: profileID, Preflight: p.Preflight, Probe: probe, mode: m.mode}
	if row.Matrix = m.byID[probe.ExpectationID]; row.Matrix == nil && probe.ExpectationID == "" {
		row.Matrix = m.byName[probe.Name]
	}
	row.fill()
	row.Baseline = s.baseline.find(profileID, probe.Name, probe.Operation, row.target)
	loose, err := readResult(decoded.RuntimeResult)
	if err != nil {
		return nil, fmt.Errorf("%q: runtime_result: %w", row.expectationID, err)
	}
	probe.RuntimeResult.RunnerInfo = loose.RunnerInfo
	result, kindless, err := loose.upgrade(s.toolsSaid(probe), s.filters())
	if err != nil {
		return nil, fmt.Errorf("%q: runtime_result: %w", row.expectationID, err)
	}
	if asked := row.asked(result); asked.Request != nil && result.IntendedOpWitnessed.IsZero() {
		result.IntendedOpWitnessed = artifact.Maybe(asked.Witnessed())
	}
	probe.RuntimeResult, row.kindless = *result, kindless
	return row, nil
}

// toolsSaid is a row's standard error where tools speak on it, else nil.
func (s *Set) toolsSaid(p *artifact.ResultsProbe) *string {
	if !contract.ToolsOnStderr(s.system, p.RuntimeResult.RunnerInfo) {
		return nil
	}
	return p.Stderr
}

// filters is how a run numbered filters whose rows do not say.
func (s *Set) filters() marker.Filters {
	if s.rows == contract.Earlier {
		return marker.PolicyFilters
	}
	return marker.CheckFilters
}

// fill takes from the matrix what the row leaves out, and makes the ids.
func (r *Row) fill() {
	p, m := r.Probe, r.Matrix
	if m == nil {
		m = &artifact.MatrixProbe{}
	}
	p.Name = first(p.Name, m.Name)
	p.Expected = first(p.Expected, m.Expected)
	r.target = first(p.Path, value(p.Target), m.Target)
	r.mode = first(m.Mode, r.mode)
	r.expectationID = first(p.ExpectationID, value(p.ProbeID))
	if r.expectationID == "" {
		r.expectationID = fallbackID(r.ProfileID, p.Operation, r.target)
	}
}

// fallbackID names a scenario that nobody named.
func fallbackID(profileID, operation, target string) string {
	return profileID + "|" + first(operation, "op") + "|" + first(target, "target")
}

// asked is what the sandbox was asked beside the row's attempt.
func (r *Row) asked(result *artifact.RuntimeResult) contract.Asked {
	return contract.Asked{
		Operation: r.Probe.Operation, Target: r.target, Request: result.SandboxCheckRequest.Ptr(), Callouts: result.Callouts,
	}
}
