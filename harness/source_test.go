package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// tree writes files under a new folder and gives its path. A content that
// starts with "->" makes a symbolic link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	// The environment of the test must not say where data is.
	t.Setenv("RTGEN_ROOT", "")
	t.Setenv("RTGEN_REGISTRIES", "")
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, link := strings.CutPrefix(content, "->"); link {
			err = os.Symlink(to, file)
		} else {
			err = os.WriteFile(file, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// demo is a repository with one plan and its registry beside it.
func demo() map[string]string {
	return map[string]string{
		"go.mod":                            "module demo\n",
		"plans/demo/plan.json":              demoPlan,
		"plans/demo/registry/probes.json":   string(demoProbes.Data),
		"plans/demo/registry/profiles.json": string(demoProfiles.Data),
		"plans/demo/profiles/read.json":     "in the plan's folder",
		"profiles/read.json":                "under the root",
	}
}

// load does all of a Source's work and gives the names of what it read.
func load(src harness.Source, file string) ([]string, error) {
	plan, err := src.LoadPlan(file)
	if err != nil {
		return nil, err
	}
	names := []string{plan.File}
	registry, err := src.LoadRegistry(plan)
	if err != nil {
		return names, err
	}
	names = append(names, registry.Probes[0].File, registry.Profiles[0].File)
	text, name, err := src.ReadProfile(plan, registry.Profiles[0])
	if err != nil {
		return names, err
	}
	return append(names, name+" = "+string(text)), nil
}

const demoIndex = `{
  "schema_version": "runtime-tools.registry_index.v0.1",
  "registries": [
    {"id": "demo", "probes": "data/probes.json", "profiles": "data/profiles.json"}
  ]
}`

func TestSource(t *testing.T) {
	const (
		plan     = "plans/demo/plan.json"
		probes   = "plans/demo/registry/probes.json"
		profiles = "plans/demo/registry/profiles.json"
		text     = "plans/demo/profiles/read.json"
	)
	all := []string{plan, probes, profiles, text + " = in the plan's folder"}
	indexed := func(files map[string]string) {
		files["registries/index.json"] = demoIndex
		files["data/probes.json"], files["data/profiles.json"] = files[probes], files[profiles]
		delete(files, probes)
		delete(files, profiles)
	}
	for _, tt := range []struct {
		name  string
		edit  func(files map[string]string)
		src   func(dir string) harness.Source
		names []string
		fault []string
	}{
		{name: "beside_the_plan", names: all},
		{
			name:  "text_under_the_root",
			edit:  func(f map[string]string) { delete(f, text) },
			names: []string{plan, probes, profiles, "profiles/read.json = under the root"},
		},
		{
			name: "git_marks_the_root",
			edit: func(f map[string]string) { delete(f, "go.mod"); f[".git/HEAD"] = "" }, names: all,
		},
		{
			name: "no_root_is_the_plans_folder",
			edit: func(f map[string]string) { delete(f, "go.mod") },
			names: []string{"plan.json", "registry/probes.json", "registry/profiles.json",
				"profiles/read.json = in the plan's folder"},
		},
		{
			name:  "given_root",
			src:   func(dir string) harness.Source { return harness.Source{Root: filepath.Join(dir, "plans")} },
			names: []string{"demo/plan.json", "demo/registry/probes.json", "demo/registry/profiles.json", "demo/profiles/read.json = in the plan's folder"},
		},
		{
			name: "given_root_elsewhere",
			edit: func(f map[string]string) { f["else/profiles/read.json"] = "elsewhere"; delete(f, text) },
			src:  func(dir string) harness.Source { return harness.Source{Root: filepath.Join(dir, "else")} },
			names: []string{"DIR/" + plan, "DIR/" + probes, "DIR/" + profiles,
				"profiles/read.json = elsewhere"},
		},
		{
			name: "root_missing",
			src:  func(dir string) harness.Source { return harness.Source{Root: filepath.Join(dir, "none")} },
			fault: []string{
				"DIR/none: is no folder; correct --root",
			},
		},
		{
			name: "link_inside_the_root",
			edit: func(f map[string]string) { f[text] = "->../../../profiles/read.json" },
			names: []string{plan, probes, profiles,
				text + " = under the root"},
		},
		{
			name:  "link_out_of_the_root",
			edit:  func(f map[string]string) { f[text] = "->/etc/passwd" },
			names: []string{plan, probes, profiles},
			fault: []string{profiles + `:6: profile "demo:read": profile_path: "profiles/read.json" leads out of the folder it is in, by a symbolic link; copy the file instead`},
		},
		{
			name:  "registry_link_out_of_the_root",
			edit:  func(f map[string]string) { f[probes] = "->/etc/passwd" },
			names: []string{plan},
			fault: []string{probes + `: leads out of the folder it is in, by a symbolic link; copy the file instead`},
		},
		{
			name:  "text_missing",
			edit:  func(f map[string]string) { delete(f, text); delete(f, "profiles/read.json") },
			names: []string{plan, probes, profiles},
			fault: []string{profiles + `:6: profile "demo:read": profile_path: "profiles/read.json" is neither in the plan's folder nor under the root; create it or correct the path`},
		},
		{
			name:  "text_is_folder",
			edit:  func(f map[string]string) { delete(f, text); f[text+"/x"] = "" },
			names: []string{plan, probes, profiles},
			fault: []string{profiles + `:6: profile "demo:read": profile_path: "profiles/read.json" is a folder; name a file`},
		},
		{
			name:  "plan_missing",
			edit:  func(f map[string]string) { delete(f, plan) },
			fault: []string{plan + ": no such file; name a plan.json"},
		},
		{
			name:  "plan_is_folder",
			edit:  func(f map[string]string) { delete(f, plan); f[plan+"/x"] = "" },
			fault: []string{plan + ": is a folder; name a file"},
		},
		{
			name:  "half_a_registry",
			edit:  func(f map[string]string) { delete(f, profiles) },
			names: []string{plan},
			fault: []string{profiles + ": no such file; it belongs to " + probes},
		},
		{
			name:  "other_half",
			edit:  func(f map[string]string) { delete(f, probes) },
			names: []string{plan},
			fault: []string{probes + ": no such file; it belongs to " + profiles},
		},
		{
			name:  "broken_registry",
			edit:  func(f map[string]string) { f[probes] = "{\n"; f[profiles] = "[]" },
			names: []string{plan},
			fault: []string{
				probes + ":1: not valid JSON at column 2: unexpected end of JSON input",
				profiles + ":1: want an object, got an array",
			},
		},
		{
			name:  "index_under_the_root",
			edit:  indexed,
			names: []string{plan, "data/probes.json", "data/profiles.json", text + " = in the plan's folder"},
		},
		{
			name: "registry_beside_is_another",
			edit: func(f map[string]string) {
				was, wasProfiles := f[probes], f[profiles]
				indexed(f)
				f[probes] = strings.Replace(was, `"registry_id": "demo"`, `"registry_id": "other"`, 1)
				f[profiles] = strings.Replace(wasProfiles, `"registry_id": "demo"`, `"registry_id": "other"`, 1)
			},
			names: []string{plan, "data/probes.json", "data/profiles.json", text + " = in the plan's folder"},
		},
		{
			name: "given_index_beside_its_files",
			edit: func(f map[string]string) {
				indexed(f)
				f["my/list.json"], f["my/data/probes.json"], f["my/data/profiles.json"] = f["registries/index.json"], f["data/probes.json"], f["data/profiles.json"]
				f["registries/index.json"] = "broken"
				delete(f, "data/probes.json")
				delete(f, "data/profiles.json")
			},
			src:   func(dir string) harness.Source { return harness.Source{Registries: filepath.Join(dir, "my/list.json")} },
			names: []string{plan, "my/data/probes.json", "my/data/profiles.json", text + " = in the plan's folder"},
		},
		{
			name:  "given_index_missing",
			edit:  indexed,
			src:   func(dir string) harness.Source { return harness.Source{Registries: filepath.Join(dir, "my/list.json")} },
			names: []string{plan},
			fault: []string{"my/list.json: no such file; correct --registries or RTGEN_REGISTRIES"},
		},
		{
			name: "not_in_the_index",
			edit: func(f map[string]string) {
				indexed(f)
				f["registries/index.json"] = strings.Replace(demoIndex, `"demo"`, `"demo2"`, 1)
			},
			names: []string{plan},
			fault: []string{plan + `:4: registry_id: registry "demo" is not in registries/index.json; correct the id (rtgen list-registries), or put the registry in registry/ beside the plan, did you mean "demo2"?`},
		},
		{
			name: "not_in_the_builtin_index",
			edit: func(f map[string]string) {
				f[probes] = strings.Replace(f[probes], `"registry_id": "demo"`, `"registry_id": "other"`, 1)
				f[profiles] = strings.Replace(f[profiles], `"registry_id": "demo"`, `"registry_id": "other"`, 1)
			},
			names: []string{plan},
			fault: []string{plan + `:4: registry_id: registry "demo" is not in builtin:registries/index.json, and registry/ beside the plan is "other"; correct the id (rtgen list-registries), or put the registry in registry/ beside the plan`},
		},
		{
			name: "index_names_missing_files",
			edit: func(f map[string]string) {
				indexed(f)
				delete(f, "data/probes.json")
				f["data/profiles.json"] = "->/etc/passwd"
			},
			names: []string{plan},
			fault: []string{
				`registries/index.json:4: registry "demo": "data/probes.json" is neither under the root nor beside the index; create it or correct the path`,
				`registries/index.json:4: registry "demo": "data/profiles.json" leads out of the folder it is in, by a symbolic link; copy the file instead`,
			},
		},
		{
			name: "files_of_an_index_may_call_themselves_otherwise",
			edit: func(f map[string]string) {
				indexed(f)
				for _, file := range []string{"data/probes.json", "data/profiles.json"} {
					f[file] = strings.Replace(f[file], `"registry_id": "demo"`, `"registry_id": "other"`, 1)
				}
			},
			names: []string{plan, "data/probes.json", "data/profiles.json", "plans/demo/profiles/read.json = in the plan's folder"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := demo()
			if tt.edit != nil {
				tt.edit(files)
			}
			dir := tree(t, files)
			var src harness.Source
			if tt.src != nil {
				src = tt.src(dir)
			}
			names, err := load(src, filepath.Join(dir, filepath.FromSlash(plan)))
			faults := faultsOf(t, err)
			for _, list := range [][]string{names, faults} {
				for i := range list {
					list[i] = strings.ReplaceAll(list[i], filepath.ToSlash(dir), "DIR")
				}
			}
			if diff := cmp.Diff(tt.names, names); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.fault, faults); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// Opening a FIFO waits for a writer, so neither a plan nor a text may be one.
func TestFIFO(t *testing.T) {
	files := demo()
	delete(files, "plans/demo/profiles/read.json")
	dir := tree(t, files)
	for _, fifo := range []string{"plans/demo/profiles/read.json", "plans/demo/fifo.json"} {
		file := filepath.Join(dir, fifo)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(file, 0o644); err != nil {
			t.Skipf("no FIFO here: %v", err)
		}
	}
	_, err := load(harness.Source{}, filepath.Join(dir, "plans/demo/plan.json"))
	want := []string{`plans/demo/registry/profiles.json:6: profile "demo:read": profile_path: "profiles/read.json" is no regular file (p---------); name one`}
	if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	_, err = harness.LoadPlan(filepath.Join(dir, "plans/demo/fifo.json"))
	want = []string{`plans/demo/fifo.json: is no regular file (p---------); name one`}
	if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestSourceEnvironment(t *testing.T) {
	files := demo()
	files["my/list.json"] = strings.ReplaceAll(demoIndex, "data/", "plans/demo/registry/")
	dir := tree(t, files)
	if err := os.Rename(filepath.Join(dir, "plans/demo/plan.json"), filepath.Join(dir, "plan.json")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RTGEN_ROOT", dir)
	t.Setenv("RTGEN_REGISTRIES", filepath.Join(dir, "my", "list.json"))
	names, err := load(harness.Source{}, filepath.Join(dir, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"plan.json", "plans/demo/registry/probes.json", "plans/demo/registry/profiles.json", "profiles/read.json = under the root"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	t.Setenv("RTGEN_ROOT", filepath.Join(dir, "none"))
	_, err = load(harness.Source{}, filepath.Join(dir, "plan.json"))
	if err == nil || !strings.HasSuffix(err.Error(), "none: is no folder; correct RTGEN_ROOT") {
		t.Errorf("error %v, want one about RTGEN_ROOT", err)
	}
}

func TestReadPreflight(t *testing.T) {
	files := demo()
	files["plans/demo/plan.json"] = strings.Replace(demoPlan, `"lanes"`, `"apply_preflight_profile": "sb/allow.sb", "lanes"`, 1)
	files["sb/allow.sb"] = "(version 1)"
	dir := tree(t, files)
	plan, err := harness.LoadPlan(filepath.Join(dir, "plans/demo/plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	text, name, err := harness.Source{}.ReadPreflight(plan)
	if err != nil || string(text) != "(version 1)" || name != "sb/allow.sb" {
		t.Errorf("ReadPreflight = %q, %q, %v", text, name, err)
	}
	if err := os.Remove(filepath.Join(dir, "sb/allow.sb")); err != nil {
		t.Fatal(err)
	}
	_, _, err = harness.Source{}.ReadPreflight(plan)
	want := []string{`plans/demo/plan.json:6: apply_preflight_profile: "sb/allow.sb" is neither in the plan's folder nor under the root; create it or correct the path`}
	if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// A plan far from the repository finds the built-in registries and their
// policy texts, the same as the repository's own files.
func TestBuiltin(t *testing.T) {
	plan := `{"schema_version": "runtime-tools.plan.v0.1", "plan_id": "mine", "registry_id": "agent-workspace", "profiles": ["workspace-rw"]}`
	dir := tree(t, map[string]string{"plan.json": plan})
	far, err := harness.LoadPlan(filepath.Join(dir, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := harness.Source{}.LoadRegistry(far)
	if err != nil {
		t.Fatal(err)
	}
	index, err := harness.ParseRegistryIndex(harness.File{Name: "index.json", Data: readData(t, "registries/index.json")})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range index.Registries {
		far.RegistryID = entry.ID
		r, err := harness.Source{}.LoadRegistry(far)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Profiles {
			text, name, err := harness.Source{}.ReadProfile(far, p)
			if err != nil {
				t.Error(err)
				continue
			}
			file, ok := strings.CutPrefix(name, "builtin:")
			if !ok {
				t.Errorf("profile %q is read from %s, want a built-in file", p.ID, name)
			} else if want := readData(t, file); string(text) != string(want) {
				t.Errorf("built-in %s differs from the repository's file", file)
			}
		}
	}
	for _, p := range registry.Probes {
		if p.File != "builtin:plans/agent-workspace/registry/probes.json" || p.Line == 0 {
			t.Errorf("probe %q stands at %s:%d", p.ID, p.File, p.Line)
		}
	}
}

// The repository's own plans load, with every profile text.
func TestOwnPlans(t *testing.T) {
	files, err := filepath.Glob("../plans/*/plan.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, file := range files {
		plan, err := harness.LoadPlan(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if want := strings.TrimPrefix(file, "../"); plan.File != want {
			t.Errorf("plan is called %s, want %s", plan.File, want)
		}
		registry, err := harness.Source{}.LoadRegistry(plan)
		if err != nil {
			t.Error(err)
			continue
		}
		profiles, err := plan.Resolve(registry)
		if err != nil {
			t.Error(err)
		}
		for _, p := range profiles {
			if text, _, err := (harness.Source{}).ReadProfile(plan, p); err != nil || len(text) == 0 {
				t.Errorf("profile %q has %d bytes: %v", p.ID, len(text), err)
			}
		}
	}
}
