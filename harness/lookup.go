package harness

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

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
	probes, profiles, err := s.findRegistry(p)
	if err != nil {
		return nil, err
	}
	return parseRegistryAs(p.RegistryID, probes, profiles)
}

// findRegistry reads the two files of the registry a plan names.
func (s Source) findRegistry(p *Plan) (probes, profiles File, err error) {
	folders, err := s.folders(p)
	if err != nil {
		return probes, profiles, err
	}
	beside := ""
	if p.Path != "" {
		probes, profiles, beside, err = filesBeside(folders[0], p.RegistryID)
		if probes.Name != "" || err != nil {
			return probes, profiles, err
		}
	}
	index, err := s.loadIndex(folders[len(folders)-1])
	if err != nil {
		return probes, profiles, err
	}
	entry, ok := index.Entry(p.RegistryID)
	if !ok {
		msg := fmt.Sprintf("registry %q is not in %s", p.RegistryID, index.name)
		if beside != "" {
			msg += fmt.Sprintf(", and registry/ beside the plan is %q", beside)
		}
		msg += "; correct the id (rtgen list-registries), or put the registry in registry/ beside the plan" + didYouMean(p.RegistryID, index.IDs())
		return probes, profiles, p.fault(codeRegistryLoad, "registry_id", p.RegistryID, msg)
	}
	return index.files(entry)
}

// filesBeside reads the registry folder beside a plan. When there is none, or
// one of another id, which it then names, there are neither files nor an error.
func filesBeside(f folder, id string) (probes, profiles File, other string, err error) {
	none := func(err error) (File, File, string, error) { return File{}, File{}, "", err }
	probes, probesErr := readFirst([]folder{f}, besideProbes)
	profiles, profilesErr := readFirst([]folder{f}, besideProfiles)
	noProbes, noProfiles := errors.Is(probesErr, fs.ErrNotExist), errors.Is(profilesErr, fs.ErrNotExist)
	switch {
	case probesErr != nil && !noProbes:
		return none(fileFault(codeOf(probesErr, codeProbesMissing), f.name(besideProbes), plainReason(probesErr)))
	case profilesErr != nil && !noProfiles:
		return none(fileFault(codeOf(profilesErr, codeProfilesMissing), f.name(besideProfiles), plainReason(profilesErr)))
	case noProbes && noProfiles:
		return none(nil)
	}
	var claims []string
	if !noProbes {
		claims = append(claims, claimed(probes.Data))
	}
	if !noProfiles {
		claims = append(claims, claimed(profiles.Data))
	}
	// A file that names no registry at all is taken for the plan's: its faults
	// should be heard.
	if !slices.Contains(claims, id) && !slices.Contains(claims, "") {
		return File{}, File{}, claims[0], nil
	}
	switch {
	case noProbes:
		return none(fileFault(codeProbesMissing, f.name(besideProbes), "no such file; it belongs to "+f.name(besideProfiles)))
	case noProfiles:
		return none(fileFault(codeProfilesMissing, f.name(besideProfiles), "no such file; it belongs to "+f.name(besideProbes)))
	}
	return probes, profiles, "", nil
}

// claimed is the registry_id a file gives itself, without loading it.
func claimed(data []byte) string {
	return gjson.GetBytes(data, "registry_id").Str
}

// Registry reads a registry that the index has.
func (s Source) Registry(id string) (*Registry, error) {
	probes, profiles, err := s.registryFiles(id)
	if err != nil {
		return nil, err
	}
	return parseRegistryAs(id, probes, profiles)
}

// registryFiles reads the two files of a registry that the index has.
func (s Source) registryFiles(id string) (probes, profiles File, err error) {
	index, err := s.index()
	if err != nil {
		return probes, profiles, err
	}
	entry, ok := index.Entry(id)
	if !ok {
		return probes, profiles, index.unknown(id)
	}
	return index.files(entry)
}

// foundIndex is an index and where it was found.
type foundIndex struct {
	*RegistryIndex
	name    string
	folders []folder // that its paths start from
}

func (x *foundIndex) unknown(id string) error {
	return inputErrorf("registry %q is not in %s%s; rtgen list-registries shows what is", id, x.name, didYouMean(id, x.IDs()))
}

// files reads the two files an entry names. That one is missing is a fault of
// the index.
func (x *foundIndex) files(entry *RegistryEntry) (probes, profiles File, err error) {
	var files [2]File
	var faults jsondoc.Faults
	for i, file := range []string{entry.Probes, entry.Profiles} {
		id, code := fmt.Sprintf("registry %q", entry.ID), [...]string{codeProbesMissing, codeProfilesMissing}[i]
		files[i], err = readFirst(x.folders, file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults.AddCode(code, entry.Line, id, "%q is neither under the root nor beside the index; create it or correct the path", file)
		case err != nil:
			faults.AddCode(codeOf(err, code), entry.Line, id, "%q %s", file, plainReason(err))
		}
	}
	return files[0], files[1], dataError(x.name, faults)
}

// index reads the index that is in force here.
func (s Source) index() (*foundIndex, error) {
	root, err := s.RootFor(".")
	if err != nil {
		return nil, err
	}
	return s.loadIndex(folder{tree: root})
}

// loadIndex reads the index.
func (s Source) loadIndex(root folder) (*foundIndex, error) {
	file, folders, err := s.readIndex(root)
	if err != nil {
		return nil, err
	}
	return parseIndex(file, folders)
}

func parseIndex(file File, folders []folder) (*foundIndex, error) {
	index, err := ParseRegistryIndex(file)
	if err != nil {
		return nil, err
	}
	return &foundIndex{RegistryIndex: index, name: file.Name, folders: folders}, nil
}

// readIndex finds the index and gives the folders its paths start from.
func (s Source) readIndex(root folder) (File, []folder, error) {
	const inRoot = "registries/index.json"
	if given := cmp.Or(s.Registries, os.Getenv("RTGEN_REGISTRIES")); given != "" {
		file, err := fileGiven(root.tree, given, codeIndexLoad, "no such file; correct --registries or RTGEN_REGISTRIES")
		return file, []folder{root, folderOf(root.tree, given)}, err
	}
	folders := []folder{root, {tree: root.tree, below: "registries", shown: "registries"}}
	file, err := readFirst([]folder{root}, inRoot)
	if errors.Is(err, fs.ErrNotExist) {
		folders = []folder{{tree: builtin}}
		file, err = readFirst(folders, inRoot)
	}
	if err != nil {
		return File{}, nil, fileFault(codeIndexLoad, root.name(inRoot), plainReason(err))
	}
	return file, folders, nil
}
