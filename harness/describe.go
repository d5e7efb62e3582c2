package harness

import (
	"encoding/json"
	"strings"
)

// PlanDescription is a plan and what becomes of it.
type PlanDescription struct {
	Plan           json.RawMessage `json:"plan"` // the document as it stands in the file
	Path           string          `json:"path"` // relative to the root when it lies under it
	PlanDigest     Digest          `json:"plan_digest"`
	CompiledDigest *Digest         `json:"compiled_digest"` // nil when it does not compile
	CompileErrors  []string        `json:"compile_errors"`  // one line each
	PlanID         string          `json:"plan_id"`
	RegistryID     string          `json:"registry_id"`
	Profiles       int             `json:"profiles"` // how many it names

	// Of a plan that compiles only.
	Scenarios *int            `json:"scenarios"`
	Specs     map[Lane]int    `json:"specs"` // scenarios times their lanes, by lane
	ByProfile []ProfileCounts `json:"by_profile"`
}

// ProfileCounts says what a plan does with one of its profiles.
type ProfileCounts struct {
	ProfileID string       `json:"profile_id"`
	Mode      string       `json:"mode"`
	Scenarios int          `json:"scenarios"`
	Specs     map[Lane]int `json:"specs"`
}

// DescribePlan loads a plan.json and compiles it to tell what is in it. A plan
// that loads and does not compile is described with the reasons.
func (s Source) DescribePlan(file string) (*PlanDescription, error) {
	f, err := s.planFile(file)
	if err != nil {
		return nil, err
	}
	plan, err := ParsePlan(f)
	if err != nil {
		return nil, err
	}
	plan.Path = file
	d := &PlanDescription{
		Plan: f.Data, Path: s.typed(file)(plan.File), PlanDigest: PlanDigest(plan), CompileErrors: []string{},
		PlanID: plan.ID, RegistryID: plan.RegistryID, Profiles: len(plan.Profiles),
	}
	registry, err := s.LoadRegistry(plan)
	var compiled *Compiled
	if err == nil {
		compiled, err = Compile(s, plan, registry)
	}
	switch {
	case err == nil:
		d.count(compiled)
	case IsInputError(err):
		d.CompileErrors = strings.Split(err.Error(), "\n")
	default:
		return nil, err
	}
	return d, nil
}

func (d *PlanDescription) count(c *Compiled) {
	d.CompiledDigest = &c.CompiledDigest
	d.Specs = specsByLane(c)
	d.ByProfile = make([]ProfileCounts, 0, len(c.Profiles))
	total := 0
	for _, p := range c.Profiles {
		only := Compiled{Profiles: []CompiledProfile{p}}
		d.ByProfile = append(d.ByProfile, ProfileCounts{
			ProfileID: p.ID, Mode: p.Mode, Scenarios: len(p.Scenarios), Specs: specsByLane(&only),
		})
		total += len(p.Scenarios)
	}
	d.Scenarios = &total
}

// specsByLane is Specs with a count for every lane, none being 0.
func specsByLane(c *Compiled) map[Lane]int {
	n := c.Specs()
	for _, lane := range AllLanes() {
		n[lane] += 0
	}
	return n
}

// ResolveProbe gives a probe of a registry that the index has.
func (s Source) ResolveProbe(registryID, id string) (*Probe, error) {
	r, err := s.Registry(registryID)
	if err != nil {
		return nil, err
	}
	return r.ResolveProbe(id)
}

// ResolveProfile gives a profile of a registry that the index has.
func (s Source) ResolveProfile(registryID, id string) (*Profile, error) {
	r, err := s.Registry(registryID)
	if err != nil {
		return nil, err
	}
	return r.ResolveProfile(id)
}

// ResolveProbe is Probe with an error, an *InputError, that suggests an id.
func (r *Registry) ResolveProbe(id string) (*Probe, error) {
	if p, ok := r.Probe(id); ok {
		return p, nil
	}
	return nil, inputErrorf("registry %q has no probe %q%s; rtgen list-probes shows them", r.ID, id, r.ProbeRegistry.didYouMean(id))
}

// ResolveProfile is Profile with an error, an *InputError, that suggests an id.
func (r *Registry) ResolveProfile(id string) (*Profile, error) {
	if p, ok := r.Profile(id); ok {
		return p, nil
	}
	return nil, inputErrorf("registry %q has no profile %q%s; rtgen list-profiles shows them", r.ID, id, r.ProfileRegistry.didYouMean(id))
}

// ProfilesOf gives the profiles that refer to a probe, in the order of their
// file.
func (r *Registry) ProfilesOf(probeID string) []*Profile {
	var list []*Profile
	for _, p := range r.Profiles {
		for _, ref := range p.ProbeRefs {
			if ref == probeID {
				list = append(list, p)
				break
			}
		}
	}
	return list
}
