package schema_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/schema"
)

const (
	plan    = `{"schema_version": "runtime-tools.plan.v0.1", "plan_id": "p", "registry_id": "r", "profiles": ["a"]}`
	profile = `{"profile_id": "a", "profile_path": "profiles/a.json", "mode": "landlock", "probe_refs": ["x"],
"family": null, "semantic_group": null, "notes": null, "key_specific_rules": []}`
	probe = `{"probe_id": "x", "name": "x", "operation": "fs.read_file", "target": "/etc/passwd", "expected": "allow",
"supports_lanes": {"baseline": true, "scenario": true, "oracle": true}, "expected_primary_ops": [],
"expected_predicates": null, "capabilities_required": [], "controls_supported": ["baseline"]}`
)

func probes(version, entries string) string {
	return fmt.Sprintf("{\"schema_version\": \"runtime-tools.probe_registry.%s\", \"registry_id\": \"r\", \"probes\": {\n%s}}", version, entries)
}

func profiles(version, entries string) string {
	return fmt.Sprintf("{\"schema_version\": \"runtime-tools.profile_registry.%s\", \"registry_id\": \"r\", \"profiles\": {\n%s}}", version, entries)
}

// edit replaces a part of a document that must be there.
func edit(doc, old, new string) string {
	if !strings.Contains(doc, old) {
		panic(fmt.Sprintf("no %q in %s", old, doc))
	}
	return strings.Replace(doc, old, new, 1)
}

func withFixture(fixture string) string {
	return probes("v0.3", `"x": `+edit(probe, `"name"`, `"fixture": `+fixture+`, "name"`))
}

func template(rest string) string {
	return "{\"schema_version\": \"runtime-tools.plan_template.v0.1\",\n" + rest + "}"
}

func TestValidate(t *testing.T) {
	inline := `"plan": ` + plan + ",\n" + `"probes": ` + probes("v0.3", `"x": `+probe) + ",\n" + `"profiles": ` + profiles("v0.3", `"a": `+profile)
	vfs := `"template_id": "vfs-canonicalization", "registry_id": "r", "path_sets": {"tmp": [["/tmp/a", "/private/tmp/a"]], "one": ["/tmp/a"]},
"profiles": {"v:a": {"sbpl": "profiles/a.sb", "ops": ["file-read*"], "policy": "canonicalized", "role": "both", "path_pairs": "tmp"},
"v:b": {"sbpl": "profiles/b.sb", "ops": ["file-read*"], "policy": "literal", "request_paths": "one", "allowed_paths": null}}`
	metadata := `"generator": "metadata-runner", "registry_id": "r", "path_pairs": [["/tmp/a", "/private/tmp/a"]],
"ops": {"file-read-metadata": {"syscalls": ["stat"]}, "file-write*": {"syscalls": ["chmod"]}},
"profiles": {"m:a": {"sbpl": "profiles/a.sb", "allowed_sets": ["alias_tmp", "canonical"]}}`
	for _, tt := range []struct {
		name, version, doc string
		want               []string
	}{
		{"plan", "plan.v0.1", plan, nil},
		{"plan_nulls", "plan.v0.1", edit(plan, `"plan_id"`, `"$schema": "x", "world_id": null, "lanes": null, "controls": null, "apply_preflight_profile": null, "notes": null, "plan_id"`), nil},
		{"plan_all_at_once", "plan.v0.1", "{\n\"plan_id\": 7,\n\"profiles\": {},\n\"lanes\": []}", []string{
			`1 : key "registry_id" is missing; add it`,
			`1 : key "schema_version" is missing; add it`,
			`2 /plan_id: want a string, got a number`,
			`3 /profiles: want an array, got an object`,
			`4 /lanes: want an object or null, got an array`,
		}},
		{"plan_version", "plan.v0.1", edit(plan, "plan.v0.1", "plan.v1.0"), []string{`1 /schema_version: want "runtime-tools.plan.v0.1", got "runtime-tools.plan.v1.0"`}},
		{"plan_profiles", "plan.v0.1", edit(plan, `["a"]`, "[\"a\",\n\"b/c\", \"d\\\\..\",\n\"a\"]"), []string{
			`2 /profiles/1: "b/c" contains "/"; use ":" or "-" instead`,
			`2 /profiles/2: "d\\.." reads as a path; give it a name`,
			`3 /profiles/3: stands twice, first as item 0; keep one`,
		}},
		{"plan_no_profiles", "plan.v0.1", edit(plan, `["a"]`, `[]`), []string{`1 /profiles: is empty; name at least one profile`}},
		{"plan_ids", "plan.v0.1", edit(edit(plan, `"p"`, `" p"`), `"r"`, `"a\u0007"`), []string{
			`1 /plan_id: " p" starts or ends with a space; remove it`,
			`1 /registry_id: "a\a" contains a control character; remove it`,
		}},
		{"plan_empty_id", "plan.v0.1", edit(plan, `"p"`, `""`), []string{`1 /plan_id: "" is empty; give it a name`}},
		{"plan_preflight", "plan.v0.1", edit(plan, `"plan_id"`, `"apply_preflight_profile": "/a", "plan_id"`), []string{`1 /apply_preflight_profile: "/a" is absolute; write it relative`}},
		{"plan_unknown_keys", "plan.v0.1", edit(plan, `"plan_id"`, `"lane": {}, "~/x": 1, "schema_versions": {}, "plan_id"`), []string{
			`1 /lane: unknown key; did you mean "lanes"?`,
			`1 /schema_versions: unknown key; did you mean "schema_version"?`,
			`1 /~0~1x: unknown key; remove it, the keys here are $schema, apply_preflight_profile, controls, lanes, notes, plan_id, profiles, registry_id, schema_version, world_id`,
		}},
		{"twice", "plan.v0.1", edit(plan, `"plan_id"`, "\"plan_id\": \"q\",\n\"plan_id\""), []string{`2 : plan_id: key stands twice, first on line 1; keep one`}},
		{"no_object", "plan.v0.1", "\n[]", []string{`2 : want an object, got an array`}},
		{"no_json", "plan.v0.1", "{\n\"a\": 1,\n}", []string{`3 : not valid JSON at column 1: invalid character '}' looking for beginning of object key string; remove the comma before it`}},
		{"empty", "plan.v0.1", " ", []string{`0 : empty; want a JSON object`}},

		{"index", "registry_index.v0.1", `{"schema_version": "runtime-tools.registry_index.v0.1", "registries": [{"id": "a", "probes": "a/../b", "profiles": "./", "description": 7}]}`, []string{
			`1 /registries/0/description: want a string or null, got a number`,
			`1 /registries/0/probes: "a/../b" contains ".."; write it relative to the folder it belongs to`,
			`1 /registries/0/profiles: "./" names a folder; name a file`,
		}},

		{"probes", "probe_registry.v0.2", probes("v0.2", `"a/b": `+edit(probe, `"x"`, `"a/b"`)), nil},
		{"probes_empty", "probe_registry.v0.3", probes("v0.3", ""), nil},
		{"probe_keys", "probe_registry.v0.3", probes("v0.3", "\".\": "+probe+",\n\"a~/b \": 7"), []string{
			`2 /probes/.: key "." reads as a path; give it a name`,
			`5 /probes/a~0~1b : key "a~/b " starts or ends with a space; remove it`,
			`5 /probes/a~0~1b : want an object, got a number`,
		}},
		{"probe_enums", "probe_registry.v0.3", probes("v0.3", `"x": `+edit(edit(edit(probe, `"allow"`, `"perhaps"`), `["baseline"]`, `["baseline", "none"]`), `"oracle": true`, `"oracles": true`)), []string{
			`2 /probes/x/expected: want "allow" or "deny", got "perhaps"`,
			`3 /probes/x/supports_lanes: key "oracle" is missing; add it`,
			`3 /probes/x/supports_lanes/oracles: unknown key; did you mean "oracle"?`,
			`4 /probes/x/controls_supported/1: want "baseline", "allow_default" or "deny_default", got "none"`,
		}},
		{"probe_texts", "probe_registry.v0.3", probes("v0.3", `"x": `+edit(edit(probe, `"name": "x"`, `"name": "", "expectation_id": "", "filter_type": 1.5`), `"/etc/passwd"`, `""`)), []string{
			`2 /probes/x/filter_type: want an integer or null, got a number`,
			`2 /probes/x/name: "" is empty; fill it in`,
		}},
		{"fixture_in_v02", "probe_registry.v0.2", probes("v0.2", `"x": `+edit(probe, `"name"`, `"fixture": {}, "name"`)), []string{
			`2 /probes/x/fixture: needs schema_version "runtime-tools.probe_registry.v0.3"; change it at the top of the file`,
		}},
		{"fixture", "probe_registry.v0.3", withFixture(`{"source": "text $$ ${unique}", "listen": "unix:@a-${unique}", "outside": true, "tree": [
			{"path": "${home}/a$$b/../c", "kind": "file", "mode": "0600", "content": "${outside_pid}", "to": "", "dev": null},
			{"path": "${workspace}", "kind": "dir", "mode": null}, {"path": "${scratch}/l", "kind": "symlink", "to": "/etc/${unique}"},
			{"path": "${scratch}/h", "kind": "hardlink", "to": "${home}/c"}, {"path": "${scratch}/d", "kind": "char", "dev": "4095:1048575"}]}`), nil},
		{"fixture_nodes", "probe_registry.v0.3", withFixture(`{"tree": [
{"path": "/etc/x", "kind": "file", "mode": "0888"},
{"path": "${home}x", "kind": "dir", "content": "c"},
{"path": "${home}/./../x", "kind": "symlink"},
{"path": "${home}/${unique}", "kind": "hardlink", "to": "/etc/x", "mode": "0644"},
{"path": "${home}/d", "kind": "char", "dev": "4096:0"},
{"path": "${home}/e", "kind": "fifo", "dev": "1:3", "to": "x"},
{"path": "${home}/f", "kind": "device", "mod": "1"},
{"path": "${home}/g", "kind": "file", "content": "$x"},
{"path": "${home}/h", "kind": "symlink", "to": ""}]}`), []string{
			`3 /probes/x/fixture/tree/0/mode: "0888" is not octal between 0000 and 7777`,
			`3 /probes/x/fixture/tree/0/path: "/etc/x" must start with ${scratch}, ${home} or ${workspace}, then / or nothing`,
			`4 /probes/x/fixture/tree/1/content: "c" is for kind file; remove it`,
			`4 /probes/x/fixture/tree/1/path: "${home}x" must start with ${scratch}, ${home} or ${workspace}, then / or nothing`,
			`5 /probes/x/fixture/tree/2: key "to" is missing; add it`,
			`5 /probes/x/fixture/tree/2/path: "${home}/./../x" leaves the folder it starts with`,
			`6 /probes/x/fixture/tree/3/mode: "0644" is not for kinds symlink, hardlink and absent; remove it`,
			`6 /probes/x/fixture/tree/3/path: "${home}/${unique}" has a $ past its start; a path has one variable, and a dollar sign is written $$`,
			`6 /probes/x/fixture/tree/3/to: "/etc/x" must start with ${scratch}, ${home} or ${workspace}, then / or nothing`,
			`7 /probes/x/fixture/tree/4/dev: "4096:0" is not major:minor, two decimal numbers up to 4095 and 1048575`,
			`8 /probes/x/fixture/tree/5/dev: "1:3" is for kinds char and block; remove it`,
			`8 /probes/x/fixture/tree/5/to: "x" is for kinds symlink and hardlink; remove it`,
			`9 /probes/x/fixture/tree/6/kind: want "file", "dir", "symlink", "hardlink", "fifo", "socket", "char", "block" or "absent", got "device"`,
			`9 /probes/x/fixture/tree/6/mod: unknown key; did you mean "mode"?`,
			`10 /probes/x/fixture/tree/7/content: "$x" has a $ that begins no variable; write $$ for a dollar sign, or one of ${scratch}, ${home}, ${workspace}, ${loopback}, ${unique} and ${outside_pid}`,
			`11 /probes/x/fixture/tree/8/to: "" is empty; fill it in`,
		}},
		{"fixture_outside", "probe_registry.v0.3", withFixture(`{"source": "${outside_pid}", "tree": [{"path": "${home}/a", "kind": "file", "content": "$${outside_pid}"}]}`), []string{
			`2 /probes/x/fixture/source: "${outside_pid}" uses ${outside_pid}, which has a value only with "outside": true; add that to the fixture`,
		}},
		{"fixture_listen", "probe_registry.v0.3", withFixture(`{"listen": "sctp:${loopback}:1"}`), []string{
			`2 /probes/x/fixture/listen: "sctp:${loopback}:1" begins with no network; those are tcp, mptcp, udp, unix and unixgram`,
		}},
		{"fixture_listen_port", "probe_registry.v0.3", withFixture(`{"listen": "${loopback}:0"}`), []string{
			`2 /probes/x/fixture/listen: "${loopback}:0" is not a loopback address and a port, such as ${loopback}:8443`,
		}},
		{"fixture_listen_unix", "probe_registry.v0.3", withFixture(`{"listen": "unixgram:/tmp/x"}`), []string{
			`2 /probes/x/fixture/listen: "unixgram:/tmp/x" is neither a path that starts with ${scratch}, ${home} or ${workspace} nor an abstract name, such as @rtgen-${unique}`,
		}},

		{"profiles", "profile_registry.v0.3", profiles("v0.3", `"a": `+edit(profile, `"notes"`, `"landlock": {"optional_parents": ["${home}"], "compose": ["b.json"], "layers": [{"files": ["c.json"]}],
			"stack": ["a", "a"], "restrict_flags": ["log_new_exec_on"], "no_new_privs": false}, "notes"`)), nil},
		{"profiles_v02", "profile_registry.v0.2", profiles("v0.2", `"a": `+edit(edit(profile, "landlock", "sbpl"), `[]`, `["(allow default)"]`)), nil},
		{"profile_v02_mode", "profile_registry.v0.2", profiles("v0.2", `"a": `+edit(profile, `"notes"`, `"landlock": {}, "notes"`)), []string{
			`2 /profiles/a/mode: "landlock" is neither "sbpl" nor "blob"; the modes "landlock", "seccomp" and "launcher" need schema_version "runtime-tools.profile_registry.v0.3"`,
			`3 /profiles/a/landlock: needs schema_version "runtime-tools.profile_registry.v0.3"; change it at the top of the file`,
		}},
		{"profile_rules", "profile_registry.v0.3", profiles("v0.3", `"a": `+edit(edit(profile, `[]`, `""`), `["x"]`, `[]`)), []string{
			`2 /profiles/a/probe_refs: is empty; name at least one probe`,
			`3 /profiles/a/key_specific_rules: want an array, got a string`,
		}},
		{"profile_foreign_rules", "profile_registry.v0.3", profiles("v0.3", `"a": `+edit(profile, `[]`, `["(allow default)"]`)), []string{
			`3 /profiles/a/key_specific_rules: are lines of Seatbelt profiles; write [], the rules belong into the profile text`,
		}},
		{"profile_foreign_landlock", "profile_registry.v0.3", profiles("v0.3", `"a": `+edit(edit(profile, `"notes"`, `"landlock": {}, "notes"`), `"landlock"`, `"seccomp"`)), []string{
			`3 /profiles/a/landlock: only goes with mode "landlock"; remove it`,
		}},
		{"landlock_options", "profile_registry.v0.3", profiles("v0.3", `"a": `+edit(profile, `"notes"`, `"landlock": {"layers": [{"files": []}, {"restrict_flags": ["log_all", "log_new_exec_on", "log_new_exec_on"]}], "no_new_privs": null, "stack": ["a/b"]}, "notes"`)), []string{
			`3 /profiles/a/landlock/layers/0/files: is empty; name at least one profile text`,
			`3 /profiles/a/landlock/layers/1: key "files" is missing; add it`,
			`3 /profiles/a/landlock/layers/1/restrict_flags/0: want "log_same_exec_off", "log_new_exec_on" or "log_subdomains_off", got "log_all"`,
			`3 /profiles/a/landlock/layers/1/restrict_flags/2: stands twice, first as item 1; keep one`,
			`3 /profiles/a/landlock/no_new_privs: want a boolean, got null`,
			`3 /profiles/a/landlock/stack/0: "a/b" contains "/"; use ":" or "-" instead`,
		}},

		{"template_static", "plan_template.v0.1", template(`"template_id": "t", "description": "d", "registry_id": "r", "world_id": null, "expected_matrix": {}, "folder": "plans/t",` + inline), nil},
		{"template_static_v02", "plan_template.v0.1", template(edit(inline, `probe_registry.v0.3`, `probe_registry.v0.2`)), nil},
		{"template_static_faults", "plan_template.v0.1", template(edit(edit(inline, `"plan_id": "p", `, ``), `"expected": "allow"`, `"expected": "maybe"`)), []string{
			`2 /plan: key "plan_id" is missing; add it`,
			`4 /probes/probes/x/expected: want "allow" or "deny", got "maybe"`,
		}},
		{"template_static_half", "plan_template.v0.1", template(`"plan": ` + plan), []string{
			`1 : key "probes" is missing; add it`,
			`1 : key "profiles" is missing; add it`,
		}},
		{"template_vfs", "plan_template.v0.1", template(vfs), nil},
		{"template_vfs_faults", "plan_template.v0.1", template(edit(edit(vfs, `"role": "both", `, ``), `["/tmp/a"]`, `["/tmp/a", ["/tmp/a"]]`)), []string{
			`2 /path_sets/one/0: want an array, got a string`,
			`2 /path_sets/one/1: is no pair; want two paths`,
			`3 /profiles/v:a: key "role" is missing; add it`,
		}},
		{"template_keys", "plan_template.v0.1", template(edit(edit(vfs, `"v:a"`, `"v/a"`), `"policy": "literal"`, `"policy": "other"`)), []string{
			`3 /profiles/v~1a: key "v/a" contains "/"; use ":" or "-" instead`,
			`4 /profiles/v:b/policy: want "literal", "canonicalized" or "canonicalized_with_var_tmp_exception", got "other"`,
		}},
		{"template_metadata", "plan_template.v0.1", template(metadata), nil},
		{"template_metadata_faults", "plan_template.v0.1", template(edit(edit(metadata, `"alias_tmp"`, `"alias_etc"`), `"syscalls": ["stat"]`, `"syscalls": [" "]`)), []string{
			`3 /ops/file-read-metadata/syscalls/0: " " starts or ends with a space; remove it`,
			`4 /profiles/m:a/allowed_sets/0: want "alias", "canonical", "all", "alias_tmp" or "alias_var", got "alias_etc"`,
		}},
		{"template_folder", "plan_template.v0.1", template(`"template_id": "hardened-runtime", "description": "d", "folder": "plans/hardened-runtime"`), nil},
		{"template_folder_outside", "plan_template.v0.1", template(`"folder": "../x", "generator": "other"`), []string{
			`2 /folder: "../x" contains ".."; write it relative to the folder it belongs to`,
			`2 /generator: want "vfs-canonicalization", "metadata-runner" or null, got "other"`,
		}},
		{"template_nothing", "plan_template.v0.1", template(`"template_id": "t"`), []string{`1 : key "folder" is missing; add it`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := schema.Validate(prefix+tt.version, []byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprintf("%d %s: %s", f.Line, f.ID, f.Msg))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// A document with faults everywhere is given up, and says so.
func TestManyFindings(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "\"p%d\": 7,\n", i)
	}
	doc := probes("v0.3", strings.TrimSuffix(b.String(), ",\n"))
	found, err := schema.Validate(prefix+"probe_registry.v0.3", []byte(doc))
	if err != nil || len(found) != 1001 {
		t.Fatalf("%d findings, %v, want 1001", len(found), err)
	}
	last := found[1000]
	if want := "more than 1000 faults; correct those above first"; last.Msg != want || last.Line != 1002 {
		t.Errorf("last finding %+v, want line 1002: %s", last, want)
	}
}

// Entry by entry says what the whole tree says.
func TestEntriesAgreeWithWhole(t *testing.T) {
	data, err := os.ReadFile("../../plans/agent-workspace/registry/probes.json")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, tt := range []struct{ name, version, doc string }{
		{"as_is", "probe_registry.v0.3", text},
		{"other_version", "probe_registry.v0.2", text},
		{"expected", "probe_registry.v0.3", strings.ReplaceAll(text, `"expected": "deny"`, `"expected": 0, "extra": []`)},
		{"keys", "probe_registry.v0.3", strings.ReplaceAll(text, "workspace-rw:", " workspace-rw/")},
		{"not_an_object", "probe_registry.v0.3", `{"probes": 7, "other": 1}`},
		{"profiles", "profile_registry.v0.3", profiles("v0.3", `"a/b": `+edit(profile, "landlock", "none"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := schema.Validate(prefix+tt.version, []byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(schema.ValidateWhole(prefix+tt.version, []byte(tt.doc)), got); diff != "" {
				t.Errorf("whole against entries (-whole +entries):\n%s", diff)
			}
		})
	}
}
