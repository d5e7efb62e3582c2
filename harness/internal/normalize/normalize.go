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
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// Run is what documents say of the run they belong to.
type Run struct {
	WorldID string // empty: the matrix's, else that of runtime_results
	RunID   string // empty: that of runtime_results
	// AsWritten makes documents of the generation that the rows are of. Without
	// it they are of the current one, whatever the rows are.
	AsWritten bool
}

// Documents are the contents of the three files.
type Documents struct {
	Matrix   []byte
	Results  []byte
	Baseline []byte // nil: the lane did not run

	// ResultsFrom is read in place of Results, of which no more than the rows is
	// kept then. Nil: Results.
	ResultsFrom io.Reader

	// What errors call the first two; empty: by the names of the contract.
	MatrixName, ResultsName string
}

// Set is the three documents, joined. Rows are decoded one at a time, each time
// they are asked for: a Set holds their text only.
type Set struct {
	run        Run
	matrixName string // what errors call the matrix
	results    string // and runtime_results
	system     contract.System
	generation contract.Generation // of what is made
	rows       contract.Generation // of the rows
	profiles   artifact.Ordered[profile]
	expected   artifact.Ordered[artifact.MatrixProfile]
	matrix     map[string]matrixProfile // the same, by id
	baseline   baselineIndex
}

// profile is a profile of runtime_results with its rows still undecoded.
type profile struct {
	Preflight *artifact.StaticGate
	Probes    []json.RawMessage
	WorldID   string // of other producers
	RunID     string
}

// world is where the profile's rows were observed, as far as they say.
func (p *profile) world() string {
	if p.WorldID == "" && p.Preflight != nil {
		return p.Preflight.WorldID
	}
	return p.WorldID
}

// matrixProfile finds a profile's scenarios. Rows come by id, or by name where
// they have none.
type matrixProfile struct {
	mode         string
	byID, byName map[string]*artifact.MatrixProbe
}

// Open joins the documents, which must all be of one run. An error names the
// file.
func Open(run Run, docs Documents) (*Set, error) {
	s := &Set{
		run: run, matrixName: first(docs.MatrixName, artifact.ExpectedMatrixFile), results: first(docs.ResultsName, artifact.RuntimeResultsFile),
	}
	var matrix artifact.ExpectedMatrix
	if err := artifact.Decode(docs.Matrix, &matrix); err != nil {
		return nil, fmt.Errorf("%s: %w", s.matrixName, err)
	}
	if matrix.Profiles == nil {
		return nil, fmt.Errorf("%s: no profiles, so it is no expected matrix", s.matrixName)
	}
	if docs.ResultsFrom == nil {
		docs.ResultsFrom = bytes.NewReader(docs.Results)
	}
	if err := s.readProfiles(docs.ResultsFrom); err != nil {
		return nil, fmt.Errorf("%s: %w", s.results, err)
	}
	if err := s.chooseWorld(matrix.WorldID); err != nil {
		return nil, err
	}
	s.system = contract.SystemOf(s.run.WorldID)
	s.expected, s.matrix = matrix.Profiles, indexMatrix(&matrix)
	for _, p := range s.profiles {
		if err := s.sameRun(s.results, p.Value.RunID); err != nil {
			return nil, err
		}
	}
	s.rows = generationOf(s.profiles)
	if run.AsWritten {
		s.generation = s.rows
	}
	if docs.Baseline != nil {
		var baseline artifact.BaselineResults
		if err := artifact.Decode(docs.Baseline, &baseline); err != nil {
			return nil, fmt.Errorf("%s: %w", artifact.BaselineResultsFile, err)
		}
		if err := s.sameRun(artifact.BaselineResultsFile, baseline.RunID); err != nil {
			return nil, err
		}
		s.baseline = indexBaseline(baseline.Results)
	}
	return s, nil
}

// readProfiles reads runtime_results a row at a time.
func (s *Set) readProfiles(r io.Reader) error {
	d := artifact.NewReader(r)
	err := d.Object(nil, func(id string) error {
		var p profile
		err := d.Object([]string{"preflight", "probes", "world_id", "run_id"}, func(key string) error {
			switch key {
			case "preflight":
				return d.Value(&p.Preflight)
			case "world_id":
				return d.Value(&p.WorldID)
			case "run_id":
				return d.Value(&p.RunID)
			case "probes":
				return d.Array(func(int) error {
					var row json.RawMessage
					err := d.Value(&row)
					p.Probes = append(p.Probes, row)
					return err
				})
			}
			return d.Skip()
		})
		s.profiles = append(s.profiles, artifact.Member[profile]{Key: id, Value: p})
		return err
	})
	if err != nil {
		return err
	}
	return d.Close()
}

// chooseWorld finds the world of the documents. What was observed in one is
// nobody's to move to another.
func (s *Set) chooseWorld(pinned string) error {
	s.run.WorldID = first(s.run.WorldID, pinned)
	for i := range s.profiles {
		p := &s.profiles[i]
		world := p.Value.world()
		s.run.WorldID = first(s.run.WorldID, world)
		if world != "" && world != s.run.WorldID {
			return fmt.Errorf("%s: profile %q was observed in world %q, not in %q", s.results, p.Key, world, s.run.WorldID)
		}
	}
	if s.run.WorldID == "" {
		return fmt.Errorf("neither %s nor %s has a world_id, and none was given", s.matrixName, s.results)
	}
	return nil
}

// sameRun refuses a document of another run: its evidence would be taken for this
// one's. The first that names a run decides, where the caller did not.
func (s *Set) sameRun(file, id string) error {
	if s.run.RunID == "" {
		s.run.RunID = id
	}
	if id != "" && id != s.run.RunID {
		return fmt.Errorf("%s: run_id %q is not the run's %q", file, id, s.run.RunID)
	}
	return nil
}

// Matrix is the matrix, and the world of the rows.
func (s *Set) Matrix() (matrix *artifact.ExpectedMatrix, worldID string) {
	return &artifact.ExpectedMatrix{WorldID: s.run.WorldID, Profiles: s.expected}, s.run.WorldID
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
			m.byName[probe.Name] = probe
			if probe.ExpectationID != "" {
				m.byID[probe.ExpectationID] = probe
			}
		}
		index[p.Key] = m
	}
	return index
}

// Check returns every violation of the rows and of the events made from them.
func (s *Set) Check() ([]contract.Violation, error) {
	var found []contract.Violation
	err := s.Each(func(r *Row) error {
		mine := contract.CheckRow(r.expectationID, &r.Probe.RuntimeResult, s.toolsSaid(r.Probe))
		for _, v := range contract.CheckEvent(s.Event(r), s.generation) {
			if !slices.Contains(mine, v) {
				mine = append(mine, v)
			}
		}
		found = append(found, mine...)
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
