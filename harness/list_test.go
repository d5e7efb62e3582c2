package harness_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// planNamed is a plan.json of an id.
func planNamed(id string) string { return strings.Replace(demoPlan, "demo.v1", id, 1) }

func TestListPlans(t *testing.T) {
	found := func(id, path string) harness.PlanListing {
		return harness.PlanListing{PlanID: id, RegistryID: "demo", Profiles: 1, Path: path}
	}
	tests := []struct {
		name  string
		files map[string]string
		want  []harness.PlanListing
	}{
		{name: "none", want: []harness.PlanListing{}},
		{
			name:  "sorted_by_path",
			files: map[string]string{"b/plan.json": planNamed("b"), "plan.json": planNamed("root"), "b-c/plan.json": planNamed("bc"), "a/deep/er/plan.json": planNamed("a")},
			want:  []harness.PlanListing{found("a", "a/deep/er/plan.json"), found("bc", "b-c/plan.json"), found("b", "b/plan.json"), found("root", "plan.json")},
		},
		{
			name: "places_without_plans",
			files: map[string]string{
				".hidden/plan.json": planNamed("a"), "out/plan.json": planNamed("b"), "a/testdata/plan.json": planNamed("c"),
				"node_modules/x/plan.json": planNamed("d"), "vendor/plan.json": planNamed("e"), "a/plan.json.bak": "", "a/myplan.json": "",
				"outer/plan.json": planNamed("kept"),
			},
			want: []harness.PlanListing{found("kept", "outer/plan.json")},
		},
		{
			name: "run_folders",
			files: map[string]string{
				"results/1/artifact_index.json": "{}", "results/1/plan.json": planNamed("committed"),
				"results/2/run_status.json": "{}", "results/2/plan.json": planNamed("failed"),
				"results/plan.json": planNamed("kept"),
			},
			want: []harness.PlanListing{found("kept", "results/plan.json")},
		},
		{
			name:  "links",
			files: map[string]string{"a/plan.json": planNamed("a"), "b": "->a", "c/plan.json": "->../a/plan.json", "d": "->.", "e/plan.json": "->nowhere"},
			want:  []harness.PlanListing{found("a", "a/plan.json")},
		},
		{
			name:  "folder_of_the_name",
			files: map[string]string{"plan.json/plan.json": planNamed("a")},
			want:  []harness.PlanListing{found("a", "plan.json/plan.json")},
		},
		{
			name: "faulty",
			files: map[string]string{
				"a/plan.json": strings.NewReplacer(`"plan_id": "demo.v1"`, `"plan_id": 7`, `"controls"`, `"kontrols"`).Replace(demoPlan),
				"b/plan.json": "{", "c/plan.json": planNamed("c"),
			},
			want: []harness.PlanListing{
				{Path: "a/plan.json", Error: "a/plan.json:3: plan_id: want a string, got a number\na/plan.json:7: kontrols: unknown key; did you mean \"controls\"?"},
				{Path: "b/plan.json", Error: "b/plan.json:1: not valid JSON at column 1: unexpected end of JSON input"},
				found("c", "c/plan.json"),
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := harness.Source{Root: tree(t, tt.files)}.ListPlans()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The root is found like any other command's, and its own name does not matter.
func TestListPlansRoot(t *testing.T) {
	dir := tree(t, map[string]string{"testdata/go.mod": "module x\n", "testdata/plans/a/plan.json": planNamed("a"), "plan.json": planNamed("outside")})
	t.Chdir(filepath.Join(dir, "testdata", "plans"))
	got, err := harness.Source{}.ListPlans()
	if err != nil {
		t.Fatal(err)
	}
	want := []harness.PlanListing{{PlanID: "a", RegistryID: "demo", Profiles: 1, Path: "plans/a/plan.json"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	_, err = harness.Source{Root: filepath.Join(dir, "plan.json")}.ListPlans()
	if got := strings.Join(faultsOf(t, err), "\n"); !strings.HasSuffix(got, "plan.json: is no folder; correct --root") {
		t.Errorf("a root that is a file: %v", got)
	}
}

func TestListPlansIsBounded(t *testing.T) {
	files := map[string]string{}
	for i := range 10 {
		files[fmt.Sprintf("%d/plan.json", i)] = planNamed("p")
	}
	src := harness.Source{Root: tree(t, files)}
	if list, err := src.ListPlansWithin(21); err != nil || len(list) != 10 {
		t.Errorf("%d plans, %v", len(list), err)
	}
	_, err := src.ListPlansWithin(20)
	if input := new(harness.InputError); !errors.As(err, &input) || !strings.Contains(err.Error(), "has more than 20 files and folders; name a smaller root with --root") {
		t.Errorf("a root that is too large: %v", err)
	}
}

func TestListPlansUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	dir := tree(t, map[string]string{"a/plan.json": planNamed("a"), "shut/plan.json": planNamed("b"), "c/plan.json": planNamed("c")})
	shut := func(name string, mode os.FileMode) {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, mode) })
	}
	shut("shut", 0o755)
	shut("c/plan.json", 0o644)
	got, err := harness.Source{Root: dir}.ListPlans()
	if err != nil {
		t.Fatal(err)
	}
	want := []harness.PlanListing{
		{PlanID: "a", RegistryID: "demo", Profiles: 1, Path: "a/plan.json"},
		{Path: "c/plan.json", Error: "c/plan.json: permission denied"},
		{Path: "shut/", Error: "cannot be searched for plans: permission denied"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	shut(".", 0o755)
	if _, err := (harness.Source{Root: dir}).ListPlans(); err == nil || harness.IsInputError(err) {
		t.Errorf("a root that cannot be read: %v", err)
	}
}

// indexedDemo is a root whose index has the registry demo.
func indexedDemo(t *testing.T) harness.Source {
	files := demo()
	files["registries/index.json"] = demoIndex
	files["data/probes.json"], files["data/profiles.json"] = string(demoProbes.Data), string(demoProfiles.Data)
	return harness.Source{Root: tree(t, files)}
}

func TestListRegistry(t *testing.T) {
	src := indexedDemo(t)
	entries, err := src.ListRegistries()
	if err != nil {
		t.Fatal(err)
	}
	want := []harness.RegistryEntry{{ID: "demo", Probes: "data/probes.json", Profiles: "data/profiles.json", Line: 4}}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Errorf("registries (-want +got):\n%s", diff)
	}
	probes, err := src.ListProbes("demo")
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]string, len(probes))
	for i, p := range probes {
		ids[i] = p.ID
	}
	if diff := cmp.Diff([]string{"demo:read:motd", "demo:read:link"}, ids); diff != "" {
		t.Errorf("probes, in the order of the file (-want +got):\n%s", diff)
	}
	profiles, err := src.ListProfiles("demo")
	if err != nil {
		t.Fatal(err)
	}
	if len(profiles) != 1 || profiles[0].ID != "demo:read" {
		t.Errorf("profiles %v", profiles)
	}
}

// Every listing says what is wrong with what it was asked for.
func TestListRegistryErrors(t *testing.T) {
	listings := map[string]func(src harness.Source, id string) error{
		"probes":   func(src harness.Source, id string) error { _, err := src.ListProbes(id); return err },
		"profiles": func(src harness.Source, id string) error { _, err := src.ListProfiles(id); return err },
		"probe": func(src harness.Source, id string) error {
			_, err := src.ResolveProbe(id, "demo:read:motd")
			return err
		},
		"profile": func(src harness.Source, id string) error { _, err := src.ResolveProfile(id, "demo:read"); return err },
	}
	src := indexedDemo(t)
	broken := harness.Source{Root: tree(t, map[string]string{"registries/index.json": "[]"})}
	for name, list := range listings {
		t.Run(name, func(t *testing.T) {
			if err := list(src, "demo"); err != nil {
				t.Fatal(err)
			}
			err := list(src, "demmo")
			want := `registry "demmo" is not in registries/index.json, did you mean "demo"?`
			if input := new(harness.InputError); !errors.As(err, &input) || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("unknown registry: %v, want %s", err, want)
			}
			if got := faultsOf(t, list(broken, "demo")); len(got) == 0 || !strings.HasPrefix(got[0], "registries/index.json:1: ") {
				t.Errorf("broken index: %q", got)
			}
		})
	}
	if _, err := broken.ListRegistries(); len(faultsOf(t, err)) == 0 {
		t.Error("a broken index is listed")
	}
}
