package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/tidwall/gjson"
)

// The files of a registry that lies beside its plan.
const (
	besideProbes   = "registry/probes.json"
	besideProfiles = "registry/profiles.json"
)

// LoadRegistry reads the registry a plan names: the registry folder beside the
// plan when it is of that id, else what the index says.
func (s Source) LoadRegistry(p *Plan) (*Registry, error) {
	folders, err := s.folders(p)
	if err != nil {
		return nil, err
	}
	beside := ""
	if p.Path != "" {
		var r *Registry
		if r, beside, err = loadBeside(folders[0], p.RegistryID); r != nil || err != nil {
			return r, err
		}
	}
	return s.loadIndexed(p, folders[len(folders)-1], beside)
}

// loadBeside reads the registry folder beside a plan. When there is none, or
// one of another id, which it then names, there is neither registry nor error.
func loadBeside(f folder, id string) (r *Registry, other string, err error) {
	probes, probesErr := f.read(besideProbes)
	profiles, profilesErr := f.read(besideProfiles)
	noProbes, noProfiles := errors.Is(probesErr, fs.ErrNotExist), errors.Is(profilesErr, fs.ErrNotExist)
	switch {
	case probesErr != nil && !noProbes:
		return nil, "", sourceError(f.name(besideProbes), plainReason(probesErr))
	case profilesErr != nil && !noProfiles:
		return nil, "", sourceError(f.name(besideProfiles), plainReason(profilesErr))
	case noProbes && noProfiles:
		return nil, "", nil
	}
	var claims []string
	if !noProbes {
		claims = append(claims, claimed(probes))
	}
	if !noProfiles {
		claims = append(claims, claimed(profiles))
	}
	// A file that names no registry at all is taken for the plan's: its faults
	// should be heard.
	if !slices.Contains(claims, id) && !slices.Contains(claims, "") {
		return nil, claims[0], nil
	}
	switch {
	case noProbes:
		return nil, "", sourceError(f.name(besideProbes), "no such file; it belongs to "+f.name(besideProfiles))
	case noProfiles:
		return nil, "", sourceError(f.name(besideProfiles), "no such file; it belongs to "+f.name(besideProbes))
	}
	r, err = ParseRegistry(File{f.name(besideProbes), probes}, File{f.name(besideProfiles), profiles})
	if err == nil && r.ID != id {
		return nil, r.ID, nil
	}
	return r, "", err
}

// claimed is the registry_id a file gives itself, without loading it.
func claimed(data []byte) string {
	return gjson.GetBytes(data, "registry_id").Str
}

// loadIndexed reads the registry a plan names from where the index says it is.
func (s Source) loadIndexed(p *Plan, root folder, beside string) (*Registry, error) {
	index, name, folders, err := s.loadIndex(root)
	if err != nil {
		return nil, err
	}
	entry, ok := index.Entry(p.RegistryID)
	if !ok {
		msg := fmt.Sprintf("registry %q is not in %s", p.RegistryID, name)
		if ids := index.IDs(); len(ids) > 0 {
			msg += ", which has " + strings.Join(ids, ", ")
		}
		if beside != "" {
			msg += fmt.Sprintf(", and registry/ beside the plan is %q", beside)
		}
		return nil, p.fault("registry_id", msg+"; correct the id, or add the registry to the index or beside the plan")
	}
	var files [2]File
	var faults jsondoc.Faults
	for i, file := range []string{entry.Probes, entry.Profiles} {
		data, shown, err := readFirst(folders, file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults.Add(entry.Line, fmt.Sprintf("registry %q", entry.ID), "%q is neither under the root nor beside the index; create it or correct the path", file)
		case err != nil:
			faults.Add(entry.Line, fmt.Sprintf("registry %q", entry.ID), "%q %s", file, plainReason(err))
		}
		files[i] = File{Name: shown, Data: data}
	}
	if err := dataError(name, faults); err != nil {
		return nil, err
	}
	r, err := ParseRegistry(files[0], files[1])
	if err == nil && r.ID != p.RegistryID {
		return nil, sourceError(files[0].Name, fmt.Sprintf("registry_id is %q, but %s lists it as %q; make them equal", r.ID, name, p.RegistryID))
	}
	return r, err
}

// loadIndex reads the index and gives its name and the folders its paths start
// from.
func (s Source) loadIndex(root folder) (*RegistryIndex, string, []folder, error) {
	given := s.Registries
	if given == "" {
		given = os.Getenv("RTGEN_REGISTRIES")
	}
	const inRoot = "registries/index.json"
	own := folder{tree: root.tree, below: "registries", shown: "registries"}
	name, folders := inRoot, []folder{root, own}
	var data []byte
	var err error
	if given != "" {
		own = folderOf(root.tree, given)
		name, folders = path.Join(own.shown, filepath.Base(given)), []folder{root, own}
		if data, err = readGiven(given); errors.Is(err, fs.ErrNotExist) {
			return nil, "", nil, sourceError(name, "no such file; correct --registries or RTGEN_REGISTRIES")
		}
	} else if data, err = root.read(inRoot); errors.Is(err, fs.ErrNotExist) {
		name, folders = builtin+inRoot, []folder{{tree: builtin}}
		data, err = readBuiltin(inRoot)
	}
	if err != nil {
		return nil, "", nil, sourceError(name, plainReason(err))
	}
	index, err := ParseRegistryIndex(File{Name: name, Data: data})
	return index, name, folders, err
}
