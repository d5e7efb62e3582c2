package analysis_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
)

// fuzzLoad fuzzes a loader of files with documents of a cut as seeds. What loads is
// written again and loads again, to the same bytes.
func fuzzLoad[T interface{ WriteFile(string) error }](f *testing.F, name string, load func(string) (T, error)) {
	c := staged(f, f.TempDir())
	tell(f, c)
	f.Add([]byte(read(f, c.Dir, name)))
	f.Add([]byte(`{"meta":{"world_id":"w","schema_version":"runtime-mapping.v0.1"}}`))
	f.Add([]byte(`{"meta":null,"ops":null,"scenarios":{"":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		first := put(t, string(data), dir, "first.json")
		doc, err := load(first)
		if err != nil {
			return
		}
		second, third := filepath.Join(dir, "second.json"), filepath.Join(dir, "third.json")
		if err := doc.WriteFile(second); err != nil {
			t.Fatalf("loads, and cannot be written: %v", err)
		}
		if doc, err = load(second); err != nil {
			t.Fatalf("was written, and does not load: %v\n%s", err, read(t, second))
		}
		if err := doc.WriteFile(third); err != nil {
			t.Fatal(err)
		}
		if read(t, second) != read(t, third) {
			t.Fatalf("written twice:\n%s\n%s", read(t, second), read(t, third))
		}
	})
}

func FuzzLoadScenarios(f *testing.F) { fuzzLoad(f, analysis.ScenariosFile, analysis.LoadScenarios) }
func FuzzLoadOpSummary(f *testing.F) { fuzzLoad(f, analysis.OpsFile, analysis.LoadOpSummary) }
func FuzzLoadStory(f *testing.F)     { fuzzLoad(f, analysis.StoryFile, analysis.LoadStory) }

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
