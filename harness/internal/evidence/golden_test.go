package evidence_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rtgen/rtgen/harness/internal/evidence"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

type goldenCase struct {
	name string
	run  evidence.Run
	obs  func(evidence.Run) []evidence.Observation
	// only keeps the golden to what the case is about; empty is every document.
	only   []string
	status string
}

// A golden is one txtar per case with every document as it is written, final
// newline added where the format has none.
func TestDeriveGolden(t *testing.T) {
	for _, tc := range goldenCases() {
		t.Run(tc.name, func(t *testing.T) {
			docs, counts, err := evidence.Derive(tc.run, tc.obs(tc.run))
			if err != nil {
				t.Fatal(err)
			}
			if counts.Status != tc.status {
				t.Errorf("status %q, want %q", counts.Status, tc.status)
			}
			got := archive(docs, tc.only)
			if len(tc.only) == 0 {
				got.Files = append(got.Files, txtar.File{Name: "summary.md", Data: evidence.SummaryMarkdown(tc.run, counts)})
			}
			compare(t, filepath.Join("testdata", tc.name+".txtar"), txtar.Format(got))
		})
	}
}

func archive(docs []evidence.Document, only []string) *txtar.Archive {
	a := &txtar.Archive{}
	for _, doc := range docs {
		if doc.Name == "expected_matrix.json" {
			continue // equal to the generated one, which TestDocumentSet proves
		}
		if len(only) == 0 || slices.Contains(only, doc.Name) {
			a.Files = append(a.Files, txtar.File{Name: doc.Name, Data: append(bytes.Clone(doc.Data), '\n')})
		}
	}
	return a
}

func compare(t *testing.T, golden string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v; run go test -update ./harness/internal/evidence", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}
