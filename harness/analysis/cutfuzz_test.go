package analysis_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// fuzzRead fuzzes a reader with a document of a cut as the seed. What it reads is
// written and read again, to the same bytes.
func fuzzRead[T any](f *testing.F, name string, readFrom func(io.Reader) (*T, error)) {
	c := staged(f, f.TempDir())
	tell(f, c)
	note := analysis.Divergence{Operation: "op", ScenarioID: "s", Note: "n"}
	if err := analysis.AppendDivergences(filepath.Join(c.Dir, analysis.DivergencesFile), linuxWorld, note); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(read(f, c.Dir, name)))
	f.Add([]byte(`{"meta":{"world_id":"w","schema_version":"runtime-mapping.v0.1"}}`))
	f.Add([]byte(`{"meta":null,"ops":null,"scenarios":{"":null},"traces":{"x":["../traces/../x","traces/a/b"]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := readFrom(bytes.NewReader(data))
		if err != nil {
			return
		}
		first, err := artifact.Encode(doc, artifact.Indented)
		if err != nil {
			t.Fatalf("was read, and cannot be written: %v", err)
		}
		if doc, err = readFrom(bytes.NewReader(first)); err != nil {
			t.Fatalf("was written, and cannot be read: %v\n%s", err, first)
		}
		if second, err := artifact.Encode(doc, artifact.Indented); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("written twice, %v:\n%s\n%s", err, first, second)
		}
	})
}

func FuzzReadScenarios(f *testing.F) { fuzzRead(f, analysis.ScenariosFile, analysis.ReadScenarios) }
func FuzzReadOps(f *testing.F)       { fuzzRead(f, analysis.OpsFile, analysis.ReadOps) }
func FuzzReadStory(f *testing.F)     { fuzzRead(f, analysis.StoryFile, analysis.ReadStory) }
func FuzzReadEventsIndex(f *testing.F) {
	fuzzRead(f, analysis.EventsIndexFile, analysis.ReadEventsIndex)
}
func FuzzReadIndexes(f *testing.F)  { fuzzRead(f, analysis.IndexesFile, analysis.ReadIndexes) }
func FuzzReadManifest(f *testing.F) { fuzzRead(f, analysis.CutManifestFile, analysis.ReadManifest) }
func FuzzReadDivergences(f *testing.F) {
	fuzzRead(f, analysis.DivergencesFile, analysis.ReadDivergences)
}

// FuzzReadTrace fuzzes the reader of a trace: its rows are as they were written, or
// it is refused.
func FuzzReadTrace(f *testing.F) {
	c := staged(f, f.TempDir())
	for _, name := range folder(f, filepath.Join(c.Dir, "traces")) {
		f.Add([]byte(read(f, c.Dir, "traces", name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var lines []byte
		err := analysis.ReadTrace(bytes.NewReader(data), func(e *artifact.Event) error {
			line, err := analysis.TraceLine(e)
			lines = append(lines, line...)
			return err
		})
		if err != nil {
			return
		}
		var again []byte
		err = analysis.ReadTrace(bytes.NewReader(lines), func(e *artifact.Event) error {
			line, err := analysis.TraceLine(e)
			again = append(again, line...)
			return err
		})
		if err != nil || !bytes.Equal(lines, again) {
			t.Fatalf("read again, %v:\n%s\n%s", err, lines, again)
		}
	})
}

// FuzzLoadCut fuzzes one document of a cut, or a trace. Whatever it holds, nothing
// outside the cut's folder is read, and what is verified counts what there is.
func FuzzLoadCut(f *testing.F) {
	c := staged(f, f.TempDir())
	for _, name := range []string{analysis.CutManifestFile, analysis.EventsIndexFile, analysis.IndexesFile, "traces/p_contrary.jsonl"} {
		f.Add(name, []byte(read(f, c.Dir, name)))
	}
	f.Add(analysis.EventsIndexFile, []byte(`{"meta":{},"traces":{"x":["../traces/../x","traces/a/b","/traces/\u0000"]}}`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if name != analysis.CutManifestFile && name != analysis.EventsIndexFile && name != analysis.IndexesFile {
			name = "traces/p_contrary.jsonl"
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(c.Dir)); err != nil {
			t.Fatal(err)
		}
		put(t, string(data), dir, name)
		cut, err := analysis.LoadCut(dir, dir)
		if err != nil {
			return
		}
		got, err := events(cut)
		if verified := cut.Verify(); verified == nil && (err != nil || len(got) != cut.Scenarios.PhaseHistograms.Overall.Total) {
			t.Fatalf("verified, and has %d observations, %v", len(got), err)
		}
	})
}
