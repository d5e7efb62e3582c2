package harness

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// The schema versions of probes.json. The second is the first plus fixtures.
const (
	ProbeRegistryV02 = "runtime-tools.probe_registry.v0.2"
	ProbeRegistryV03 = "runtime-tools.probe_registry.v0.3"
)

// Fixture is what a probe must find on the host.
type Fixture = fixture.Spec

// Probe is one attempted operation and the decision it is expected to meet.
type Probe struct {
	ID        string   `json:"probe_id"`
	Name      string   `json:"name"`
	Operation string   `json:"operation"`
	Target    string   `json:"target"` // path, service, address or keyword acted on
	Expected  Decision `json:"expected"`

	SupportsLanes        LaneFlags `json:"supports_lanes"`
	ExpectedPrimaryOps   []string  `json:"expected_primary_ops"`
	ExpectedPredicates   []string  `json:"expected_predicates"`
	CapabilitiesRequired []string  `json:"capabilities_required"`
	ControlsSupported    []string  `json:"controls_supported"`

	ExpectationID string   `json:"expectation_id,omitempty"` // empty: the probe's id
	Mode          string   `json:"mode,omitempty"`
	Driver        string   `json:"driver,omitempty"`
	Syscall       string   `json:"syscall,omitempty"`
	AttrPayload   string   `json:"attr_payload,omitempty"`
	AnchorCtxID   string   `json:"anchor_ctx_id,omitempty"`
	FilterName    string   `json:"filter_name,omitempty"`
	FilterType    *int     `json:"filter_type,omitempty"`
	Fixture       *Fixture `json:"fixture,omitempty"`

	File string `json:"-"` // where the probe stands
	Line int    `json:"-"`

	raw    string // the entry's text
	faulty bool   // not all of it could be read
}

// Raw is the probe as it stands in its file.
func (p *Probe) Raw() json.RawMessage { return json.RawMessage(p.raw) }

// ExpectationIDFor is the id of the scenario that profile and the probe make.
// It falls back on the profile's id only for a probe that has no id of its
// own, which no registry that loads holds.
func (p *Probe) ExpectationIDFor(profileID string) string {
	for _, id := range []string{p.ExpectationID, p.ID} {
		if id != "" {
			return id
		}
	}
	for _, name := range []string{p.Name, p.Operation} {
		if name != "" {
			return profileID + ":" + name
		}
	}
	return profileID + ":probe"
}

// ProbeRegistry is a probes.json.
type ProbeRegistry struct {
	SchemaVersion string `json:"schema_version"`
	RegistryID    string `json:"registry_id"`
	WorldID       string `json:"world_id,omitempty"`
	Probes        Probes `json:"probes"`

	byID     map[string]*Probe
	envelope envelope
}

// Probes are probes in the order of their file. As JSON they are an object
// keyed by id.
type Probes []*Probe

// MarshalJSON writes the probes as an object, in order.
func (ps Probes) MarshalJSON() ([]byte, error) {
	return marshalByID(ps, func(p *Probe) string { return p.ID })
}

// Probe is the probe with the id.
func (r *ProbeRegistry) Probe(id string) (*Probe, bool) {
	p, ok := r.byID[id]
	return p, ok
}

// didYouMean suggests a probe for an id that names none.
func (r *ProbeRegistry) didYouMean(id string) string {
	return didYouMean(id, idsOf(r.Probes, func(p *Probe) string { return p.ID }))
}

// probeControls are the control profiles a probe may support.
var probeControls = []string{"baseline", "allow_default", "deny_default"}

// ParseProbes reads a probes.json. All its faults are in the error, a
// *DataError.
func ParseProbes(file File) (*ProbeRegistry, error) {
	r, err := readProbes(file)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// readProbes gives what can be read of a file that has faults, too.
func readProbes(file File) (*ProbeRegistry, error) {
	var faults jsondoc.Faults
	o := jsondoc.Parse(file.Data, maxDataSize, &faults).Object()
	o.Opt("$schema").Text() // for editors
	schema := o.Need("schema_version")
	gate := &schemaGate{schema: schema, old: ProbeRegistryV02, needed: ProbeRegistryV03}
	id, world := o.Need("registry_id"), o.Opt("world_id")
	r := &ProbeRegistry{
		SchemaVersion: readSchema(schema, codeProbesSchema, ProbeRegistryV02, ProbeRegistryV03),
		RegistryID:    readID(id),
		WorldID:       readWorld(world),
	}
	r.envelope = envelope{file: file.Name, registry: id.Line(), world: world.Line()}
	if unread(schema, ProbeRegistryV02, ProbeRegistryV03) {
		o.Ignore()
		return r, dataError(file.Name, faults)
	}
	entries := o.Need("probes").Object()
	r.Probes = make(Probes, 0, entries.Len())
	r.byID = make(map[string]*Probe, entries.Len())
	for id, v := range entries.All() {
		before := len(faults)
		p := readProbe(id, v.Named("probe "+shortQuote(id)), gate, &faults)
		p.File, p.raw = file.Name, v.Source()
		p.faulty = len(faults) > before
		completeOperands(faults[before:], r.RegistryID, id)
		r.Probes = append(r.Probes, p)
		r.byID[id] = p
	}
	o.End()
	return r, dataError(file.Name, faults)
}

func readProbe(id string, v jsondoc.Value, gate *schemaGate, faults *jsondoc.Faults) *Probe {
	readKey(id, v, probeIDProblem)
	o := v.Object()
	p := &Probe{
		ID:        readOwnID(id, o.Need("probe_id")),
		Name:      readName(o.Need("name")),
		Operation: readName(o.Need("operation")),
		Target:    o.Need("target").Text(),
		Expected:  jsondoc.Enum(o.Need("expected"), Allow, Deny),

		SupportsLanes:        readLaneFlags(o.Need("supports_lanes")),
		ExpectedPrimaryOps:   readTexts(o.Need("expected_primary_ops").OrNull()),
		ExpectedPredicates:   readTexts(o.Need("expected_predicates").OrNull()),
		CapabilitiesRequired: readTexts(o.Need("capabilities_required").OrNull()),
		ControlsSupported:    []string{},

		Mode:        o.Opt("mode").OrNull().Text(),
		Driver:      o.Opt("driver").OrNull().Text(),
		Syscall:     o.Opt("syscall").OrNull().Text(),
		AttrPayload: o.Opt("attr_payload").OrNull().Text(),
		AnchorCtxID: o.Opt("anchor_ctx_id").OrNull().Text(),
		FilterName:  o.Opt("filter_name").OrNull().Text(),

		Line: v.Line(),
	}
	for _, c := range o.Need("controls_supported").Items() {
		p.ControlsSupported = append(p.ControlsSupported, jsondoc.Enum(c, probeControls...))
	}
	if x := o.Opt("expectation_id").OrNull(); x.Text() != "" {
		p.ExpectationID = readIDAs(x, probeIDProblem)
	}
	if f := o.Opt("filter_type").OrNull(); f.Present() {
		n := f.Int()
		p.FilterType = &n
	}
	if f := o.Opt("fixture").OrNull(); f.Present() {
		p.Fixture = readFixture(f, faults)
		gate.needs(f)
	}
	o.End()
	return p
}
