package harness_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// contents are the files below dir by their names.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			files[rel+"/"] = ""
			return nil
		}
		data, err := os.ReadFile(path)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// layeredTexts are the texts of layered, by the names its documents have for them.
var layeredTexts = map[string]string{
	"profiles/read.json": `{"abi": 1, "ruleset": [{"handledAccessFs": ["read_file"]}]}`,
	"profiles/more.toml": "abi = 1\n[[ruleset]]\nhandled_access_fs = ['read_file', 'execute']\n",
	"shared/inner.json":  `{"abi": 1, "ruleset": [{"handledAccessFs": ["read_file", "write_file"]}]}`,
	"profiles/pre.json":  `{"abi": 1, "ruleset": [{"handledAccessFs": ["read_dir"]}]}`,
}

// layered is a template whose profile has texts in every place that can name
// one: some in its folder, some under the root.
func layered(t *testing.T) string {
	text := strings.Replace(staticTemplate(`"folder": "texts",`+"\n"), `"controls": {"baseline": true}`, `"apply_preflight_profile": "profiles/pre.json"`, 1)
	old := `{"optional_parents": ["/lib64"]}`
	if !strings.Contains(text, old) {
		t.Fatal("the demo has no sidecar any more")
	}
	text = strings.Replace(text, old, `{"compose": ["profiles/more.toml", "./profiles//more.toml"], "layers": [{"files": ["shared/inner.json", "profiles/read.json"]}]}`, 1)
	return tree(t, map[string]string{
		"go.mod":                   "module demo\n",
		"mine/layered.json":        text,
		"texts/profiles/read.json": layeredTexts["profiles/read.json"],
		"texts/profiles/more.toml": layeredTexts["profiles/more.toml"],
		"shared/inner.json":        layeredTexts["shared/inner.json"],
		"profiles/pre.json":        layeredTexts["profiles/pre.json"],
		"profiles/read.json":       "not this one",
	})
}

func TestBuildPlanFromTemplate(t *testing.T) {
	dir := layered(t)
	out := filepath.Join(dir, "new", "plan")
	r, err := harness.Source{}.BuildPlanFromTemplate(filepath.Join(dir, "mine/layered.json"), out, harness.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := contents(t, out)
	for name, want := range layeredTexts {
		if got[name] != want {
			t.Errorf("%s holds %q, want %q", name, got[name], want)
		}
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range got {
			if !yield(name) {
				return
			}
		}
	})
	if want := []string{
		"out/", "out/expected_matrix.json", "plan.json", "profiles/", "profiles/more.toml", "profiles/pre.json", "profiles/read.json",
		"registry/", "registry/probes.json", "registry/profiles.json", "shared/", "shared/inner.json",
	}; !slices.Equal(names, want) {
		t.Errorf("the plan has %q, want %q", names, want)
	}
	if !strings.HasPrefix(got["plan.json"], "{\n  \"schema_version\"") || strings.HasSuffix(got["plan.json"], "\n") {
		t.Errorf("plan.json is laid out as\n%s", got["plan.json"])
	}
	doc, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(out, filepath.FromSlash(name)) }
	want, _ := json.Marshal(map[string]any{
		"template_id": "layered", "registry_id": "demo", "plan_path": at("plan.json"), "probes_path": at("registry/probes.json"),
		"profiles_path": at("registry/profiles.json"), "expected_matrix_path": at("out/expected_matrix.json"),
		"text_paths": []string{at("profiles/pre.json"), at("profiles/read.json"), at("profiles/more.toml"), at("shared/inner.json")},
	})
	var a, b any
	_, _ = json.Unmarshal(doc, &a), json.Unmarshal(want, &b)
	if diff := cmp.Diff(b, a); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if files := r.Files(); len(files) != 8 || files[0] != r.PlanPath || files[3] != *r.ExpectedMatrixPath {
		t.Errorf("files %q", files)
	}
	if info, err := os.Stat(r.PlanPath); err != nil || info.Mode().Perm()&0o400 == 0 {
		t.Errorf("plan.json: %v, %v", info, err)
	}

	// What was built is a plan like any other, with its registry beside it.
	plan, err := harness.LoadPlan(r.PlanPath)
	if err != nil {
		t.Fatal(err)
	}
	if registry, err := (harness.Source{}).LoadRegistry(plan); err != nil || registry.ID != "demo" {
		t.Errorf("registry %v, %v", registry, err)
	}
}

// The same template gives the same bytes, and building twice changes nothing
// but on request.
func TestBuildOverwrite(t *testing.T) {
	dir := layered(t)
	tpl, out := filepath.Join(dir, "mine/layered.json"), filepath.Join(dir, "out")
	build := func(o harness.BuildOptions) (*harness.PlanBuildResult, error) {
		return harness.Source{}.BuildPlanFromTemplate(tpl, out, o)
	}
	r, err := build(harness.BuildOptions{SkipExpectedMatrix: true})
	if err != nil {
		t.Fatal(err)
	}
	if r.ExpectedMatrixPath != nil || len(r.Files()) != 7 {
		t.Errorf("result %+v, want no matrix", r)
	}
	first := contents(t, out)
	if _, has := first["out/expected_matrix.json"]; has {
		t.Error("there is a matrix")
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	// Every file in the way is named, and none is touched. A text that is as it
	// would be is not in the way.
	write("profiles/more.toml", "changed")
	before := contents(t, out)
	_, err = build(harness.BuildOptions{})
	want := strings.Join([]string{
		filepath.Join(out, "plan.json"), filepath.Join(out, "registry/probes.json"), filepath.Join(out, "registry/profiles.json"), filepath.Join(out, "profiles/more.toml"),
	}, ", ") + ": there already; --overwrite replaces what is there, or choose another out folder"
	if err == nil || err.Error() != want || !harness.IsInputError(err) {
		t.Errorf("error %v, want %s", err, want)
	}
	if diff := cmp.Diff(before, contents(t, out)); diff != "" {
		t.Errorf("a refused build changed (-before +after):\n%s", diff)
	}

	write("plan.json", "old")
	if err := os.Chmod(filepath.Join(out, "plan.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err = build(harness.BuildOptions{Overwrite: true, SkipExpectedMatrix: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, contents(t, out)); diff != "" {
		t.Errorf("built again (-first +second):\n%s", diff)
	}
	if want := []string{filepath.Join(out, "profiles/more.toml")}; !slices.Equal(r.TextPaths, want) {
		t.Errorf("wrote the texts %q, want %q alone", r.TextPaths, want)
	}
	if info, err := os.Stat(filepath.Join(out, "plan.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("plan.json: %v, %v; want its mode kept", info.Mode(), err)
	}

	// The matrix is a file like the others.
	if _, err := build(harness.BuildOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plan.json", "registry/probes.json", "registry/profiles.json"} {
		if err := os.Remove(filepath.Join(out, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := build(harness.BuildOptions{}); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(out, "out/expected_matrix.json")+": there already") {
		t.Errorf("error %v, want the matrix named", err)
	}
	if _, err := build(harness.BuildOptions{SkipExpectedMatrix: true}); err != nil {
		t.Errorf("without the matrix: %v", err)
	}
}

func TestBuildRefused(t *testing.T) {
	dir := layered(t)
	tpl := filepath.Join(dir, "mine/layered.json")
	text, err := os.ReadFile(tpl)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, text string) {
		file = filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("file", "")
	write("a/plan.json/x", "")
	write("registry/probes.json", "")
	write("texts/out", layeredTexts["profiles/read.json"])
	for _, tt := range []struct {
		name, old, new, out string
		input               bool
		want                []string
	}{
		{"no out folder", "", "", "", true, []string{`no out folder to build template "` + tpl + `" in; name one`}},
		{"a file above", "", "", "file/below", false, []string{"not a directory; choose an out folder that can be written"}},
		{"a file for a folder", "", "", "file", false, []string{"not a directory; choose an out folder that can be written"}},
		{"a folder for a file", "", "", "a", true, []string{filepath.Join(dir, "a/plan.json") + ": a folder is where the file goes; remove it, or choose another out folder"}},
		{"texts that are missing", "profiles/read.json", "profiles/raed.json", "new", true, []string{
			`profile_path: "profiles/raed.json" is neither in texts nor under the root; create it or correct the path`}},
		{"a preflight that is missing", "profiles/pre.json", "profiles/per.json", "new", true, []string{
			`mine/layered.json:11: apply_preflight_profile: "profiles/per.json" is neither in texts nor under the root; create it or correct the path`}},
		{"a layer that is missing", "shared/inner.json", "shared/iner.json", "new", true, []string{
			`profile "demo:read": landlock.layers[0].files: "shared/iner.json" is neither in texts nor under the root; create it or correct the path`}},
		{"a text that is a folder", `"profiles/more.toml"`, `"profiles"`, "new", true, []string{
			`profile "demo:read": landlock.compose: "profiles" is a folder; name a file`}},
		{"a text in a document's place", "shared/inner.json", "Registry/../registry/probes.json", "new", true, []string{`contains ".."`}},
		{"a text in a document's very place", "shared/inner.json", "registry/probes.json", "new", true, []string{
			`landlock.layers[0].files: "registry/probes.json" is where a document of the plan goes; give the text another name`}},
		{"a text where a folder goes", `"profiles/more.toml"`, `"out"`, "new", true, []string{
			filepath.Join(dir, "new/out") + " would be a file, and a folder for " + filepath.Join(dir, "new/out/expected_matrix.json") + "; give one another name"}},
		{"a template that does not load", `"plan_id"`, `"plan_ib"`, "new", true, []string{`plan.plan_ib: unknown key; did you mean "plan_id"?`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changed := strings.Replace(string(text), tt.old, tt.new, 1)
			if changed == string(text) && tt.old != "" {
				t.Fatalf("no %s in the template", tt.old)
			}
			write("mine/layered.json", changed)
			out := tt.out
			if out != "" {
				out = filepath.Join(dir, out)
			}
			before := contents(t, dir)
			_, err := harness.Source{}.BuildPlanFromTemplate(tpl, out, harness.BuildOptions{Overwrite: true})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v\nwant %s", err, want)
				}
			}
			if harness.IsInputError(err) != tt.input {
				t.Errorf("error %v: input error %v, want %v", err, !tt.input, tt.input)
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("a refused build changed (-before +after):\n%s", diff)
			}
		})
	}
}

// A template whose plan would not compile builds nothing, whichever form it has.
func TestBuildThatDoesNotCompile(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"operation", `"operation": "fs.read_file"`, `"operation": "fs.reed_file"`, `mine/layered.json:17: probe "demo:read:motd": unknown operation "fs.reed_file", did you mean "fs.read_file"?`},
		{"lanes", `"oracle": false`, `"oracle": false, "baseline": false, "scenario": false`, "key stands twice"},
		{"target", `"${home}/motd",
      "expected"`, `"${hme}/motd",
      "expected"`, `uses the undefined variable "hme"`},
		{"mode", `"landlock",`, `"launcher",`, `only goes with mode "landlock"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := layered(t)
			file := filepath.Join(dir, "mine/layered.json")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), tt.old) {
				t.Fatalf("no %s in the template:\n%s", tt.old, text)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(text), tt.old, tt.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			before := contents(t, dir)
			_, err = harness.Source{}.BuildPlanFromTemplate(file, filepath.Join(dir, "new"), harness.BuildOptions{})
			if err == nil || !harness.IsInputError(err) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v\nwant %s", err, tt.want)
			}
			if d := cmp.Diff(before, contents(t, dir)); d != "" {
				t.Errorf("a refused build changed the folder (-before +after):\n%s", d)
			}
		})
	}
}
