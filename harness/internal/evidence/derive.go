package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Document is one file of a run folder, ready to be written.
type Document struct {
	Name   string // the file name inside the run folder
	Schema string // as the index lists it; empty for null
	Data   []byte
}

// Derive makes the documents that say what was observed, in the order they
// are to be written, and the numbers that sum them up. The order of obs does
// not matter: documents follow the matrix. A scenario without an observation
// was not selected, and no lane document speaks of it.
//
// Evidence that contradicts itself is refused as a whole: observations the
// matrix does not know, two for one scenario and lane, a decision that was
// not observed.
func Derive(run Run, obs []Observation) ([]Document, Counts, error) {
	var docs []Document
	counts, err := DeriveEach(run, obs, func(doc Document) error {
		docs = append(docs, doc)
		return nil
	})
	if err != nil {
		return nil, Counts{}, err
	}
	return docs, counts, nil
}

// DeriveEach is Derive for large runs: it hands each document over when it is
// made and keeps none. An error of emit ends it.
func DeriveEach(run Run, obs []Observation, emit func(Document) error) (Counts, error) {
	drafts, counts, err := Prepare(run, obs)
	if err != nil {
		return Counts{}, err
	}
	for _, d := range drafts {
		var out chunks
		if err := d.Write(&out); err != nil {
			return Counts{}, err
		}
		if err := emit(Document{d.Name, d.Schema, bytes.Join(out, nil)}); err != nil {
			return Counts{}, err
		}
	}
	return counts, nil
}

// Draft is a Document that is not made yet: Write makes it, a row at a time.
type Draft struct {
	Name   string
	Schema string
	Write  func(io.Writer) error
}

// Prepare is Derive for runs whose documents are too large to hold. All that is
// refused is refused here.
func Prepare(run Run, obs []Observation) ([]Draft, Counts, error) {
	d, err := join(&run, obs)
	if err != nil {
		return nil, Counts{}, err
	}
	counts := d.counts()
	drafts, err := d.drafts(&counts)
	if err != nil {
		return nil, Counts{}, err
	}
	return drafts, counts, nil
}

// LaneOn reports whether a lane was asked for: a lane that Lanes does not name
// was not. A dry run has no lanes.
func (r *Run) LaneOn(lane Lane) bool { return !r.DryRun && r.Lanes[lane] }

// file is the path of one of the run's files as documents refer to it.
func (r *Run) file(name string) string { return r.OutputRoot + "/" + name }

func (d *derivation) drafts(counts *Counts) ([]Draft, error) {
	run := d.run
	scenario, baseline, oracle := run.LaneOn(LaneScenario), run.LaneOn(LaneBaseline), run.LaneOn(LaneOracle)
	mismatches := func(w *canon.Writer) { d.writeMismatches(w, counts) }
	packets := ""
	if counts.questionable() {
		packets = artifact.SchemaMismatchPacket
	}
	var list []Draft
	for _, step := range []struct {
		when  bool
		draft Draft
	}{
		{true, streamed(artifact.GeneratedMatrixFile, "", canon.Indented, d.writeMatrix)},
		{scenario, streamed(artifact.RuntimeResultsFile, "", canon.Indented, d.writeResults)},
		{true, streamed(artifact.MismatchSummaryFile, "", canon.Indented, mismatches)},
		{true, streamed(artifact.ExpectedMatrixFile, "", canon.Indented, d.writeMatrix)},
		{baseline, streamed(artifact.BaselineResultsFile, artifact.SchemaBaselineResults, canon.Indented, d.writeBaseline)},
		{scenario, streamed(artifact.RuntimeEventsFile, "", canon.IndentedSorted, d.writeEvents)},
		{oracle, streamed(artifact.OracleResultsFile, artifact.SchemaOracleResults, canon.Indented, d.writeOracle)},
		{scenario || baseline, streamed(artifact.PathWitnessesFile, artifact.SchemaPathWitnesses, canon.Indented, d.writeWitnesses)},
		{scenario || baseline, streamed(artifact.FixturesFile, artifact.SchemaFixtures, canon.Indented, d.writeFixtures)},
		{true, Draft{artifact.MismatchPacketsFile, packets, func(w io.Writer) error { return d.writePackets(w, counts) }}},
	} {
		if step.when {
			list = append(list, step.draft)
		}
	}
	for i, draft := range list {
		list[i].Write = func(w io.Writer) error {
			if err := draft.Write(w); err != nil {
				return fmt.Errorf("%s: %w", draft.Name, err)
			}
			return nil
		}
	}
	if run.DryRun || run.Preflight == nil {
		return list, nil
	}
	preflight, err := d.preflight()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", artifact.ApplyPreflightFile, err)
	}
	write := func(w io.Writer) error {
		_, err := w.Write(preflight)
		return err
	}
	return append([]Draft{{artifact.ApplyPreflightFile, artifact.SchemaApplyPreflight, write}}, list...), nil
}

// streamed runs write on a streaming writer: rows are laid out one at a time and
// never all held, neither as values nor as bytes.
func streamed(name, schema string, style canon.Style, write func(*canon.Writer)) Draft {
	return Draft{name, schema, func(out io.Writer) error {
		w := canon.NewWriter(out, style)
		write(w)
		return w.Close()
	}}
}

// chunks collects output without moving it each time it outgrows a buffer.
type chunks [][]byte

func (c *chunks) Write(p []byte) (int, error) {
	*c = append(*c, bytes.Clone(p))
	return len(p), nil
}

// preflight checks that the preflight's record is one and is this run's, and
// lays it out; keys this version does not know stay.
func (d *derivation) preflight() ([]byte, error) {
	var record artifact.ApplyPreflight
	if err := json.Unmarshal(d.run.Preflight, &record); err != nil {
		return nil, err
	}
	switch {
	case record.SchemaVersion != artifact.SchemaApplyPreflight:
		return nil, fmt.Errorf("schema_version %q, want %q", record.SchemaVersion, artifact.SchemaApplyPreflight)
	case record.WorldID != d.run.WorldID:
		return nil, fmt.Errorf("world_id %q is not the run's %q", record.WorldID, d.run.WorldID)
	case record.RunID != nil && *record.RunID != d.run.RunID:
		return nil, fmt.Errorf("run_id %q is not the run's %q", *record.RunID, d.run.RunID)
	}
	return canon.Transcode(d.run.Preflight, canon.Indented)
}

// writeMatrix writes the matrix as it was compiled, selected or not.
func (d *derivation) writeMatrix(w *canon.Writer) {
	w.BeginObject()
	w.Key("world_id")
	w.Value(d.run.WorldID)
	w.Key("profiles")
	w.BeginObject()
	for i := range d.run.Matrix.Profiles {
		p := &d.run.Matrix.Profiles[i]
		w.Key(p.ID)
		row := artifact.MatrixProfile{
			Blob: p.Path, Mode: p.Mode, Family: p.Family, SemanticGroup: p.SemanticGroup,
			Probes: make([]artifact.MatrixProbe, len(p.Probes)), Landlock: p.Landlock, Seatbelt: p.Seatbelt,
		}
		for j, probe := range p.Probes {
			row.Probes[j] = artifact.MatrixProbe{
				Name: probe.Name, Operation: probe.Operation, Target: probe.Target,
				Expected: string(probe.Expected), ExpectationID: probe.ExpectationID,
				Mode: probe.Mode, Driver: probe.Driver, Syscall: probe.Syscall, AttrPayload: probe.AttrPayload,
				AnchorCtxID: probe.AnchorCtxID, FilterName: probe.FilterName, FilterType: probe.FilterType,
				Capabilities: probe.Capabilities, Fixture: probe.Fixture,
			}
		}
		w.Value(&row)
	}
	w.End()
	w.End()
}

// list opens a document that is a header and one array; the caller writes the
// rows and calls endList.
func (d *derivation) list(w *canon.Writer, schema, rows string, planID bool) {
	w.BeginObject()
	w.Key("schema_version")
	w.Value(schema)
	w.Key("world_id")
	w.Value(d.run.WorldID)
	w.Key("run_id")
	w.Value(d.run.RunID)
	if planID {
		w.Key("plan_id")
		w.Value(d.run.PlanID)
	}
	w.Key(rows)
	w.BeginArray()
}

func endList(w *canon.Writer) {
	w.End()
	w.End()
}

// orNil is null on the wire for a value that says nothing.
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
