// Package normalize makes the documents that say what a run's rows mean from the
// documents that say what was captured: from expected_matrix.json,
// runtime_results.json and baseline_results.json the events, mismatches, path
// witnesses, oracle results and mismatch packets. It reads runs of either
// generation of the format and of any world.
//
// It is how evidence of other producers is read. Runs of our own are written by
// package evidence from observations, which know more than rows do.
package normalize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Run is what documents say of the run they belong to. The zero Run takes the
// matrix's world.
type Run struct {
	WorldID string // empty: the matrix's
	RunID   string
	// AsWritten makes documents of the generation that the rows are of. Without
	// it they are of the current one, whatever the rows are.
	AsWritten bool
}

// Documents are the contents of the three files.
type Documents struct {
	Matrix   []byte
	Results  []byte
	Baseline []byte // nil: the lane did not run
}

// Set is the three documents, joined. Rows are decoded one at a time, each time
// they are asked for: a Set holds their text only.
type Set struct {
	run        Run
	system     contract.System
	generation contract.Generation // of what is made
	rows       contract.Generation // of the rows
	profiles   artifact.Ordered[profile]
	matrix     map[string]matrixProfile
	baseline   baselineIndex
}

// profile is a profile of runtime_results with its rows still undecoded.
type profile struct {
	Preflight *artifact.StaticGate `json:"preflight"`
	Probes    []json.RawMessage    `json:"probes"`
}

// matrixProfile finds a profile's scenarios. Rows come by id, or by name where
// they have none.
type matrixProfile struct {
	mode         string
	byID, byName map[string]*artifact.MatrixProbe
}

// Open joins the documents. An error names the file.
func Open(run Run, docs Documents) (*Set, error) {
	s := &Set{run: run}
	var matrix artifact.ExpectedMatrix
	if err := json.Unmarshal(docs.Matrix, &matrix); err != nil {
		return nil, fmt.Errorf("%s: %w", artifact.ExpectedMatrixFile, err)
	}
	if s.run.WorldID == "" {
		s.run.WorldID = matrix.WorldID
	}
	if s.run.WorldID == "" {
		return nil, fmt.Errorf("%s: no world_id, and none was given", artifact.ExpectedMatrixFile)
	}
	s.system = contract.SystemOf(s.run.WorldID)
	s.matrix = indexMatrix(&matrix)
	if err := json.Unmarshal(docs.Results, &s.profiles); err != nil {
		return nil, fmt.Errorf("%s: %w", artifact.RuntimeResultsFile, err)
	}
	s.rows = generationOf(s.profiles)
	if run.AsWritten {
		s.generation = s.rows
	}
	if docs.Baseline != nil {
		var baseline artifact.BaselineResults
		if err := json.Unmarshal(docs.Baseline, &baseline); err != nil {
			return nil, fmt.Errorf("%s: %w", artifact.BaselineResultsFile, err)
		}
		s.baseline = indexBaseline(baseline.Results)
	}
	return s, nil
}

// Generation is the one that the rows are of.
func (s *Set) Generation() contract.Generation { return s.rows }

// generationOf tells the generations apart by their first row: every row of the
// current one says what the process held before it began.
func generationOf(profiles artifact.Ordered[profile]) contract.Generation {
	for _, p := range profiles {
		for _, raw := range p.Value.Probes {
			var row struct {
				Result map[string]json.RawMessage `json:"runtime_result"`
			}
			if json.Unmarshal(raw, &row) != nil {
				continue
			}
			_, hygiene := row.Result["resource_hygiene"]
			_, witnessed := row.Result["intended_op_witnessed"]
			if !hygiene && !witnessed {
				return contract.Earlier
			}
			return contract.Current
		}
	}
	return contract.Current
}

func indexMatrix(matrix *artifact.ExpectedMatrix) map[string]matrixProfile {
	index := make(map[string]matrixProfile, len(matrix.Profiles))
	for i := range matrix.Profiles {
		p := &matrix.Profiles[i]
		m := matrixProfile{p.Value.Mode, map[string]*artifact.MatrixProbe{}, map[string]*artifact.MatrixProbe{}}
		for j := range p.Value.Probes {
			probe := &p.Value.Probes[j]
			m.byID[probe.ExpectationID], m.byName[probe.Name] = probe, probe
		}
		index[p.Key] = m
	}
	return index
}

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
				return fmt.Errorf("%s: profile %q: row %d: %w", artifact.RuntimeResultsFile, p.Key, j, err)
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
	stderr := probe.Stderr
	if !s.system.ToolsOnStderr() {
		stderr = nil
	}
	result, kindless, err := upgrade(decoded.RuntimeResult, stderr, s.filters())
	if err != nil {
		return nil, fmt.Errorf("%q: runtime_result: %w", row.expectationID, err)
	}
	if request := result.SandboxCheckRequest.Ptr(); request != nil && result.IntendedOpWitnessed.IsZero() {
		result.IntendedOpWitnessed = artifact.Maybe(Witnessed(request, result.Callouts, probe.Operation, row.target))
	}
	probe.RuntimeResult, row.kindless = *result, kindless
	return row, nil
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

// Check returns every violation of the rows and of the events made from them.
func (s *Set) Check() ([]contract.Violation, error) {
	var found []contract.Violation
	err := s.Each(func(r *Row) error {
		found = append(found, contract.CheckRow(r.expectationID, &r.Probe.RuntimeResult, r.Probe.Stderr, s.system)...)
		for _, v := range contract.CheckEvent(s.Event(r), s.generation) {
			if !contains(found, v) {
				found = append(found, v)
			}
		}
		return nil
	})
	return found, err
}

// WriteEvents writes runtime_events.normalized.json.
func (s *Set) WriteEvents(w io.Writer) error {
	out := canon.NewWriter(w, canon.IndentedSorted)
	out.BeginArray()
	err := s.Each(func(r *Row) error {
		out.Value(s.Event(r))
		return nil
	})
	out.End()
	return errors.Join(err, out.Close())
}
