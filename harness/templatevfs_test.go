package harness_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// template reads a template of testdata/templates.
func template(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/templates", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// expand makes the documents of a template.
func expand(text []byte) (*harness.BuiltPlan, error) {
	tpl, err := harness.ParseTemplate(harness.File{Name: "plans/templates/x.json", Data: text})
	if err != nil {
		return nil, err
	}
	return tpl.Expand()
}

// expanded is expand for a template that must be good, with its documents
// loaded.
func expanded(t *testing.T, text []byte) (*harness.BuiltPlan, *harness.Plan, *harness.Registry) {
	t.Helper()
	built, err := expand(text)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := harness.ParsePlan(harness.File{Name: "plan.json", Data: built.Plan})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := harness.ParseRegistry(harness.File{Name: "probes.json", Data: built.Probes}, harness.File{Name: "profiles.json", Data: built.Profiles})
	if err != nil {
		t.Fatal(err)
	}
	return built, plan, registry
}

// What each policy expects of the two paths of a pair in each role, and of a
// path alone.
func TestVFSPolicies(t *testing.T) {
	built, _, _ := expanded(t, template(t, "spellings.json"))
	got := map[string][]string{}
	var order []string
	for _, r := range built.Rows {
		if !slices.Contains(order, r.ProfileID) {
			order = append(order, r.ProfileID)
		}
		got[r.ProfileID] = append(got[r.ProfileID], fmt.Sprintf("%s %s %s", r.ExpectedDecision, r.Operation, r.RequestedPath))
	}
	want := map[string][]string{
		"lit:one": {
			"deny file-read* /tmp/a", "deny file-write* /tmp/a", "deny file-ioctl /tmp/a",
			"allow file-read* /private/tmp/a", "allow file-write* /private/tmp/a", "allow file-ioctl /private/tmp/a",
		},
		"can:first":  {"deny file-read* /tmp/a", "deny file-read* /private/tmp/a", "deny file-read* /var/tmp/b", "deny file-read* /private/var/tmp/b"},
		"can:second": {"allow file-read* /tmp/a", "allow file-read* /private/tmp/a", "allow file-read* /var/tmp/b", "allow file-read* /private/var/tmp/b"},
		"can:both":   {"allow file-read* /tmp/a", "allow file-read* /private/tmp/a", "allow file-read* /var/tmp/b", "allow file-read* /private/var/tmp/b"},
		"var:first":  {"deny file-read* /tmp/a", "deny file-read* /private/tmp/a", "deny file-read* /var/tmp/b", "deny file-read* /private/var/tmp/b"},
		"var:second": {"allow file-read* /tmp/a", "allow file-read* /private/tmp/a", "deny file-read* /var/tmp/b", "allow file-read* /private/var/tmp/b"},
		"var:both":   {"allow file-read* /tmp/a", "allow file-read* /private/tmp/a", "deny file-read* /var/tmp/b", "allow file-read* /private/var/tmp/b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("expected decisions (-want +got):\n%s", diff)
	}
	if want := []string{"lit:one", "can:first", "can:second", "can:both", "var:first", "var:second", "var:both"}; !slices.Equal(order, want) {
		t.Errorf("profiles come as %q, want %q", order, want)
	}
	if got, want := built.RequestedPaths(), []string{"/private/tmp/a", "/private/var/tmp/b", "/tmp/a", "/var/tmp/b"}; !slices.Equal(got, want) {
		t.Errorf("requested paths %q, want %q", got, want)
	}
}

func TestVFSNotes(t *testing.T) {
	built, _, _ := expanded(t, template(t, "spellings.json"))
	notes := map[string]bool{}
	for _, r := range built.Rows {
		notes[r.Notes] = true
	}
	for _, want := range []string{
		"lit:one base/literal /tmp/a",
		"can:first base/canonicalized/first_only primary /tmp/a",
		"can:first base/canonicalized/first_only alternate /private/tmp/a",
		"var:both canonicalized_with_var_tmp_exception/both primary /var/tmp/b",
	} {
		if !notes[want] {
			t.Errorf("no row has the notes %q", want)
		}
	}
	// The rows are the expected matrix, as an array.
	var rows []harness.ExpectedRow
	if err := json.Unmarshal(built.ExpectedMatrix, &rows); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(built.Rows, rows); diff != "" {
		t.Errorf("the matrix is not the rows (-rows +matrix):\n%s", diff)
	}
	if !strings.HasPrefix(string(built.ExpectedMatrix), "[\n  {\n    \"profile_id\": \"lit:one\",\n    \"operation\": \"file-read*\",\n    \"requested_path\": \"/tmp/a\",\n    \"expected_decision\": \"deny\",\n    \"notes\": ") {
		t.Errorf("the matrix starts with %.160s", built.ExpectedMatrix)
	}
}

func TestVFSDocuments(t *testing.T) {
	built, plan, registry := expanded(t, template(t, "spellings.json"))
	wantPlan := `{
  "schema_version": "runtime-tools.plan.v0.1",
  "plan_id": "spell.v1",
  "registry_id": "spell",
  "profiles": [
    "lit:one",
    "can:first",
    "can:second",
    "can:both",
    "var:first",
    "var:second",
    "var:both"
  ],
  "lanes": {
    "baseline": true,
    "oracle": true,
    "scenario": true
  },
  "controls": {
    "baseline": true
  }
}`
	if diff := cmp.Diff(wantPlan, string(built.Plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if len(registry.Probes) != 30 || len(built.Rows) != 30 {
		t.Errorf("%d probes of %d rows, want 30 of 30", len(registry.Probes), len(built.Rows))
	}
	const firstProbe = `{
  "schema_version": "runtime-tools.probe_registry.v0.2",
  "registry_id": "spell",
  "probes": {
    "lit:one:read_/tmp/a": {
      "probe_id": "lit:one:read_/tmp/a",
      "name": "read_/tmp/a",
      "operation": "file-read*",
      "target": "/tmp/a",
      "expected": "deny",
      "supports_lanes": {
        "baseline": true,
        "oracle": true,
        "scenario": true
      },
      "expected_primary_ops": [
        "file-read*"
      ],
      "expected_predicates": [
        "/tmp/a"
      ],
      "capabilities_required": [],
      "controls_supported": [
        "baseline",
        "allow_default",
        "deny_default"
      ]
    },
    "lit:one:write_/tmp/a": {`
	if !strings.HasPrefix(string(built.Probes), firstProbe) {
		t.Errorf("probes start with\n%.900s", built.Probes)
	}
	one, _ := registry.Profile("lit:one")
	wantRefs := []string{
		"lit:one:read_/tmp/a", "lit:one:write_/tmp/a", "lit:one:file-ioctl_/tmp/a",
		"lit:one:read_/private/tmp/a", "lit:one:write_/private/tmp/a", "lit:one:file-ioctl_/private/tmp/a",
	}
	if !slices.Equal(one.ProbeRefs, wantRefs) || one.Path != "profiles/first.sb" || one.Mode != harness.ModeSBPL ||
		*one.Family != "own" || one.SemanticGroup != nil || *one.Notes != "n" || !slices.Equal(one.KeySpecificRules, []string{"(allow file-read*)"}) {
		t.Errorf("lit:one is %+v", one)
	}
	// Empty is absent here: the template's family stands in.
	if both, _ := registry.Profile("can:both"); *both.Family != "spelling" || *both.SemanticGroup != "g" || both.Notes != nil {
		t.Errorf("can:both is %+v", both)
	}
	if plan.WorldID != "" || registry.WorldID != "" {
		t.Errorf("worlds %q and %q, want none", plan.WorldID, registry.WorldID)
	}
}

// vfsOf is a template of one profile, which starts on line 3; top is further
// keys of the template.
func vfsOf(profile, top string) []byte {
	return []byte(`{"schema_version": "runtime-tools.plan_template.v0.1", "template_id": "vfs-canonicalization", "registry_id": "r", ` + top + `
"path_sets": {"s": ["/a", "/b"], "p": [["/a", "/b"]], "none": []},
"profiles": {"x":
{"sbpl": "x.sb", ` + profile + `}}}`)
}

func TestVFSKeys(t *testing.T) {
	probes := func(r *harness.Registry) (ids []string) {
		for _, p := range r.Probes {
			ids = append(ids, fmt.Sprint(p.ID, " ", p.Expected))
		}
		return ids
	}
	const literal = `"ops": ["file-read*"], "policy": "literal", `
	for _, tt := range []struct {
		name, profile string
		want          []string
	}{
		{"a set", literal + `"request_paths": "s", "allowed_paths": "s"`, []string{"x:read_/a allow", "x:read_/b allow"}},
		{"a path", literal + `"request_paths": "/c"`, []string{"x:read_/c deny"}},
		{"a list", literal + `"request_paths": ["/c", "s"], "allowed_paths": ["/b"]`, []string{"x:read_/c deny", "x:read_/a deny", "x:read_/b allow"}},
		{"null", literal + `"request_paths": "/c", "allowed_paths": null, "role": null, "path_pairs": null`, []string{"x:read_/c deny"}},
		{"a path twice", literal + `"request_paths": ["/c", "/c"]`, []string{"x:read_/c deny"}},
		{"pairs in place", `"ops": ["file-write*"], "policy": "canonicalized", "role": "both", "path_pairs": [["/c", "/d"], ["/e", "/d"]]`,
			[]string{"x:write_/c allow", "x:write_/d allow", "x:write_/e allow"}},
		{"op by op", `"ops": ["file-read*", "x*y*"], "policy": "canonicalized", "role": "first_only", "path_pairs": "p"`,
			[]string{"x:read_/a deny", "x:read_/b deny", "x:xy_/a deny", "x:xy_/b deny"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, registry := expanded(t, vfsOf(tt.profile, ""))
			if diff := cmp.Diff(tt.want, probes(registry)); diff != "" {
				t.Errorf("probes (-want +got):\n%s", diff)
			}
		})
	}

	// A repeat makes a row each time, and one probe.
	built, _, registry := expanded(t, vfsOf(literal+`"request_paths": ["/c", "/c"]`, ""))
	if len(built.Rows) != 2 || len(registry.Probes) != 1 {
		t.Errorf("%d rows and %d probes, want 2 and 1", len(built.Rows), len(registry.Probes))
	}

	// What the template says of the plan.
	_, plan, registry := expanded(t, vfsOf(literal+`"request_paths": "/c"`,
		`"plan_id": "p", "world_id": "w", "lanes": {"scenario": false}, "controls": {"b": [1]}, "apply_preflight_profile": "pre.sb", "semantic_group": "g",`))
	if plan.ID != "p" || plan.WorldID != "w" || registry.WorldID != "w" || plan.Lanes.On(harness.LaneScenario) || !plan.Lanes.On(harness.LaneOracle) ||
		string(plan.Controls) != `{"b": [1]}` || plan.ApplyPreflightProfile != "pre.sb" || plan.Notes != "" {
		t.Errorf("plan is %+v", plan)
	}
	if lanes := registry.Probes[0].SupportsLanes; len(lanes) != 1 || lanes.On(harness.LaneScenario) {
		t.Errorf("probes support %v, want what the template says", lanes)
	}
	if _, plan, _ = expanded(t, vfsOf(literal+`"request_paths": "/c"`, `"apply_preflight_profile": "", `)); plan.ApplyPreflightProfile != "" {
		t.Errorf("an empty preflight became %q", plan.ApplyPreflightProfile)
	}
}

func TestVFSFaults(t *testing.T) {
	const file = "plans/templates/x.json:"
	for _, tt := range []struct {
		name, profile, top string
		want               []string
	}{
		{"misspelt set of pairs", `"ops": ["o"], "policy": "canonicalized", "role": "both", "path_pairs": "q"`, "",
			[]string{`4: profile "x": path_pairs: unknown path set "q", did you mean "p"?; correct the name or add the set`}},
		{"misspelt set of paths", `"ops": ["o"], "policy": "literal", "request_paths": "nonee"`, "",
			[]string{`4: profile "x": request_paths: "nonee" is no path set, did you mean "none"?, and no absolute path; correct the name or add the set`}},
		{"paths for pairs", `"ops": ["o"], "policy": "canonicalized", "role": "both", "path_pairs": "s"`, "",
			[]string{`4: profile "x": path_pairs: path set "s" has single paths, and pairs are wanted; name a set of pairs`}},
		{"pairs for paths", `"ops": ["o"], "policy": "literal", "request_paths": "p"`, "",
			[]string{`4: profile "x": request_paths: path set "p" has pairs, and paths are wanted; name a set of paths`}},
		{"a list of lists", `"ops": ["o"], "policy": "literal", "request_paths": [["/a", "/b"]]`, "",
			[]string{`4: profile "x": request_paths[0]: want a string, got an array`}},
		{"three in a pair", `"ops": ["o"], "policy": "canonicalized", "role": "both", "path_pairs": [["/a", "/b", "/c"]]`, "",
			[]string{`4: profile "x": path_pairs[0]: has 3 items; want two, two spellings of a path`}},
		{"unknown policy", `"ops": ["o"], "policy": "literale", "request_paths": "s"`, "",
			[]string{`4: profile "x": policy: want "literal", "canonicalized" or "canonicalized_with_var_tmp_exception", got "literale"`}},
		{"unknown role", `"ops": ["o"], "policy": "canonicalized", "role": "all", "path_pairs": "p"`, "",
			[]string{`4: profile "x": role: want "first_only", "second_only" or "both", got "all"`}},
		{"no role", `"ops": ["o"], "policy": "canonicalized", "path_pairs": "p"`, "",
			[]string{`3: profile "x": key "role" is missing; add it`}},
		{"pairs under literal", `"ops": ["o"], "policy": "literal", "request_paths": "s", "path_pairs": "p"`, "",
			[]string{`4: profile "x": path_pairs: goes with pairs of paths, and policy "literal" has request_paths and allowed_paths; remove it`}},
		{"paths under canonicalized", `"ops": ["o"], "policy": "canonicalized", "role": "both", "path_pairs": "p", "allowed_paths": "s"`, "",
			[]string{`4: profile "x": allowed_paths: goes with policy "literal", and "canonicalized" has role and path_pairs; remove it`}},
		{"nothing to do", `"ops": ["o"], "policy": "literal", "request_paths": "none"`, "",
			[]string{`3: profile "x": comes to no probe at all; give it operations and paths`}},
		{"a repeat that expects otherwise", `"ops": ["o"], "policy": "canonicalized_with_var_tmp_exception", "role": "both", "path_pairs": [["/private/var/a", "/private/var/b"],
["/c", "/private/var/a"]]`, "",
			[]string{`5: profile "x": probe "x:o_/private/var/a" is expected to be allow here and deny on line 4; drop one of the two`}},
		{"two operations of one name", `"ops": ["read", "file-read*"], "policy": "literal", "request_paths": "s"`, "",
			[]string{
				`2: profile "x": probe "x:read_/a" is another one on line 2; rename a profile, or drop one of the two`,
				`2: profile "x": probe "x:read_/b" is another one on line 2; rename a profile, or drop one of the two`,
			}},
		{"an order of others", `"ops": ["o"], "policy": "literal", "request_paths": "s"`, `"profile_order": ["y", "y"],`,
			[]string{
				`1: profile_order[0]: unknown profile "y", did you mean "x"?; correct the id or configure the profile`,
				`1: profile_order[1]: unknown profile "y", did you mean "x"?; correct the id or configure the profile`,
				`1: profile_order: leaves out profile "x"; add it, or remove the profile`,
			}},
		{"unknown keys", `"ops": ["o"], "policy": "literal", "request_pathz": "s"`, `"note": "", "plan": {}, "expected_matrix": {},`,
			[]string{
				`1: plan: generator "vfs-canonicalization" makes it; remove it`,
			}},
		{"an order that repeats", `"ops": ["o"], "policy": "literal", "request_paths": "s"`, `"profile_order": ["x", 1, "x"],`,
			[]string{`1: profile_order[1]: want a string, got a number`, `1: profile_order[2]: "x" stands twice; keep one`}},
		{"a profile of no name", `"ops": ["o"], "policy": "literal", "request_paths": "s"},
"a/b": {"sbpl": "", "ops": ["o", ""], "policy": "literal", "request_paths": "s"`, "",
			[]string{
				`5: profile "a/b": id contains "/"; use ":" or "-" instead`,
				`5: profile "a/b": sbpl: "" is empty; name a file`,
				`5: profile "a/b": ops[1]: "" is empty; give it a name`,
			}},
		{"no plain text", `"ops": ["o"], "policy": "literal", "request_paths": ["/a\u0007", "/b "]`, "",
			[]string{`4: profile "x": request_paths[0]: "/a\a" contains a control character; remove it`, `4: profile "x": request_paths[1]: "/b " starts or ends with a space; remove it`}},
		{"a path out", `"ops": ["o"], "policy": "literal", "request_paths": "s", "notes": 1`, `"apply_preflight_profile": "../x.sb",`,
			[]string{
				`1: apply_preflight_profile: "../x.sb" contains ".."; write it relative to the plan's folder or the root`,
				`4: profile "x": notes: want a string, got a number`,
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := expand(vfsOf(tt.profile, tt.top))
			got := faultsOf(t, err)
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], file)
			}
			if tt.name == "unknown keys" { // the list of the known ones may grow
				for _, want := range []string{"note: unknown key", "expected_matrix: unknown key", "request_pathz: unknown key; did you mean \"request_paths\"?"} {
					if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
						t.Errorf("no fault has %q in %q", want, got)
					}
				}
				got = got[slices.IndexFunc(got, func(s string) bool { return strings.HasPrefix(s, "1: plan:") }):][:1]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGeneratorWithoutProfiles(t *testing.T) {
	const head = `{"schema_version": "runtime-tools.plan_template.v0.1", "template_id": "vfs-canonicalization", `
	for text, want := range map[string]string{
		head + `"registry_id": "r"}`:                                                                         `1: key "profiles" is missing; add it`,
		head + "\n" + `"registry_id": "r", "profiles": {}}`:                                                  `2: profiles: is empty; configure at least one profile`,
		head + "\n" + `"registry_id": "r", "profiles": []}`:                                                  `2: profiles: want an object, got an array`,
		head + `"profiles": {"x": {"sbpl": "x", "ops": ["o"], "policy": "literal", "request_paths": "/a"}}}`: `1: key "registry_id" is missing; add it`,
	} {
		if _, err := expand([]byte(text)); err == nil || err.Error() != "plans/templates/x.json:"+want {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}
