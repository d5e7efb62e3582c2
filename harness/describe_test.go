package harness_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// smallPlan gives a plan of its own that compiles, its folder being the root.
func smallPlan(t *testing.T) (src harness.Source, plan string) {
	t.Helper()
	dir := tree(t, nil)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(repository(t), "testdata", "small"))); err != nil {
		t.Fatal(err)
	}
	return harness.Source{Root: dir}, filepath.Join(dir, "plan.json")
}

func TestDescribePlan(t *testing.T) {
	src, file := smallPlan(t)
	edit(t, file, `"baseline": true`, `"baseline": false`)
	d, err := src.DescribePlan(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := harness.CompilePlan(src, file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	four := 4
	specs := map[harness.Lane]int{harness.LaneBaseline: 0, harness.LaneScenario: 4, harness.LaneOracle: 4}
	want := &harness.PlanDescription{
		Plan: text, Path: "plan.json", PlanDigest: c.PlanDigest, CompiledDigest: &c.CompiledDigest, CompileErrors: []string{},
		PlanID: "small", RegistryID: "small", Profiles: 1, Scenarios: &four, Specs: specs,
		ByProfile: []harness.ProfileCounts{{ProfileID: "small", Mode: harness.ModeLandlock, Scenarios: 4, Specs: specs}},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescribePlanThatDoesNotCompile(t *testing.T) {
	for _, tt := range []struct {
		name, file, old, new string
		want                 []string
	}{
		{"unknown_profile", "plan.json", `"small"
  ]`, `"smal"
  ]`, []string{`plan.json:6: profiles[0]: unknown profile "smal" in registry "small"; correct the id or add the profile, did you mean "small"?`}},
		{"faulty_registry", "registry/probes.json", `"expected": "allow"`, `"expected": "alow"`,
			[]string{`registry/probes.json:11: probe "small:read-inside": expected: want "allow" or "deny", got "alow"`}},
		{"two_faults", "registry/probes.json", `"operation": "fs.make_reg",`, `"operation": "fs.make_rg", "capabilities_required": ["x"],`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src, file := smallPlan(t)
			edit(t, filepath.Join(src.Root, tt.file), tt.old, tt.new)
			_, compileErr := harness.CompilePlan(src, file)
			if compileErr == nil {
				t.Fatal("it compiles")
			}
			d, err := src.DescribePlan(file)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want != nil {
				if diff := cmp.Diff(tt.want, d.CompileErrors); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			if got := strings.Join(d.CompileErrors, "\n"); got != compileErr.Error() {
				t.Errorf("compile says\n%v\nand describe\n%s", compileErr, got)
			}
			if d.CompiledDigest != nil || d.Scenarios != nil || d.Specs != nil || d.ByProfile != nil {
				t.Errorf("a plan that does not compile is said to become %+v", d)
			}
			if d.PlanID != "small" || d.Profiles != 1 || d.PlanDigest == (harness.Digest{}) {
				t.Errorf("what the plan says itself is missing: %+v", d)
			}
		})
	}
}

func TestDescribePlanThatDoesNotLoad(t *testing.T) {
	src, file := smallPlan(t)
	_, err := src.DescribePlan(filepath.Join(src.Root, "none.json"))
	if diff := cmp.Diff([]string{"none.json: no such file; name a plan.json"}, faultsOf(t, err)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	edit(t, file, `"profiles"`, `"profils"`)
	if _, err := src.DescribePlan(file); len(faultsOf(t, err)) != 2 {
		t.Errorf("faulty: %v", err)
	}
}

func TestResolveID(t *testing.T) {
	src := indexedDemo(t)
	probe, err := src.ResolveProbe("demo", "demo:read:link")
	if err != nil {
		t.Fatal(err)
	}
	if probe.ExpectationID != "e-1" || probe.File != "data/probes.json" || probe.Line == 0 {
		t.Errorf("probe %+v", probe)
	}
	profile, err := src.ResolveProfile("demo", "demo:read")
	if err != nil {
		t.Fatal(err)
	}
	if profile.Path != "profiles/read.json" || profile.File != "data/profiles.json" {
		t.Errorf("profile %+v", profile)
	}
	// The entry as it stands, null members and all.
	var asWritten map[string]json.RawMessage
	if err := json.Unmarshal(probe.Raw(), &asWritten); err != nil {
		t.Fatal(err)
	}
	if got := string(asWritten["mode"]); got != "null" {
		t.Errorf("raw mode is %q, the file has null", got)
	}

	_, err = src.ResolveProbe("demo", "demo:read:lnk")
	wantInput(t, err, `registry "demo" has no probe "demo:read:lnk", did you mean "demo:read:link"?; rtgen list-probes shows them`)
	_, err = src.ResolveProfile("demo", "demo:raed")
	wantInput(t, err, `registry "demo" has no profile "demo:raed", did you mean "demo:read"?; rtgen list-profiles shows them`)
	_, err = src.ResolveProbe("demo", "something else altogether")
	wantInput(t, err, `registry "demo" has no probe "something else altogether"; rtgen list-probes shows them`)
}

func wantInput(t *testing.T, err error, want string) {
	t.Helper()
	if input := new(harness.InputError); !errors.As(err, &input) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestProfilesOf(t *testing.T) {
	var r struct {
		Profiles map[string]json.RawMessage `json:"profiles"`
	}
	if err := json.Unmarshal(demoProfiles.Data, &r); err != nil {
		t.Fatal(err)
	}
	one := string(r.Profiles["demo:read"])
	other := strings.NewReplacer(`"demo:read"`, `"demo:other"`, `"demo:read:motd", `, "").Replace(one)
	profiles := harness.File{Name: "profiles.json", Data: []byte(strings.Replace(string(demoProfiles.Data), one, one+`, "demo:other": `+other, 1))}
	registry, err := harness.ParseRegistry(demoProbes, profiles)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string][]string{
		"demo:read:motd": {"demo:read"}, "demo:read:link": {"demo:read", "demo:other"}, "unheard of": nil,
	} {
		var got []string
		for _, p := range registry.ProfilesOf(id) {
			got = append(got, p.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("profiles of %s (-want +got):\n%s", id, diff)
		}
	}
}
