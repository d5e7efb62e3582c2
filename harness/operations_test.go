package harness_test

import (
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/analysis"
)

// vocabularyOfMode is the vocabulary of the operations that probes under a profile
// of the mode can name.
func vocabularyOfMode(t *testing.T, mode string) *analysis.Vocabulary {
	t.Helper()
	world := "linux-6.18.5-amd64-landlock7-0a1b2c3d"
	if mode == harness.ModeSBPL || mode == harness.ModeBlob {
		world = "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5"
	}
	v, err := analysis.VocabularyOf(world)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What compiles is in the vocabulary of its system, so that no evidence speaks of
// an operation that has no id.
func TestOperationsOfPlansHaveIDs(t *testing.T) {
	plans, err := filepath.Glob(filepath.Join("..", "plans", "*", "plan.json"))
	if err != nil || len(plans) == 0 {
		t.Fatalf("plans %v, %v", plans, err)
	}
	seen := map[string]bool{}
	for _, plan := range plans {
		c, err := harness.CompilePlan(harness.Source{}, plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.Profiles {
			v := vocabularyOfMode(t, p.Mode)
			for _, s := range p.Scenarios {
				seen[v.File()] = true
				if err := v.Check(s.Operation); err != nil {
					t.Errorf("%s: %s: %v", plan, s.ExpectationID, err)
				}
			}
		}
	}
	if len(seen) != 2 {
		t.Errorf("plans for the operations of %v alone", seen)
	}
}

func TestListedOperationsHaveIDs(t *testing.T) {
	linux, mac := vocabularyOfMode(t, harness.ModeLandlock), vocabularyOfMode(t, harness.ModeSBPL)
	for _, w := range harness.Operations() {
		if id, ok := linux.ID(w.Operation); !ok || id != w.OpID {
			t.Errorf("%s has op_id %d, want %d, %t", w.Operation, w.OpID, id, ok)
		}
	}
	for _, w := range harness.SeatbeltOperations() {
		if id, ok := mac.ID(w.Operation); !ok || id != w.OpID {
			t.Errorf("%s has op_id %d, want %d, %t", w.Operation, w.OpID, id, ok)
		}
	}
}
