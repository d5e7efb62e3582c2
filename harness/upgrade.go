package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// UpgradeOptions say where an upgraded registry goes.
type UpgradeOptions struct {
	// OutDir is the folder of the two files, which must exist. Empty: the folder
	// of the registry's probes file.
	OutDir string
	// Overwrite replaces files that are there already.
	Overwrite bool
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
	probes, profiles, err := s.registryFiles(id)
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
	if err := replaceBoth(targets, [2][]byte{newProbes, newProfiles}); err != nil {
		return nil, err
	}
	return &UpgradeResult{RegistryID: id, ProbesPath: targets[0], ProfilesPath: targets[1]}, nil
}

// upgradeTargets says where the two files go, once it is clear that they may.
func upgradeTargets(id string, probes, profiles File, o UpgradeOptions) (targets [2]string, err error) {
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
	var refused []error
	for i, name := range names {
		targets[i] = filepath.Join(dir, name)
		file := path.Join(shown, name)
		info, err := os.Lstat(targets[i])
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return targets, err
		case !info.Mode().IsRegular():
			refused = append(refused, inputErrorf("%s is no regular file (%v); move it away, or name another folder with --out-dir", file, info.Mode().Type()))
		case !o.Overwrite:
			refused = append(refused, inputErrorf("%s exists; replace it with --overwrite, or name another folder with --out-dir", file))
		}
	}
	return targets, errors.Join(refused...)
}

// replaceBoth writes two files. Both are complete on the disk before either
// takes its name, so that a full disk leaves what was there.
func replaceBoth(paths [2]string, data [2][]byte) error {
	var staged [2]*renameio.PendingFile
	for i, path := range paths {
		f, err := renameio.NewPendingFile(path,
			renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
		if err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		defer f.Cleanup()
		if _, err := f.Write(data[i]); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		staged[i] = f
	}
	for i, f := range staged {
		if err := f.CloseAtomicallyReplace(); err != nil {
			return fmt.Errorf("write %s: %w", paths[i], err)
		}
	}
	return nil
}
