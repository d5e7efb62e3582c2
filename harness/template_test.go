package harness_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// staticTemplate is a template that holds the demo's documents; top is further
// keys.
func staticTemplate(top string) string {
	return `{
"schema_version": "runtime-tools.plan_template.v0.1",
` + top + `"description": "the demo",
"plan": ` + demoPlan + `,
"probes": ` + string(demoProbes.Data) + `,
"profiles":
` + strings.Replace(string(demoProfiles.Data), `"world_id": "w-1",`, "", 1) + `
}`
}

func TestTemplateForms(t *testing.T) {
	const head = `{"schema_version": "runtime-tools.plan_template.v0.1", `
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"static", staticTemplate(`"registry_id": "demo", "template_id": "mine", "$schema": "x",` + "\n"), nil},
		{"static, the plan says the registry", staticTemplate(""), nil},
		{"folder", head + `"folder": "plans/agent-workspace", "registry_id": "agent-workspace"}`, nil},
		{"folder, and nulls", head + `"folder": "plans/agent-workspace", "plan": null, "probes": null, "profiles": null, "generator": null, "template_id": null, "world_id": null}`, nil},
		{"nothing", head + `"paths": []}`,
			[]string{`1: has no plan; give it plan, probes and profiles, a folder that has them, or a generator ("vfs-canonicalization" or "metadata-runner")`}},
		{"two of three", head + "\n" + `"plan": {}, "probes": [], "x": 1}`,
			[]string{`1: key "profiles" is missing; add it`, `2: probes: want an object, got an array`}},
		{"static and a generator", head + `"plan": {}, "probes": {}, "profiles": {}, "generator": "metadata-runner"}`,
			[]string{`1: generator: the plan, probes and profiles are given, there is nothing to generate; remove it, or them`}},
		{"unknown generator", head + "\n" + `"generator": "vfs", "x": 1}`,
			[]string{`2: generator: want "vfs-canonicalization" or "metadata-runner", got "vfs"`}},
		{"another schema", `{"schema_version": "runtime-tools.plan_template.v0.2", "folder": "plans/agent-workspace"}`,
			[]string{`1: schema_version: want "runtime-tools.plan_template.v0.1", got "runtime-tools.plan_template.v0.2"`}},
		{"no object", `[]`, []string{`1: want an object, got an array`}},
		{"empty", ``, []string{` empty; want a JSON object`}},
		{"a misspelt key", head + `"folder": "plans/agent-workspace", "descriptoin": ""}`, []string{`1: descriptoin: unknown key; did you mean "description"?`}},
		{"ids that are none", head + "\n" + `"template_id": "a/b", "registry_id": "", "world_id": " ", "folder": "../x"}`,
			[]string{
				`2: template_id: "a/b" contains "/"; use ":" or "-" instead`,
				`2: registry_id: "" is empty; give it a name`,
				`2: world_id: " " starts or ends with a space; remove it`,
				`2: folder: "../x" contains ".."; write it relative to the root`,
			}},
		{"a folder that is not there", head + "\n" + `"folder": "plans/nowhere"}`,
			[]string{
				`2: folder: "plans/nowhere" has no plan.json; create it or correct the folder`,
				`2: folder: "plans/nowhere" has no registry/probes.json; create it or correct the folder`,
				`2: folder: "plans/nowhere" has no registry/profiles.json; create it or correct the folder`,
			}},
		{"a folder of another registry", head + "\n" + `"folder": "plans/agent-workspace", "registry_id": "other", "world_id": "w"}`,
			[]string{`2: registry_id: is "other", but builtin:plans/agent-workspace/plan.json says "agent-workspace"; make them equal`}},
		{"a matrix that is none", head + `"folder": "plans/agent-workspace", "expected_matrix": []}`,
			[]string{`1: expected_matrix: want an object, got an array`}},
		{"a matrix with a key twice", head + `"folder": "plans/agent-workspace", "expected_matrix": {"a": {"b": 1,` + "\n" + `"b": 2}}}`,
			[]string{`2: expected_matrix.a.b: key stands twice, first on line 1; keep one`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			built, err := expand([]byte(tt.text))
			got := faultsOf(t, err)
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "plans/templates/x.json:")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatalf("faults (-want +got):\n%s", diff)
			}
			if err == nil && (built.RegistryID == "" || built.TemplateID == "") {
				t.Errorf("built %q of registry %q", built.TemplateID, built.RegistryID)
			}
		})
	}
}

// The faults of documents in a template are those of the documents, on the
// lines they have in the template.
func TestTemplateDocumentLines(t *testing.T) {
	text := staticTemplate(`"registry_id": "demo", "world_id": "w-2",` + "\n")
	for _, r := range [][2]string{
		{`"plan_id": "demo.v1"`, `"plan_id": "demo/v1"`},
		{`"profiles": ["demo:read"]`, `"profiles": ["demo:raed"], "lanse": {}`},
		{`"operation": "fs.read_file",`, ``},
		{`"registry_id": "demo",` + "\n  \"probes\"", `"registry_id": "demos",` + "\n  \"probes\""},
		{`"mode": "landlock"`, `"mode": "landlok"`},
	} {
		if !strings.Contains(text, r[0]) {
			t.Fatalf("no %s in the template", r[0])
		}
		text = strings.Replace(text, r[0], r[1], 1)
	}
	_, err := expand([]byte(text))
	faults := faultsOf(t, err)
	lines := strings.Split(text, "\n")
	for _, want := range []struct{ on, fault string }{
		{`demo/v1`, `plan.plan_id: "demo/v1" contains "/"; use ":" or "-" instead`},
		{`lanse`, `plan.lanse: unknown key; did you mean "lanes"?`},
		{`"demo:read:motd": {`, `probe "demo:read:motd": key "operation" is missing; add it`},
		{`"demos"`, `probes.registry_id: is "demos", but the template says "demo"; make them equal`},
		{`landlok`, `profile "demo:read": mode: want `},
	} {
		line := 1 + slices.IndexFunc(lines, func(s string) bool { return strings.Contains(s, want.on) })
		prefix := fmt.Sprintf("plans/templates/x.json:%d: %s", line, want.fault)
		if !slices.ContainsFunc(faults, func(s string) bool { return strings.HasPrefix(s, prefix) }) {
			t.Errorf("no fault %q in\n%s", prefix, strings.Join(faults, "\n"))
		}
	}
	if len(faults) != 5 {
		t.Errorf("%d faults, want each once:\n%s", len(faults), strings.Join(faults, "\n"))
	}

	// Profiles the plan names and the registry does not have.
	text = strings.Replace(staticTemplate(""), `"profiles": ["demo:read"]`, `"profiles": ["demo:raed"]`, 1)
	if _, err = expand([]byte(text)); err == nil ||
		!strings.HasPrefix(err.Error(), `plans/templates/x.json:8: plan.profiles[0]: unknown profile "demo:raed" in registry "demo"`) {
		t.Errorf("error %v", err)
	}
}

// Documents come out as they are, in one layout.
func TestTemplateVerbatim(t *testing.T) {
	text := strings.Replace(staticTemplate(""), `"controls": {"baseline": true}`, `"controls": {"z": 1.50, "a": "é<"}`, 1)
	built, err := expand([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := "\n  \"controls\": {\n    \"z\": 1.50,\n    \"a\": \"\\u00e9<\"\n  }\n}"; !strings.HasSuffix(string(built.Plan), want) {
		t.Errorf("plan is %s", built.Plan)
	}
	var got, want any
	if err := errors.Join(json.Unmarshal(built.Probes, &got), json.Unmarshal(demoProbes.Data, &want)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("probes (-want +got):\n%s", diff)
	}
	if want := "{\n  \"world_id\": null,\n  \"profiles\": {\n    \"demo:read\": {\n      \"blob\": \"profiles/read.json\""; !strings.HasPrefix(string(built.ExpectedMatrix), want) {
		t.Errorf("matrix is %s", built.ExpectedMatrix)
	}
}

func TestLoadPlanTemplate(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.mod":                              "module demo\n",
		"plans/templates/demo.json":           staticTemplate(""),
		"plans/templates/landlock-net.json":   staticTemplate(`"template_id": "landlock-net", `),
		"plans/templates/broken.json":         `{"schema_version": 1}`,
		"plans/templates/named.json":          staticTemplate("\"template_id\": \"other\",\n"),
		"plans/templates/README.md":           "no template",
		"plans/templates/folder.json/x.json":  "no template either",
		"plans/templates/out.json":            "->../../../outside.json",
		"mine/own.json":                       staticTemplate(""),
		"mine/odd name .json":                 staticTemplate(""),
		"elsewhere/plans/templates/demo.json": staticTemplate(`"template_id": "demo", "folder": "x", `),
	})
	src := harness.Source{Root: dir}
	for _, tt := range []struct{ name, arg, want, file string }{
		{"under the root", "demo", "demo", "plans/templates/demo.json"},
		{"shadows the program's", "landlock-net", "landlock-net", "plans/templates/landlock-net.json"},
		{"the program's", "landlock-fs", "landlock-fs", "builtin:plans/templates/landlock-fs.json"},
		{"a file", filepath.Join(dir, "mine/own.json"), "own", "mine/own.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tpl, err := src.LoadPlanTemplate(tt.arg)
			if err != nil {
				t.Fatal(err)
			}
			if tpl.ID != tt.want || tpl.File != tt.file {
				t.Errorf("template %q of %s, want %q of %s", tpl.ID, tpl.File, tt.want, tt.file)
			}
		})
	}
	for _, tt := range []struct{ name, arg, want string }{
		{"misspelt", "landlock-fss", `unknown template "landlock-fss", did you mean "landlock-fs"?; rtgen list-templates shows what there is, and the path of a template file works too`},
		{"no id", "..", `unknown template ".."; rtgen list-templates shows what there is, and the path of a template file works too`},
		{"nothing", "", `unknown template ""; rtgen list-templates shows what there is, and the path of a template file works too`},
		{"broken", "broken", "plans/templates/broken.json:1: schema_version: want a string, got a number\n"},
		{"of another id", "named", `plans/templates/named.json:3: template_id: is "other", but the file is named after "named"; make them equal`},
		{"out of the root", "out", `plans/templates/out.json: leads out of the folder it is in, by a symbolic link; copy the file instead`},
		{"no file", filepath.Join(dir, "no.json"), `no.json: no such file; name a template file, or an id that rtgen list-templates shows`},
		{"a folder", dir + "/", `is a folder; name a file`},
		{"a name that makes no id", filepath.Join(dir, "mine/odd name .json"), `mine/odd name .json:1: has no template_id, and the id its file name gives starts or ends with a space; remove it`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := src.LoadPlanTemplate(tt.arg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if !harness.IsInputError(err) {
				t.Errorf("error %v is no input error", err)
			}
		})
	}

	t.Run("list", func(t *testing.T) {
		list, err := src.ListPlanTemplates()
		if err != nil {
			t.Fatal(err)
		}
		byID := map[string]harness.TemplateListing{}
		for i, l := range list {
			byID[l.TemplateID] = l
			if i > 0 && list[i-1].TemplateID >= l.TemplateID {
				t.Errorf("%q comes after %q", l.TemplateID, list[i-1].TemplateID)
			}
		}
		if got, want := byID["demo"], (harness.TemplateListing{TemplateID: "demo", Description: "the demo", Path: "plans/templates/demo.json"}); got != want {
			t.Errorf("demo is %+v", got)
		}
		if got := byID["landlock-net"]; got.Path != "plans/templates/landlock-net.json" || got.Error != "" {
			t.Errorf("landlock-net is %+v", got)
		}
		if got := byID["landlock-fs"]; got.Path != "builtin:plans/templates/landlock-fs.json" || got.Description == "" {
			t.Errorf("landlock-fs is %+v", got)
		}
		for _, id := range []string{"broken", "named", "out"} {
			if !strings.HasPrefix(byID[id].Error, "plans/templates/"+id+".json:") || byID[id].Description != "" {
				t.Errorf("%s is %+v", id, byID[id])
			}
		}
		if _, listed := byID["README"]; listed || byID["folder"].TemplateID != "" {
			t.Error("what is no template is listed")
		}
	})

	if _, err := (harness.Source{Root: filepath.Join(dir, "nowhere")}).ListPlanTemplates(); !harness.IsInputError(err) {
		t.Errorf("error %v of a root that is not there", err)
	}
}
