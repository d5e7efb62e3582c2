package harness

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
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
// are in the way are refused as input errors before, and a write that fails
// leaves what was there.
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
	w := &buildWrite{out: out, overwrite: o.Overwrite}
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
			r.TextPaths = append(r.TextPaths, w.add(text.name, text.data))
		}
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	if err := w.write(); err != nil {
		return nil, err
	}
	for _, f := range w.files {
		r.files = append(r.files, f.path)
	}
	return r, nil
}

// buildWrite is the files of a plan on their way to their places.
type buildWrite struct {
	out       string
	overwrite bool
	files     []buildFile
	folders   []string // that were made for them
}

type buildFile struct {
	path string
	data []byte
}

func (w *buildWrite) place(name string) string { return filepath.Join(w.out, filepath.FromSlash(name)) }

// add gives the file a place, and says which.
func (w *buildWrite) add(name string, data []byte) string {
	w.files = append(w.files, buildFile{w.place(name), data})
	return w.place(name)
}

// has says whether a text is in its place already, as it is when a plan is
// built where its texts are written.
func (w *buildWrite) has(text builtText) bool {
	file := w.place(text.name)
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(text.data)) {
		return false
	}
	data, err := os.ReadFile(file)
	return err == nil && bytes.Equal(data, text.data)
}

// check refuses files that cannot go to their places.
func (w *buildWrite) check() error {
	var inTheWay, folders []string
	for _, f := range w.files {
		for _, other := range w.files {
			if strings.HasPrefix(other.path, f.path+string(filepath.Separator)) {
				return inputErrorf("%s would be a file, and a folder for %s; give the text another name", f.path, other.path)
			}
		}
		info, err := os.Lstat(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return unwritable(fmt.Errorf("write %s: %s", f.path, plainReason(err)))
		case info.IsDir():
			folders = append(folders, f.path)
		case !w.overwrite:
			inTheWay = append(inTheWay, f.path)
		}
	}
	switch {
	case len(folders) > 0:
		return inputErrorf("%s: a folder is where a file of the plan goes; remove it, or choose another out folder", strings.Join(folders, ", "))
	case len(inTheWay) > 0:
		return inputErrorf("%s: there already; --overwrite replaces what is there, or choose another out folder", strings.Join(inTheWay, ", "))
	}
	return nil
}

// unwritable is an error of the out folder.
func unwritable(err error) error {
	return fmt.Errorf("%w; choose an out folder that can be written", err)
}

// write makes the files. All of them are on the disk before the first is put in
// its place, and the plan, which names the others, is put there last.
func (w *buildWrite) write() (err error) {
	defer func() {
		if err != nil {
			for _, dir := range slices.Backward(w.folders) {
				_ = os.Remove(dir) // only works while it is empty, and only then is it right
			}
		}
	}()
	var staged []*renameio.PendingFile
	defer func() {
		for _, f := range staged {
			err = errors.Join(err, f.Cleanup())
		}
	}()
	for _, f := range w.files {
		if err := w.makeFolder(filepath.Dir(f.path)); err != nil {
			return unwritable(err)
		}
		pending, err := renameio.NewPendingFile(f.path, renameio.WithTempDir(filepath.Dir(f.path)),
			renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
		if err != nil {
			return unwritable(fmt.Errorf("write %s: %s", f.path, plainReason(err)))
		}
		staged = append(staged, pending)
		_, err = pending.Write(f.data)
		// A full disk may only say so here.
		if err = cmp.Or(err, pending.Sync()); err != nil {
			return unwritable(fmt.Errorf("write %s: %s", f.path, plainReason(err)))
		}
	}
	for i, pending := range slices.Backward(staged) {
		if err := pending.CloseAtomicallyReplace(); err != nil {
			return unwritable(fmt.Errorf("write %s: %s", w.files[i].path, plainReason(err)))
		}
	}
	return nil
}

// makeFolder makes a folder and those above it, and remembers which were not
// there.
func (w *buildWrite) makeFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return fmt.Errorf("make out folder: %s: not a folder", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("make out folder: %s: %s", dir, plainReason(err))
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := w.makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("make out folder: %s: %s", dir, plainReason(err))
	}
	w.folders = append(w.folders, dir)
	return nil
}
