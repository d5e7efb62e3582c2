package harness_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

func TestMetadataDocuments(t *testing.T) {
	built, plan, registry := expanded(t, template(t, "meta.json"))
	var got []string
	for _, p := range registry.Probes {
		got = append(got, fmt.Sprintf("%s %s %s %s/%s %s", p.ID, p.Operation, p.Target, p.Syscall, p.AttrPayload, p.Expected))
	}
	// Profile by profile, reads before writes, alias before canonical, every
	// payload of a system call that takes them.
	var want []string
	for _, profile := range []struct {
		id      string
		allowed []string
	}{
		{"meta:tmp", []string{"/tmp/a"}},
		{"meta:all", []string{"/private/tmp/a", "/private/var/tmp/b", "/var/tmp/b"}},
	} {
		targets := []string{"/tmp/a", "/private/tmp/a", "/var/tmp/b", "/private/var/tmp/b"}
		expected := func(path string) string {
			if slices.Contains(profile.allowed, path) {
				return "allow"
			}
			return "deny"
		}
		for _, path := range targets {
			for _, call := range []string{"lstat/", "getattrlist/cmn", "getattrlist/ext"} {
				name := strings.TrimSuffix(strings.ReplaceAll(call, "/", "_"), "_")
				want = append(want, fmt.Sprintf("%s:readmeta_%s_%s file-read-metadata %s %s %s", profile.id, name, path, path, call, expected(path)))
			}
		}
		for _, path := range targets {
			want = append(want, fmt.Sprintf("%s:writemeta_chmod_%s file-write* %s chmod/ %s", profile.id, path, path, expected(path)))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("probes (-want +got):\n%s", diff)
	}
	for _, p := range registry.Probes {
		if p.Driver != "metadata_runner" || !slices.Equal(p.ExpectedPrimaryOps, []string{p.Operation}) || !slices.Equal(p.ExpectedPredicates, []string{p.Target}) ||
			!slices.Equal(p.ControlsSupported, []string{"baseline", "allow_default", "deny_default"}) || len(p.CapabilitiesRequired) != 0 {
			t.Errorf("probe is %+v", p)
		}
		if p.SupportsLanes.On(harness.LaneOracle) || !p.SupportsLanes.On(harness.LaneScenario) || !p.SupportsLanes.On(harness.LaneBaseline) {
			t.Errorf("%s supports %v, want all but the oracle", p.ID, p.SupportsLanes)
		}
	}
	if plan.ID != "meta.runtime" || plan.Notes != "what it is for" || plan.ApplyPreflightProfile != "profiles/all.sb" || plan.WorldID != "w-1" || registry.WorldID != "w-1" ||
		!slices.Equal(plan.Profiles, []string{"meta:tmp", "meta:all"}) || plan.Lanes.On(harness.LaneOracle) || string(plan.Controls) != `{"baseline": true}` {
		t.Errorf("plan is %+v", plan)
	}
	// Null is an answer here; only an absent key asks the template.
	tmp, _ := registry.Profile("meta:tmp")
	if tmp.Family != nil || *tmp.SemanticGroup != "group" || tmp.Mode != harness.ModeSBPL || tmp.Path != "profiles/tmp.sb" || tmp.Notes != nil || len(tmp.KeySpecificRules) != 0 {
		t.Errorf("meta:tmp is %+v", tmp)
	}
	all, _ := registry.Profile("meta:all")
	if *all.Family != "metadata" || *all.SemanticGroup != "own" || all.Mode != harness.ModeBlob || *all.Notes != "n" || len(all.ProbeRefs) != 16 {
		t.Errorf("meta:all is %+v", all)
	}
	if built.Rows != nil {
		t.Errorf("rows %v, want none", built.Rows)
	}

	// Without a matrix of its own, what the plan expects is by profile.
	var matrix struct {
		WorldID  string `json:"world_id"`
		Profiles map[string]struct {
			Blob, Mode string
			Family     *string
			Probes     []struct {
				Name, Expected, Driver, Syscall string
				ExpectationID                   string `json:"expectation_id"`
			}
		}
	}
	if err := json.Unmarshal(built.ExpectedMatrix, &matrix); err != nil {
		t.Fatal(err)
	}
	row := matrix.Profiles["meta:all"]
	if matrix.WorldID != "w-1" || len(matrix.Profiles) != 2 || row.Blob != "profiles/all.sb" || row.Mode != "blob" || *row.Family != "metadata" || len(row.Probes) != 16 ||
		row.Probes[0].ExpectationID != "meta:all:readmeta_lstat_/tmp/a" || row.Probes[0].Expected != "deny" || row.Probes[15].Syscall != "chmod" || row.Probes[0].Driver != "metadata_runner" {
		t.Errorf("matrix is %s", built.ExpectedMatrix)
	}
}

// metaOf is a template of one profile, on line 4; ops on line 3.
func metaOf(ops, profile, pairs string) []byte {
	return []byte(`{"schema_version": "runtime-tools.plan_template.v0.1", "template_id": "metadata-runner", "registry_id": "r",
"path_pairs": ` + pairs + `,
"ops": ` + ops + `,
"profiles": {"x": {"sbpl": "x.sb", ` + profile + `}}}`)
}

func TestMetadataPayloads(t *testing.T) {
	const pair = `[["/a", "/b"]]`
	for _, tt := range []struct {
		name, ops, pairs, allowed string
		want                      []string
	}{
		{"none", `{"file-read-metadata": {"syscalls": ["stat"]}, "file-write*": {"syscalls": []}}`, pair, `["alias"]`,
			[]string{"x:readmeta_stat_/a allow", "x:readmeta_stat_/b deny"}},
		{"of one call", `{"file-read-metadata": {"syscalls": ["stat", "get"], "attr_payloads": ["p", "q"], "attr_payload_syscalls": ["get"]}, "file-write*": {"syscalls": []}}`, pair, `["canonical"]`,
			[]string{
				"x:readmeta_stat_/a deny", "x:readmeta_get_p_/a deny", "x:readmeta_get_q_/a deny",
				"x:readmeta_stat_/b allow", "x:readmeta_get_p_/b allow", "x:readmeta_get_q_/b allow",
			}},
		{"a call that wants one and has none", `{"file-read-metadata": {"syscalls": ["get"], "attr_payloads": [], "attr_payload_syscalls": ["get"]}, "file-write*": {"syscalls": ["w"]}}`, pair, `["all"]`,
			[]string{"x:writemeta_w_/a allow", "x:writemeta_w_/b allow"}},
		{"never for writes", `{"file-read-metadata": {"syscalls": ["get"], "attr_payloads": ["p"], "attr_payload_syscalls": ["get"]}, "file-write*": {"syscalls": ["get"]}}`, pair, `[]`,
			[]string{"x:readmeta_get_p_/a deny", "x:readmeta_get_p_/b deny", "x:writemeta_get_/a deny", "x:writemeta_get_/b deny"}},
		{"a path twice", `{"file-read-metadata": {"syscalls": ["s", "s"]}, "file-write*": {"syscalls": []}}`, `[["/a", "/b"], ["/c", "/b"]]`, `["canonical"]`,
			[]string{"x:readmeta_s_/a deny", "x:readmeta_s_/b allow", "x:readmeta_s_/c deny"}},
		{"by prefix", `{"file-read-metadata": {"syscalls": ["s"]}, "file-write*": {"syscalls": []}}`, `[["/tmp/a", "/tmp"], ["/var/tmp", "/tmpx"], ["/var/tmpx", "/y"]]`, `["alias_tmp", "alias_var"]`,
			[]string{
				"x:readmeta_s_/tmp/a allow", "x:readmeta_s_/tmp deny", "x:readmeta_s_/var/tmp allow", "x:readmeta_s_/tmpx deny",
				"x:readmeta_s_/var/tmpx allow", "x:readmeta_s_/y deny",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, registry := expanded(t, metaOf(tt.ops, `"allowed_sets": `+tt.allowed, tt.pairs))
			var got []string
			for _, p := range registry.Probes {
				got = append(got, fmt.Sprint(p.ID, " ", p.Expected))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("probes (-want +got):\n%s", diff)
			}
			if refs := registry.Profiles[0].ProbeRefs; len(refs) != len(got) {
				t.Errorf("%d references to %d probes", len(refs), len(got))
			}
		})
	}
}

// Everything with everything: what grows with each list.
func TestMetadataCount(t *testing.T) {
	profile := `"allowed_sets": ["canonical"]}`
	for i := range 8 {
		profile += fmt.Sprintf(`, "p%d": {"sbpl": "p.sb", "allowed_sets": ["all"]}`, i)
	}
	text := metaOf(`{"file-read-metadata": {"syscalls": ["a", "b", "c", "d"], "attr_payloads": ["1", "2", "3", "4"], "attr_payload_syscalls": ["b", "c"]},
"file-write*": {"syscalls": ["e", "f", "g", "h", "i", "j", "k", "l"]}}`, strings.TrimSuffix(profile, "}"), `[["/a", "/b"], ["/c", "/d"], ["/e", "/f"], ["/g", "/h"]]`)
	_, _, registry := expanded(t, text)
	if got := len(registry.Probes); got != 9*(80+64) {
		t.Errorf("%d probes, want 9 profiles x (80 reads and 64 writes)", got)
	}
}

// The template's own matrix is taken as it is.
func TestMetadataMatrix(t *testing.T) {
	text := bytes.Replace(template(t, "meta.json"), []byte(`"notes": "what it is for",`), []byte(`"expected_matrix": {"b": 1.0, "a": "é"},`), 1)
	built, plan, _ := expanded(t, text)
	if got, want := string(built.ExpectedMatrix), "{\n  \"b\": 1.0,\n  \"a\": \"\\u00e9\"\n}"; got != want {
		t.Errorf("matrix %s, want %s", got, want)
	}
	if plan.Notes != "" {
		t.Errorf("notes %q, want none", plan.Notes)
	}
}

func TestMetadataFaults(t *testing.T) {
	const ops, allowed, pair = `{"file-read-metadata": {"syscalls": ["s"]}, "file-write*": {"syscalls": []}}`, `"allowed_sets": ["all"]`, `[["/a", "/b"]]`
	for _, tt := range []struct {
		name, ops, profile, pairs string
		want                      []string
	}{
		{"no pairs", ops, allowed, `[]`, []string{`2: path_pairs: is empty; give at least one pair of an alias and the path it stands for`}},
		{"half a pair", ops, allowed, `[["/a"]]`, []string{`2: path_pairs[0]: has 1 items; want two, an alias and the path it stands for`}},
		{"unknown set", ops, `"allowed_sets": ["alias_tpm"]`, pair,
			[]string{`4: profile "x": allowed_sets[0]: unknown set "alias_tpm", did you mean "alias_tmp"?; want alias, alias_tmp, alias_var, all, canonical`}},
		{"no sets", ops, `"notes": null`, pair, []string{`4: profile "x": key "allowed_sets" is missing; add it`}},
		{"no calls", `{"file-read-metadata": {}, "file-write*": {"syscalls": []}}`, allowed, pair, []string{`3: ops.file-read-metadata: key "syscalls" is missing; add it`}},
		{"no writes", `{"file-read-metadata": {"syscalls": ["s"]}}`, allowed, pair, []string{`3: ops: key "file-write*" is missing; add it`}},
		{"another operation", `{"file-read-metadata": {"syscalls": ["s"]}, "file-write*": {"syscalls": []}, "file-read*": {}}`, allowed, pair,
			[]string{`3: ops["file-read*"]: unknown key; remove it, the keys here are file-read-metadata, file-write*`}},
		{"a payload for no call", `{"file-read-metadata": {"syscalls": ["stat"], "attr_payload_syscalls": ["sta"]}, "file-write*": {"syscalls": []}}`, allowed, pair,
			[]string{`3: ops.file-read-metadata.attr_payload_syscalls[0]: "sta" is not in syscalls, did you mean "stat"?; correct the name or remove it`}},
		{"no probes", `{"file-read-metadata": {"syscalls": []}, "file-write*": {"syscalls": []}}`, allowed, pair,
			[]string{`4: profile "x": comes to no probe at all; give it operations and paths`}},
		{"another mode", ops, allowed + `, "mode": "landlock"`, pair, []string{`4: profile "x": mode: want "sbpl" or "blob", got "landlock"`}},
		{"two calls of one name", `{"file-read-metadata": {"syscalls": ["a_b", "a"], "attr_payloads": ["b"], "attr_payload_syscalls": ["a"]}, "file-write*": {"syscalls": []}}`, allowed, `[["/a",
"/b"]]`,
			[]string{
				`2: profile "x": probe "x:readmeta_a_b_/a" is another one on line 2; rename a profile, or drop one of the two`,
				`3: profile "x": probe "x:readmeta_a_b_/b" is another one on line 3; rename a profile, or drop one of the two`,
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := expand(metaOf(tt.ops, tt.profile, tt.pairs))
			got := faultsOf(t, err)
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "plans/templates/x.json:")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
