package harness

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/stage"
)

// UpgradeOptions say where an upgraded registry goes.
type UpgradeOptions struct {
	// OutDir is the folder of the two files, which must exist. Empty: the folder
	// of the registry's probes file.
	OutDir string
	// Overwrite replaces files that are there already.
	Overwrite bool
	// Plan, when it is not empty, is the plan.json whose registry to upgrade: one
	// that lies beside its plan is in no index.
	Plan string
}

// UpgradeResult is what UpgradeRegistry wrote.
type UpgradeResult struct {
	RegistryID   string `json:"registry_id"` // that it was looked for by
	ProbesPath   string `json:"probes_path"`
	ProfilesPath string `json:"profiles_path"`
}

// UpgradeRegistry writes a registry of the index, v0.1 or v0.2, as v0.2 with
// every key filled in that readers of v0.2 ask for. Numbers keep their form,
// keys come sorted, and upgrading the result gives the same bytes.
//
// The first entry that breaks the rules all versions share ends it, with
// everything that is wrong with the entry, in a *DataError. So does anything
// that would keep the result from loading, except a profile that refers to an
// unknown probe. An id the index does not have, a folder that does not exist
// and files that would be overwritten are an *InputError. Nothing is written
// then.
func (s Source) UpgradeRegistry(id string, o UpgradeOptions) (*UpgradeResult, error) {
	probes, profiles, err := s.filesToUpgrade(&id, o.Plan)
	if err != nil {
		return nil, err
	}
	newProbes, newProfiles, err := upgradePair(probes, profiles)
	if err != nil {
		return nil, err
	}
	targets, err := upgradeTargets(id, probes, profiles, o)
	if err != nil {
		return nil, err
	}
	targets[0].Data, targets[1].Data = newProbes, newProfiles
	if err := writeStaged(targets[:], o.Overwrite); err != nil {
		return nil, err
	}
	return &UpgradeResult{RegistryID: id, ProbesPath: targets[0].Path, ProfilesPath: targets[1].Path}, nil
}

// filesToUpgrade reads the registry of an id, or of a plan, whose id it then
// gives.
func (s Source) filesToUpgrade(id *string, plan string) (probes, profiles File, err error) {
	if plan == "" {
		return s.registryFiles(*id)
	}
	p, err := s.LoadPlan(plan)
	if err != nil {
		return probes, profiles, err
	}
	if *id != "" && *id != p.RegistryID {
		return probes, profiles, inputErrorf("registry %q: the plan %s uses %q; name one of them", *id, plan, p.RegistryID)
	}
	*id = p.RegistryID
	return s.findRegistry(p)
}

// upgradeTargets says where the two files go.
func upgradeTargets(id string, probes, profiles File, o UpgradeOptions) (targets [2]stage.File, err error) {
	dir, shown := o.OutDir, filepath.ToSlash(o.OutDir)
	if dir == "" {
		if probes.place == "" {
			return targets, inputErrorf("registry %q is part of the program; name a folder for the upgraded files with --out-dir", id)
		}
		dir, shown = filepath.Dir(probes.place), path.Dir(probes.Name)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return targets, inputErrorf("%s: no such folder; create it, or name another with --out-dir", shown)
	case err != nil:
		return targets, err
	case !info.IsDir():
		return targets, inputErrorf("%s is no folder; name one with --out-dir", shown)
	}
	names := [...]string{path.Base(probes.Name), path.Base(profiles.Name)}
	// Some file systems cannot tell names apart that differ in case only.
	if strings.EqualFold(names[0], names[1]) {
		return targets, inputErrorf("registry %q: %s and %s would both become %s; give them different names in the index",
			id, probes.Name, profiles.Name, path.Join(shown, names[0]))
	}
	// The profiles go beside the probes, where another registry may have its own.
	own := filepath.Join(dir, names[1])
	if info, err := os.Lstat(own); err == nil && info.Mode().IsRegular() {
		if there, err := readGiven(own); err == nil && claimed(there) != claimed(profiles.Data) {
			return targets, inputErrorf("registry %q: %s is there already and of registry %q; name a folder with --out-dir", id, path.Join(shown, names[1]), claimed(there))
		}
	}
	for i, name := range names {
		targets[i] = stage.File{Path: filepath.Join(dir, name), Name: path.Join(shown, name)}
	}
	return targets, nil
}
