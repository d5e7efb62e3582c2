package harness_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/schema"
)

// disagreements are all the ways in which a reader and its schema may differ
// about a document that is wrong in one place: where, how it was made wrong,
// and what the one of both says that refuses it. Each is a regular expression,
// and empty for whatever it is.
var disagreements = []struct{ refuses, where, how, says, reason string }{
	{"schema", `/supports_lanes/(baseline|scenario|oracle)$`, `^without`, ``,
		"a probe should name all three lanes, and the reader takes one that is not named as on"},
	{"schema", `/supports_lanes$`, `^object \{\}`, ``, "the same: no lane is named"},
	{"reader", `/filter_type$`, `^number 1\.0`, ``, "to a schema 1.0 is an integer; the reader wants it written as one"},
	{"reader", `/(probe_id|profile_id)$`, `^text`, `but its key is`, "no schema can say that an entry's id equals its key"},
	{"reader", `^/registries`, ``, `stands twice`, "no schema can say that an id stands once in a list of objects"},
	{"reader", ``, ``, `unknown (profile|probe) "`, "no schema knows which entries there are, here or in another file"},
	{"reader", `^/profiles/base/mode$`, ``, `have layers to stack`, "no schema knows the mode of a profile that another one stacks"},
	{"reader", `/fixture/tree`, ``, `is already|is not a file made earlier`, "no schema follows the paths of a tree: what stands at one decides what may stand there too, and what may link to it"},
	{"reader", `/fixture/listen$`, ``, `is already a dir`, "the same: the socket would stand where a folder is"},
	// Of templates.
	{"reader", ``, ``, `make them equal`, "no schema can say that two ids are the same"},
	{"reader", `^/folder$`, ``, `has no plan\.json`, "no schema knows which files there are"},
	{"reader", `^/(profile_order|profiles)`, ``, `leaves out profile`, "no schema can say that a list has every key of an object"},
	{"reader", `^/ops/file-read-metadata/`, ``, `is not in syscalls`, "no schema can say that a list is part of another"},
	{"reader", `^/(path_sets|profiles/[^/]+/(request_paths|allowed_paths|path_pairs))`, ``, `path set`, "no schema knows which sets there are, and of what"},
	{"reader", ``, ``, `comes to no probe`, "no schema multiplies operations by paths"},
}

// documents with every key there is, for what the shipped ones do not use.
const (
	fullPlan = `{"$schema": "x", "schema_version": "runtime-tools.plan.v0.1", "plan_id": "p", "registry_id": "r", "profiles": ["a", "b"], "world_id": "w",
"lanes": {"scenario": true, "baseline": true, "oracle": false}, "controls": {"free": [1, {}]}, "apply_preflight_profile": "profiles/a.json", "notes": "n"}`
	fullIndex = `{"$schema": "x", "schema_version": "runtime-tools.registry_index.v0.1", "registries": [
{"id": "first", "probes": "a/probes.json", "profiles": "a/profiles.json", "description": "d"}, {"id": "second", "probes": "p", "profiles": "q", "description": null}]}`
	plainProbes = `{"$schema": "x", "schema_version": "runtime-tools.probe_registry.v0.2", "registry_id": "r", "world_id": "w", "probes": {"a/b": {"probe_id": "a/b", "name": "n",
"operation": "file-read*", "target": "/etc/motd", "expected": "deny", "supports_lanes": {"baseline": true, "scenario": true, "oracle": false}, "expected_primary_ops": ["file-read*"],
"expected_predicates": ["/etc/motd"], "capabilities_required": ["loopback_listener"], "controls_supported": ["baseline", "allow_default", "deny_default"], "expectation_id": "e", "mode": "m",
"driver": "d", "syscall": "s", "attr_payload": "a", "anchor_ctx_id": "x", "filter_name": "f", "filter_type": 1, "fixture": null}}}`
	fullProbes = `{"schema_version": "runtime-tools.probe_registry.v0.3", "registry_id": "r", "world_id": null, "probes": {"a": {"probe_id": "a", "name": "n",
"operation": "fs.refer", "target": "${home}/x", "expected": "allow", "supports_lanes": {"baseline": true, "scenario": true, "oracle": false}, "expected_primary_ops": null,
"expected_predicates": null, "capabilities_required": null, "controls_supported": [], "fixture": {"source": "${home}/f", "listen": "tcp:${loopback}:80", "outside": true, "tree": [
{"path": "${home}/f", "kind": "file", "mode": "0600", "content": "${outside_pid}$$"}, {"path": "${home}/h", "kind": "hardlink", "to": "${home}/f"}]}}}}`
	plainProfiles = `{"schema_version": "runtime-tools.profile_registry.v0.2", "registry_id": "r", "world_id": "w", "profiles": {"a": {"profile_id": "a", "profile_path": "sb/a.sb",
"mode": "sbpl", "probe_refs": ["x", "y/z"], "family": "f", "semantic_group": "g", "notes": "n", "key_specific_rules": ["(allow default)"], "landlock": null, "seatbelt": null}}}`
	fullProfiles = `{"schema_version": "runtime-tools.profile_registry.v0.3", "registry_id": "r", "profiles": {"a": {"profile_id": "a", "profile_path": "p/a.json",
"mode": "landlock", "probe_refs": ["x"], "family": null, "semantic_group": null, "notes": null, "key_specific_rules": [], "landlock": {"optional_parents": ["/x"], "compose": ["p/b.json"],
"layers": [{"files": ["p/c.json"], "restrict_flags": ["log_same_exec_off"]}], "stack": ["base"], "restrict_flags": ["log_new_exec_on", "log_subdomains_off"], "no_new_privs": true}},
"base": {"profile_id": "base", "profile_path": "p/b.json", "mode": "landlock", "probe_refs": ["x"], "family": null, "semantic_group": null, "notes": null, "key_specific_rules": []},
"mac": {"profile_id": "mac", "profile_path": "p/m.sb", "mode": "sbpl", "probe_refs": ["x"], "family": null, "semantic_group": null, "notes": null, "key_specific_rules": ["(allow x)"],
"seatbelt": {"parameters": {"WORK": "/private/tmp/w", "none": ""}}},
"other": {"profile_id": "other", "profile_path": "p/o.json", "mode": "seccomp", "probe_refs": ["x"], "family": null, "semantic_group": null, "notes": null, "key_specific_rules": []}}}`
)

// nodes are the other kinds of node in a fixture.
var nodes = []string{
	`{"path": "${home}/d", "kind": "dir", "mode": "0700"}`,
	`{"path": "${home}/s", "kind": "symlink", "to": "${unique}"}`,
	`{"path": "${home}/i", "kind": "fifo", "mode": null}`,
	`{"path": "${home}/k", "kind": "socket", "mode": ""}`,
	`{"path": "${home}/c", "kind": "char", "dev": "1:3"}`,
	`{"path": "${home}/b", "kind": "block", "dev": "7:0", "mode": "0600"}`,
	`{"path": "${home}/n", "kind": "absent", "mode": "", "content": "", "to": null, "dev": null}`,
}

// The forms of template, by the name of each.
var templates = map[string]string{
	"vfs": `{"$schema": "x", "schema_version": "runtime-tools.plan_template.v0.1", "template_id": "vfs-canonicalization", "description": "d", "registry_id": "r", "world_id": "w", "folder": "plans/x",
"generator": null, "plan_id": "p", "lanes": {"scenario": true, "baseline": true, "oracle": true}, "controls": {"a": 1}, "apply_preflight_profile": "profiles/a.sb", "family": "f", "semantic_group": "g",
"path_sets": {"paths": ["/a", "/b"], "pairs": [["/a", "/b"]], "none": []}, "profile_order": ["b", "a", "c"], "profiles": {
"a": {"sbpl": "profiles/a.sb", "ops": ["file-read*"], "policy": "literal", "variant": "v", "request_paths": "paths", "allowed_paths": ["/a"], "family": "f", "semantic_group": "g", "key_specific_rules": ["x"], "notes": "n"},
"b": {"sbpl": "profiles/b.sb", "ops": ["file-read*"], "policy": "canonicalized", "role": "both", "path_pairs": [["/c", "/d"]]},
"c": {"sbpl": "profiles/c.sb", "ops": ["file-read*"], "policy": "canonicalized_with_var_tmp_exception", "role": "first_only", "path_pairs": "pairs", "request_paths": null}}}`,
	"metadata": `{"schema_version": "runtime-tools.plan_template.v0.1", "template_id": "other", "generator": "metadata-runner", "registry_id": "r", "notes": "n", "expected_matrix": {"a": 1},
"path_pairs": [["/tmp/a", "/private/tmp/a"]], "ops": {"file-read-metadata": {"syscalls": ["s", "t"], "attr_payloads": ["p"], "attr_payload_syscalls": ["t"]}, "file-write*": {"syscalls": ["w"]}},
"profiles": {"a": {"sbpl": "profiles/a.sb", "mode": "blob", "allowed_sets": ["alias", "canonical"], "family": "f", "semantic_group": "g", "key_specific_rules": [], "notes": null}}}`,
	"folder": `{"schema_version": "runtime-tools.plan_template.v0.1", "template_id": "agent-workspace", "description": "d", "registry_id": "agent-workspace", "world_id": null, "folder": "plans/agent-workspace"}`,
	"static": `{"schema_version": "runtime-tools.plan_template.v0.1", "registry_id": "r", "world_id": null, "folder": ".", "expected_matrix": {"a": []}, "generator": null,
"plan": {"schema_version": "runtime-tools.plan.v0.1", "plan_id": "p", "registry_id": "r", "profiles": ["a"]},
"probes": {"schema_version": "runtime-tools.probe_registry.v0.2", "registry_id": "r", "probes": {"x": {"probe_id": "x", "name": "n",
"operation": "file-read*", "target": "/etc/motd", "expected": "deny", "supports_lanes": {"baseline": true, "scenario": true, "oracle": false}, "expected_primary_ops": ["file-read*"],
"expected_predicates": ["/etc/motd"], "capabilities_required": [], "controls_supported": []}}},
"profiles": {"schema_version": "runtime-tools.profile_registry.v0.3", "registry_id": "r", "profiles": {"a": {"profile_id": "a", "profile_path": "sb/a.sb",
"mode": "sbpl", "probe_refs": ["x"], "family": "f", "semantic_group": "g", "notes": "n", "key_specific_rules": ["(allow default)"], "landlock": null}}}}`,
}

// What the readers refuse, the schemas refuse, and the other way round, so that
// an editor says what rtgen will say. Each document is made wrong in one place,
// in every place and every way.
func TestSchemasAgreeWithReaders(t *testing.T) {
	parsers := map[string]func(harness.File) error{
		"plan":     func(f harness.File) error { _, err := harness.ParsePlan(f); return err },
		"probes":   func(f harness.File) error { _, err := harness.ParseProbes(f); return err },
		"profiles": func(f harness.File) error { _, err := harness.ParseProfiles(f, nil); return err },
		"index":    func(f harness.File) error { _, err := harness.ParseRegistryIndex(f); return err },
		"template": func(f harness.File) error {
			read, err := harness.ParseTemplate(f)
			if err == nil {
				_, err = read.Expand()
			}
			return err
		},
	}
	type document struct{ name, kind, text, within string }
	docs := []document{
		{"full plan", "plan", fullPlan, ""}, {"full index", "index", fullIndex, ""}, {"plain probes", "probes", plainProbes, ""}, {"full probes", "probes", fullProbes, ""},
		{"plain profiles", "profiles", plainProfiles, ""}, {"full profiles", "profiles", fullProfiles, ""},
	}
	for _, node := range nodes {
		kept, _, _ := strings.Cut(fullProbes, `"fixture": {`)
		docs = append(docs, document{node, "probes", kept + `"fixture": {"tree": [` + node + `]}}}}`, "/probes/a/fixture"})
	}
	made := len(docs)
	docs = append(docs, document{"registries/index.json", "index", string(readData(t, "registries/index.json")), ""})
	for _, form := range slices.Sorted(maps.Keys(templates)) {
		docs = append(docs, document{form + " template", "template", templates[form], ""})
	}
	for _, dir := range []string{"plans/agent-workspace", "testdata/small"} {
		docs = append(docs, document{dir + "/plan.json", "plan", string(readData(t, dir+"/plan.json")), ""})
		for _, kind := range []string{"probes", "profiles"} {
			file := dir + "/registry/" + kind + ".json"
			for i, text := range entryByEntry(t, kind, readData(t, file)) {
				docs = append(docs, document{fmt.Sprintf("%s entry %d", file, i), kind, text, ""})
			}
		}
	}
	used, shapes, tried, refused := map[int]bool{}, map[string]bool{}, 0, 0
	for n, doc := range docs {
		var root map[string]any
		if err := json.Unmarshal([]byte(doc.text), &root); err != nil {
			t.Fatalf("%s: %v", doc.name, err)
		}
		version, _ := root["schema_version"].(string)
		judge := func(path, mutation string, data []byte) {
			tried++
			readerErr := parsers[doc.kind](harness.File{Name: "f.json", Data: data})
			found, err := schema.Validate(version, data)
			if err != nil {
				t.Fatal(err)
			}
			var who, why string
			switch {
			case readerErr != nil && len(found) == 0:
				who, why = "reader", readerErr.Error()
			case readerErr == nil && len(found) > 0:
				who, why = "schema", fmt.Sprint(found)
			case readerErr != nil:
				refused++
				return
			default:
				return
			}
			for i, d := range disagreements {
				if d.refuses == who && fits(t, d.where, path) && fits(t, d.how, mutation) && fits(t, d.says, why) {
					used[i] = true
					return
				}
			}
			t.Errorf("%s: %s %s: only the %s refuses it: %s", doc.name, path, mutation, who, why)
		}
		m := mutator{t: t, root: root, judge: judge, all: n < made}
		judge("", "as it is", []byte(doc.text))
		if s := shape(root); !shapes[s] {
			shapes[s] = true
			part := any(root)
			for _, key := range strings.FieldsFunc(doc.within, func(r rune) bool { return r == '/' }) {
				part = part.(map[string]any)[key]
			}
			m.mutate(part, doc.within)
		}
	}
	for i, d := range disagreements {
		if !used[i] {
			t.Errorf("no document shows the difference at %s: %s", d.where, d.reason)
		}
	}
	if tried < 10_000 || refused < tried/3 {
		t.Errorf("%d documents, %d of them refused: too few to tell anything", tried, refused)
	}
	t.Logf("%d documents, %d refused by both", tried, refused)
}

func fits(t *testing.T, expr, text string) bool {
	t.Helper()
	ok, err := regexp.MatchString(expr, text)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// entryByEntry splits a registry into one for each entry: there is much to try
// and most of each would be the same.
func entryByEntry(t *testing.T, kind string, data []byte) []string {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	entries := root[kind].(map[string]any)
	var docs []string
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		root[kind] = map[string]any{id: entries[id]}
		docs = append(docs, string(marshal(t, root)))
	}
	return docs
}

// shape is what sets a document apart from others of its kind: its keys and
// types, and what nodes of a fixture are.
func shape(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var b strings.Builder
		for _, key := range slices.Sorted(maps.Keys(v)) {
			name := key
			if entry, ok := v[key].(map[string]any); ok && entry["probe_id"] == key {
				name = "entry"
			}
			fmt.Fprintf(&b, "%s:%s,", name, shape(v[key]))
			if word, ok := v[key].(string); ok && (key == "kind" || key == "mode" || key == "schema_version") {
				b.WriteString(word)
			}
		}
		return "{" + b.String() + "}"
	case []any:
		items := map[string]bool{}
		for _, item := range v {
			items[shape(item)] = true
		}
		return fmt.Sprint(slices.Sorted(maps.Keys(items)))
	}
	return fmt.Sprintf("%T", v)
}

// mutator gives judge a document with each thing wrong, one at a time.
type mutator struct {
	t     *testing.T
	root  any
	all   bool // texts are tried
	judge func(path, mutation string, data []byte)
}

func (m *mutator) try(path, mutation string) { m.judge(path, mutation, marshal(m.t, m.root)) }

// mutate goes through node, which is part of the root, and what is beneath it.
func (m *mutator) mutate(node any, path string) {
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			at, value := path+"/"+strings.ReplaceAll(key, "/", "~1"), node[key]
			delete(node, key)
			m.try(at, "without it")
			if entry, ok := value.(map[string]any); ok && (strings.HasSuffix(path, "/probes") || strings.HasSuffix(path, "/profiles")) {
				m.rekey(node, at, entry)
			}
			for mutation, other := range m.others(at, value) {
				node[key] = other
				m.try(at, mutation)
			}
			node[key] = value
			m.mutate(value, at)
		}
		node["no_such_key"] = 1
		m.try(path, "with an unknown key")
		delete(node, "no_such_key")
	case []any:
		tried := map[string]bool{}
		for i, value := range node {
			like := shape(value)
			if tried[like] {
				continue // an item like one before has nothing new
			}
			tried[like] = true
			at := fmt.Sprintf("%s/%d", path, i)
			for mutation, other := range m.others(at, value) {
				node[i] = other
				m.try(at, mutation)
			}
			node[i] = value
			m.mutate(value, at)
		}
	}
}

// texts are tried in the documents made for this, fixtureTexts in their
// fixtures too, and fewTexts in the shipped documents, which are many and have
// nothing that those do not have.
var texts = []string{
	"no-such-word", "", " ", " x", "x ", "\u00a0x", "x\u3000", "a\u0085b", "a\u007fb", "a\tb", ".", "..", "./", "././/.", "a/b", "a//b/", "../x", "a/../b", "a/..", "..a", "a..b", `a\b`, `a\..`, "/x", "$", "${home}/x",
	"allow", "sbpl", "seccomp", "landlock", "baseline", "second", "log_new_exec_on",
}

var fixtureTexts = []string{
	"$$", "$${", "${home}", "${home}x", "${home}/../x", "${home}/./..", "${home}/a/../x", "${home}/..x", "${home}/$$", "${home}/${unique}", "${workspace}/x", "${scratch}/y", "${unique}", "${outside_pid}", "${other}", "${home}:1",
	"0644", "00644", "7777", "10000", "888", "+1", "-1", "1:3", "1:", "4095:1048575", "4096:1", "1:1048576", "01:01",
	"file", "dir", "symlink", "hardlink", "absent", "char",
	"127.0.0.1:80", "127.0.0.1:0", "127.0.0.1:65535", "127.0.0.1:65536", "127.0.0.1:00080", "128.0.0.1:80", "127.0.0.256:80", "[::1%lo]:80", "${loopback}:${outside_pid}", "udp:${loopback}:53", "mptcp:[::1]:1", "sctp:${loopback}:1",
	"udp:@x", "unix:${home}", "unix:${home}/x", "unixgram:@x", "unix:@", "unix:/x", "unix:x", "tcp:", ":1",
}

var fewTexts = []string{"no-such-word", "", "../x", "$x"}

// others are the values to put in place of one.
func (m *mutator) others(at string, value any) map[string]any {
	list := map[string]any{"null": nil, "boolean": true, "number 7": 7, "number 1.5": 1.5, "number 1.0": json.RawMessage("1.0"), "array []": []any{}, "object {}": map[string]any{}}
	switch value := value.(type) {
	case nil:
		delete(list, "null")
	case bool:
		delete(list, "boolean")
	case []any:
		if len(value) > 0 {
			list["first item twice"] = append(slices.Clone(value), value[0])
		}
	}
	tried := fewTexts
	switch _, text := value.(string); {
	case !text:
		tried = fewTexts[:1]
	case m.all && strings.Contains(at, "/fixture/"):
		tried = slices.Concat(texts, fixtureTexts)
	case m.all:
		tried = texts
	}
	for _, text := range tried {
		if text != value {
			list[fmt.Sprintf("text %q", text)] = text
		}
	}
	return list
}

// rekey puts an entry under other ids, its own with it.
func (m *mutator) rekey(entries map[string]any, at string, entry map[string]any) {
	renamed := maps.Clone(entry)
	tried := fewTexts
	if m.all {
		tried = texts
	}
	for _, text := range tried {
		if _, taken := entries[text]; taken {
			continue
		}
		for _, id := range []string{"probe_id", "profile_id"} {
			if _, has := entry[id]; has {
				renamed[id] = text
			}
		}
		entries[text] = renamed
		m.try(at, fmt.Sprintf("key %q", text))
		delete(entries, text)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
