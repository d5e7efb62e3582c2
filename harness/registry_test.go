package harness_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness"
)

var demoProbes = harness.File{Name: "probes.json", Data: []byte(`{
  "schema_version": "runtime-tools.probe_registry.v0.3",
  "registry_id": "demo",
  "probes": {
    "demo:read:motd": {
      "probe_id": "demo:read:motd",
      "name": "motd",
      "operation": "fs.read_file",
      "target": "${home}/motd",
      "expected": "deny",
      "supports_lanes": {"baseline": true, "scenario": true, "oracle": false},
      "expected_primary_ops": ["fs.read_file"],
      "expected_predicates": null,
      "capabilities_required": [],
      "controls_supported": ["baseline"],
      "filter_type": 7,
      "fixture": {"tree": [{"path": "${home}/motd", "kind": "file", "content": "hello"}]}
    },
    "demo:read:link": {
      "probe_id": "demo:read:link", "name": "link", "operation": "fs.read_file", "target": "${workspace}/link", "expected": "allow",
      "supports_lanes": {}, "expected_primary_ops": [], "expected_predicates": [], "capabilities_required": ["loopback_listener"],
      "controls_supported": [], "expectation_id": "e-1", "mode": null,
      "fixture": {"source": "${home}/x", "listen": "${loopback}:8443", "tree": [{"path": "${workspace}/link", "kind": "symlink", "to": "/etc/motd"}]}
    }
  }
}`)}

var demoProfiles = harness.File{Name: "profiles.json", Data: []byte(`{
  "schema_version": "runtime-tools.profile_registry.v0.3",
  "registry_id": "demo",
  "world_id": "w-1",
  "profiles": {
    "demo:read": {
      "profile_id": "demo:read",
      "profile_path": "profiles/read.json",
      "mode": "landlock",
      "family": null,
      "semantic_group": "demo",
      "probe_refs": ["demo:read:motd", "demo:read:link"],
      "key_specific_rules": [],
      "notes": null,
      "landlock": {"optional_parents": ["/lib64"]}
    }
  }
}`)}

func TestParseRegistry(t *testing.T) {
	r, err := harness.ParseRegistry(demoProbes, demoProfiles)
	if err != nil {
		t.Fatal(err)
	}
	if r.ID != "demo" || r.WorldID != "w-1" || len(r.Probes) != 2 || len(r.Profiles) != 1 {
		t.Errorf("registry %q of world %q with %d probes and %d profiles", r.ID, r.WorldID, len(r.Probes), len(r.Profiles))
	}
	motd, ok := r.Probe("demo:read:motd")
	if !ok {
		t.Fatal("no probe demo:read:motd")
	}
	seven := 7
	want := &harness.Probe{
		ID: "demo:read:motd", Name: "motd", Operation: "fs.read_file", Target: "${home}/motd", Expected: harness.Deny,
		SupportsLanes:      harness.LaneFlags{harness.LaneBaseline: true, harness.LaneScenario: true, harness.LaneOracle: false},
		ExpectedPrimaryOps: []string{"fs.read_file"}, ExpectedPredicates: []string{}, CapabilitiesRequired: []string{},
		ControlsSupported: []string{"baseline"}, FilterType: &seven, Fixture: motd.Fixture,
		File: "probes.json", Line: 5,
	}
	if diff := cmp.Diff(want, motd, cmpopts.IgnoreUnexported(harness.Probe{})); diff != "" {
		t.Errorf("probe (-want +got):\n%s", diff)
	}
	if len(motd.Fixture.Tree) != 1 || motd.Fixture.Tree[0].Content != "hello" {
		t.Errorf("fixture read as %+v", motd.Fixture)
	}
	read, ok := r.Profile("demo:read")
	if !ok || read.Line != 6 || read.File != "profiles.json" || read.Family != nil || *read.SemanticGroup != "demo" ||
		read.Mode != harness.ModeLandlock || read.Landlock.OptionalParents[0] != "/lib64" {
		t.Errorf("profile read as %+v", read)
	}
	for _, id := range []string{"", "demo:read", "none"} {
		if p, ok := r.Probe(id); ok || p != nil {
			t.Errorf("Probe(%q) = %v, %v", id, p, ok)
		}
	}
}

func TestExpectationID(t *testing.T) {
	for _, tt := range []struct {
		probe harness.Probe
		want  string
	}{
		{harness.Probe{ExpectationID: "e", ID: "p", Name: "n"}, "e"},
		{harness.Probe{ID: "p", Name: "n"}, "p"},
		{harness.Probe{Name: "n", Operation: "o"}, "f:n"},
		{harness.Probe{Operation: "o"}, "f:o"},
		{harness.Probe{}, "f:probe"},
	} {
		if got := tt.probe.ExpectationIDFor("f"); got != tt.want {
			t.Errorf("ExpectationIDFor of %+v = %q, want %q", tt.probe, got, tt.want)
		}
	}
}

// change is one replacement in a file; all its faults are wanted.
type change struct {
	name, old, new string
	want           []string
}

func (c change) in(t *testing.T, f harness.File) harness.File {
	t.Helper()
	if !strings.Contains(string(f.Data), c.old) {
		t.Fatalf("%s has no %q", f.Name, c.old)
	}
	return harness.File{Name: f.Name, Data: []byte(strings.Replace(string(f.Data), c.old, c.new, 1))}
}

func TestProbeFaults(t *testing.T) {
	for _, c := range []change{
		{"none", `"motd"`, `"motd"`, nil},
		{"schema", "registry.v0.3", "registry.v0.1", []string{
			`probes.json:2: schema_version: want "runtime-tools.probe_registry.v0.2" or "runtime-tools.probe_registry.v0.3", got "runtime-tools.probe_registry.v0.1"; rtgen registry-upgrade makes it runtime-tools.probe_registry.v0.2`,
		}},
		{"old_schema_told_once", "registry.v0.3", "registry.v0.2", []string{
			`probes.json:17: probe "demo:read:motd": fixture: needs schema_version "runtime-tools.probe_registry.v0.3"; change it on line 2`,
		}},
		{"envelope", `"registry_id": "demo",`, `"registry": "demo", "world_id": 3,`, []string{
			`probes.json:1: key "registry_id" is missing; add it`,
			`probes.json:3: world_id: want a string, got a number`,
			`probes.json:3: registry: unknown key; remove it, the keys here are $schema, schema_version, registry_id, world_id, probes`,
		}},
		{"id_twice", `"demo:read:link": {`, `"demo:read:motd": {`, []string{
			`probes.json:19: probes["demo:read:motd"]: key stands twice, first on line 5; keep one`,
		}},
		{"key_and_id", `"probe_id": "demo:read:motd"`, `"probe_id": "motd"`, []string{
			`probes.json:6: probe "demo:read:motd": probe_id: is "motd", but its key is "demo:read:motd"; make them equal`,
		}},
		{"slash", `"demo:read:motd": {
      "probe_id": "demo:read:motd"`, `"demo:read_/tmp/../motd": {
      "probe_id": "demo:read_/tmp/../motd"`, nil},
		{"dots", `"demo:read:motd": {
      "probe_id": "demo:read:motd"`, `"..": {
      "probe_id": ".."`, []string{`probes.json:5: probe "..": id reads as a path; give it a name`}},
		{"missing", `"name": "motd",
      "operation": "fs.read_file",`, ``, []string{
			`probes.json:5: probe "demo:read:motd": key "name" is missing; add it`,
			`probes.json:5: probe "demo:read:motd": key "operation" is missing; add it`,
		}},
		{"empty", `"name": "motd"`, `"name": ""`, []string{`probes.json:7: probe "demo:read:motd": name: is empty; fill it in`}},
		{"expected", `"deny"`, `"denied"`, []string{`probes.json:10: probe "demo:read:motd": expected: want "allow" or "deny", got "denied"`}},
		{"lane", `"oracle": false`, `"oracel": 1`, []string{`probes.json:11: probe "demo:read:motd": supports_lanes.oracel: unknown key; did you mean "oracle"?`}},
		{"list", `["fs.read_file"]`, `["a", 1, null]`, []string{
			`probes.json:12: probe "demo:read:motd": expected_primary_ops[1]: want a string, got a number`,
			`probes.json:12: probe "demo:read:motd": expected_primary_ops[2]: want a string, got null`,
		}},
		{"control", `["baseline"]`, `["base"]`, []string{
			`probes.json:15: probe "demo:read:motd": controls_supported[0]: want "baseline", "allow_default" or "deny_default", got "base"`,
		}},
		{"filter_type", `7`, `7.5`, []string{`probes.json:16: probe "demo:read:motd": filter_type: want an integer of at most 64 bits, got 7.5`}},
		{"unknown", `"filter_type"`, `"filter_tpye"`, []string{`probes.json:16: probe "demo:read:motd": filter_tpye: unknown key; did you mean "filter_type"?`}},
		{"expectation_dots", `"e-1"`, `".."`, []string{`probes.json:22: probe "demo:read:link": expectation_id: ".." reads as a path; give it a name`}},
		{"fixture_unknown", `"content"`, `"contents"`, []string{`probes.json:17: probe "demo:read:motd": fixture.tree[0].contents: unknown key; did you mean "content"?`}},
		{"fixture_types", `"kind": "file"`, `"kind": 1, "mode": 420`, []string{
			`probes.json:17: probe "demo:read:motd": fixture.tree[0].kind: want a string, got a number`,
			`probes.json:17: probe "demo:read:motd": fixture.tree[0].mode: want a string, got a number`,
		}},
		{"fixture_outside", "{\"path\": \"${home}/motd\"", "\n{\"path\": \"/etc/motd\"", []string{
			`probes.json:18: probe "demo:read:motd": fixture.tree[0]: path "/etc/motd" must start with ${scratch}, ${home} or ${workspace}`,
		}},
		{"fixture_kind", `"kind": "file"`, `"kind": "dir", "mode": "u+x"`, []string{
			`probes.json:17: probe "demo:read:motd": fixture.tree[0]: mode "u+x" is not octal between 0000 and 7777; content is for kind "file", not "dir"`,
		}},
		{"fixture_listen", `"${loopback}:8443"`, `"0.0.0.0:1"`, []string{
			`probes.json:23: probe "demo:read:link": fixture: listen: "0.0.0.0:1" is not a loopback address; a fixture is not reachable from outside`,
		}},
		{"no_object", `"probes": {`, `"$schema": "s", "probes": {"x": [], `, []string{`probes.json:4: probe "x": want an object, got an array`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := harness.ParseProbes(c.in(t, demoProbes))
			if (r == nil) != (err != nil) {
				t.Errorf("ParseProbes gave %v with error %v", r, err)
			}
			if diff := cmp.Diff(c.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProfileFaults(t *testing.T) {
	probes, err := harness.ParseProbes(demoProbes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []change{
		{"none", `"demo"`, `"demo"`, nil},
		{"old_schema_told_once", "registry.v0.3", "registry.v0.2", []string{
			`profiles.json:9: profile "demo:read": mode: needs schema_version "runtime-tools.profile_registry.v0.3"; change it on line 2`,
		}},
		{"other_registry_is_for_lint", `"registry_id": "demo"`, `"registry_id": "other"`, nil},
		{"mode", `"landlock",`, `"landlok",`, []string{
			`profiles.json:9: profile "demo:read": mode: want "sbpl", "blob", "landlock", "seccomp" or "launcher", got "landlok"`,
		}},
		{"sidecar_of_another_mode", `"landlock",`, `"seccomp",`, []string{
			`profiles.json:15: profile "demo:read": landlock: only goes with mode "landlock"; remove it`,
		}},
		{"sidecar_keys", `"optional_parents": [`, `"layers": 2, "optional_parents": [1, `, []string{
			`profiles.json:15: profile "demo:read": landlock.optional_parents[0]: want a string, got a number`,
			`profiles.json:15: profile "demo:read": landlock.layers: want an array, got a number`,
		}},
		{"rules", `"key_specific_rules": []`, `"key_specific_rules": ["(allow default)"]`, []string{
			`profiles.json:13: profile "demo:read": key_specific_rules: are lines of Seatbelt profiles, and "landlock" has none; write [], the rules belong into the profile text`,
		}},
		{"path", `profiles/read.json`, `../read.json`, []string{
			`profiles.json:8: profile "demo:read": profile_path: "../read.json" contains ".."; write it relative to the plan's folder or the root`,
		}},
		{"path_empty", `profiles/read.json`, ``, []string{`profiles.json:8: profile "demo:read": profile_path: "" is empty; name a file`}},
		{"path_folder", `profiles/read.json`, `./`, []string{`profiles.json:8: profile "demo:read": profile_path: "./" names a folder; name a file`}},
		{"path_backslash", `profiles/read.json`, `a\\b`, []string{`profiles.json:8: profile "demo:read": profile_path: "a\\b" contains a backslash or NUL; use "/"`}},
		{"refs", `["demo:read:motd", "demo:read:link"]`, "[\"demo:read:modt\",\n\"x\", 3, \"demo:read:link\", \"demo:read:link\"]", []string{
			`profiles.json:12: profile "demo:read": probe_refs[0]: unknown probe "demo:read:modt"; correct the id or add the probe, did you mean "demo:read:motd"?`,
			`profiles.json:13: profile "demo:read": probe_refs[2]: want a string, got a number`,
			`profiles.json:13: profile "demo:read": probe_refs[4]: "demo:read:link" stands twice, first on line 13; keep one`,
			`profiles.json:13: profile "demo:read": probe_refs[1]: unknown probe "x"; correct the id or add the probe`,
		}},
		{"no_refs", `["demo:read:motd", "demo:read:link"]`, `[]`, []string{
			`profiles.json:12: profile "demo:read": probe_refs: is empty; name at least one probe`,
		}},
		{"must_be_there_if_null", "\"family\": null,\n", "\n", []string{`profiles.json:6: profile "demo:read": key "family" is missing; add it`}},
		{"notes", `"notes": null`, `"notes": []`, []string{`profiles.json:14: profile "demo:read": notes: want a string, got an array`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := harness.ParseProfiles(c.in(t, demoProfiles), probes)
			if (r == nil) != (err != nil) {
				t.Errorf("ParseProfiles gave %v with error %v", r, err)
			}
			if diff := cmp.Diff(c.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// The faults of both files are told, and references are proved against what can
// be read of the probes.
func TestRegistryFaultsOfBothFiles(t *testing.T) {
	probes := change{old: `"deny"`, new: `1`}.in(t, demoProbes)
	profiles := change{old: `"demo:read:motd", `, new: `"unknown", 2, `}.in(t, demoProfiles)
	_, err := harness.ParseRegistry(probes, profiles)
	want := []string{
		`probes.json:10: probe "demo:read:motd": expected: want a string, got a number`,
		`profiles.json:12: profile "demo:read": probe_refs[1]: want a string, got a number`,
		`profiles.json:12: profile "demo:read": probe_refs[0]: unknown probe "unknown"; correct the id or add the probe`,
	}
	if diff := cmp.Diff(want, faultsOf(t, err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestRegistryIndexFaults(t *testing.T) {
	good := harness.File{Name: "index.json", Data: []byte(`{
  "schema_version": "runtime-tools.registry_index.v0.1",
  "registries": [
    {"id": "a", "probes": "a/probes.json", "profiles": "a/profiles.json", "description": "first"},
    {"id": "b", "probes": "b/probes.json", "profiles": "b/profiles.json"}
  ]
}`)}
	for _, c := range []change{
		{"none", `"a"`, `"a"`, nil},
		{"id_twice", `"id": "b"`, `"id": "a"`, []string{`index.json:5: registries[1].id: "a" stands twice, first on line 4; keep one`}},
		{"path", `"b/probes.json"`, `"/b/probes.json"`, []string{
			`index.json:5: registries[1].probes: "/b/probes.json" is absolute; write it relative to the root`,
		}},
		{"entry", `"description": "first"`, `"about": 1`, []string{
			`index.json:4: registries[0].about: unknown key; remove it, the keys here are id, probes, profiles, description`,
		}},
		{"missing", `"probes": "b/probes.json", `, ``, []string{`index.json:5: registries[1]: key "probes" is missing; add it`}},
		{"schema", `v0.1`, `v9`, []string{`index.json:2: schema_version: want "runtime-tools.registry_index.v0.1", got "runtime-tools.registry_index.v9"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, err := harness.ParseRegistryIndex(c.in(t, good))
			if diff := cmp.Diff(c.want, faultsOf(t, err)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if err == nil {
				if e, ok := x.Entry("b"); !ok || e.Line != 5 || e.Profiles != "b/profiles.json" {
					t.Errorf("entry b is %+v, %v", e, ok)
				}
			}
		})
	}
}

func TestReferenceRegistry(t *testing.T) {
	plan, err := harness.LoadPlan(shared(t, "anchor-filter-map.iokit-class/plan/plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	registry, err := harness.Source{}.LoadRegistry(plan)
	if err != nil {
		t.Fatal(err)
	}
	if len(registry.Probes) != 16 || len(registry.Profiles) != 14 {
		t.Errorf("%d probes and %d profiles, want 16 and 14", len(registry.Probes), len(registry.Profiles))
	}
	profiles, err := plan.Resolve(registry)
	if err != nil || len(profiles) != 7 {
		t.Errorf("plan has %d profiles, %v, want 7", len(profiles), err)
	}
}

// manyProbes is a probes.json of n probes, as a person's generator writes one.
func manyProbes(n int) harness.File {
	var b strings.Builder
	fmt.Fprintf(&b, "{\n  \"schema_version\": %q,\n  \"registry_id\": \"many\",\n  \"probes\": {", harness.ProbeRegistryV03)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `
    "many:probe:%d": {
      "probe_id": "many:probe:%d",
      "name": "probe_%d",
      "operation": "fs.read_file",
      "target": "${workspace}/dir/file%d.txt",
      "expected": "allow",
      "supports_lanes": {"baseline": true, "scenario": true, "oracle": true},
      "expected_primary_ops": ["fs.read_file"],
      "expected_predicates": ["${workspace}/dir/file%d.txt"],
      "capabilities_required": ["landlock.abi>=1"],
      "controls_supported": ["baseline"],
      "fixture": {"tree": [{"path": "${workspace}/dir/file%d.txt", "kind": "file", "content": "x"}]}
    }`, i, i, i, i, i, i)
	}
	b.WriteString("\n  }\n}\n")
	return harness.File{Name: "probes.json", Data: []byte(b.String())}
}

func BenchmarkParseProbes10000(b *testing.B) {
	file := manyProbes(10000)
	b.SetBytes(int64(len(file.Data)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := harness.ParseProbes(file)
		if err != nil || len(r.Probes) != 10000 {
			b.Fatal(len(r.Probes), err)
		}
	}
}

// readData reads a file of the repository for seeds.
func readData(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// again writes v with encoding/json for another load.
func again(t *testing.T, v any) harness.File {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("what loaded does not marshal: %v", err)
	}
	return harness.File{Name: "again.json", Data: data}
}
