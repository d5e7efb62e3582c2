package harness

import "github.com/rtgen/rtgen/harness/internal/evidence"

// seatbeltPolicies are the profiles of macOS that sessions of the run applied, or
// would have; none where this host or the run applies none. A profile that cannot
// be made ready is in no document: its scenarios say why.
func (r *Run) seatbeltPolicies() map[string]*seatbeltPolicy {
	made := make(map[string]*seatbeltPolicy)
	if r.params.Dry || !r.compiled.Lanes.Scenario {
		return made
	}
	for i := range r.compiled.Profiles {
		p := &r.compiled.Profiles[i]
		if !isSeatbelt(p.Mode) || engineMissing(p.Mode) != "" {
			continue
		}
		if pol, err := newSeatbeltPolicy(p, r.ticket.WorldID, r.params.ApplyGate); err == nil {
			made[p.ID] = pol
		}
	}
	return made
}

// prepared says what was made of the profiles, by their ids, as documents refer to
// it.
func (r *Run) prepared(applied map[string]*seatbeltPolicy) map[string]evidence.Prepared {
	all := make(map[string]evidence.Prepared)
	for id, pol := range applied {
		prep := evidence.Prepared{Gate: pol.gateJSON()}
		if len(pol.copies) > 0 {
			prep.Path = r.stage.OutputRoot() + "/" + runtimeProfilesFolder + "/" + pol.copies[0].Name
		}
		all[id] = prep
	}
	return all
}

// writePrepared writes the texts that were applied into the run folder.
func (r *Run) writePrepared(applied map[string]*seatbeltPolicy) error {
	for i := range r.compiled.Profiles {
		pol := applied[r.compiled.Profiles[i].ID]
		if pol == nil {
			continue
		}
		for _, text := range pol.copies {
			if err := r.stage.Write(runtimeProfilesFolder+"/"+text.Name, nil, []byte(text.Text)); err != nil {
				return err
			}
		}
	}
	return nil
}
