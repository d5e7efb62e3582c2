package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// staticTemplate is a template that holds the three documents.
type staticTemplate struct {
	raw      documents
	plan     *Plan
	registry *Registry
}

// documents are the texts of a plan and the two files of its registry.
type documents struct{ plan, probes, profiles []byte }

// readStatic reads the three documents where they stand, so that their faults
// have the template's lines.
func (r *templateRead) readStatic(plan, probes, profiles jsondoc.Value, data []byte) expander {
	r.readMatrix()
	of := [...]struct {
		name string
		v    jsondoc.Value
	}{{planDocument, plan}, {probesDocument, probes}, {profilesDocument, profiles}}
	if r.RegistryID == "" {
		r.RegistryID = plan.Object().Opt("registry_id").Text()
	}
	for _, d := range of {
		o := d.v.Object()
		sameAsTemplate(o.Opt("registry_id"), r.RegistryID)
		sameAsTemplate(o.Opt("world_id").OrNull(), r.WorldID)
	}
	raw := documents{plan.Raw(), probes.Raw(), profiles.Raw()}
	p, registry, faults := r.readDocuments(
		inPlace(data, plan, raw.plan), inPlace(data, probes, raw.probes), inPlace(data, profiles, raw.profiles), inTemplate)
	*r.faults = append(*r.faults, faults...)
	return staticTemplate{raw, p, registry}
}

// sameAsTemplate reports a document that says it belongs elsewhere.
func sameAsTemplate(v jsondoc.Value, want string) {
	if v.Kind() == jsondoc.String && want != "" && v.Text() != want {
		v.Faultf("is %q, but the template says %q; make them equal", v.Text(), want)
	}
}

// inPlace is the text of a value with as many lines before it as it has in the
// file.
func inPlace(file []byte, v jsondoc.Value, raw []byte) []byte {
	start := 0
	for range v.Line() - 1 {
		start += bytes.IndexByte(file[start:], '\n') + 1
	}
	before := file[:start+max(0, bytes.Index(file[start:], raw))]
	return append(bytes.Repeat([]byte{'\n'}, bytes.Count(before, []byte{'\n'})), raw...)
}

// inTemplate is a fault of a document that stands in the template.
func inTemplate(document string, f Fault) Fault {
	switch {
	case f.ID == "":
		f.ID = document
	case !strings.HasPrefix(f.ID, "probe ") && !strings.HasPrefix(f.ID, "profile "):
		f.ID = document + "." + f.ID
	}
	return f
}

func (s staticTemplate) expand(t *PlanTemplate) (*BuiltPlan, error) {
	return t.built(s.raw, s.plan, s.registry)
}

// planFolder is a template that names the folder of a plan.
type planFolder struct{}

func (planFolder) expand(t *PlanTemplate) (*BuiltPlan, error) {
	var files [3]File
	var faults jsondoc.Faults
	for i, name := range []string{planFile, besideProbes, besideProfiles} {
		var err error
		// Not from the root: the plan's own folder is what the template names.
		files[i], err = readFirst(t.from[:1], name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults.Add(t.lines.key("folder"), "folder", "%q has no %s; create it or correct the folder", t.folder, name)
		case err != nil:
			faults.Add(t.lines.key("folder"), "folder", "%q: %s %s", t.folder, name, plainReason(err))
		}
	}
	if err := dataError(t.File, faults); err != nil {
		return nil, err
	}
	plan, err := ParsePlan(files[0])
	registry, registryErr := ParseRegistry(files[1], files[2])
	if err := errors.Join(err, registryErr); err != nil {
		return nil, err
	}
	if _, err := plan.Resolve(registry); err != nil {
		return nil, err
	}
	for _, same := range []struct{ key, ours, theirs string }{
		{"registry_id", t.RegistryID, plan.RegistryID}, {"world_id", t.WorldID, plan.WorldID},
	} {
		if same.ours != "" && same.theirs != "" && same.ours != same.theirs {
			faults.Add(t.lines.key(same.key), same.key, "is %q, but %s says %q; make them equal", same.ours, files[0].Name, same.theirs)
		}
	}
	for i, id := range []string{registry.ProbeRegistry.RegistryID, registry.ProfileRegistry.RegistryID} {
		if id != plan.RegistryID {
			faults.Add(t.lines.key("folder"), "folder", "%s names registry %q, but %s is of %q; make them equal", files[0].Name, plan.RegistryID, files[1+i].Name, id)
		}
	}
	if err := dataError(t.File, faults); err != nil {
		return nil, err
	}
	return t.built(documents{files[0].Data, files[1].Data, files[2].Data}, plan, registry)
}

// built lays the documents out.
func (t *PlanTemplate) built(raw documents, plan *Plan, registry *Registry) (*BuiltPlan, error) {
	b := &BuiltPlan{TemplateID: t.ID, RegistryID: plan.RegistryID, plan: plan, registry: registry, from: t.from}
	for _, d := range []struct {
		to   *[]byte
		raw  []byte
		name string
	}{{&b.Plan, raw.plan, planDocument}, {&b.Probes, raw.probes, probesDocument}, {&b.Profiles, raw.profiles, profilesDocument}} {
		var err error
		if *d.to, err = canon.Transcode(d.raw, canon.Indented); err != nil {
			return nil, fmt.Errorf("template %q: %s: %w", t.ID, d.name, err)
		}
	}
	if b.ExpectedMatrix = t.matrix; b.ExpectedMatrix == nil {
		var err error
		if b.ExpectedMatrix, err = expectedMatrix(plan, registry); err != nil {
			return nil, fmt.Errorf("template %q: expected matrix: %w", t.ID, err)
		}
	}
	return b, nil
}
