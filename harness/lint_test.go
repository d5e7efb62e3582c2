package harness_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/schema"
)

// lintable is a repository in which there is nothing to find, also by a strict
// lint: a plan of a Landlock and a Seatbelt profile, its registry beside it, and
// an index that has the registry.
func lintable() map[string]string {
	return map[string]string{
		"go.mod": "module demo\n",
		"p/plan.json": `{
  "schema_version": "runtime-tools.plan.v0.1",
  "plan_id": "demo",
  "registry_id": "demo",
  "profiles": ["linux", "mac"],
  "lanes": {"scenario": true, "baseline": true, "oracle": true}
}`,
		"p/registry/probes.json": `{
  "schema_version": "runtime-tools.probe_registry.v0.3",
  "registry_id": "demo",
  "world_id": "w-1",
  "probes": {
    "linux:read": {
      "probe_id": "linux:read", "name": "read",
      "operation": "fs.read_file",
      "target": "${workspace}/a",
      "expected": "allow",
      "supports_lanes": {"baseline": true, "scenario": true, "oracle": true},
      "expected_primary_ops": [], "expected_predicates": [],
      "capabilities_required": ["landlock.abi>=1"],
      "controls_supported": ["baseline"],
      "fixture": {"tree": [{"path": "${workspace}/a", "kind": "file"}]}
    },
    "mac:lookup": {
      "probe_id": "mac:lookup", "name": "lookup",
      "operation": "mach-lookup",
      "target": "com.example.service",
      "expected": "deny",
      "supports_lanes": {"baseline": true, "scenario": true, "oracle": true},
      "expected_primary_ops": [], "expected_predicates": [], "capabilities_required": [], "controls_supported": [],
      "driver": "sandbox_mach_probe"
    }
  }
}`,
		"p/registry/profiles.json": `{
  "schema_version": "runtime-tools.profile_registry.v0.3",
  "registry_id": "demo",
  "world_id": "w-1",
  "profiles": {
    "linux": {
      "profile_id": "linux", "profile_path": "profiles/read.json",
      "mode": "landlock",
      "family": null, "semantic_group": null, "notes": null,
      "probe_refs": ["linux:read"],
      "key_specific_rules": []
    },
    "mac": {
      "profile_id": "mac", "profile_path": "profiles/deny.sb",
      "mode": "sbpl",
      "family": null, "semantic_group": null, "notes": null,
      "probe_refs": ["mac:lookup"],
      "key_specific_rules": []
    }
  }
}`,
		"p/profiles/read.json": `{"abi": 1, "ruleset": [{"handledAccessFs": ["read_file"]}]}`,
		"p/profiles/deny.sb":   "(version 1)\n(deny default)\n",
		"registries/index.json": `{
  "schema_version": "runtime-tools.registry_index.v0.1",
  "registries": [
    {"id": "demo", "probes": "p/registry/probes.json", "profiles": "p/registry/profiles.json"}
  ]
}`,
	}
}

const (
	lintPlan     = "p/plan.json"
	lintProbes   = "p/registry/probes.json"
	lintProfiles = "p/registry/profiles.json"
	lintIndex    = "registries/index.json"
)

// lintCase is one change to the repository, and what lint says of it.
type lintCase struct {
	name, file, old, new string // an empty new and old remove the file
	strict               bool
}

// sameFindings compares findings with testdata/lint/<name>.golden, a line each.
func sameFindings(t *testing.T, name string, list []harness.Finding) {
	t.Helper()
	file := filepath.Join(lintGoldens, name+".golden")
	got := strings.Join(append(shownFindings(list), ""), "\n")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: write it with go test ./harness -run TestLint -update, and read what is in it", err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
}

// lintGoldens is absolute: tests change their folder.
var lintGoldens, _ = filepath.Abs("testdata/lint")

func (c lintCase) options() harness.LintOptions {
	o := harness.LintOptions{Strict: c.strict}
	if c.strict {
		o.Schemas = schema.Validate
	}
	return o
}

func (c lintCase) write(t *testing.T) string {
	t.Helper()
	files := lintable()
	switch {
	case c.old == "" && c.new == "" && c.file != "":
		delete(files, c.file)
	case c.file != "":
		if !strings.Contains(files[c.file], c.old) {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
		files[c.file] = strings.Replace(files[c.file], c.old, c.new, 1)
	}
	return tree(t, files)
}

// shownFindings is a finding a line: place, code, operand, message.
func shownFindings(list []harness.Finding) []string {
	var lines []string
	for _, f := range list {
		level := ""
		if f.Level != harness.LevelError {
			level = f.Level + " "
		}
		operand := ""
		if f.Operand != "" {
			operand = " [" + f.Operand + "]"
		}
		id := ""
		if f.ID != "" {
			id = f.ID + ": "
		}
		lines = append(lines, fmt.Sprintf("%s:%d %s%s%s %s%s", strings.TrimPrefix(f.File, "p/"), f.Line, level, f.Code, operand, id, f.Message))
	}
	return lines
}

func TestLintPlan(t *testing.T) {
	for _, c := range planLintCases {
		t.Run(c.name, func(t *testing.T) {
			dir := c.write(t)
			list, err := harness.Source{}.LintPlan(filepath.Join(dir, lintPlan), c.options())
			if err != nil {
				t.Fatal(err)
			}
			sameFindings(t, "plan_"+c.name, list)
			// What lint calls an error does not compile, and the other way round.
			_, compileErr := harness.CompilePlan(harness.Source{}, filepath.Join(dir, lintPlan))
			wrong := slices.ContainsFunc(list, func(f harness.Finding) bool {
				return f.Level == harness.LevelError
			})
			if wrong != (compileErr != nil) {
				t.Errorf("lint finds %d, and compiling says %v", len(list), compileErr)
			}
		})
	}
}

func TestLintRegistry(t *testing.T) {
	for _, c := range registryLintCases {
		t.Run(c.name, func(t *testing.T) {
			dir := c.write(t)
			t.Chdir(dir)
			id := "demo"
			if c.name == "unknown" {
				id = "dem"
			}
			list, err := harness.Source{}.LintRegistry(id, c.options())
			if err != nil {
				t.Fatal(err)
			}
			sameFindings(t, "registry_"+c.name, list)
			all, err := harness.Source{}.LintRegistry("", c.options())
			if err != nil || c.name != "unknown" && !slices.Equal(shownFindings(all), shownFindings(list)) {
				t.Errorf("lint of all registries: %v, %v", shownFindings(all), err)
			}
		})
	}
}

// TestLintCodes is about the whole of the table: each code is said in some golden
// file, and none that is not in it.
func TestLintCodes(t *testing.T) {
	said := make(map[string]bool)
	files, err := filepath.Glob(filepath.Join(lintGoldens, "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if fields[1] == harness.LevelWarning {
				fields = fields[1:]
			}
			said[fields[1]] = true
		}
	}
	var known []string
	for _, c := range harness.LintCodes() {
		if slices.Contains(known, c.Code) {
			t.Errorf("code %s stands twice", c.Code)
		}
		if c.Summary == "" || c.About != "plan" && c.About != "registry" && c.About != "both" {
			t.Errorf("code %s is about %q: %q", c.Code, c.About, c.Summary)
		}
		known = append(known, c.Code)
	}
	slices.Sort(known)
	if d := cmp.Diff(known, slices.Sorted(maps.Keys(said))); d != "" {
		t.Errorf("codes (-in the table +said by lint):\n%s", d)
	}
}

// A check that cannot be made is not one that found nothing.
func TestLintWithoutSchemas(t *testing.T) {
	dir := lintCase{}.write(t)
	broken := func(string, []byte) ([]harness.Fault, error) { return nil, errors.New("no schemas") }
	list, err := harness.Source{}.LintPlan(filepath.Join(dir, lintPlan), harness.LintOptions{Schemas: broken})
	if err == nil || list != nil || err.Error() != "p/plan.json: no schemas" {
		t.Errorf("lint gives %v, %v", list, err)
	}
}

func TestLintNothingToRead(t *testing.T) {
	dir := lintCase{}.write(t)
	t.Chdir(dir)
	if list, err := (harness.Source{}).LintPlan("p/none.json", harness.LintOptions{}); !harness.IsInputError(err) {
		t.Errorf("a plan that is not there: %v, %v", list, err)
	}
	if list, err := (harness.Source{Registries: "none.json"}).LintRegistry("", harness.LintOptions{}); !harness.IsInputError(err) {
		t.Errorf("an index that is not there: %v, %v", list, err)
	}
	if err := os.Chmod(filepath.Join(dir, lintPlan), 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		if list, err := (harness.Source{}).LintPlan(lintPlan, harness.LintOptions{}); !harness.IsInputError(err) {
			t.Errorf("a plan that cannot be read: %v, %v", list, err)
		}
	}
}

// Where nothing marks a root there may be many plans, and a name says which it is
// of: as it was typed.
func TestLintOutsideARoot(t *testing.T) {
	files := lintable()
	delete(files, "go.mod")
	files[lintPlan] = strings.Replace(files[lintPlan], `"mac"]`, `"mak"]`, 1)
	t.Chdir(tree(t, files))
	for dir, want := range map[string]string{".": "p/plan.json:5", "p": "plan.json:5"} {
		t.Run(dir, func(t *testing.T) {
			t.Chdir(dir)
			plan, _, _ := strings.Cut(want, ":")
			list, err := harness.Source{}.LintPlan(plan, harness.LintOptions{})
			if err != nil || len(list) != 1 || fmt.Sprintf("%s:%d", list[0].File, list[0].Line) != want {
				t.Errorf("lint gives %v, %v; want %s", list, err, want)
			}
			if _, err := harness.CompilePlan(harness.Source{}, plan); err == nil || !strings.HasPrefix(err.Error(), want+": ") {
				t.Errorf("compiling gives %v, want %s", err, want)
			}
		})
	}
}

func TestSameWorld(t *testing.T) {
	const sonoma, linux = "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5", "linux-6.18.0-x86_64-landlock7-425282c6"
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"", "", true}, {"", linux, true}, {sonoma, "", true}, {linux, linux, true}, {"w-1", "w-1", true}, {"w-1", "w-2", false},
		{"linux", linux, true}, {linux, "linux", true}, {"macos", sonoma, true}, {"linux", sonoma, false}, {"macos", linux, false},
		{"linux", "macos", false}, {sonoma, linux, false}, {linux, linux + "x", false}, {"linuxes", "linux", false},
	} {
		if got := harness.SameWorld(tt.a, tt.b); got != tt.want {
			t.Errorf("worlds %q and %q: %t, want %t", tt.a, tt.b, got, tt.want)
		}
	}
}
