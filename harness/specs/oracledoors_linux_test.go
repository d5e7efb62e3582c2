package specs_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// The oracle lane of a plan of another system runs behind every door, and starts no
// worker: nothing is measured, applied or attempted.
func TestOracleLaneOfAnotherSystem(t *testing.T) {
	c, err := harness.CompilePlan(harness.Source{}, filepath.Join(repository(t), "plans", "vfs-canonicalization", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	selected, err := c.Select(harness.Selection{Lane: harness.LaneOracle})
	if err != nil {
		t.Fatal(err)
	}
	suite := build(t, repository(t), "vfs.test", "test", "-c", "-vet=off", "-ldflags=-w", "./suites/vfs-canonicalization")
	want := map[string]string{}
	for _, p := range c.Profiles {
		for _, s := range p.Scenarios {
			want["oracle "+s.ExpectationID] = string(s.Expected)
		}
	}
	for _, door := range []struct {
		name string
		run  func(t *testing.T, out string)
	}{
		{"RunPlan", func(t *testing.T, out string) {
			if _, err := harness.RunCompiled(t.Context(), selected, harness.Params{Out: out}); err != nil {
				t.Fatal(err)
			}
		}},
		{"RunInProcess", func(t *testing.T, out string) {
			if passed, res, err := inProcess(t, selected, out); !passed || err != nil {
				t.Fatalf("passed %v: %v, %+v", passed, err, res)
			}
		}},
		{"go_test", func(t *testing.T, out string) {
			pass(t, t.TempDir(), environ("RTGEN_OUT="+out), suite, "--ginkgo.label-filter=oracle")
		}},
		{"ginkgo_parallel", func(t *testing.T, out string) {
			pass(t, t.TempDir(), environ("RTGEN_OUT="+out), ginkgoCommand(t), "--procs=2", "--no-color", "--label-filter=oracle", suite)
		}},
	} {
		t.Run(door.name, func(t *testing.T) {
			out := t.TempDir()
			door.run(t, out)
			b, err := harness.LoadBundle(out)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			var oracle struct {
				Results []struct {
					API, Stage, Decision string
					Expectation          string `json:"expectation_id"`
				}
			}
			read(t, b, "oracle_results.json", &oracle)
			for _, r := range oracle.Results {
				got["oracle "+r.Expectation] = r.Decision
				if r.API != "model" || r.Stage != "pre_syscall" {
					t.Errorf("row %+v", r)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("predictions (-expected +got):\n%s", diff)
			}
			if b.Manifest.ApplyPreflight != nil {
				t.Error("something was measured before a policy, and none was to be applied")
			}
		})
	}
}
