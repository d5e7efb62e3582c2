package harness

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// TemplateSchema is the schema_version of a plan template.
const TemplateSchema = "runtime-tools.plan_template.v0.1"

// The generators: what makes a plan from a template that does not spell it
// out. A template of the same id needs no generator key.
const (
	GeneratorVFS      = "vfs-canonicalization" // path spellings, see templatevfs.go
	GeneratorMetadata = "metadata-runner"      // metadata system calls, see templatemetadata.go
)

// PlanTemplate is what a plan with its registry is built from. It holds the
// three documents themselves, or names the folder of a plan that has them, or
// says in a few lines from which a generator makes them.
type PlanTemplate struct {
	SchemaVersion string
	ID            string // template_id, else the file's name
	Description   string
	RegistryID    string // empty: the plan's
	WorldID       string // empty: the documents say, or the host does
	Generator     string // empty: the documents are given
	File          string // where the template stands

	folder string        // the folder key
	from   []folder      // where its files are read from, the first that has one
	matrix []byte        // the template's own expected matrix, indented
	lines  templateLines // of what later steps may find wrong
	form   expander
}

// expander makes the documents of one form of template.
type expander interface {
	expand(t *PlanTemplate) (*BuiltPlan, error)
}

// templateLines are lines of the template by what stands on them.
type templateLines struct {
	root     int
	keys     map[string]int // of the template itself
	profiles map[string]int // by id
	probes   map[string]int // by id, of the value that made the probe; filled in while a plan is made
}

func (l *templateLines) key(name string) int {
	if line := l.keys[name]; line > 0 {
		return line
	}
	return l.root
}

// fault is an error about a key of the template.
func (t *PlanTemplate) fault(key, msg string) error {
	return &DataError{File: t.File, Faults: []Fault{{Line: t.lines.key(key), ID: key, Msg: msg}}}
}

// templateRead is a template being read.
type templateRead struct {
	*PlanTemplate
	o      *jsondoc.Members
	faults *jsondoc.Faults
}

// at is the value of an optional key; null counts as absent.
func (r *templateRead) at(key string) jsondoc.Value {
	v := r.o.Opt(key).OrNull()
	if v.Present() {
		r.lines.keys[key] = v.Line()
	}
	return v
}

// parseTemplate reads a template whose folder key starts at root, and stays in
// it. Its files are read from there, or from beside when the key is absent, and
// then from root. All faults are in the error, a *DataError.
func parseTemplate(file File, beside, root folder) (*PlanTemplate, error) {
	var faults jsondoc.Faults
	doc := jsondoc.Parse(file.Data, maxDataSize, &faults)
	t := &PlanTemplate{
		File: file.Name, from: []folder{beside, root},
		lines: templateLines{root: doc.Line(), keys: map[string]int{}, profiles: map[string]int{}},
	}
	r := &templateRead{PlanTemplate: t, o: doc.Object(), faults: &faults}
	r.o.Opt("$schema").Text() // for editors
	t.SchemaVersion = jsondoc.Enum(r.o.Need("schema_version"), TemplateSchema)
	t.ID = strings.TrimSuffix(path.Base(file.Name), ".json")
	if id := r.at("template_id"); id.Present() {
		t.ID = readID(id)
	} else if problem := idProblem(t.ID); problem != "" {
		doc.Faultf("has no template_id, and the id its file name gives %s", problem)
	}
	t.Description = r.at("description").Text()
	if id := r.at("registry_id"); id.Present() {
		t.RegistryID = readID(id)
	}
	if world := r.at("world_id"); world.Present() {
		t.WorldID = readID(world)
	}
	t.Generator = jsondoc.Enum(r.at("generator"), GeneratorVFS, GeneratorMetadata)
	r.readFolder(root)
	if schema := r.o.Opt("schema_version"); schema.Kind() == jsondoc.String && t.SchemaVersion == "" {
		r.o.Ignore() // another document: what it lacks as a template is not worth saying
	} else {
		r.readForm(doc, file.Data)
	}
	r.o.End()
	if err := dataError(file.Name, onceEach(faults)); err != nil {
		return nil, err
	}
	return t, nil
}

// readFolder reads where the template's files are.
func (r *templateRead) readFolder(root folder) {
	v := r.at("folder")
	dir := v.Text()
	if v.Kind() != jsondoc.String {
		return
	}
	if problem := pathProblem(dir, onlyRoot); problem != "" && dir != "." {
		v.Faultf("%q %s", dir, problem)
		return
	}
	r.folder = path.Clean(dir)
	if r.from[0] = root; r.folder != "." {
		r.from[0] = folder{tree: root.tree, below: path.Join(root.below, dir), shown: path.Join(root.shown, dir)}
	}
}

// readForm finds out which form the template is of, and reads what is its own.
func (r *templateRead) readForm(doc jsondoc.Value, data []byte) {
	plan, probes, profiles := r.at(planDocument), r.at(probesDocument), r.at(profilesDocument)
	inline := plan.Kind() == jsondoc.Object && probes.Kind() == jsondoc.Object && profiles.Kind() == jsondoc.Object
	named := r.Generator != "" || r.o.Opt("generator").OrNull().Present()
	none := !plan.Present() && !probes.Present() && !profiles.Present()
	switch {
	case inline && named:
		r.o.Opt("generator").Faultf("the plan, probes and profiles are given, there is nothing to generate; remove it, or them")
	case inline:
		r.form = r.readStatic(plan, probes, profiles, data)
	case named && r.Generator == "":
		r.o.Ignore()
	case named, r.isGenerator() && (!none || r.folder == ""):
		if !named {
			r.Generator = r.ID
		}
		for _, v := range []jsondoc.Value{plan, probes} {
			v.Faultf("generator %q makes it; remove it", r.Generator)
		}
		if r.Generator == GeneratorVFS {
			r.form = r.readVFS(profiles)
		} else {
			r.form = r.readMetadata(profiles)
		}
	case none && r.at("folder").Present():
		r.readMatrix()
		r.form = planFolder{}
	case plan.Present() || probes.Present():
		for _, key := range []string{planDocument, probesDocument, profilesDocument} {
			r.o.Need(key).Object()
		}
		r.o.Ignore()
	case doc.Kind() == jsondoc.Object:
		r.o.Ignore()
		doc.Faultf("has no plan; give it plan, probes and profiles, a folder that has them, or a generator (%q or %q)", GeneratorVFS, GeneratorMetadata)
	}
}

func (t *PlanTemplate) isGenerator() bool { return t.ID == GeneratorVFS || t.ID == GeneratorMetadata }

// readMatrix reads the expected matrix a template may carry.
func (r *templateRead) readMatrix() {
	v := r.at("expected_matrix")
	if v.Object(); v.Kind() != jsondoc.Object { // Object says so when it is something else
		return
	}
	var err error
	if r.matrix, err = canon.Transcode(v.Raw(), canon.Indented); err != nil {
		v.Faultf("%v", err)
	}
}

// onceEach drops faults that were met twice: a document in a template is read
// as part of it and on its own.
func onceEach(faults jsondoc.Faults) jsondoc.Faults {
	type said struct {
		line    int
		id, msg string
	}
	seen := make(map[said]bool, len(faults))
	return slices.DeleteFunc(faults, func(f Fault) bool {
		this := said{f.Line, f.ID, f.Msg}
		twice := seen[this]
		seen[this] = true
		return twice
	})
}

// The names of the documents while they are read as part of a template.
const (
	planDocument     = "plan"
	probesDocument   = "probes"
	profilesDocument = "profiles"
)

// readDocuments reads what the template gives or makes as a plan and its
// registry. where says what a fault of a document is in the template.
func (t *PlanTemplate) readDocuments(plan, probes, profiles []byte, where func(document string, f Fault) Fault) (*Plan, *Registry, jsondoc.Faults) {
	var faults jsondoc.Faults
	collect := func(err error) {
		eachError(err, func(err error) {
			var d *DataError
			if errors.As(err, &d) {
				for _, f := range d.Faults {
					faults = append(faults, where(d.File, f))
				}
			}
		})
	}
	p, err := ParsePlan(File{Name: planDocument, Data: plan})
	collect(err)
	r, err := ParseRegistry(File{Name: probesDocument, Data: probes}, File{Name: profilesDocument, Data: profiles})
	collect(err)
	if p != nil && r != nil {
		_, err = p.Resolve(r)
		collect(err)
	}
	if len(faults) > 0 {
		return nil, nil, faults
	}
	p.File = t.File
	for _, probe := range r.Probes {
		probe.File = t.File
	}
	for _, profile := range r.Profiles {
		profile.File = t.File
	}
	return p, r, nil
}
