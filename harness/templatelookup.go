package harness

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/plans"
)

// templatesFolder is where the templates with an id are, under the root and in
// the program.
const templatesFolder = "plans/templates"

// TemplateListing is one template of a list.
type TemplateListing struct {
	TemplateID  string `json:"template_id"`
	Description string `json:"description"`
	Path        string `json:"path"`            // relative to the root; "builtin:" starts one of the program's own
	Error       string `json:"error,omitempty"` // why it cannot be built; empty when it can be read
}

// ListPlanTemplates lists the templates that have an id: those in
// plans/templates under the root, and those built into the program that none of
// the same id shadows. They are sorted by id. A template with faults is listed
// with them.
func (s Source) ListPlanTemplates() ([]TemplateListing, error) {
	places, err := s.templatePlaces()
	if err != nil {
		return nil, err
	}
	list := []TemplateListing{}
	for _, place := range places {
		ids, err := place.templates()
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if slices.ContainsFunc(list, func(l TemplateListing) bool { return l.TemplateID == id }) {
				continue
			}
			row := TemplateListing{TemplateID: id, Path: place.name(templateName(id))}
			if t, err := loadTemplate(id, []folder{place}); err != nil {
				row.Error = err.Error()
			} else {
				row.Description = t.Description
			}
			list = append(list, row)
		}
	}
	slices.SortFunc(list, func(a, b TemplateListing) int { return cmp.Compare(a.TemplateID, b.TemplateID) })
	return list, nil
}

// LoadPlanTemplate reads a template: by its id, or by the path of its file,
// which has a slash or ends in .json. A template with an id comes from
// plans/templates under the root, else from the program. An id that nobody has
// is an *InputError, faults of the file are a *DataError.
func (s Source) LoadPlanTemplate(idOrFile string) (*PlanTemplate, error) {
	if strings.ContainsAny(idOrFile, "/"+string(filepath.Separator)) || strings.HasSuffix(idOrFile, ".json") {
		return s.loadTemplateFile(idOrFile)
	}
	places, err := s.templatePlaces()
	if err != nil {
		return nil, err
	}
	if idProblem(idOrFile) == "" {
		t, err := loadTemplate(idOrFile, places)
		if !errors.Is(err, fs.ErrNotExist) {
			return t, err
		}
	}
	known, err := s.ListPlanTemplates()
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(known))
	for i, k := range known {
		ids[i] = k.TemplateID
	}
	return nil, inputErrorf("unknown template %q%s; rtgen list-templates shows what there is, and the path of a template file works too", idOrFile, didYouMean(idOrFile, ids))
}

// templatePlaces are the trees that have templates with an id, the first in
// front.
func (s Source) templatePlaces() ([]folder, error) {
	root, err := s.RootFor(".")
	if err != nil {
		return nil, err
	}
	return []folder{{tree: root}, {tree: builtin}}, nil
}

func templateName(id string) string { return path.Join(templatesFolder, id+".json") }

// templates are the ids of the templates of a tree, sorted. A file whose name
// makes no id is none.
func (f folder) templates() ([]string, error) {
	entries, err := f.readDir(templatesFolder)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, sourceError(f.name(templatesFolder), plainReason(err))
	}
	var ids []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ".json"); ok && !e.IsDir() && idProblem(id) == "" {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// readDir lists a folder of the tree.
func (f folder) readDir(dir string) ([]fs.DirEntry, error) {
	if f.tree == builtin {
		return plans.FS.ReadDir(strings.TrimPrefix(dir, "plans/"))
	}
	root, err := os.OpenRoot(f.tree)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return fs.ReadDir(root.FS(), dir)
}

// loadTemplate reads the template of an id from the first place that has it;
// fs.ErrNotExist when none does.
func loadTemplate(id string, places []folder) (*PlanTemplate, error) {
	for _, place := range places {
		file, err := readFirst([]folder{place}, templateName(id))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, sourceError(place.name(templateName(id)), plainReason(err))
		}
		beside := folder{tree: place.tree, below: templatesFolder, shown: templatesFolder}
		t, err := parseTemplate(file, beside, place)
		if err == nil && t.ID != id {
			return nil, t.fault("template_id", fmt.Sprintf("is %q, but the file is named after %q; make them equal", t.ID, id))
		}
		return t, err
	}
	return nil, fs.ErrNotExist
}

// loadTemplateFile reads a template from where the caller names it.
func (s Source) loadTemplateFile(file string) (*PlanTemplate, error) {
	root, err := s.RootFor(file)
	if err != nil {
		return nil, err
	}
	f, err := fileGiven(root, file, "", "no such file; name a template file, or an id that rtgen list-templates shows")
	if err != nil {
		return nil, err
	}
	return parseTemplate(f, folderOf(root, file), folder{tree: root})
}
