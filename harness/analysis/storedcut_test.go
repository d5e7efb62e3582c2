package analysis_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
)

// staged cuts someRows into root/out/staging, which documents name from root.
func staged(t testing.TB, root string) *analysis.Cut {
	t.Helper()
	dir := filepath.Join(root, "out", "staging")
	rows := someRows()
	return cut(t, analysis.CutOptions{Dir: dir, Place: "out/staging", Matrix: matrix(rows[:4]...), Vocabulary: vocabulary(t, linuxWorld)}, rows...)
}

// events are the scenarios of a cut's observations, in order.
func events(c *analysis.StoredCut) (scenarios []string, err error) {
	for e, err := range c.Events() {
		if err != nil {
			return scenarios, err
		}
		scenarios = append(scenarios, e.ScenarioID)
	}
	return scenarios, nil
}

// What was written is read back as it was, by the folder and by the manifest, and
// after the cut has moved.
func TestLoadCut(t *testing.T) {
	root := t.TempDir()
	written := staged(t, root)
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.CopyFS(moved, os.DirFS(written.Dir)); err != nil {
		t.Fatal(err)
	}
	for _, from := range []struct{ name, root string }{
		{written.Dir, root},
		{filepath.Join(written.Dir, analysis.CutManifestFile), root},
		{moved, t.TempDir()},
	} {
		c, err := analysis.LoadCut(from.name, from.root)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(written.Scenarios, c.Scenarios); diff != "" {
			t.Errorf("scenarios (-written +read):\n%s", diff)
		}
		if diff := cmp.Diff(written.Ops, c.Ops); diff != "" {
			t.Errorf("ops (-written +read):\n%s", diff)
		}
		if diff := cmp.Diff(written.Manifest, c.Manifest); diff != "" {
			t.Errorf("manifest (-written +read):\n%s", diff)
		}
		got, err := events(c)
		want := []string{"p:read/a", "p:read/a", "p:read/a", "p:contrary", "p:gate", "p:elsewhere", "p:undecided"}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("observations: %v (-want +got)\n%s", err, diff)
		}
		if err := c.Verify(); err != nil {
			t.Error(err)
		}
	}
	c, err := analysis.LoadCut(written.Dir, root)
	if err != nil {
		t.Fatal(err)
	}
	for range c.Events() {
		break // an iterator that is left early closes what it opened
	}
}

// An index that names a trace for every row of it means it once.
func TestRepeatedTrace(t *testing.T) {
	root := t.TempDir()
	dir := staged(t, root).Dir
	for _, file := range []string{analysis.EventsIndexFile, analysis.IndexesFile} {
		const path = `"out/staging/traces/p_read_a.jsonl"`
		text := read(t, dir, file)
		put(t, strings.Replace(text, path, path+", "+path+", "+path, 1), dir, file)
	}
	c, err := analysis.LoadCut(dir, root)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := events(c); err != nil || len(got) != 7 {
		t.Errorf("%d observations, %v, want 7", len(got), err)
	}
	if err := c.Verify(); err != nil {
		t.Error(err)
	}
}

// What was changed after a cut was written is found: in its documents at once, in
// its traces when they are read.
func TestChangedCut(t *testing.T) {
	const trace = "traces/p_contrary.jsonl"
	swap := func(file, old, with string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			text := read(t, dir, file)
			if !strings.Contains(text, old) {
				t.Fatalf("%s does not hold %q", file, old)
			}
			put(t, strings.Replace(text, old, with, 1), dir, file)
		}
	}
	both := func(old, with string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			swap(analysis.EventsIndexFile, old, with)(t, dir)
			swap(analysis.IndexesFile, old, with)(t, dir)
		}
	}
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string
	}{
		{"other_world", swap(analysis.OpsFile, linuxWorld, macWorld), "ops.json is of world"},
		{"scenario_of_other_world", swap(analysis.ScenariosFile, `"world_id": "`+linuxWorld+`",
      "profile_id"`, `"world_id": "`+macWorld+`",
      "profile_id"`), `scenario "p:read/a" is of world`},
		{"newer_major", swap(analysis.ScenariosFile, "runtime-mapping.v0.1", "runtime-mapping.v1.0"), "this program reads v0 only"},
		{"no_meta", swap(analysis.CutManifestFile, `"meta"`, `"beta"`), `runtime_manifest.json: no "meta"`},
		{"renamed_scenario", swap(analysis.ScenariosFile, `"p:gate": {`, `"p:gone": {`), `scenario_id is "p:gate"`},
		{"traces_differ", swap(analysis.IndexesFile, "p_gate.jsonl", "p_gone.jsonl"), "do not name the same traces"},
		{"key_twice", swap(analysis.ScenariosFile, `"p:gate": {`, `"p:read/a": {`), "comes twice"},
		{"unknown_status", swap(analysis.ScenariosFile, `"status": "blocked"`, `"status": "fine"`), `status "fine": want ok, partial, brittle or blocked`},
		{"below_zero", swap(analysis.ScenariosFile, `"matches": 2`, `"matches": -2`), "a count below 0"},
		{"null_scenario", swap(analysis.OpsFile, `"examples": [`, `"examples": [null, `), "want an object"},
		{"status", swap(analysis.ScenariosFile, `"status": "brittle"`, `"status": "ok"`), `scenario "p:contrary" says other results`},
		{"count", swap(analysis.OpsFile, `"probes": 4`, `"probes": 5`), `operation "fs.read_file" says other counts`},
		{"histogram", swap(analysis.ScenariosFile, `"total": 7`, `"total": 8`), "the histogram is of 8 observations, and the traces have 7"},
		{"decision", swap(trace, `"actual": "deny", "match": false`, `"actual": "allow", "match": true`), `scenario "p:contrary" says other results`},
		{"match", swap(trace, `"match": false`, `"match": true`), "line 1: observation"},
		{"trace_of_other", swap(trace, `"scenario_id": "p:contrary"`, `"scenario_id": "p:gate"`), `line 1: scenario_id is "p:gate", in the trace of "p:contrary"`},
		{"trace_of_other_world", swap(trace, linuxWorld, macWorld), "line 1: world_id is"},
		{"row_twice", func(t *testing.T, dir string) { put(t, read(t, dir, trace)+read(t, dir, trace), dir, trace) }, "other results than its 2 observations"},
		{"no_row", func(t *testing.T, dir string) { put(t, "\n", dir, trace) }, "other results than its 0 observations"},
		{"not_json", func(t *testing.T, dir string) { put(t, "{", dir, trace) }, "p_contrary.jsonl: line 1:"},
		{"no_trace", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, trace)); err != nil {
				t.Fatal(err)
			}
		}, "no trace out/staging/traces/p_contrary.jsonl, and no p_contrary.jsonl in"},
		{"trace_is_link", func(t *testing.T, dir string) {
			if err := os.Rename(filepath.Join(dir, trace), filepath.Join(dir, "away")); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("../away", filepath.Join(dir, trace)); err != nil {
				t.Fatal(err)
			}
		}, "not a regular file"},
		{"trace_is_folder", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, trace)); err != nil {
				t.Fatal(err)
			}
			put(t, "", dir, trace, "x")
		}, "not a regular file"},
		{"trace_above", both("traces/p_gate.jsonl", "traces/.."), `trace path "out/staging/traces/..": want …/traces/<file>`},
		{"trace_beside", both("traces/p_gate.jsonl", "traces/../../x"), "want …/traces/<file>"},
		{"trace_nowhere", both("traces/p_gate.jsonl", "p_gate.jsonl"), "want …/traces/<file>"},
		{"trace_unnamed", both("traces/p_gate.jsonl", "traces/"), "want …/traces/<file>"},
		{"trace_like", both("traces/p_gate.jsonl", "nottraces/p_gate.jsonl"), "want …/traces/<file>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			dir := staged(t, root).Dir
			tt.change(t, dir)
			c, err := analysis.LoadCut(dir, root)
			if err == nil {
				err = c.Verify()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
