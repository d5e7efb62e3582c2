package harness

import (
	"cmp"
	"errors"
)

// Registry is a probes.json and the profiles.json that belongs to it:
// profiles and probes by id.
type Registry struct {
	ID      string // that it was looked for by; its files may say otherwise
	WorldID string // of the host the files were written for; empty when neither says
	*ProbeRegistry
	*ProfileRegistry

	blind      bool // the probes could not be read, so that no reference can be proved
	noProfiles bool // the profiles could not be read
}

// ParseRegistry reads the two files of a registry. The faults of both are in
// the error, a *DataError or two joined.
func ParseRegistry(probes, profiles File) (*Registry, error) {
	return parseRegistryAs("", probes, profiles)
}

// parseRegistryAs reads the registry of an id; empty is the one of its files.
func parseRegistryAs(id string, probes, profiles File) (*Registry, error) {
	r, err := readRegistry(id, probes, profiles)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// readRegistry gives what can be read of files that have faults, too.
func readRegistry(id string, probes, profiles File) (*Registry, error) {
	pr, err := readProbes(probes)
	known, blind := pr, err != nil && len(pr.Probes) == 0
	if blind {
		known = nil
	}
	fr, profilesErr := readProfiles(profiles, known)
	return &Registry{
		ID:            cmp.Or(id, pr.RegistryID),
		WorldID:       cmp.Or(pr.WorldID, fr.WorldID),
		ProbeRegistry: pr, ProfileRegistry: fr, blind: blind,
		noProfiles: profilesErr != nil && len(fr.Profiles) == 0,
	}, errors.Join(err, profilesErr)
}
