package harness_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness"
)

// The law of every reader of plan data: it never panics, and what loads is the
// same after it was written and loaded again, save where it stands.
var sameData = cmp.Options{
	cmpopts.IgnoreFields(harness.Plan{}, "Path", "File"),
	cmpopts.IgnoreFields(harness.Probe{}, "File", "Line"),
	cmpopts.IgnoreFields(harness.Profile{}, "File", "Line"),
	cmpopts.IgnoreUnexported(harness.Plan{}, harness.Probe{}, harness.Profile{}, harness.ProbeRegistry{}, harness.ProfileRegistry{}),
}

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(demoPlan))
	f.Add(readData(f, "plans/agent-workspace/plan.json"))
	f.Add([]byte(`{"schema_version":"runtime-tools.plan.v0.1","plan_id":"é","registry_id":"r","profiles":["a","b"],"lanes":{"oracle":true},"controls":{"<":[1e2,-0,1.0,"\u007f\ud83d\ude00",{}]},"world_id":"w","notes":"\t","apply_preflight_profile":"a/b.sb"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, err := harness.ParsePlan(harness.File{Name: "plan.json", Data: data})
		if err != nil {
			if len(faultsOf(t, err)) == 0 {
				t.Fatal("an error without faults")
			}
			return
		}
		second, err := harness.ParsePlan(again(t, plan))
		if err != nil {
			t.Fatalf("loads once: %v", err)
		}
		if diff := cmp.Diff(plan, second, sameData); diff != "" {
			t.Fatalf("differs after it was written (-first +second):\n%s", diff)
		}
		if one, two := harness.PlanDigest(plan), harness.PlanDigest(second); one != two || one == (harness.Digest{}) {
			t.Fatalf("digests %v and %v", one, two)
		}
	})
}

func FuzzParseProbes(f *testing.F) {
	f.Add(demoProbes.Data)
	f.Add(manyProbes(2).Data)
	f.Fuzz(func(t *testing.T, data []byte) {
		probes, err := harness.ParseProbes(harness.File{Name: "probes.json", Data: data})
		if err != nil {
			faultsOf(t, err)
			return
		}
		second, err := harness.ParseProbes(again(t, probes))
		if err != nil {
			t.Fatalf("loads once: %v", err)
		}
		if diff := cmp.Diff(probes, second, sameData); diff != "" {
			t.Fatalf("differs after it was written (-first +second):\n%s", diff)
		}
	})
}

func FuzzParseProfiles(f *testing.F) {
	f.Add(demoProfiles.Data)
	f.Add(readData(f, "plans/agent-workspace/registry/profiles.json"))
	f.Add(bytes.Replace(demoProfiles.Data, []byte(`{"optional_parents": ["/lib64"]}`), []byte(`{"compose": ["a.toml"],
"layers": [{"files": ["b.json", "c.json"], "restrict_flags": ["log_subdomains_off"]}, {"files": ["d.json"]}],
"stack": [], "restrict_flags": ["log_same_exec_off", "log_new_exec_on"], "no_new_privs": false}`), 1))
	f.Add([]byte(fullProfiles))
	f.Fuzz(func(t *testing.T, data []byte) {
		profiles, err := harness.ParseProfiles(harness.File{Name: "profiles.json", Data: data}, nil)
		if err != nil {
			faultsOf(t, err)
			return
		}
		second, err := harness.ParseProfiles(again(t, profiles), nil)
		if err != nil {
			t.Fatalf("loads once: %v", err)
		}
		if diff := cmp.Diff(profiles, second, sameData); diff != "" {
			t.Fatalf("differs after it was written (-first +second):\n%s", diff)
		}
	})
}

func FuzzParseRegistryIndex(f *testing.F) {
	f.Add(readData(f, "registries/index.json"))
	f.Fuzz(func(t *testing.T, data []byte) {
		index, err := harness.ParseRegistryIndex(harness.File{Name: "index.json", Data: data})
		if err != nil {
			faultsOf(t, err)
			return
		}
		second, err := harness.ParseRegistryIndex(again(t, index))
		if err != nil {
			t.Fatalf("loads once: %v", err)
		}
		if diff := cmp.Diff(index, second, cmpopts.IgnoreFields(harness.RegistryEntry{}, "Line")); diff != "" {
			t.Fatalf("differs after it was written (-first +second):\n%s", diff)
		}
	})
}
