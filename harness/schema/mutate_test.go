package schema_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/schema"
)

var update = flag.Bool("update", false, "write testdata/tolerated.txt anew")

// mutated are documents, by version: the paths of real ones, or the text of one.
var mutated = map[string][]string{
	"hardened-runtime.other-runtime-inventory.v0.1": {"testdata/inventory.json"},
	"rtgen.cross_world.v0.1":                        {"MAPPINGS/cross_world.json"},
	"rtgen.mapping_index.v0.1":                      {"MAPPINGS/mapping_index.json"},
	"rtgen.vocabulary.v0.1":                         {"../../registries/vocab/linux_ops.json"},
	prefix + "callout_vs_syscall.v0.1":              {"testdata/callout_vs_syscall.json"},
	prefix + "divergence_annotations.v0.1":          {"testdata/divergence_annotations.json"},
	prefix + "events_index.v0.1":                    {"MAPPINGS/WORLD/runtime_cuts/events_index.json"},
	prefix + "expectations.v0.1":                    {"MAPPINGS/WORLD/expectations.json"},
	prefix + "expected_matrix.v0.1":                 {"MAPPINGS/run/expected_matrix.json"},
	prefix + "golden_decodes.v0.1":                  {"testdata/golden_decodes.json"},
	prefix + "golden_expectations.v0.1":             {"testdata/golden_expectations.json"},
	prefix + "golden_traces.v0.1":                   {"testdata/golden_traces.json"},
	prefix + "launchctl_diagnostics.v0.1":           {"testdata/launchctl_diagnostics.json"},
	prefix + "mismatch_summary.v0.1":                {"MAPPINGS/run/mismatch_summary.json"},
	prefix + "op_runtime_summary.v0.1":              {"MAPPINGS/WORLD/op_runtime_summary.json", "MAPPINGS/WORLD/runtime_cuts/ops.json"},
	prefix + "plan.v0.1":                            {"../../plans/landlock-fs/plan.json"},
	prefix + "plan_template.v0.1":                   {"../../plans/templates/metadata-runner.json"},
	prefix + "probe_registry.v0.2":                  {"../../plans/vfs-canonicalization/registry/probes.json"},
	prefix + "probe_registry.v0.3":                  {"../../cmd/rtgen/testdata/honest/registry/probes.json"},
	prefix + "profile_registry.v0.2":                {"../../plans/vfs-canonicalization/registry/profiles.json"},
	prefix + "profile_registry.v0.3":                {"../../cmd/rtgen/testdata/honest/registry/profiles.json"},
	prefix + "registry_index.v0.1":                  {"../../registries/index.json"},
	prefix + "runtime_callout_oracle.v0.1":          {"MAPPINGS/WORLD/runtime_callout_oracle.json"},
	prefix + "runtime_coverage.v0.1":                {"MAPPINGS/WORLD/runtime_coverage.json"},
	prefix + "runtime_events_normalized.v0.1":       {"MAPPINGS/run/runtime_events.normalized.json"},
	prefix + "runtime_indexes.v0.1":                 {"MAPPINGS/WORLD/runtime_cuts/runtime_indexes.json"},
	prefix + "runtime_links.v0.1":                   {"MAPPINGS/WORLD/runtime_links.json"},
	prefix + "runtime_manifest.v0.1":                {"MAPPINGS/WORLD/runtime_cuts/runtime_manifest.json"},
	prefix + "runtime_signatures.v0.1":              {"MAPPINGS/WORLD/runtime_signatures.json"},
	prefix + "runtime_story.v0.1":                   {"MAPPINGS/WORLD/runtime_cuts/runtime_story.json"},
	prefix + "scenarios.v0.1":                       {"MAPPINGS/WORLD/runtime_cuts/scenarios.json"},
	"runtime.packet_set.v0.1":                       {"testdata/packet_set.json"},
	"runtime.promotion_receipt.v0.1":                {"MAPPINGS/promotion_receipt.json"},
}

var mutatedPlaces = strings.NewReplacer(
	"MAPPINGS", "../../reporters/mapping/testdata/golden", "WORLD", "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5", "<sha256>", strings.Repeat("ab", 32))

// Every schema speaks of all of a real document: a key that is missing, a key that
// nobody knows and a value of another type are found, wherever they are. What is
// let through is listed, so that somebody has seen it: keys that may be left out,
// objects whose keys are data, and values that may be anything.
func TestMutations(t *testing.T) {
	if want := slices.Sorted(maps.Keys(mutated)); !slices.Equal(want, schema.Versions()) {
		t.Fatalf("there are documents of %q, and schemas of %q", want, schema.Versions())
	}
	var tolerated strings.Builder
	for _, version := range schema.Versions() {
		through := map[string]bool{}
		for _, file := range mutated[version] {
			text, err := os.ReadFile(mutatedPlaces.Replace(file))
			if err != nil {
				t.Fatal(err)
			}
			text = []byte(mutatedPlaces.Replace(string(text)))
			m := &mutation{t: t, version: version, through: through}
			if err := json.Unmarshal(text, &m.doc); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if found := m.findings(); len(found) > 0 {
				t.Errorf("%s: %v", file, found)
			}
			m.doc = m.shorten(m.doc)
			m.mutate("", m.doc, func(v any) { m.doc = v })
		}
		fmt.Fprintf(&tolerated, "%s\n", version)
		for _, line := range slices.Sorted(maps.Keys(through)) {
			fmt.Fprintf(&tolerated, "\t%s\n", line)
		}
	}
	file := filepath.Join("testdata", "tolerated.txt")
	if *update {
		if err := os.WriteFile(file, []byte(tolerated.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), tolerated.String()); diff != "" {
		t.Errorf("what schemas let through (-want +got); -update writes it anew:\n%s", diff)
	}
}

// mutation changes a document in one place after another.
type mutation struct {
	t       *testing.T
	version string
	doc     any
	through map[string]bool // the changes that no schema minds
}

func (m *mutation) findings() []schema.Finding {
	m.t.Helper()
	text, err := json.Marshal(m.doc)
	if err != nil {
		m.t.Fatal(err)
	}
	found, err := schema.Validate(m.version, text)
	if err != nil {
		m.t.Fatal(err)
	}
	return found
}

func (m *mutation) tried(format string, args ...any) {
	if len(m.findings()) == 0 {
		m.through[fmt.Sprintf(format, args...)] = true
	}
}

// enough is how many entries of a list, or of an object whose keys are data, are
// changed.
const enough = 3

// shorten leaves only those.
func (m *mutation) shorten(value any) any {
	switch value := value.(type) {
	case []any:
		value = value[:min(enough, len(value))]
		for i, below := range value {
			value[i] = m.shorten(below)
		}
		return value
	case map[string]any:
		for i, key := range slices.Sorted(maps.Keys(value)) {
			if i >= enough && m.isData(value) {
				delete(value, key)
				continue
			}
			value[key] = m.shorten(value[key])
		}
	}
	return value
}

// mutate changes the value at a place, which set replaces, and all below it.
func (m *mutation) mutate(at string, value any, set func(any)) {
	other := any([]any{[]any{true}})
	if _, list := value.([]any); list {
		other = true
	}
	set(other)
	m.tried("any value: %s", at)
	set(value)
	switch value := value.(type) {
	case []any:
		for i, below := range value {
			m.mutate(at+"/*", below, func(v any) { value[i] = v })
		}
	case map[string]any:
		value["zzz"] = []any{[]any{true}}
		m.tried("any key: %s", at)
		delete(value, "zzz")
		data := m.isData(value)
		for _, key := range slices.Sorted(maps.Keys(value)) {
			below, name := value[key], key
			if data {
				name = "*"
			} else {
				delete(value, key)
				m.tried("may be absent: %s/%s", at, name)
				value[key] = below
			}
			m.mutate(at+"/"+name, below, func(v any) { value[key] = v })
		}
	}
}

// isData reports whether the keys of an object are data: it may have any other, with
// the value of one of its own.
func (m *mutation) isData(object map[string]any) bool {
	for _, value := range object {
		object["zzz"] = value
		defer delete(object, "zzz")
		return len(m.findings()) == 0
	}
	return false
}
