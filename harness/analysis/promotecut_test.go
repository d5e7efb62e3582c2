package analysis_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
)

// tell tells the story of a cut beside it.
func tell(t testing.TB, c *analysis.Cut) *analysis.Story {
	t.Helper()
	s, err := analysis.NewStory(c.Ops, c.Scenarios, vocabulary(t, linuxWorld), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteFile(filepath.Join(c.Dir, analysis.StoryFile)); err != nil {
		t.Fatal(err)
	}
	return s
}

// What is promoted is the documents, to the byte; the traces stay, and are read
// through the copied index.
func TestPromoteCut(t *testing.T) {
	root := t.TempDir()
	c := staged(t, root)
	tell(t, c)
	out := filepath.Join(root, "mappings", "cuts")
	o := analysis.PromoteCutOptions{Staging: c.Dir, Out: out, Place: "mappings/cuts", Root: root}
	m, err := analysis.PromoteCut(o)
	if err != nil {
		t.Fatal(err)
	}
	documents := []string{analysis.EventsIndexFile, analysis.OpsFile, analysis.IndexesFile, analysis.CutManifestFile, analysis.StoryFile, analysis.ScenariosFile}
	if diff := cmp.Diff(documents, folder(t, out)); diff != "" {
		t.Errorf("promoted files (-want +got):\n%s", diff)
	}
	for _, file := range documents {
		if file != analysis.CutManifestFile && read(t, out, file) != read(t, c.Dir, file) {
			t.Errorf("%s is not a copy", file)
		}
	}
	want := &analysis.CutManifest{
		Meta: c.Manifest.Meta, EventsIndex: "mappings/cuts/events_index.json", Scenarios: "mappings/cuts/scenarios.json",
		Ops: "mappings/cuts/ops.json", RuntimeStory: "mappings/cuts/runtime_story.json",
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	valid(t, "runtime_manifest", read(t, out, analysis.CutManifestFile))
	promoted, err := analysis.LoadCut(out, root)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := events(promoted); err != nil || len(got) != 7 {
		t.Errorf("the promoted index gives %d observations, %v", len(got), err)
	}

	// Another cut in its place, of which no story was told.
	again := cut(t, analysis.CutOptions{Dir: c.Dir, Place: "out/staging", WorldID: linuxWorld}, someRows()[:1]...)
	if _, err := analysis.PromoteCut(o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(documents[:4], folder(t, out)[:4]); diff != "" || len(folder(t, out)) != 5 {
		t.Errorf("promoted files: %q", folder(t, out))
	}
	if read(t, out, analysis.ScenariosFile) != read(t, again.Dir, analysis.ScenariosFile) {
		t.Error("the first cut's scenarios are still there")
	}
}

// A cut that may not be promoted leaves what was promoted before.
func TestPromoteCutRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, root string, c *analysis.Cut)
		want   string
	}{
		{"changed_trace", func(t *testing.T, _ string, c *analysis.Cut) {
			const trace = "traces/p_gate.jsonl"
			put(t, read(t, c.Dir, trace)+read(t, c.Dir, trace), c.Dir, trace)
		}, `scenario "p:gate" says other results than its 2 observations do`},
		{"moved_traces", func(t *testing.T, root string, c *analysis.Cut) {
			// They are found beside the index all the same.
			for _, file := range []string{analysis.EventsIndexFile, analysis.IndexesFile} {
				put(t, strings.ReplaceAll(read(t, c.Dir, file), "out/staging/traces", "elsewhere/traces"), c.Dir, file)
			}
		}, "the trace is not there: the promoted index would point at nothing; cut again"},
		{"story_of_another_cut", func(t *testing.T, root string, c *analysis.Cut) {
			other := cut(t, analysis.CutOptions{Dir: filepath.Join(root, "other"), WorldID: linuxWorld}, someRows()[0])
			tell(t, other)
			put(t, read(t, other.Dir, analysis.StoryFile), c.Dir, analysis.StoryFile)
		}, "runtime_story.json: tells of 1 operations, and the cut has 2; tell it again, or remove it"},
		{"story_says_more", func(t *testing.T, _ string, c *analysis.Cut) {
			tell(t, c)
			put(t, strings.Replace(read(t, c.Dir, analysis.StoryFile), `"status": "brittle"`, `"status": "ok"`, 1), c.Dir, analysis.StoryFile)
		}, "what the cut does not say"},
		{"no_manifest", func(t *testing.T, _ string, c *analysis.Cut) {
			if err := os.Remove(filepath.Join(c.Dir, analysis.CutManifestFile)); err != nil {
				t.Fatal(err)
			}
		}, "runtime_manifest.json: no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			c := staged(t, root)
			out := filepath.Join(root, "cuts")
			o := analysis.PromoteCutOptions{Staging: c.Dir, Out: out, Place: "cuts", Root: root}
			if _, err := analysis.PromoteCut(o); err != nil {
				t.Fatal(err)
			}
			before := folder(t, out)
			manifest := read(t, out, analysis.CutManifestFile)
			tt.change(t, root, c)
			if _, err := analysis.PromoteCut(o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(before, folder(t, out)); diff != "" || read(t, out, analysis.CutManifestFile) != manifest {
				t.Errorf("what was promoted before changed:\n%s", diff)
			}
		})
	}
	root := t.TempDir()
	c := staged(t, root)
	_, err := analysis.PromoteCut(analysis.PromoteCutOptions{Staging: c.Dir, Out: filepath.Join(root, "out", ".", "staging"), Root: root})
	if err == nil || !strings.Contains(err.Error(), "promoted to its own folder") {
		t.Errorf("promoted onto itself: %v", err)
	}
	if _, err := analysis.LoadCut(c.Dir, root); err != nil {
		t.Error(err)
	}
}

// Notes are put behind the ones that are there.
func TestAppendDivergences(t *testing.T) {
	c := staged(t, t.TempDir())
	file := filepath.Join(c.Dir, analysis.DivergencesFile)
	first := analysis.Divergence{OpID: new(2), Operation: "fs.read_file", ScenarioID: "p:read/a", Note: "allowed once", Tags: []string{"flaky"}}
	second := analysis.Divergence{Operation: "fs.write_file", ScenarioID: "p:contrary", Note: "denied"}
	if err := analysis.AppendDivergences(file, linuxWorld, first); err != nil {
		t.Fatal(err)
	}
	if err := analysis.AppendDivergences(file, linuxWorld, second); err != nil {
		t.Fatal(err)
	}
	valid(t, "divergence_annotations", read(t, file))
	d, err := analysis.LoadDivergences(file)
	if err != nil {
		t.Fatal(err)
	}
	first.WorldID, second.WorldID, second.Tags = linuxWorld, linuxWorld, []string{}
	if diff := cmp.Diff([]analysis.Divergence{first, second}, d.Annotations); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	before := read(t, file)
	for _, tt := range []struct {
		world string
		note  analysis.Divergence
		want  string
	}{
		{macWorld, second, "keep a file for each"},
		{linuxWorld, analysis.Divergence{Operation: "op", ScenarioID: "s"}, "note 0: without a note"},
		{linuxWorld, analysis.Divergence{Operation: "op", Note: "n"}, "scenario_id is empty"},
		{linuxWorld, analysis.Divergence{WorldID: macWorld, Operation: "op", ScenarioID: "s", Note: "n"}, "of world"},
	} {
		if err := analysis.AppendDivergences(file, tt.world, tt.note); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
	if read(t, file) != before {
		t.Error("a refused note changed the file")
	}
	if err := analysis.PointToDivergences(c.Dir, "c/notes.json"); err != nil {
		t.Fatal(err)
	}
	if m := read(t, c.Dir, analysis.CutManifestFile); !strings.Contains(m, `"divergence_annotations": "c/notes.json"`) {
		t.Errorf("manifest %s", m)
	}
	valid(t, "runtime_manifest", read(t, c.Dir, analysis.CutManifestFile))
}
