package mapping

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// workshop is a root folder with packets, and the sets that are made from them.
type workshop struct {
	t    testing.TB
	root string
	opts *Options
}

func newWorkshop(t testing.TB) *workshop {
	return &workshop{t: t, root: t.TempDir(), opts: new(Options)}
}

// packet makes a bundle in a folder of the root and names its packet.
func (w *workshop) packet(out string, spec made.BundleSpec) string {
	w.t.Helper()
	packet, err := made.WriteBundle(filepath.Join(w.root, out), spec)
	if err != nil {
		w.t.Fatal(err)
	}
	return packet
}

// source is what the gate would take from a packet.
func (w *workshop) source(packet string) *source {
	w.t.Helper()
	p, err := bundle.LoadPacketIn(packet, w.root)
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := p.Open()
	if err != nil {
		w.t.Fatal(err)
	}
	src := &source{name: named(w.root, packet), sha256: p.Digest(), packet: p, bundle: b, place: named(w.root, b.Dir)}
	if src.matrix, err = readMatrix(b); err != nil {
		w.t.Fatal(err)
	}
	if b.Has(ImpactMapFile) {
		if src.impact, err = readImpactMap(b); err != nil {
			w.t.Fatal(err)
		}
	}
	return src
}

// set is a set of packets that lies in a folder of the root.
func (w *workshop) set(place string, packets ...string) *set {
	w.t.Helper()
	s := &set{opts: w.opts, root: w.root, place: place, dir: filepath.Join(w.root, place), matrix: new(artifact.ExpectedMatrix)}
	for _, packet := range packets {
		src := w.source(packet)
		s.sources = append(s.sources, src)
		s.world, s.matrix.WorldID = src.bundle.WorldID(), src.matrix.WorldID
		s.matrix.Profiles = append(s.matrix.Profiles, src.matrix.Profiles...)
	}
	var err error
	if s.impact, err = commonImpactMap(s.sources); err != nil {
		w.t.Fatal(err)
	}
	if s.vocab, err = analysis.VocabularyOf(s.world); err != nil {
		w.t.Fatal(err)
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// generate makes every document of a set.
func (s *set) generate(more ...observer) error {
	cutPlace, cutDir := s.file(CutsFolder)
	cut, err := analysis.NewCutWriter(analysis.CutOptions{Dir: cutDir, Place: cutPlace, WorldID: s.world, Matrix: s.matrix, Vocabulary: s.vocab, SourceJobs: []string{jobPacket}})
	if err != nil {
		return err
	}
	oracle, signs, links, ops := newCallouts(s), newSignatures(s), newLinks(s), analysis.NewOpTally(s.world, s.vocab)
	observers := append([]observer{oracle, signs, links}, more...)
	for _, src := range s.sources {
		err := eachEvent(src, func(e *artifact.Event) error {
			for _, o := range observers {
				if err := o.observe(src, e); err != nil {
					return err
				}
			}
			if err := ops.Add(e); err != nil {
				return err
			}
			return cut.Add(e)
		})
		if err != nil {
			return err
		}
	}
	made, err := cut.Close()
	if err != nil {
		return err
	}
	story, err := analysis.NewStory(made.Ops, made.Scenarios, s.vocab, s.world)
	if err != nil {
		return err
	}
	var in inputs
	for _, name := range []string{analysis.OpsFile, analysis.ScenariosFile} {
		place, staged := s.file(CutsFolder + "/" + name)
		if err := in.takeFile(place, staged); err != nil {
			return err
		}
	}
	for _, src := range s.sources {
		in.takeArtifacts(src)
		if digest, ok := src.bundle.Digest(bundle.ManifestFile); ok {
			in.hash(src.file(bundle.ManifestFile), digest)
		}
	}
	story.Meta.Inputs, story.Meta.InputHashes, story.Meta.RunProvenance = in.files, in.hashes, s.provenance()
	staged := func(name string) string {
		_, file := s.file(name)
		return file
	}
	if err := story.WriteFile(staged(storyFile)); err != nil {
		return err
	}
	coverage, err := newCoverage(s, story)
	if err != nil {
		return err
	}
	meta := analysis.NewMeta(s.world, jobPacket)
	for _, write := range []func() error{
		func() error { return coverage.write(staged(CoverageFile)) },
		func() error { return oracle.write(staged(CalloutOracleFile)) },
		func() error { return signs.write(staged(SignaturesFile), story, made.Scenarios, coverage) },
		func() error { return ops.Summary(meta).WriteFile(staged(OpSummaryFile)) },
		func() error { return links.write(staged(LinksFile)) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func eachEvent(src *source, row func(*artifact.Event) error) error {
	return src.bundle.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error { return artifact.ReadEvents(r, row) })
}

// make generates a set and reads it back.
func (w *workshop) make(s *set) *madeSet {
	w.t.Helper()
	if err := s.generate(); err != nil {
		w.t.Fatal(err)
	}
	return checkSet(w.t, s.dir)
}

// read reads a document with all of its keys known.
func read[T any](t testing.TB, file string) T {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc T
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return doc
}
