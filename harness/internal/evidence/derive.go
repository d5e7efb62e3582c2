package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"

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
	d, err := join(&run, obs)
	if err != nil {
		return Counts{}, err
	}
	counts := d.counts()
	if err := d.documents(&counts, emit); err != nil {
		return Counts{}, err
	}
	return counts, nil
}

// LaneOn reports whether a lane was asked for: a lane that Lanes does not name
// was not. A dry run has no lanes.
func (r *Run) LaneOn(lane Lane) bool { return !r.DryRun && r.Lanes[lane] }

// file is the path of one of the run's files as documents refer to it.
func (r *Run) file(name string) string { return r.OutputRoot + "/" + name }

func (d *derivation) documents(counts *Counts, emit func(Document) error) error {
	run := d.run
	scenario, baseline, oracle := run.LaneOn(LaneScenario), run.LaneOn(LaneBaseline), run.LaneOn(LaneOracle)
	mismatches := func(w *canon.Writer) { d.writeMismatches(w, counts) }
	var matrix []byte // made once, written twice
	for _, step := range []struct {
		when bool
		name string
		make func() (Document, error)
	}{
		{!run.DryRun && run.Preflight != nil, artifact.ApplyPreflightFile, d.preflight},
		{true, artifact.GeneratedMatrixFile, func() (doc Document, err error) {
			matrix, err = layOut(canon.Indented, d.writeMatrix)
			return Document{Data: matrix}, err
		}},
		{scenario, artifact.RuntimeResultsFile, streamed("", canon.Indented, d.writeResults)},
		{true, artifact.MismatchSummaryFile, streamed("", canon.Indented, mismatches)},
		{true, artifact.ExpectedMatrixFile, func() (Document, error) { return Document{Data: matrix}, nil }},
		{baseline, artifact.BaselineResultsFile, streamed(artifact.SchemaBaselineResults, canon.Indented, d.writeBaseline)},
		{scenario, artifact.RuntimeEventsFile, streamed("", canon.IndentedSorted, d.writeEvents)},
		{oracle, artifact.OracleResultsFile, streamed(artifact.SchemaOracleResults, canon.Indented, d.writeOracle)},
		{scenario || baseline, artifact.PathWitnessesFile, streamed(artifact.SchemaPathWitnesses, canon.Indented, d.writeWitnesses)},
		{scenario || baseline, artifact.FixturesFile, streamed(artifact.SchemaFixtures, canon.Indented, d.writeFixtures)},
		{true, artifact.MismatchPacketsFile, func() (Document, error) { return d.packets(counts) }},
	} {
		if !step.when {
			continue
		}
		doc, err := step.make()
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		doc.Name = step.name
		if err := emit(doc); err != nil {
			return err
		}
	}
	return nil
}

func streamed(schema string, style canon.Style, write func(*canon.Writer)) func() (Document, error) {
	return func() (Document, error) {
		data, err := layOut(style, write)
		return Document{Schema: schema, Data: data}, err
	}
}

// layOut runs write on a streaming writer: rows are laid out one at a time and
// never all held as values.
func layOut(style canon.Style, write func(*canon.Writer)) ([]byte, error) {
	var out chunks
	w := canon.NewWriter(&out, style)
	write(w)
	if err := w.Close(); err != nil {
		return nil, err
	}
	return bytes.Join(out, nil), nil
}

// chunks collects output without moving it each time it outgrows a buffer.
type chunks [][]byte

func (c *chunks) Write(p []byte) (int, error) {
	*c = append(*c, bytes.Clone(p))
	return len(p), nil
}

// preflight checks that the preflight's record is one and is this run's, and
// lays it out; keys this version does not know stay.
func (d *derivation) preflight() (Document, error) {
	doc := Document{Schema: artifact.SchemaApplyPreflight}
	var record artifact.ApplyPreflight
	if err := json.Unmarshal(d.run.Preflight, &record); err != nil {
		return doc, err
	}
	switch {
	case record.SchemaVersion != doc.Schema:
		return doc, fmt.Errorf("schema_version %q, want %q", record.SchemaVersion, doc.Schema)
	case record.WorldID != d.run.WorldID:
		return doc, fmt.Errorf("world_id %q is not the run's %q", record.WorldID, d.run.WorldID)
	case record.RunID != nil && *record.RunID != d.run.RunID:
		return doc, fmt.Errorf("run_id %q is not the run's %q", *record.RunID, d.run.RunID)
	}
	var err error
	doc.Data, err = canon.Transcode(d.run.Preflight, canon.Indented)
	return doc, err
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
			Probes: make([]artifact.MatrixProbe, len(p.Probes)),
		}
		for j, probe := range p.Probes {
			row.Probes[j] = artifact.MatrixProbe{
				Name: probe.Name, Operation: probe.Operation, Target: probe.Target,
				Expected: string(probe.Expected), ExpectationID: probe.ExpectationID,
				Mode: probe.Mode, Driver: probe.Driver, Syscall: probe.Syscall, AttrPayload: probe.AttrPayload,
				AnchorCtxID: probe.AnchorCtxID, FilterName: probe.FilterName, FilterType: probe.FilterType,
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
