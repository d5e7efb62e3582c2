package sbpl_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// TestReferenceBundles holds the model against what real runs observed where
// the text of the profile is there too: what was allowed is not denied by the
// model. What was denied says nothing by itself; the object may be missing.
func TestReferenceBundles(t *testing.T) {
	root := filepath.Join("..", "..", "..", "..", "..", "shared", "reference-bundles")
	runs, err := filepath.Glob(filepath.Join(root, "*", "*", "runtime_results.json"))
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Operation string        `json:"operation"`
		Path      string        `json:"path"`
		Actual    sbpl.Decision `json:"actual"`
	}
	judged := 0
	for _, file := range runs {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var profiles map[string]struct {
			Base   string `json:"base_profile_path"`
			Probes []row  `json:"probes"`
		}
		if err := json.Unmarshal(text, &profiles); err != nil {
			t.Fatal(err)
		}
		for id, profile := range profiles {
			source, err := os.ReadFile(filepath.Join(filepath.Dir(file), "..", "plan", "sb", filepath.Base(profile.Base)))
			if err != nil {
				continue
			}
			for _, r := range profile.Probes {
				a := compile(t, string(source)).Ask(sbpl.Question{Operation: r.Operation, Target: r.Path})
				judged++
				if a.Decision == unknown || r.Actual == allow && a.Decision != allow {
					t.Errorf("%s: %s of %s was %s, the model says %s: %s", id, r.Operation, r.Path, r.Actual, a.Decision, a.Reason)
				}
			}
		}
	}
	if judged == 0 {
		t.Skip("no bundles of real runs with their profiles beside the repository")
	}
	t.Logf("%d decisions judged", judged)
}
