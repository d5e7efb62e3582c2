package schema_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/schema"
	"github.com/rtgen/rtgen/registries"
)

const prefix = "runtime-tools."

func TestVersions(t *testing.T) {
	want := []string{
		"hardened-runtime.other-runtime-inventory.v0.1",
		"rtgen.cross_world.v0.1",
		"rtgen.mapping_index.v0.1",
		"rtgen.vocabulary.v0.1",
		"runtime-tools.callout_vs_syscall.v0.1",
		"runtime-tools.divergence_annotations.v0.1",
		"runtime-tools.events_index.v0.1",
		"runtime-tools.expectations.v0.1",
		"runtime-tools.expected_matrix.v0.1",
		"runtime-tools.golden_decodes.v0.1",
		"runtime-tools.golden_expectations.v0.1",
		"runtime-tools.golden_traces.v0.1",
		"runtime-tools.launchctl_diagnostics.v0.1",
		"runtime-tools.mismatch_summary.v0.1",
		"runtime-tools.op_runtime_summary.v0.1",
		"runtime-tools.plan.v0.1",
		"runtime-tools.plan_template.v0.1",
		"runtime-tools.probe_registry.v0.2",
		"runtime-tools.probe_registry.v0.3",
		"runtime-tools.profile_registry.v0.2",
		"runtime-tools.profile_registry.v0.3",
		"runtime-tools.registry_index.v0.1",
		"runtime-tools.runtime_callout_oracle.v0.1",
		"runtime-tools.runtime_coverage.v0.1",
		"runtime-tools.runtime_events_normalized.v0.1",
		"runtime-tools.runtime_indexes.v0.1",
		"runtime-tools.runtime_links.v0.1",
		"runtime-tools.runtime_manifest.v0.1",
		"runtime-tools.runtime_signatures.v0.1",
		"runtime-tools.runtime_story.v0.1",
		"runtime-tools.scenarios.v0.1",
		"runtime.packet_set.v0.1",
		"runtime.promotion_receipt.v0.1",
	}
	if diff := cmp.Diff(want, schema.Versions()); diff != "" {
		t.Errorf("Versions (-want +got):\n%s", diff)
	}
	_, err := schema.Validate("runtime-tools.plan.v9.0", []byte("{}"))
	if err == nil || !strings.Contains(err.Error(), `"runtime-tools.plan.v9.0"`) || !strings.Contains(err.Error(), want[0]) {
		t.Errorf("Validate of an unknown version: error %v", err)
	}
}

// Every data file of the repository is what its schema says.
func TestShippedData(t *testing.T) {
	seen := map[string]int{}
	for _, dir := range []string{"plans", "registries", "testdata", "cmd/rtgen/testdata"} {
		root := filepath.Join("../..", dir)
		err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			folder := filepath.Base(filepath.Dir(file))
			whole := (folder == "templates" || folder == "vocab") && filepath.Ext(file) == ".json"
			if !whole && !slices.Contains([]string{"plan.json", "probes.json", "profiles.json", "index.json"}, entry.Name()) {
				return nil
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			var doc struct {
				Version string `json:"schema_version"`
			}
			if err := json.Unmarshal(data, &doc); err != nil {
				t.Errorf("%s: %v", file, err)
				return nil
			}
			found, err := schema.Validate(doc.Version, data)
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
			for _, f := range found {
				t.Errorf("%s:%d: %s: %s", file, f.Line, f.ID, f.Msg)
			}
			seen[doc.Version]++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, version := range []string{
		prefix + "plan.v0.1", prefix + "registry_index.v0.1", prefix + "probe_registry.v0.3", prefix + "profile_registry.v0.3",
		"rtgen.vocabulary.v0.1",
	} {
		if seen[version] == 0 {
			t.Errorf("no file of version %s", version)
		}
	}
}

// documents are the schema files.
func documents(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := fs.Glob(registries.FS, "schemas/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("schema files %v, %v", files, err)
	}
	docs := map[string]map[string]any{}
	for _, file := range files {
		data, err := registries.FS.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc := map[string]any{}
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		docs[strings.TrimPrefix(file, "schemas/")] = doc
	}
	return docs
}

// Editors load one file and fetch nothing, so each has all it refers to. What
// several files have is the same in all.
func TestSelfContained(t *testing.T) {
	first := map[string]any{} // by name
	for file, doc := range documents(t) {
		version := strings.TrimSuffix(file, ".schema.json")
		if doc["$id"] != "urn:rtgen:schema:"+version || doc["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $id %v, $schema %v", file, doc["$id"], doc["$schema"])
		}
		defs, _ := doc["$defs"].(map[string]any)
		used := map[string]bool{}
		walk(doc, "", func(at string, node map[string]any) {
			ref, ok := node["$ref"].(string)
			if !ok {
				return
			}
			name, ok := strings.CutPrefix(ref, "#/$defs/")
			if _, has := defs[name]; !ok || !has {
				t.Errorf("%s: %s refers to %q, which is not in the file", file, at, ref)
			}
			used[name] = true
		})
		for name, def := range defs {
			if !used[name] {
				t.Errorf("%s: nothing refers to $defs/%s", file, name)
			}
			if other, ok := first[name]; ok {
				if diff := cmp.Diff(other, def); diff != "" {
					t.Errorf("%s: $defs/%s is another elsewhere (-there +here):\n%s", file, name, diff)
				}
			}
			first[name] = def
		}
	}
}

// A template's documents are what they are in files of their own.
func TestTemplateDocuments(t *testing.T) {
	docs := documents(t)
	defs := docs["plan_template.v0.1.schema.json"]["$defs"].(map[string]any)
	for def, file := range map[string]string{
		"plan": "plan.v0.1", "probes_v02": "probe_registry.v0.2", "probes_v03": "probe_registry.v0.3",
		"profiles_v02": "profile_registry.v0.2", "profiles_v03": "profile_registry.v0.3",
	} {
		whole := docs[file+".schema.json"]
		for _, key := range []string{"$schema", "$id", "$defs", "title"} {
			delete(whole, key)
		}
		if diff := cmp.Diff(whole, defs[def]); diff != "" {
			t.Errorf("$defs/%s is not %s (-file +template):\n%s", def, file, diff)
		}
	}
}

// walk visits every object below node.
func walk(node any, at string, visit func(at string, node map[string]any)) {
	switch node := node.(type) {
	case map[string]any:
		visit(at, node)
		for key, below := range node {
			walk(below, at+"/"+key, visit)
		}
	case []any:
		for i, below := range node {
			walk(below, fmt.Sprintf("%s/%d", at, i), visit)
		}
	}
}

// Editors show a description when the mouse rests on a key. One in the
// conditions of a rule is never shown.
func TestDescriptions(t *testing.T) {
	condition := regexp.MustCompile(`/(if|then|else|not|allOf|anyOf)(/|$)`)
	for file, doc := range documents(t) {
		if doc["description"] == nil || doc["title"] == nil {
			t.Errorf("%s: no title or description", file)
		}
		defs, _ := doc["$defs"].(map[string]any)
		count := 0
		walk(doc, "", func(at string, node map[string]any) {
			properties, ok := node["properties"].(map[string]any)
			if !ok || condition.MatchString(at) || strings.HasSuffix(at, "/properties") {
				return
			}
			for name, p := range properties {
				p, ok := p.(map[string]any)
				if !ok {
					if name != "generator" { // described at the top
						t.Errorf("%s: %s/properties/%s is no schema", file, at, name)
					}
					continue
				}
				text, _ := p["description"].(string)
				if ref, ok := p["$ref"].(string); ok && text == "" {
					def, _ := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
					text, _ = def["description"].(string)
				}
				count++
				if len(text) < 5 || !strings.HasSuffix(text, ".") {
					t.Errorf("%s: %s/properties/%s has description %q, want a sentence", file, at, name, text)
				}
				words, _ := p["enum"].([]any)
				for _, word := range words {
					if word, ok := word.(string); ok && !strings.Contains(text, word) {
						t.Errorf("%s: the description of %s/properties/%s does not explain %q", file, at, name, word)
					}
				}
			}
		})
		if count == 0 {
			t.Errorf("%s: no properties", file)
		}
	}
}

// The rules whose faults have words of their own must bring them: a pattern or
// a "not" says nothing to people. Anything but these keywords would end in a
// message that names the rule alone.
func TestRulesHaveWords(t *testing.T) {
	spoken := []string{ // by message and causes
		"type", "enum", "const", "required", "additionalProperties", "properties", "items", "propertyNames", "uniqueItems",
		"minLength", "allOf", "anyOf", "if", "then", "else", "contains", "$ref", "$defs", "$id", "$schema", "$comment", "title", "description",
	}
	mute := []string{"pattern", "not", "minItems", "maxItems", "minProperties"}
	for file, doc := range documents(t) {
		check := func(at string, node map[string]any) {
			inCondition := strings.Contains(at+"/", "/if/") || strings.Contains(at+"/", "/not/")
			for key := range node {
				if slices.Contains(mute, key) && !inCondition && node["$comment"] == nil {
					t.Errorf("%s: %s has %q and no $comment with what to do", file, at, key)
				}
				if !slices.Contains(spoken, key) && !slices.Contains(mute, key) {
					t.Errorf("%s: %s has the keyword %q, whose faults have no message", file, at, key)
				}
			}
			for _, key := range []string{"anyOf", "contains"} {
				if node[key] != nil && !inCondition {
					t.Errorf("%s: %s has %q outside a condition, which gives one fault for every branch", file, at, key)
				}
			}
		}
		walk(doc, "", func(at string, node map[string]any) {
			parent := at[strings.LastIndex(at, "/")+1:]
			if parent != "properties" && parent != "$defs" {
				check(at, node)
			}
		})
	}
}
