package harness_test

import (
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
)

// unforeseen are the scenarios of which the model of Seatbelt does not know the
// decision, by plan: they turn on a property of an object that no question has, or
// on a file's mode.
var unforeseen = map[string]int{"anchor-filter-map": 4, "runtime-adversarial": 4}

// The model contradicts no expectation of the plans for macOS, here and on every
// system, and knows all but few.
func TestPredictPlansOfMac(t *testing.T) {
	plans, err := filepath.Glob(filepath.Join("..", "plans", "*", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	macs := 0
	for _, plan := range plans {
		c, err := harness.CompilePlan(harness.Source{}, plan)
		if err != nil {
			t.Fatal(err)
		}
		if c.Profiles[0].Mode != harness.ModeSBPL {
			continue
		}
		macs++
		t.Run(c.PlanID, func(t *testing.T) {
			lane, err := c.Select(harness.Selection{Lane: harness.LaneOracle})
			if err != nil {
				t.Fatal(err)
			}
			res, err := harness.RunCompiled(t.Context(), lane, harness.Params{Out: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			n := res.Counts[harness.LaneOracle]
			t.Logf("%d scenarios: %d agree, %d disagree, %d unknown", n.Run, n.Matches, n.Mismatches, n.Unsupported)
			for _, s := range res.Skips {
				t.Logf("%d: %s", s.Count, s.Reason)
			}
			if n.Unsupported != unforeseen[c.PlanID] || n.Matches != n.Run-n.Unsupported || n.Run != n.Planned {
				t.Errorf("%+v, want all but %d as expected: %q", n, unforeseen[c.PlanID], res.Failures)
			}
			if v, err := bundle.ValidateDeep(res.RunDir); err != nil || !v.OK() {
				t.Errorf("ValidateDeep = %+v, %v", v, err)
			}
		})
	}
	if macs == 0 {
		t.Error("no plan is for macOS")
	}
}
