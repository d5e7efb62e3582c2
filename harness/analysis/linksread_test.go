package analysis_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// someLinks are links as this program writes them, with everything that may
// stand in them.
func someLinks() *analysis.RuntimeLinks {
	digest := strings.Repeat("ab", 32)
	file := analysis.LinkedFile{Path: "sb/read.sb", Exists: true, SHA256: digest, Size: new(int64(7))}
	meta := analysis.NewMeta(macWorld, "promotion_packet")
	meta.SchemaVersion, meta.Inputs, meta.InputHashes = analysis.SchemaLinks, []string{"p.json"}, analysis.Hashes{"p.json": digest}
	return &analysis.RuntimeLinks{
		Meta:  meta,
		Links: analysis.LinkedDocuments{OpsVocab: new("registries/vocab/seatbelt_ops.json"), OpRuntimeSummary: new("op_runtime_summary.json")},
		Packets: artifact.Ordered[analysis.LinkedPacket]{{Key: "p.json", Value: analysis.LinkedPacket{
			RunID: "r1", RunManifest: "r1/run_manifest.json", ExpectedMatrix: "r1/expected_matrix.json", RuntimeEvents: "r1/runtime_events.normalized.json",
			RuntimeResults: "r1/runtime_results.json", BaselineResults: new("r1/baseline_results.json"), OutputRoot: "r1",
		}}},
		Profiles: artifact.Ordered[*analysis.ProfileLink]{
			{Key: "demo:bare", Value: &analysis.ProfileLink{
				ProfileID: "demo:bare", ProfilePath: "sb/bare.sb", ProfileMode: "sbpl", ExpectedOps: []string{}, ObservedOps: []string{}, ExpectationIDs: []string{},
				ScenarioIDs: []string{}, ObservedExpectationIDs: []string{}, ObservationCounts: analysis.ObservationCounts{BlockedByStage: map[string]int{}},
				SourcePackets: []string{}, ExpectedMatrixSources: []string{}, ProfileSource: analysis.LinkedFile{Path: "sb/bare.sb"}, OpIDs: []int{},
			}},
			{Key: "demo:read", Value: &analysis.ProfileLink{
				ProfileID: "demo:read", ProfilePath: "sb/read.sb", ProfileMode: "sbpl", Family: new("demo"), SemanticGroup: new("demo:read"),
				ExpectedOps: []string{"file-read*"}, ObservedOps: []string{"file-read*"}, ExpectationIDs: []string{"demo:read:motd"},
				ScenarioIDs: []string{"demo:read:motd"}, ObservedExpectationIDs: []string{"demo:read:motd"},
				ObservationCounts: analysis.ObservationCounts{Total: 2, Blocked: 1, BlockedByStage: map[string]int{"apply": 1}},
				SourcePackets:     []string{"p.json"}, ExpectedMatrixSources: []string{"r1/expected_matrix.json"}, ProfileSource: file, OpIDs: []int{21},
				CompiledBlob: &file, RuntimeProfile: &file, SystemProfileDigestID: new("airlock"),
				SystemProfileDigest: json.RawMessage(`{"status":"ok","observed":{"n":1},"source":"digests.json"}`),
			}},
		},
		Expectations: artifact.Ordered[*analysis.ExpectationLink]{{Key: "demo:read:motd", Value: &analysis.ExpectationLink{
			ExpectationID: "demo:read:motd", ProfileID: "demo:read", Operation: "file-read*", OpID: new(21), Expected: "deny", Target: "/etc/motd",
			SourcePacket: "p.json", ExpectedMatrix: "r1/expected_matrix.json",
		}}},
	}
}

// What is written is what is read, and what the schema says.
func TestLinksReadAsWritten(t *testing.T) {
	written := someLinks()
	text, err := artifact.Encode(written, artifact.Indented)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, "runtime_links", string(text))
	file := put(t, string(text), t.TempDir(), "links.json")
	l, err := analysis.LoadLinks(file)
	if err != nil {
		t.Fatal(err)
	}
	if l.File != file || l.WorldID != macWorld {
		t.Errorf("file %s, world %s", l.File, l.WorldID)
	}
	if got, want := l.Profiles(), written.Profiles.Keys(); !slices.Equal(got, want) {
		t.Errorf("profiles %q, want %q", got, want)
	}
	if got, want := l.Expectations(), written.Expectations.Keys(); !slices.Equal(got, want) {
		t.Errorf("expectations %q, want %q", got, want)
	}
	compact := cmp.Transformer("compact", func(raw json.RawMessage) string {
		line, err := artifact.Encode(raw, artifact.Line)
		if err != nil && len(raw) > 0 {
			t.Error(err)
		}
		return string(line)
	})
	for _, p := range written.Profiles {
		if diff := cmp.Diff(p.Value, &l.Profile(p.Key).Link, compact); diff != "" {
			t.Errorf("profile %s (-written +read):\n%s", p.Key, diff)
		}
	}
	for _, x := range written.Expectations {
		if diff := cmp.Diff(x.Value, &l.Expectation(x.Key).Link); diff != "" {
			t.Errorf("expectation %s (-written +read):\n%s", x.Key, diff)
		}
	}
}

// Links of another hand: what is not known stays, and what is no entry is none.
func TestLinksOfAnotherHand(t *testing.T) {
	l, err := analysis.LoadLinks(put(t, `{"meta": {"schema_version": "runtime-links.v0.7", "later": 1}, "later": [],
"profiles": {"b": {"profile_id": "b", "op_ids": ["x"], "profile_mode": "sbpl", "later": {"k": 1}}, "a": null, "c": "text", "": {}}}`, t.TempDir(), "links.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Profiles(); !slices.Equal(got, []string{"", "a", "b", "c"}) {
		t.Errorf("profiles %q", got)
	}
	if got := l.Expectations(); got == nil || len(got) != 0 {
		t.Errorf("expectations %#v, want an empty list", got)
	}
	e := l.Profile("b")
	if e == nil || e.Link.ProfileID != "b" || e.Link.ProfileMode != "sbpl" || !strings.Contains(string(e.Raw), `"later": {"k": 1}`) || !strings.Contains(string(e.Raw), `["x"]`) {
		t.Errorf("profile b is %+v", e)
	}
	for _, id := range []string{"a", "c", "d"} {
		if e := l.Profile(id); e != nil {
			t.Errorf("profile %s is %+v", id, e)
		}
	}
	for id, want := range map[string]string{"c": "is no object", "bb": `did you mean "b"?`, "nothing like it": "is not in"} {
		if err := l.UnknownProfile(id); !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), l.File) {
			t.Errorf("UnknownProfile(%q) = %v", id, err)
		}
	}
	if err := l.UnknownExpectation("b"); !strings.HasPrefix(err.Error(), `expectation "b" is not in`) {
		t.Error(err)
	}
}

func TestLoadLinksRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"no_json":          `{"profiles": {}`,
		"array":            `[]`,
		"profiles_array":   `{"profiles": []}`,
		"profile_twice":    `{"profiles": {"a": {}, "a": {}}}`,
		"entry_key_twice":  `{"profiles": {"a": {"k": 1, "k": 2}}}`,
		"key_in_capitals":  `{"Profiles": {}}`,
		"other_document":   `{"meta": {"schema_version": "runtime-mapping.v0.1"}}`,
		"other_major":      `{"meta": {"schema_version": "runtime-links.v1.0"}}`,
		"longer_name":      `{"meta": {"schema_version": "runtime-links-x.v0.1"}}`,
		"no_version":       `{"meta": {"schema_version": "runtime-links"}}`,
		"schema_no_text":   `{"meta": {"schema_version": 1}}`,
		"two_documents":    `{} {}`,
		"nothing":          ``,
		"not_utf8":         "{\"profiles\": {\"\xff\": {}}}",
		"half_a_surrogate": `{"profiles": {"\ud800": {}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			file := put(t, text, dir, name+".json")
			if l, err := analysis.LoadLinks(file); err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("LoadLinks = %+v, %v", l, err)
			}
		})
	}
	if l, err := analysis.LoadLinks(dir); err == nil {
		t.Errorf("a folder: %+v", l)
	}
	if l, err := analysis.LoadLinks(filepath.Join(dir, "none.json")); !os.IsNotExist(err) {
		t.Errorf("no file: %+v, %v", l, err)
	}
}

// Whatever is read as links can be listed and looked up, every entry as the
// bytes that it is.
func FuzzLinks(f *testing.F) {
	text, err := artifact.Encode(someLinks(), artifact.Indented)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(text), `{"profiles": {"a": null, "b": {"op_ids": 1}}, "expectations": {"x": {"expected": []}}}`, `{}`, `[]`, `{"profiles": {"a": {}, "a": {}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := analysis.ParseLinks(data)
		if err != nil {
			return
		}
		look := func(ids []string, raw func(string) (json.RawMessage, bool)) {
			if !slices.IsSorted(ids) {
				t.Errorf("not sorted: %q", ids)
			}
			for _, id := range ids {
				raw, ok := raw(id)
				if !ok {
					continue
				}
				var entry map[string]any
				if err := json.Unmarshal(raw, &entry); err != nil || entry == nil || !strings.Contains(string(data), string(raw)) {
					t.Errorf("entry %q is not what stands in the file: %s, %v", id, raw, err)
				}
			}
		}
		look(l.Profiles(), func(id string) (json.RawMessage, bool) {
			if e := l.Profile(id); e != nil {
				return e.Raw, true
			}
			return nil, false
		})
		look(l.Expectations(), func(id string) (json.RawMessage, bool) {
			if e := l.Expectation(id); e != nil {
				return e.Raw, true
			}
			return nil, false
		})
	})
}
