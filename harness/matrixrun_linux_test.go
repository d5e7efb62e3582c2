package harness_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// attempt is what came of a row, apart from times and names of folders.
type attempt struct {
	Status, Actual, Stage, Kind string
	Errno                       int
}

// attempts are the rows of a runtime_results.json by expectation id.
func attempts(t *testing.T, file string) map[string]attempt {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var results artifact.RuntimeResults
	if err := json.Unmarshal(data, &results); err != nil {
		t.Fatal(err)
	}
	or := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	rows := map[string]attempt{}
	for _, p := range results {
		for _, row := range p.Value.Probes {
			a := attempt{row.RuntimeResult.Status, or(row.Actual), or(row.RuntimeResult.FailureStage), or(row.RuntimeResult.FailureKind), 0}
			if row.RuntimeResult.Errno != nil {
				a.Errno = *row.RuntimeResult.Errno
			}
			rows[row.ExpectationID] = a
		}
	}
	return rows
}

// A run's matrix is enough to run again: every row comes out as it did in the
// plan's run, errno and all.
func TestRunMatrixAgain(t *testing.T) {
	needLandlock(t)
	root := repository(t)
	src := harness.Source{Root: root}
	for _, plan := range []string{"landlock-layers", "agent-workspace", "landlock-net", "landlock-scope"} {
		t.Run(plan, func(t *testing.T) {
			c, err := harness.CompilePlan(src, filepath.Join(root, "plans", plan, "plan.json"))
			if err != nil {
				t.Fatal(err)
			}
			if c, err = c.Select(harness.Selection{Lane: harness.LaneScenario}); err != nil {
				t.Fatal(err)
			}
			first, err := harness.RunCompiled(t.Context(), c, harness.Params{Out: t.TempDir()})
			if err != nil || first.Status == harness.StatusFailed {
				t.Fatalf("%+v, %v", first, err)
			}
			matrix := filepath.Join(first.RunDir, artifact.ExpectedMatrixFile)
			if c, err = src.CompileMatrix(matrix, harness.MatrixOptions{}); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "all")
			second, err := src.RunMatrixAll(t.Context(), c, out, harness.Params{RunID: "again"})
			if err != nil {
				t.Fatal(err)
			}
			if second.RunID != "again" || second.RunDir != "" || second.Packet != "" {
				t.Errorf("result %+v", second.Result)
			}
			want, got := attempts(t, filepath.Join(first.RunDir, artifact.RuntimeResultsFile)), attempts(t, filepath.Join(out, artifact.RuntimeResultsFile))
			if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
				t.Errorf("%d rows (-plan +matrix):\n%s", len(got), diff)
			}
			sameFile(t, matrix, filepath.Join(out, artifact.GeneratedMatrixFile))
			documentsOfSchema(t, first.RunDir)
			normalized := filepath.Join(t.TempDir(), "events.json")
			in := harness.MatrixInput{Matrix: matrix, Results: filepath.Join(out, artifact.RuntimeResultsFile)}
			if err := harness.NormalizeMatrix(in, normalized); err != nil {
				t.Fatal(err)
			}
			ofSchema(t, normalized, "runtime_events_normalized")
			sameMismatches(t, out)
		})
	}
}

func sameFile(t *testing.T, want, got string) {
	t.Helper()
	a, err1 := os.ReadFile(want)
	b, err2 := os.ReadFile(got)
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Errorf("%s differs from %s, %v, %v:\n%s", got, want, err1, err2, cmp.Diff(string(a), string(b)))
	}
}

// sameMismatches holds a run's own summary of its mismatches against the one that
// is made of its documents.
func sameMismatches(t *testing.T, out string) {
	t.Helper()
	again := filepath.Join(t.TempDir(), "again.json")
	in := harness.MatrixInput{Matrix: filepath.Join(out, artifact.GeneratedMatrixFile), Results: filepath.Join(out, artifact.RuntimeResultsFile)}
	if err := harness.MismatchMatrix(in, again); err != nil {
		t.Fatal(err)
	}
	want, err1 := os.ReadFile(filepath.Join(out, artifact.MismatchSummaryFile))
	got, err2 := os.ReadFile(again)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for _, key := range []string{"world_id", "mismatches", "counts"} {
		if w, g := gjson.GetBytes(want, key).Raw, gjson.GetBytes(got, key).Raw; w != g || w == "" {
			t.Errorf("%s: the run says %s, its documents %s", key, w, g)
		}
	}
}

// A run that does not reach its end leaves what was there.
func TestRunMatrixInterrupted(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": "module m\n", "p.json": layeredTexts["profiles/read.json"]})
	src := harness.Source{Root: root}
	c, err := src.CompileMatrix(putFile(t, "m.json", row(``, ``)), harness.MatrixOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, "out")
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(out, artifact.RuntimeResultsFile)
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := contents(t, root)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := harness.RunMatrix(ctx, c, out, harness.Params{}); err == nil {
		t.Errorf("RunMatrix = %+v", r)
	}
	if r, err := src.RunMatrixAll(ctx, c, out, harness.Params{}); err == nil {
		t.Errorf("RunMatrixAll = %+v", r)
	}
	if diff := cmp.Diff(before, contents(t, root)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

// The matrices of the reference system's runs have rows of macOS: here none is
// attempted, every one says why, and no document says that a Mac was observed.
func TestRunReferenceMatrices(t *testing.T) {
	needLinux(t) // where their engine is not to be had
	files, err := filepath.Glob(filepath.Join(repository(t), "..", "shared", "reference-bundles", "*", "*", artifact.ExpectedMatrixFile))
	if err != nil || len(files) == 0 {
		t.Skipf("no reference bundles beside the repository: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var matrix artifact.ExpectedMatrix
			if err := artifact.Decode(data, &matrix); err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{"go.mod": "module m\n"}
			rows := 0
			for _, p := range matrix.Profiles {
				texts[p.Value.Blob] = "(version 1)\n(allow default)\n" // not what was applied on the Mac
				rows += len(p.Value.Probes)
			}
			root := tree(t, texts)
			src := harness.Source{Root: root}
			c, err := src.CompileMatrix(file, harness.MatrixOptions{})
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(root, "all")
			run, err := src.RunMatrixAll(t.Context(), c, out, harness.Params{})
			if err != nil {
				t.Fatal(err)
			}
			if run.Unavailable == "" || len(run.Failures) != 0 {
				t.Errorf("unavailable %q, failures %q", run.Unavailable, run.Failures)
			}
			got := attempts(t, filepath.Join(out, artifact.RuntimeResultsFile))
			for id, a := range got {
				if want := (attempt{Status: "blocked", Stage: "preflight", Kind: "engine_unavailable"}); a != want {
					t.Errorf("%s: %+v, want %+v", id, a, want)
				}
			}
			if len(got) != rows {
				t.Errorf("%d rows of %d", len(got), rows)
			}
			for name, text := range contents(t, out) {
				if strings.Contains(text, matrix.WorldID) {
					t.Errorf("%s speaks of world %s", name, matrix.WorldID)
				}
			}
			summary, err := os.ReadFile(filepath.Join(out, artifact.MismatchSummaryFile))
			if err != nil {
				t.Fatal(err)
			}
			if n := gjson.GetBytes(summary, "counts.preflight_blocked").Int(); n != int64(rows) {
				t.Errorf("%d rows are blocked in the summary, of %d: %s", n, rows, summary)
			}
			sameMismatches(t, out)
		})
	}
}
