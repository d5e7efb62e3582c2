package harness

import "errors"

// Registry is a probes.json and the profiles.json that belongs to it:
// profiles and probes by id.
type Registry struct {
	ID      string
	WorldID string // of the host the files were written for; empty when neither says
	*ProbeRegistry
	*ProfileRegistry
}

// ParseRegistry reads the two files of a registry. The faults of both are in
// the error, a *DataError or two joined.
func ParseRegistry(probes, profiles File) (*Registry, error) {
	pr, err := ParseProbes(probes)
	// Without the probes no reference can be proved, but everything else can.
	fr, profilesErr := ParseProfiles(profiles, pr)
	if err := errors.Join(err, profilesErr); err != nil {
		return nil, err
	}
	r := &Registry{ID: pr.RegistryID, WorldID: pr.WorldID, ProbeRegistry: pr, ProfileRegistry: fr}
	if r.WorldID == "" {
		r.WorldID = fr.WorldID
	}
	return r, nil
}
