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

const demoPlan = `{
  "schema_version": "runtime-tools.plan.v0.1",
  "plan_id": "demo.v1",
  "registry_id": "demo",
  "profiles": ["demo:read"],
  "lanes": {"scenario": true, "baseline": true, "oracle": false},
  "controls": {"baseline": true}
}`

func parsePlan(data string) (*harness.Plan, error) {
	return harness.ParsePlan(harness.File{Name: "plan.json", Data: []byte(data)})
}

// faultsOf gives an error's lines, after seeing that it is a DataError.
func faultsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	if data := new(harness.DataError); !errors.As(err, &data) {
		t.Errorf("error %v is a %T, want a *DataError", err, err)
	}
	return strings.Split(err.Error(), "\n")
}

func TestParsePlan(t *testing.T) {
	plan, err := parsePlan(`{"$schema": "../plan.schema.json", "schema_version": "runtime-tools.plan.v0.1", "plan_id": "p.v1",
		"registry_id": "r-1", "profiles": ["b:2", "a:1"], "world_id": "w", "lanes": {"oracle": false},
		"controls": {"z": [1, 1.50, "<\u00e9>"], "a": {}}, "apply_preflight_profile": "sb/allow.sb", "notes": "n"}`)
	if err != nil {
		t.Fatal(err)
	}
	if plan.ID != "p.v1" || plan.RegistryID != "r-1" || plan.WorldID != "w" || plan.Notes != "n" ||
		plan.ApplyPreflightProfile != "sb/allow.sb" || plan.File != "plan.json" {
		t.Errorf("plan read as %+v", plan)
	}
	if diff := cmp.Diff([]string{"b:2", "a:1"}, plan.Profiles); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	if plan.Lanes.On(harness.LaneOracle) || !plan.Lanes.On(harness.LaneBaseline) || !plan.Lanes.On(harness.LaneScenario) {
		t.Errorf("lanes %v: want all on but the oracle", plan.Lanes)
	}
	if got, want := string(plan.Controls), `{"a": {}, "z": [1, 1.5, "<\u00e9>"]}`; got != want {
		t.Errorf("controls %s, want %s", got, want)
	}
}

func TestPlanFaults(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(demoPlan, old) {
			t.Fatalf("the demo plan has no %q", old)
		}
		return strings.Replace(demoPlan, old, new, 1)
	}
	for _, tt := range []struct {
		name, data string
		want       []string
	}{
		{"none", demoPlan, nil},
		{"nulls", edit(`"lanes": {"scenario": true, "baseline": true, "oracle": false}`, `"lanes": null, "world_id": null, "notes": null, "apply_preflight_profile": null`), nil},
		{"all_at_once", "{\n\"plan_id\": 7,\n\"profiles\": {},\n\"lanes\": []}", []string{
			`plan.json:1: key "schema_version" is missing; add it`,
			`plan.json:1: key "registry_id" is missing; add it`,
			`plan.json:2: plan_id: want a string, got a number`,
			`plan.json:3: profiles: want an array, got an object`,
			`plan.json:4: lanes: want an object, got an array`,
		}},
		{"schema", edit("plan.v0.1", "plan.v1.0"), []string{`plan.json:2: schema_version: want "runtime-tools.plan.v0.1", got "runtime-tools.plan.v1.0"`}},
		{"schema_versions", edit(`"plan_id"`, `"schema_versions": {}, "plan_id"`), []string{`plan.json:3: schema_versions: is no longer part of a plan; remove it`}},
		{"unknown_key", edit(`"lanes"`, `"lane"`), []string{`plan.json:6: lane: unknown key; did you mean "lanes"?`}},
		{"twice", edit(`"registry_id"`, `"plan_id"`), []string{
			`plan.json:1: key "registry_id" is missing; add it`,
			`plan.json:4: plan_id: key stands twice, first on line 3; keep one`,
		}},
		{"unknown_lane", edit(`"oracle": false`, `"oracles": false`), []string{`plan.json:6: lanes.oracles: unknown key; did you mean "oracle"?`}},
		{"lane_not_bool", edit(`"oracle": false`, `"oracle": null`), []string{`plan.json:6: lanes.oracle: want a boolean, got null`}},
		{"controls_not_object", edit(`{"baseline": true}`, `0`), []string{`plan.json:7: controls: want an object, got a number`}},
		{"controls_twice", edit(`{"baseline": true}`, `{"a": [{"b": 1, "b": 1}]}`), []string{`plan.json:7: controls.a[0].b: key stands twice, first on line 7; keep one`}},
		{"controls_infinite", edit(`{"baseline": true}`, `{"n": 1e999}`), []string{`plan.json:7: controls: number 1e999 is beyond 64-bit floats; write it as a string`}},
		{"no_profiles", edit(`["demo:read"]`, `[]`), []string{`plan.json:5: profiles: is empty; name at least one profile`}},
		{"profile_twice", edit(`["demo:read"]`, "[\"a\", \"b\",\n\"a\"]"), []string{`plan.json:6: profiles[2]: "a" stands twice, first on line 5; keep one`}},
		{"profile_types", edit(`["demo:read"]`, `["a", 1, 2]`), []string{
			`plan.json:5: profiles[1]: want a string, got a number`,
			`plan.json:5: profiles[2]: want a string, got a number`,
		}},
		{"id_empty", edit(`demo.v1`, ``), []string{`plan.json:3: plan_id: "" is empty; give it a name`}},
		{"id_slash", edit(`demo.v1`, `a/b`), []string{`plan.json:3: plan_id: "a/b" contains "/"; use ":" or "-" instead`}},
		{"id_dots", edit(`demo.v1`, `..`), []string{`plan.json:3: plan_id: ".." reads as a path; give it a name`}},
		{"id_dot", edit(`demo.v1`, `.`), []string{`plan.json:3: plan_id: "." reads as a path; give it a name`}},
		{"id_backslash_dots", edit(`demo.v1`, `a\\..\\b`), []string{`plan.json:3: plan_id: "a\\..\\b" reads as a path; give it a name`}},
		{"id_inner_dots_are_fine", edit(`demo.v1`, `a..b:c`), nil},
		{"id_control", edit(`demo.v1`, `a\u0007`), []string{`plan.json:3: plan_id: "a\a" contains a control character; remove it`}},
		{"id_space", edit(`demo.v1`, ` a`), []string{`plan.json:3: plan_id: " a" starts or ends with a space; remove it`}},
		{"world_empty", edit(`"lanes"`, `"world_id": "", "lanes"`), []string{`plan.json:6: world_id: "" is empty; give it a name`}},
		{"preflight_outside", edit(`"lanes"`, `"apply_preflight_profile": "a/../../b", "lanes"`), []string{
			`plan.json:6: apply_preflight_profile: "a/../../b" contains ".."; write it relative to the plan's folder or the root`,
		}},
		{"preflight_absolute", edit(`"lanes"`, `"apply_preflight_profile": "/b", "lanes"`), []string{
			`plan.json:6: apply_preflight_profile: "/b" is absolute; write it relative to the plan's folder or the root`,
		}},
		{"trailing", demoPlan + "\n[]", []string{`plan.json:9: not valid JSON at column 1: invalid character '[' after top-level value`}},
		{"empty", "", []string{`plan.json: empty; want a JSON object`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := parsePlan(tt.data)
			if (plan == nil) != (err != nil) {
				t.Errorf("ParsePlan gave plan %v with error %v", plan, err)
			}
			if diff := cmp.Diff(tt.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	registry, err := harness.ParseRegistry(demoProbes, demoProfiles)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := parsePlan(strings.Replace(demoPlan, `["demo:read"]`, "[\"demo:raed\",\n\"demo:read\",\n\"other\"]", 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = plan.Resolve(registry)
	want := []string{
		`plan.json:5: profiles[0]: unknown profile "demo:raed" in registry "demo"; correct the id or add the profile, did you mean "demo:read"?`,
		`plan.json:7: profiles[2]: unknown profile "other" in registry "demo"; correct the id or add the profile`,
	}
	if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	plan.Profiles = []string{"demo:read"}
	profiles, err := plan.Resolve(registry)
	if err != nil || len(profiles) != 1 || profiles[0].ID != "demo:read" {
		t.Errorf("Resolve gave %v, %v", profiles, err)
	}
}

// shared finds reference data that may lie beside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir := repository(t)
	file := filepath.Join(dir, "..", "shared", "reference-bundles", name)
	if _, err := os.Stat(file); err != nil {
		t.Skipf("no reference data here: %v", err)
	}
	return file
}

func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
}

func TestPlanDigest(t *testing.T) {
	const odd = `"d\u00e9mo<&>\u007f\ud83d\ude00.v1"`
	for _, tt := range []struct{ name, data, want string }{
		{"plain", demoPlan, "f6c930284c3e045285f7695f7e7ec9701294d3e7c184a5eccad442de0099a7f8"},
		{"layout_and_notes_do_not_count",
			`{"notes": "x", "world_id": "w", "controls": {"baseline": true}, "lanes": {"oracle": false, "baseline": true, "scenario": true}, "profiles": ["demo:read"], "registry_id": "demo", "plan_id": "demo.v1", "schema_version": "runtime-tools.plan.v0.1"}`,
			"f6c930284c3e045285f7695f7e7ec9701294d3e7c184a5eccad442de0099a7f8"},
		// The numbers below are what Python's json and hashlib give.
		{"numbers", strings.Replace(demoPlan, `{"baseline": true}`,
			`{"z": [0, -0, 1, 1.0, 1.50, 1e2, 1E16, 1e-5, 0.0001, -0.0, 123456789012345678901234567890, 1e400000000000], "a": {"\u00e9": null, "z": "\u007f/<"}}`, 1), ""},
		{"numbers_that_load", strings.Replace(demoPlan, `{"baseline": true}`,
			`{"z": [0, -0, 1, 1.0, 1.50, 1e2, 1E16, 1e-5, 0.0001, -0.0, 123456789012345678901234567890, 1e-400], "a": {"\ud83d\ude00": 1, "\uffee": 2, "z": "\u007f/<\t"}}`, 1),
			"62bb219fc8dc337a10ea24713c08e2884258a6b4878b0f2b4da70e1f33b9ddf4"},
		{"absent_lane_stays_absent", strings.Replace(demoPlan, `"baseline": true, "oracle": false}`, `"baseline": true}`, 1), "535b2982e7f02395f7be5ee6e53972b9d5c43154a6e456c67c7b63d9401733e8"},
		{"falsy", `{"schema_version": "runtime-tools.plan.v0.1", "plan_id": "demo.v1", "registry_id": "demo", "profiles": ["demo:read"], "lanes": null, "controls": {}}`, "776e250cc1d9b0c56418d72d5ea501e264b86000dd61d0eaf9bd1bfa18714b61"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := parsePlan(tt.data)
			if tt.want == "" {
				if err == nil {
					t.Errorf("a plan with an infinite number loads")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := harness.PlanDigest(plan).String(); got != tt.want {
				t.Errorf("PlanDigest = %s, want %s", got, tt.want)
			}
		})
	}
	t.Run("control_character", func(t *testing.T) {
		// DEL is no character for an id, so this plan does not load, but a
		// digest of it is on record.
		plan, err := parsePlan(demoPlan)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(odd), &plan.ID); err != nil {
			t.Fatal(err)
		}
		const want = "f979c8941e6ff94cc1c3a040471b514d202824765b08ada19c84d24d4963e074"
		if got := harness.PlanDigest(plan).String(); got != want {
			t.Errorf("PlanDigest = %s, want %s", got, want)
		}
	})
	t.Run("no_plan", func(t *testing.T) {
		for _, controls := range []string{"7", "{", "[]", `{"a": 1e999}`, " "} {
			if got := harness.PlanDigest(&harness.Plan{ID: "x", Controls: json.RawMessage(controls)}); got != (harness.Digest{}) {
				t.Errorf("PlanDigest with controls %q = %v, want zero", controls, got)
			}
		}
	})
}

func TestReferencePlanDigests(t *testing.T) {
	data, err := os.ReadFile(shared(t, "plan-digests.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Plan   json.RawMessage `json:"plan"`
		Digest harness.Digest  `json:"plan_digest"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 5 {
		t.Errorf("%d recorded digests, want 5", len(cases))
	}
	for _, c := range cases {
		plan, err := parsePlan(string(c.Plan))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(plan.ID, func(t *testing.T) {
			if got := harness.PlanDigest(plan); got != c.Digest {
				t.Errorf("PlanDigest = %v, want %v", got, c.Digest)
			}
		})
	}
}

func TestDigestText(t *testing.T) {
	const hex = "f6c930284c3e045285f7695f7e7ec9701294d3e7c184a5eccad442de0099a7f8"
	d, err := harness.ParseDigest(hex)
	if err != nil || d.String() != hex {
		t.Errorf("ParseDigest(%q) = %v, %v", hex, d, err)
	}
	text, err := json.Marshal(map[string]harness.Digest{"d": d})
	if want := `{"d":"` + hex + `"}`; err != nil || string(text) != want {
		t.Errorf("Marshal = %s, %v, want %s", text, err, want)
	}
	var back map[string]harness.Digest
	if err := json.Unmarshal(text, &back); err != nil || back["d"] != d {
		t.Errorf("Unmarshal = %v, %v", back, err)
	}
	for _, bad := range []string{"", hex[:63], hex + "0", strings.ToUpper(hex), "g" + hex[1:]} {
		if d, err := harness.ParseDigest(bad); err == nil || d != (harness.Digest{}) {
			t.Errorf("ParseDigest(%q) = %v, %v, want an error", bad, d, err)
		}
	}
}
