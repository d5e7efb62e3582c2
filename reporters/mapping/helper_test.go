package mapping

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
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
	src := &source{name: named(w.root, packet), sha256: p.SHA256(), packet: p, bundle: b, place: named(w.root, b.Dir)}
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
	s := &set{opts: w.opts, root: w.root, place: place, dir: filepath.Join(w.root, place)}
	for _, packet := range packets {
		s.sources = append(s.sources, w.source(packet))
		s.world = s.sources[0].bundle.WorldID()
	}
	s.matrix = mergedMatrix(s)
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

// make generates a set and reads it back.
func (w *workshop) make(s *set) *madeSet {
	w.t.Helper()
	if err := (&generation{steps: disk{}}).set(s); err != nil {
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
