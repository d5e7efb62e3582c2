package harness

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/stage"
)

// BuildOptions says how a template is built. Its zero value works.
type BuildOptions struct {
	Overwrite          bool // files that are there already are replaced; else they are refused
	SkipExpectedMatrix bool // out/expected_matrix.json is left out
}

// PlanBuildResult says what a build wrote and where. The paths start with the
// out folder as it was given.
type PlanBuildResult struct {
	TemplateID         string   `json:"template_id"`
	RegistryID         string   `json:"registry_id"`
	PlanPath           string   `json:"plan_path"`
	ProbesPath         string   `json:"probes_path"`
	ProfilesPath       string   `json:"profiles_path"`
	ExpectedMatrixPath *string  `json:"expected_matrix_path"` // null: not written
	TextPaths          []string `json:"text_paths"`           // policy texts that were not there yet

	files []string
}

// Files are the paths of all files that were written: the documents, then the
// texts.
func (r *PlanBuildResult) Files() []string { return slices.Clone(r.files) }

// besideMatrix is the expected matrix of a plan that was built.
const besideMatrix = "out/expected_matrix.json"

// isDocument says whether a document of a built plan goes under a name. Case
// does not count: on some file systems it makes no other file.
func isDocument(name string) bool {
	return slices.ContainsFunc([]string{planFile, besideProbes, besideProfiles, besideMatrix}, func(d string) bool { return strings.EqualFold(d, name) })
}

// BuildPlanFromTemplate writes the plan of a template into the folder out: the
// plan, its registry, every policy text they name and, unless told not to, what
// the plan expects. The template is named as for LoadPlanTemplate. Nothing is
// written unless everything can be: templates that do not load and files that
// are in the way are refused as input errors before. Every byte is on the disk
// before the first file takes its name, and the plan takes its last.
func (s Source) BuildPlanFromTemplate(idOrFile, out string, o BuildOptions) (*PlanBuildResult, error) {
	if out == "" {
		return nil, inputErrorf("no out folder to build template %q in; name one", idOrFile)
	}
	t, err := s.LoadPlanTemplate(idOrFile)
	if err != nil {
		return nil, err
	}
	built, err := t.Expand()
	if err != nil {
		return nil, err
	}
	texts, err := built.texts()
	if err != nil {
		return nil, err
	}
	if err := built.compiles(texts); err != nil {
		return nil, err
	}
	w := buildWrite{out: out}
	r := &PlanBuildResult{TemplateID: built.TemplateID, RegistryID: built.RegistryID, TextPaths: []string{}}
	r.PlanPath = w.add(planFile, built.Plan)
	r.ProbesPath = w.add(besideProbes, built.Probes)
	r.ProfilesPath = w.add(besideProfiles, built.Profiles)
	if !o.SkipExpectedMatrix {
		matrix := w.add(besideMatrix, built.ExpectedMatrix)
		r.ExpectedMatrixPath = &matrix
	}
	for _, text := range texts {
		if !w.has(text) {
			r.TextPaths = append(r.TextPaths, w.add(text.name, text.Data))
		}
	}
	if err := writeStaged(w.files, o.Overwrite); err != nil {
		return nil, err
	}
	for _, f := range w.files {
		r.files = append(r.files, f.Path)
	}
	return r, nil
}

// buildWrite is the files of a plan on their way to their places.
type buildWrite struct {
	out   string
	files []stage.File
}

func (w buildWrite) place(name string) string { return filepath.Join(w.out, filepath.FromSlash(name)) }

// add gives the file a place, and says which.
func (w *buildWrite) add(name string, data []byte) string {
	w.files = append(w.files, stage.File{Path: w.place(name), Data: data})
	return w.place(name)
}

// has says whether a text is in its place already, as it is when a plan is
// built where its texts are written.
func (w buildWrite) has(text builtText) bool {
	file := w.place(text.name)
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(text.Data)) {
		return false
	}
	data, err := os.ReadFile(file)
	return err == nil && bytes.Equal(data, text.Data)
}

// writeStaged puts files in their places, the first one last. What is in the way
// is refused as an input error before anything is written.
func writeStaged(files []stage.File, overwrite bool) error {
	err := stage.Check(files, overwrite)
	var refused *stage.RefusedError
	switch {
	case errors.As(err, &refused):
		return &InputError{err}
	case err != nil:
		return err
	}
	return stage.Write(files)
}
