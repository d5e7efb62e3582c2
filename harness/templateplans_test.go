package harness_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// Every registry of the index has a template of its id, and building it gives
// the plan of that id: the same values, and where a generator makes them the
// same bytes.
func TestTemplatesReproducePlans(t *testing.T) {
	root := repository(t)
	tree(t, nil) // the environment says nothing about where data is
	index, err := harness.ParseRegistryIndex(harness.File{Name: "registries/index.json", Data: readData(t, "registries/index.json")})
	if err != nil {
		t.Fatal(err)
	}
	src := harness.Source{Root: root}
	templates, err := src.ListPlanTemplates()
	if err != nil {
		t.Fatal(err)
	}
	if len(templates) != len(index.Registries) {
		t.Errorf("%d templates and %d registries, want one of each", len(templates), len(index.Registries))
	}
	for _, entry := range index.Registries {
		t.Run(entry.ID, func(t *testing.T) {
			if want := "plans/" + entry.ID + "/registry/"; entry.Probes != want+"probes.json" || entry.Profiles != want+"profiles.json" {
				t.Errorf("the index has %s and %s, want the files in %s", entry.Probes, entry.Profiles, want)
			}
			tpl, err := src.LoadPlanTemplate(entry.ID)
			if err != nil {
				t.Fatal(err)
			}
			if tpl.Description != entry.Description {
				t.Errorf("the index describes it as %q, the template as %q; make them equal", entry.Description, tpl.Description)
			}
			mend := "; run rtgen plan-build --template " + entry.ID + " --out plans/" + entry.ID + " --overwrite"
			if tpl.Generator == "" {
				mend = "; its template must name the folder plans/" + entry.ID
			}
			// From the program, as from the repository.
			for _, src := range []harness.Source{src, {Root: t.TempDir()}} {
				out := t.TempDir()
				r, err := src.BuildPlanFromTemplate(entry.ID, out, harness.BuildOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if r.TemplateID != entry.ID || r.RegistryID != entry.ID || len(r.TextPaths) == 0 {
					t.Errorf("built %+v", r)
				}
				for _, name := range []string{"plan.json", "registry/probes.json", "registry/profiles.json"} {
					got := readFile(t, filepath.Join(out, name))
					want := readFile(t, filepath.Join(root, "plans", entry.ID, name))
					if tpl.Generator != "" && !bytes.Equal(got, want) {
						t.Errorf("plans/%s/%s is not what its template gives%s", entry.ID, name, mend)
					}
					if diff := cmp.Diff(value(t, want), value(t, got)); diff != "" {
						t.Errorf("plans/%s/%s is not what its template gives%s (-want +got):\n%.2000s", entry.ID, name, mend, diff)
					}
				}
				for _, text := range r.TextPaths {
					name, err := filepath.Rel(out, text)
					if err != nil {
						t.Fatal(err)
					}
					if want := readFile(t, filepath.Join(root, "plans", entry.ID, name)); !bytes.Equal(readFile(t, text), want) {
						t.Errorf("plans/%s/%s was built as another text", entry.ID, name)
					}
				}
				// It stands alone: everything the plan names is there.
				plan, err := harness.LoadPlan(r.PlanPath)
				if err != nil {
					t.Fatal(err)
				}
				if plan.ID != entry.ID || plan.RegistryID != entry.ID {
					t.Errorf("plan %q of registry %q, want both to be %q", plan.ID, plan.RegistryID, entry.ID)
				}
				if _, err := harness.CompilePlan(harness.Source{Root: out}, r.PlanPath); err != nil {
					t.Errorf("what was built does not compile: %v", err)
				}
			}
		})
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// value is a document as a JSON value, its numbers as they are written.
func value(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
