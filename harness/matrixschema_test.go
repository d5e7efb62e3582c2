package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/schema"
)

// ofSchema holds a document against the schema of its kind.
func ofSchema(t *testing.T, file, kind string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	found, err := schema.Validate("runtime-tools."+kind+".v0.1", data)
	if err != nil {
		t.Error(err)
	}
	for _, f := range found {
		t.Errorf("%s:%d: %s: %s", file, f.Line, f.ID, f.Msg)
	}
}

// documentsOfSchema are those of a run that have one here.
func documentsOfSchema(t *testing.T, dir string) {
	t.Helper()
	ofSchema(t, filepath.Join(dir, artifact.ExpectedMatrixFile), "expected_matrix")
	ofSchema(t, filepath.Join(dir, artifact.MismatchSummaryFile), "mismatch_summary")
	ofSchema(t, filepath.Join(dir, artifact.RuntimeEventsFile), "runtime_events_normalized")
}

// Every plan's matrix is what the schema says, written by a run and by plan-build.
func TestMatrixSchema(t *testing.T) {
	root := repository(t)
	src := harness.Source{Root: root}
	plans, err := filepath.Glob(filepath.Join(root, "plans", "*", "plan.json"))
	if err != nil || len(plans) == 0 {
		t.Fatalf("plans %q, %v", plans, err)
	}
	for _, plan := range plans {
		c, err := harness.CompilePlan(src, plan)
		if err != nil {
			t.Fatal(err)
		}
		matrix, err := c.ExpectedMatrix("w")
		if err != nil {
			t.Fatal(err)
		}
		ofSchema(t, putFile(t, "run.json", string(matrix)), "expected_matrix")
		p, err := src.LoadPlan(plan)
		if err != nil {
			t.Fatal(err)
		}
		r, err := src.LoadRegistry(p)
		if err != nil {
			t.Fatal(err)
		}
		if matrix, err = harness.WriteMatrix(p, r); err != nil {
			t.Fatal(err)
		}
		ofSchema(t, putFile(t, "built.json", string(matrix)), "expected_matrix")
	}
}

// What the reader of a matrix refuses by its form, the schema refuses.
func TestMatrixSchemaRefuses(t *testing.T) {
	for _, matrix := range []string{
		`[]`, `{}`, row(``, `, "payload": 1`), row(`, "rules": []`, ``), row(`, "preflight": "off"`, ``), row(``, `, "fixture": {"threads": 2}`),
		row(`, "landlock": {"layers": [{"files": []}]}`, ``), strings.Replace(row(`, "seatbelt": {"parameters": {"": "x"}}`, ``), `"landlock"`, `"sbpl"`, 1),
		strings.Replace(row(``, ``), `"allow"`, `"maybe"`, 1),
	} {
		found, err := schema.Validate("runtime-tools.expected_matrix.v0.1", []byte(matrix))
		_, _, readErr := harness.ReadMatrix(harness.File{Name: "m.json", Data: []byte(matrix)})
		if err != nil || len(found) == 0 || readErr == nil {
			t.Errorf("%s: findings %v, %v, read %v", matrix, found, err, readErr)
		}
	}
}

// The reference system's documents are what our schemas say, of either generation,
// and so are those that we make of them.
func TestReferenceSchemas(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(repository(t), "..", "shared", "reference-bundles", "*", "*", artifact.ExpectedMatrixFile))
	if err != nil || len(dirs) == 0 {
		t.Skipf("no reference bundles beside the repository: %v", err)
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		documentsOfSchema(t, dir)
		in := harness.MatrixInput{Matrix: file, Results: filepath.Join(dir, artifact.RuntimeResultsFile)}
		events, mismatches := filepath.Join(t.TempDir(), "e.json"), filepath.Join(t.TempDir(), "m.json")
		if err := harness.NormalizeMatrix(in, events); err != nil {
			t.Error(err)
		}
		if err := harness.MismatchMatrix(in, mismatches); err != nil {
			t.Error(err)
		}
		ofSchema(t, events, "runtime_events_normalized")
		ofSchema(t, mismatches, "mismatch_summary")
	}
}
