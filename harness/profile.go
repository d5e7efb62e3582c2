package harness

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// The schema versions of profiles.json. The second is the first plus the modes
// landlock, seccomp and launcher, what belongs to them, and parameters of Seatbelt
// profiles.
const (
	ProfileRegistryV02 = "runtime-tools.profile_registry.v0.2"
	ProfileRegistryV03 = "runtime-tools.profile_registry.v0.3"
)

// Profile is a policy and the probes it is put to the test with.
type Profile struct {
	ID               string           `json:"profile_id"`
	Path             string           `json:"profile_path"` // of the policy's text, see Source.ReadProfile
	Mode             string           `json:"mode"`
	ProbeRefs        []string         `json:"probe_refs"` // probe ids, in order
	Family           *string          `json:"family"`
	SemanticGroup    *string          `json:"semantic_group"`
	Notes            *string          `json:"notes"`
	KeySpecificRules []string         `json:"key_specific_rules"` // SBPL lines added to the text
	Landlock         *LandlockOptions `json:"landlock,omitempty"`
	Seatbelt         *SeatbeltOptions `json:"seatbelt,omitempty"`

	File string `json:"-"` // where the profile stands
	Line int    `json:"-"`

	raw    string // the entry's text
	home   folder // where its texts may lie, too
	noPath bool   // Path could not be read, and that was said

	origins []layerOrigin // of the layers of a profile that a matrix describes; else nil
}

// Raw is the profile as it stands in its file.
func (p *Profile) Raw() json.RawMessage { return json.RawMessage(p.raw) }

// ProfileRegistry is a profiles.json.
type ProfileRegistry struct {
	SchemaVersion string   `json:"schema_version"`
	RegistryID    string   `json:"registry_id"`
	WorldID       string   `json:"world_id,omitempty"`
	Profiles      Profiles `json:"profiles"`

	byID     map[string]*Profile
	envelope envelope
}

// Profiles are profiles in the order of their file. As JSON they are an object
// keyed by id.
type Profiles []*Profile

// MarshalJSON writes the profiles as an object, in order.
func (ps Profiles) MarshalJSON() ([]byte, error) {
	return marshalByID(ps, func(p *Profile) string { return p.ID })
}

// Profile is the profile with the id.
func (r *ProfileRegistry) Profile(id string) (*Profile, bool) {
	p, ok := r.byID[id]
	return p, ok
}

// didYouMean suggests a profile for an id that names none.
func (r *ProfileRegistry) didYouMean(id string) string {
	return didYouMean(id, idsOf(r.Profiles, func(p *Profile) string { return p.ID }))
}

// ParseProfiles reads a profiles.json. Its probe_refs must name probes of
// probes; nil leaves them unchecked. All faults are in the error, a
// *DataError.
func ParseProfiles(file File, probes *ProbeRegistry) (*ProfileRegistry, error) {
	r, err := readProfiles(file, probes)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// readProfiles gives what can be read of a file that has faults, too.
func readProfiles(file File, probes *ProbeRegistry) (*ProfileRegistry, error) {
	var faults jsondoc.Faults
	o := jsondoc.Parse(file.Data, maxDataSize, &faults).Object()
	o.Opt("$schema").Text() // for editors
	schema := o.Need("schema_version")
	gate := &schemaGate{schema: schema, old: ProfileRegistryV02, needed: ProfileRegistryV03}
	id, world := o.Need("registry_id"), o.Opt("world_id")
	r := &ProfileRegistry{
		SchemaVersion: readSchema(schema, codeProfilesSchema, ProfileRegistryV02, ProfileRegistryV03),
		RegistryID:    readID(id),
		WorldID:       readWorld(world),
	}
	r.envelope = envelope{file: file.Name, registry: id.Line(), world: world.Line()}
	if unread(schema, ProfileRegistryV02, ProfileRegistryV03) {
		o.Ignore()
		return r, dataError(file.Name, faults)
	}
	entries := o.Need("profiles").Object()
	r.Profiles = make(Profiles, 0, entries.Len())
	r.byID = make(map[string]*Profile, entries.Len())
	stacked := stacks{registry: r.RegistryID, byID: r.byID, refs: map[string][]jsondoc.Value{}, done: map[string]bool{}}
	for id, v := range entries.All() {
		before := len(faults)
		p := readProfile(id, v.Named("profile "+shortQuote(id)), gate, probes, stacked.refs)
		p.File, p.raw, p.home = file.Name, v.Source(), file.home
		completeOperands(faults[before:], r.RegistryID, id)
		r.Profiles = append(r.Profiles, p)
		r.byID[id] = p
	}
	before := len(faults)
	for _, p := range r.Profiles {
		stacked.prove(p.ID)
	}
	if len(faults) > before {
		for _, p := range r.Profiles {
			if p.Landlock != nil {
				p.Landlock.Stack = nil // it may have no end
			}
		}
	}
	o.End()
	return r, dataError(file.Name, faults)
}

func readProfile(id string, v jsondoc.Value, gate *schemaGate, probes *ProbeRegistry, stacked map[string][]jsondoc.Value) *Profile {
	readKey(id, v, idProblem)
	o := v.Object()
	p := &Profile{
		ID:   readOwnID(id, o.Need("profile_id")),
		Path: readPath(o.Need("profile_path"), planOrRoot),
		Line: v.Line(),
	}
	p.noPath = pathProblem(p.Path, planOrRoot) != ""
	mode := o.Need("mode")
	p.Mode = jsondoc.Enum(mode, ModeSBPL, ModeBlob, ModeLandlock, ModeSeccomp, ModeLauncher)
	if p.Mode != "" && !isSeatbelt(p.Mode) {
		gate.needs(mode)
	}
	refs := o.Need("probe_refs")
	p.ProbeRefs = readIDs(refs, "probe", codeProfileNoProbes, probeIDProblem)
	if probes != nil {
		proveRefs(refs, probes)
	}
	p.Family = readOptional(o.Need("family"))
	p.SemanticGroup = readOptional(o.Need("semantic_group"))
	p.Notes = readOptional(o.Need("notes"))
	rules := o.Need("key_specific_rules")
	p.KeySpecificRules = readTexts(rules)
	if p.Mode != "" && !isSeatbelt(p.Mode) && len(p.KeySpecificRules) > 0 {
		rules.FaultAs(codeBadValue, "are lines of Seatbelt profiles, and %q has none; write [], the rules belong into the profile text", p.Mode)
	}
	if l := o.Opt("landlock").OrNull(); l.Present() {
		p.Landlock, stacked[id] = readLandlock(l)
		gate.needs(l)
		if p.Mode != "" && p.Mode != ModeLandlock {
			l.FaultAs(codeBadValue, "only goes with mode %q; remove it", ModeLandlock)
		}
	}
	if s := o.Opt("seatbelt").OrNull(); s.Present() {
		p.Seatbelt = readSeatbeltOptions(s)
		gate.needs(s)
		if p.Mode != "" && p.Mode != ModeSBPL {
			s.FaultAs(codeBadValue, "only goes with mode %q; remove it", ModeSBPL)
		}
	}
	o.End()
	return p
}

// readOptional reads a string or null.
func readOptional(v jsondoc.Value) *string {
	if v = v.OrNull(); v.Kind() == jsondoc.None {
		return nil
	}
	s := v.Text()
	return &s
}

// proveRefs reports references to probes that do not exist.
func proveRefs(refs jsondoc.Value, probes *ProbeRegistry) {
	for _, ref := range refs.Items() {
		if ref.Kind() != jsondoc.String || probeIDProblem(ref.Text()) != "" {
			continue // readIDs has said so
		}
		if _, known := probes.Probe(ref.Text()); !known {
			ref.FaultOf(codeUnknownProbe, ref.Text(), "unknown probe %q; correct the id or add the probe%s", ref.Text(), probes.didYouMean(ref.Text()))
		}
	}
}
