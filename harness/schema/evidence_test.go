package schema_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rtgen/rtgen/harness/schema"
)

// What runs observed, on either system, is what the schemas say.
func TestDerivedEvidence(t *testing.T) {
	files, err := filepath.Glob("../internal/evidence/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens of evidence: %v", err)
	}
	validated := map[string]int{}
	for _, file := range files {
		golden, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range golden.Files {
			version, described := map[string]string{
				"runtime_events.normalized.json": "runtime_events_normalized.v0.1", "mismatch_summary.json": "mismatch_summary.v0.1",
			}[doc.Name]
			if !described {
				continue
			}
			faults, err := schema.Validate(prefix+version, doc.Data)
			if err != nil || len(faults) > 0 {
				t.Errorf("%s: %s: %v, %v", filepath.Base(file), doc.Name, faults, err)
			}
			validated[doc.Name]++
		}
	}
	if len(validated) != 2 {
		t.Errorf("validated %v", validated)
	}
}
