package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/schema"
)

// cutRun cuts a run folder's documents, tells the story and promotes both; every
// document is what its schema says, and they agree.
func cutRun(t *testing.T, runDir string) *analysis.StoredCut {
	t.Helper()
	root := t.TempDir()
	src := harness.Source{Root: root}
	staging, out := filepath.Join(root, "staging"), filepath.Join(root, "mappings", "runtime_cuts")
	in := harness.MatrixInput{Matrix: filepath.Join(runDir, "expected_matrix.json"), Results: filepath.Join(runDir, "runtime_results.json")}
	if _, err := src.CutMatrix(in, staging); err != nil {
		t.Fatal(err)
	}
	story := harness.StoryInput{Ops: filepath.Join(staging, analysis.OpsFile), Scenarios: filepath.Join(staging, analysis.ScenariosFile)}
	if err := harness.TellStory(story, filepath.Join(staging, analysis.StoryFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := src.PromoteCut(staging, out); err != nil {
		t.Fatal(err)
	}
	for file, name := range map[string]string{
		analysis.EventsIndexFile: "events_index", analysis.ScenariosFile: "scenarios", analysis.OpsFile: "op_runtime_summary",
		analysis.IndexesFile: "runtime_indexes", analysis.CutManifestFile: "runtime_manifest", analysis.StoryFile: "runtime_story",
	} {
		for _, dir := range []string{staging, out} {
			data, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			found, err := schema.Validate("runtime-tools."+name+".v0.1", data)
			if err != nil || len(found) > 0 {
				t.Errorf("%s: %v, %v", file, found, err)
			}
			if strings.Contains(string(data), root) {
				t.Errorf("%s names the root", file)
			}
		}
	}
	cut, err := analysis.LoadCut(out, root)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range cut.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if e.PolicyLayers == nil {
			t.Errorf("observation %q says nothing of whose decision it is", e.ScenarioID)
		}
	}
	for name, keys := range map[string][]string{"index": cut.Index.Traces.Keys(), "indexes": cut.Indexes.ScenarioToTraces.Keys()} {
		if diff := cmp.Diff(cut.Scenarios.Scenarios.Keys(), keys); diff != "" {
			t.Errorf("scenarios (-scenarios +%s):\n%s", name, diff)
		}
	}
	for _, m := range cut.Scenarios.Scenarios {
		for _, x := range m.Value.Expectations {
			if op, known := cut.Ops.Ops.Get(x.Operation); !known || op.OpID == nil {
				t.Errorf("scenario %q expects operation %q, which the cut does not know, or has no id", m.Key, x.Operation)
			}
		}
	}
	return cut
}

// Runs of the reference system are cut as it cuts them: everything that counts has
// a decision.
func TestCutReference(t *testing.T) {
	runs, err := filepath.Glob("../../shared/reference-bundles/*/*/runtime_results.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) == 0 {
		t.Skip("no reference bundles beside the repository")
	}
	for _, results := range runs {
		t.Run(filepath.Base(filepath.Dir(results)), func(t *testing.T) {
			cut := cutRun(t, filepath.Dir(results))
			for _, m := range cut.Scenarios.Scenarios {
				if r := m.Value.Results; r.Undecided > 0 || r.Total != r.Matches+r.Mismatches {
					t.Errorf("scenario %q: %+v", m.Key, r)
				}
			}
		})
	}
}

// A run of this host, cut: as many rows, and the same answers, as the run had.
func TestCutRun(t *testing.T) {
	needLinux(t)
	res, err := harness.RunPlan(t.Context(), many(t, 24), harness.Params{Out: t.TempDir(), Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	cut := cutRun(t, res.RunDir)
	probe := cut.Scenarios.PhaseHistograms.Overall.Probe
	if n := res.Counts[harness.LaneScenario]; probe.Total != n.Planned || probe.Allow != n.Allowed || probe.Deny != n.Denied || probe.Mismatches != n.Mismatches {
		t.Errorf("histogram %+v of a run with %+v", probe, n)
	}
}

// What cannot be cut, told or promoted is input to be mended, and nothing is
// written.
func TestCutMatrixRefuses(t *testing.T) {
	root := t.TempDir()
	src := harness.Source{Root: root}
	put := func(name, text string) string {
		t.Helper()
		file := filepath.Join(root, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	row := func(id, more string) string {
		return `{"name":"n","expectation_id":"` + id + `","operation":"file-read*","path":"/t","expected":"deny","actual":"deny","match":true,
			"runtime_result":{"status":"errno","runtime_result_schema_version":1,"tool_marker_schema_version":2,"errno":1,"intended_op_witnessed":null` + more + `},"command":[]}`
	}
	results := func(rows ...string) string {
		return `{"p":{"status":"ok","probes":[` + strings.Join(rows, ",") + `],"schema_version":"runtime-tools.runtime_results.v0.1","run_id":"r"}}`
	}
	matrix := put("matrix.json", `{"world_id":"sonoma-1","profiles":{}}`)
	for _, tt := range []struct {
		name, matrix, results, want string
	}{
		{"no_matrix", filepath.Join(root, "none.json"), results(), "none.json: no such file"},
		{"not_json", matrix, "{", "results.json"},
		{"no_world", put("worldless.json", `{"profiles":{}}`), results(row("a", "")), "world"},
		{"one_name", matrix, results(row("a b", ""), row("a/b", "")), `both of their traces would be a_b.jsonl; rename one`},
		{"contradiction", matrix, results(row("a", `,"failure_stage":"preflight"`)), "preflight"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(root, "out")
			_, err := src.CutMatrix(harness.MatrixInput{Matrix: tt.matrix, Results: put("results.json", tt.results)}, out)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !harness.IsInputError(err) {
				t.Errorf("error %v, want %q and an input error", err, tt.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a refused cut left a folder")
			}
		})
	}
	if _, err := src.PromoteCut(root, filepath.Join(root, "cuts")); err == nil || !harness.IsInputError(err) || !strings.Contains(err.Error(), "runtime_manifest.json: no such file") {
		t.Errorf("promotion of what is no cut: %v", err)
	}
}
