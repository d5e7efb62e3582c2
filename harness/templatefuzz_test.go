package harness_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// The laws of templates: any bytes give documents or faults that say where;
// what expands loads as a plan with its registry, and expands to the same bytes
// again.
func FuzzPlanTemplate(f *testing.F) {
	f.Add(template(f, "spellings.json"))
	f.Add(template(f, "meta.json"))
	f.Add(readData(f, "plans/templates/landlock-net.json"))
	f.Add([]byte(staticTemplate(`"registry_id": "demo", "expected_matrix": {"a": []}, `)))
	f.Add(vfsOf(`"ops": ["o", "file-read*"], "policy": "literal", "request_paths": ["/a", "s"], "allowed_paths": "/a"`, `"controls": {}, "lanes": {}, `))
	f.Add(metaOf(`{"file-read-metadata": {"syscalls": ["a", "b"], "attr_payloads": ["p"], "attr_payload_syscalls": ["b"]}, "file-write*": {"syscalls": ["c"]}}`, `"allowed_sets": ["all"]`, `[["/tmp/a", "b"]]`))
	f.Fuzz(checkTemplate)
}

// The same laws, where the words of a template are any but its form is right.
func FuzzTemplateWords(f *testing.F) {
	f.Add("y", "/tmp/a", "/private/tmp/a", "file-read*", "get", "p")
	f.Add("a:b", "/tmp/a b", "~", "read", "a_b", "")
	f.Add("é", "/private/var/<&>", "/private/var/a", "*", "x", "\u007f")
	f.Fuzz(func(t *testing.T, id, first, second, op, call, payload string) {
		word := func(s string) string {
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		id, first, second, op, call, payload = word(id), word(first), word(second), word(op), word(call), word(payload)
		pairs := "[[" + first + ", " + second + "], [" + second + ", " + first + "]]"
		profile := `{"sbpl": "x.sb", "ops": [` + op + `, "file-write*"], "policy": `
		checkTemplate(t, vfsOf(`"ops": [`+op+`], "policy": "literal", "request_paths": `+first+`, "allowed_paths": [`+second+`], "variant": `+call+`},
`+id+`: `+profile+`"canonicalized_with_var_tmp_exception", "role": "both", "path_pairs": `+pairs, ""))
		checkTemplate(t, metaOf(`{"file-read-metadata": {"syscalls": ["stat", `+call+`], "attr_payloads": [`+payload+`], "attr_payload_syscalls": [`+call+`]}, "file-write*": {"syscalls": [`+call+`]}}`,
			`"allowed_sets": ["alias"]}, `+id+`: {"sbpl": "y.sb", "allowed_sets": ["all"]`, pairs))
	})
}

func checkTemplate(t *testing.T, data []byte) {
	tpl, err := harness.ParseTemplate(harness.File{Name: "plans/templates/x.json", Data: data})
	if err != nil {
		placed(t, err)
		return
	}
	built, err := tpl.Expand()
	if err != nil {
		placed(t, err)
		return
	}
	plan, err := harness.ParsePlan(harness.File{Name: "plan.json", Data: built.Plan})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := harness.ParseRegistry(harness.File{Name: "probes.json", Data: built.Probes}, harness.File{Name: "profiles.json", Data: built.Profiles})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Resolve(registry); err != nil {
		t.Fatal(err)
	}
	if plan.RegistryID != built.RegistryID || registry.ProbeRegistry.RegistryID != built.RegistryID || registry.ProfileRegistry.RegistryID != built.RegistryID {
		t.Fatalf("registry %q of plan %q, %q and %q", built.RegistryID, plan.RegistryID, registry.ProbeRegistry.RegistryID, registry.ProfileRegistry.RegistryID)
	}
	again, err := tpl.Expand()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(built.Plan, again.Plan) || !bytes.Equal(built.Probes, again.Probes) || !bytes.Equal(built.Profiles, again.Profiles) || !bytes.Equal(built.ExpectedMatrix, again.ExpectedMatrix) {
		t.Fatal("expands to other bytes the second time")
	}
}

// placed wants faults, each with a line when the text has lines at all.
func placed(t *testing.T, err error) {
	t.Helper()
	data := new(harness.DataError)
	if !errors.As(err, &data) || len(data.Faults) == 0 {
		t.Fatalf("error %v is a %T without faults", err, err)
	}
	for _, f := range data.Faults {
		if f.Line == 0 && f.Msg != "empty; want a JSON object" {
			t.Fatalf("fault %v has no line", f)
		}
	}
}
