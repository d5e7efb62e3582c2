package harness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// Whatever is wrong with one of a plan's files, linting it and its registry does
// not fall over, and finds an error exactly when the plan does not compile.
func TestLintAgreesWithCompile(t *testing.T) {
	files := lintable()
	files[lintProfiles] = strings.Replace(files[lintProfiles], `"mode": "landlock",`, `"mode": "landlock",
      "landlock": {"optional_parents": ["/x"], "compose": ["profiles/more.json"], "restrict_flags": ["log_new_exec_on"], "no_new_privs": true,
        "layers": [{"files": ["profiles/read.json", "profiles/more.json"], "restrict_flags": []}], "stack": ["inner"]},`, 1)
	files[lintProfiles] = strings.Replace(files[lintProfiles], `"mode": "sbpl",`, `"mode": "sbpl", "seatbelt": {"parameters": {"WORK": "/w"}},`, 1)
	files[lintProfiles] = strings.Replace(files[lintProfiles], `"mac": {`, `"inner": {
      "profile_id": "inner", "profile_path": "profiles/read.json", "mode": "landlock", "family": null, "semantic_group": null, "notes": null,
      "probe_refs": ["inner:read"], "key_specific_rules": []
    },
    "mac": {`, 1)
	files[lintProbes] = strings.Replace(files[lintProbes], `"mac:lookup": {`, `"inner:read": {
      "probe_id": "inner:read", "name": "read", "operation": "fs.read_dir", "target": "/", "expected": "allow",
      "supports_lanes": {"baseline": true, "scenario": true, "oracle": true}, "expected_primary_ops": [], "expected_predicates": [],
      "capabilities_required": [], "controls_supported": []
    },
    "mac:lookup": {`, 1)
	files["p/profiles/more.json"] = `{"abi": 1, "ruleset": [{"handledAccessFs": ["read_file", "read_dir"]}]}`
	dir := tree(t, files)
	t.Chdir(dir)
	tried, wrong := 0, 0
	for _, file := range []string{lintPlan, lintProbes, lintProfiles} {
		var root any
		if err := json.Unmarshal([]byte(files[file]), &root); err != nil {
			t.Fatal(err)
		}
		m := mutator{t: t, root: root, judge: func(path, mutation string, data []byte) {
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
			tried++
			list, err := harness.Source{}.LintPlan(lintPlan, harness.LintOptions{})
			if err != nil {
				t.Fatalf("%s: %s %s: %v", file, path, mutation, err)
			}
			_, compileErr := harness.CompilePlan(harness.Source{}, lintPlan)
			if (len(list) > 0) != (compileErr != nil) {
				t.Errorf("%s: %s %s: lint says %q, compiling %v", file, path, mutation, shownFindings(list), compileErr)
			}
			if len(list) > 0 {
				wrong++
			}
			if twice := repeated(list); twice != "" {
				t.Errorf("%s: %s %s: said twice: %s", file, path, mutation, twice)
			}
			if _, err := (harness.Source{}).LintRegistry("", harness.LintOptions{Strict: true}); err != nil {
				t.Errorf("%s: %s %s: registries: %v", file, path, mutation, err)
			}
		}}
		m.mutate(root, "")
		if err := os.WriteFile(filepath.Join(dir, file), []byte(files[file]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d documents, %d wrong", tried, wrong)
	if wrong < 300 || wrong == tried {
		t.Errorf("of %d documents %d are wrong: the mutations try too little", tried, wrong)
	}
}

// repeated is a message that two findings have about one thing.
func repeated(list []harness.Finding) string {
	var said []string
	for _, f := range list {
		text := f.ID + ": " + f.Message
		if slices.Contains(said, text) {
			return text
		}
		said = append(said, text)
	}
	return ""
}
