package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// Where the documents of the matrix commands are: each row's flags in a root with
// a bundle of plan runtime-checks, seen from a folder below the root.
func TestMatrixFlags(t *testing.T) {
	root := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", "module m\n")
	put("m.json", "{}")
	put("here/m.json", "{}")
	put("here/r.json", "{}")
	t.Chdir(filepath.Join(root, "here"))

	const run, loose = "out/runtime-checks/r1", "out/runtime-checks"
	for _, row := range []struct {
		name            string
		put             []string // files that there are, until the last row
		flags           matrixFlags
		matrix, results string // wanted, from the root or the working folder
		wrong           string // wanted in the error
	}{
		{name: "nothing_is_there", wrong: "m: no --matrix is given, and the latest run in " + root + "/out/runtime-checks has none"},
		{name: "no_results_either", flags: matrixFlags{matrix: "m.json"}, wrong: "give --runtime-results FILE, or run plan runtime-checks first"},
		{name: "no_results_needed", flags: matrixFlags{matrix: "m.json", makesResults: true}, matrix: root + "/m.json"},
		{name: "from_the_root", flags: matrixFlags{matrix: "m.json", results: "here/r.json"}, matrix: root + "/m.json", results: root + "/here/r.json"},
		{name: "from_here", flags: matrixFlags{matrix: "m.json", results: "r.json", here: true}, matrix: "m.json", results: "r.json"},
		{name: "not_from_here", flags: matrixFlags{matrix: "m.json", results: "r.json"}, wrong: "--runtime-results: no file " + root + "/r.json; a relative path starts from the root, " + root},
		{name: "a_folder", flags: matrixFlags{matrix: "here", results: "here/r.json"}, wrong: "here is no regular file; name the document itself"},
		{
			name: "no_latest", put: []string{loose + "/expected_matrix.json", loose + "/runtime_results.json"},
			matrix: root + "/" + loose + "/expected_matrix.json", results: root + "/" + loose + "/runtime_results.json",
		},
		{
			name: "latest", put: []string{run + "/expected_matrix.json", run + "/runtime_results.json", loose + "/LATEST"},
			matrix: root + "/" + run + "/expected_matrix.json", results: root + "/" + run + "/runtime_results.json",
		},
		{
			name: "latest_from_here", flags: matrixFlags{results: "r.json", here: true},
			matrix: root + "/" + run + "/expected_matrix.json", results: "r.json",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, name := range row.put {
				put(name, "r1\n")
			}
			files, err := row.flags.resolve("m", harness.Source{})
			switch {
			case row.wrong == "" && err != nil:
				t.Fatal(err)
			case row.wrong != "" && (err == nil || !strings.Contains(err.Error(), row.wrong)):
				t.Fatalf("resolve = %+v, %v; want an error with %q", files, err, row.wrong)
			case row.wrong != "" && exitCode(err) != exitUsage:
				t.Errorf("exit code %d of %v", exitCode(err), err)
			}
			if files.Matrix != row.matrix || files.Results != row.results {
				t.Errorf("resolve = %q and %q, want %q and %q", files.Matrix, files.Results, row.matrix, row.results)
			}
		})
	}
}
