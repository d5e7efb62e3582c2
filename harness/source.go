package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Source says where plan data comes from. The zero Source works.
//
// The root is the folder that paths in data are relative to and that names in
// errors and documents start from. No file that data names is read from
// outside the plan's folder and the root.
type Source struct {
	// Root is the root. Empty: the environment's RTGEN_ROOT, else the nearest
	// parent of the plan with a go.mod or a .git, else the plan's folder.
	Root string
	// Registries is the index of registries. Empty: the environment's
	// RTGEN_REGISTRIES, else registries/index.json under the root, else the
	// index built into the program.
	Registries string
}

// LoadPlan reads a plan.json from where the zero Source finds things.
func LoadPlan(file string) (*Plan, error) { return Source{}.LoadPlan(file) }

// RootFor is the root, as an absolute path, for a plan file or any other file
// or folder.
func (s Source) RootFor(near string) (string, error) {
	root, _, err := s.findRoot(near)
	return root, err
}

// findRoot also says whether anything marks the root as one.
func (s Source) findRoot(near string) (root string, marked bool, err error) {
	for _, given := range []struct{ from, dir string }{{"--root", s.Root}, {"RTGEN_ROOT", os.Getenv("RTGEN_ROOT")}} {
		if given.dir == "" {
			continue
		}
		if info, err := os.Stat(given.dir); err != nil || !info.IsDir() {
			return "", false, sourceError(given.dir, fmt.Sprintf("is no folder; correct %s", given.from))
		}
		root, err := filepath.Abs(given.dir)
		return root, true, err
	}
	start, err := filepath.Abs(near)
	if err != nil {
		return "", false, err
	}
	if info, err := os.Stat(start); err != nil || !info.IsDir() {
		start = filepath.Dir(start)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		for _, mark := range []string{"go.mod", ".git"} {
			if _, err := os.Stat(filepath.Join(dir, mark)); err == nil {
				return dir, true, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return start, false, nil
		}
	}
}

// LoadPlan reads a plan.json.
func (s Source) LoadPlan(file string) (*Plan, error) {
	f, err := s.planFile(file)
	if err != nil {
		return nil, err
	}
	p, err := ParsePlan(f)
	if err != nil {
		return nil, err
	}
	p.Path = file
	return p, nil
}

// typed gives the names of a plan's files as a person typed them: when nothing
// marks a root, names start from the plan's folder, and there may be many.
func (s Source) typed(plan string) func(file string) string {
	_, marked, err := s.findRoot(plan)
	return func(file string) string {
		if err != nil || marked || path.IsAbs(file) || strings.HasPrefix(file, builtin) {
			return file
		}
		return path.Join(filepath.ToSlash(filepath.Dir(plan)), file)
	}
}

// asTyped is the faults of a plan's files under the names a person typed.
func (s Source) asTyped(plan string, err error) error {
	if err == nil {
		return nil
	}
	typed := s.typed(plan)
	var errs []error
	eachError(err, func(err error) {
		var data *DataError
		if errors.As(err, &data) {
			err = &DataError{File: typed(data.File), Faults: data.Faults}
		}
		errs = append(errs, err)
	})
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// planFile reads the file of a plan.
func (s Source) planFile(file string) (File, error) {
	root, err := s.RootFor(file)
	if err != nil {
		return File{}, err
	}
	return fileGiven(root, file, "", "no such file; name a plan.json")
}

// fileGiven reads a file the caller named, under the name it has from the root.
// missing says what to do when it is not there; code is the kind of fault that
// is, and any other.
func fileGiven(root, file, code, missing string) (File, error) {
	name := path.Join(folderOf(root, file).shown, filepath.Base(file))
	data, err := readGiven(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return File{}, fileFault(code, name, missing)
	case err != nil:
		return File{}, fileFault(code, name, plainReason(err))
	}
	return File{Name: name, Data: data}, nil
}

// ReadProfile reads the text of a profile and gives the name it has in
// messages. The file is looked for in the plan's folder, under the root, and
// then in the folder that the registry's own folder lies in: a registry that is
// in an index brings its texts along.
func (s Source) ReadProfile(p *Plan, profile *Profile) ([]byte, string, error) {
	return s.readText(p, profile, "profile_path", profile.Path)
}

// readText reads a text that a profile names under key, found like its own.
func (s Source) readText(p *Plan, profile *Profile, key, file string) ([]byte, string, error) {
	folders, err := s.folders(p)
	if err != nil {
		return nil, "", err
	}
	if profile.home.tree != "" {
		folders = append(folders, profile.home)
	}
	data, name, problem := readNamed(folders, file)
	if problem != "" {
		fault := Fault{Code: codeProfilePathMissing, Operand: p.RegistryID + ":" + profile.ID + " -> " + file, Line: profile.Line, ID: fmt.Sprintf("profile %q", profile.ID), Msg: key + ": " + problem}
		return nil, "", &DataError{File: profile.File, Faults: []Fault{fault}}
	}
	return data, name, nil
}

// ReadPreflight reads the text of the plan's apply_preflight_profile, found
// like a profile's.
func (s Source) ReadPreflight(p *Plan) ([]byte, string, error) {
	folders, err := s.folders(p)
	if err != nil {
		return nil, "", err
	}
	data, name, problem := readNamed(folders, p.ApplyPreflightProfile)
	if problem != "" {
		return nil, "", p.fault(codePreflightMissing, "apply_preflight_profile", p.ApplyPreflightProfile, problem)
	}
	return data, name, nil
}

// readNamed reads a file that data names; problem says why it could not.
func readNamed(folders []folder, file string) (data []byte, name, problem string) {
	if problem := pathProblem(file, planOrRoot); problem != "" {
		return nil, "", fmt.Sprintf("%q %s", file, problem)
	}
	found, err := readFirst(folders, file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(folders) == 1:
		return nil, "", fmt.Sprintf("%q is not under the root; create it or correct the path", file)
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", fmt.Sprintf("%q is neither in the plan's folder nor under the root; create it or correct the path", file)
	case err != nil:
		return nil, "", fmt.Sprintf("%q %s", file, plainReason(err))
	case len(found.Data) > maxDataSize:
		return nil, "", fmt.Sprintf("%q is larger than %d bytes; shorten it", file, maxDataSize)
	}
	return found.Data, found.Name, ""
}

// folders are where the plan's files are looked for: its own folder, then the
// root.
func (s Source) folders(p *Plan) ([]folder, error) {
	if p.Path == "" {
		root, err := s.RootFor(".")
		return []folder{{tree: root}}, err
	}
	root, err := s.RootFor(p.Path)
	return []folder{folderOf(root, p.Path), {tree: root}}, err
}

// folderOf is the folder a file stands in: a part of the root when it lies
// under it, else a tree of its own.
func folderOf(root, file string) folder {
	dir := filepath.Dir(file)
	if abs, err := filepath.Abs(dir); err == nil {
		if rel, err := filepath.Rel(root, abs); err == nil && filepath.IsLocal(rel) {
			below := filepath.ToSlash(rel)
			return folder{tree: root, below: below, shown: below}
		}
	}
	return folder{tree: dir, shown: filepath.ToSlash(dir)}
}

// readGiven reads a file the caller named, wherever it is.
func readGiven(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if err := mustBeData(info); err != nil {
		return nil, err
	}
	r, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readLimited(r, info.Size())
}

// sourceError is a fault of a file as a whole.
func sourceError(file, msg string) error { return fileFault("", file, msg) }

// fileFault is one of a kind.
func fileFault(code, file, msg string) error {
	return &DataError{File: file, Faults: []Fault{{Code: code, Msg: msg}}}
}
