package harness

import (
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// matrixID is the id of the plan and of the registry that a matrix makes.
const matrixID = "matrix"

// MatrixOptions says how an expected matrix is to be read. Its zero value works.
type MatrixOptions struct {
	// WorldID takes the place of the world that the matrix is pinned to. Only this
	// host's can be observed, so any other is an *InputError. Empty: what the
	// matrix says.
	WorldID string
}

// CompileMatrix compiles an expected_matrix.json: its rows are the scenarios of a
// plan of the scenario lane alone. Profiles are read from under the root. A key
// that this build would pass over is a fault: a row is attempted as it is written
// down, or not at all.
func (s Source) CompileMatrix(file string, o MatrixOptions) (*Compiled, error) {
	root, err := s.RootFor(".")
	if err != nil {
		return nil, err
	}
	f, err := fileGiven(root, file, "", "no such file; name an expected_matrix.json")
	if err != nil {
		return nil, err
	}
	plan, registry, err := readMatrix(f)
	if err != nil {
		return nil, err
	}
	if o.WorldID != "" {
		facts, err := world.Survey()
		if err != nil {
			return nil, &UnavailableError{fmt.Errorf("survey this host: %w", err)}
		}
		if o.WorldID != facts.ID() {
			return nil, inputErrorf("world %s is not this host's, which is %s: a document of a run names the world that was observed", o.WorldID, facts.ID())
		}
		plan.WorldID = o.WorldID
	}
	comp := newCompiler(s, plan, registry)
	comp.given, comp.pathKey = builtinTexts(registry), "blob"
	return comp.compiled()
}

// builtinTexts are the texts of the program that a matrix names, by name.
func builtinTexts(r *Registry) map[string]File {
	given := map[string]File{}
	for _, p := range r.Profiles {
		names := []string{p.Path}
		if l := p.Landlock; l != nil {
			names = append(names, l.Compose...)
			for _, layer := range l.Layers {
				names = append(names, layer.Files...)
			}
		}
		for _, name := range names {
			file, is := strings.CutPrefix(name, builtin)
			if !is {
				continue
			}
			if data, err := readBuiltin(file); err == nil {
				given[name] = File{Name: name, Data: data}
			}
		}
	}
	return given
}

// readMatrix reads a matrix as a plan with its registry. All its faults are in the
// error, a *DataError.
func readMatrix(file File) (*Plan, *Registry, error) {
	var faults jsondoc.Faults
	o := jsondoc.Parse(file.Data, maxDataSize, &faults).Object()
	r := &matrixRead{
		file: file.Name, faults: &faults, first: map[string]int{},
		plan: &Plan{
			SchemaVersion: PlanSchema, ID: matrixID, RegistryID: matrixID, WorldID: readWorld(o.Opt("world_id")),
			Lanes: LaneFlags{LaneScenario: true, LaneBaseline: false, LaneOracle: false}, File: file.Name,
		},
		registry: &Registry{
			ID:              matrixID,
			ProbeRegistry:   &ProbeRegistry{RegistryID: matrixID, byID: map[string]*Probe{}, envelope: envelope{file: file.Name}},
			ProfileRegistry: &ProfileRegistry{RegistryID: matrixID, byID: map[string]*Profile{}, envelope: envelope{file: file.Name}},
		},
	}
	profiles := o.Need("profiles")
	for id, v := range profiles.Object().All() {
		r.profile(id, v)
	}
	if profiles.Kind() == jsondoc.Object && len(r.registry.Probes) == 0 {
		profiles.FaultAs(codePlanNoProfiles, "has no probes in any profile, there is nothing to run")
	}
	o.End()
	if err := dataError(file.Name, faults); err != nil {
		return nil, nil, err
	}
	return r.plan, r.registry, nil
}

// matrixRead is a matrix being read.
type matrixRead struct {
	file     string
	faults   *jsondoc.Faults
	plan     *Plan
	registry *Registry
	first    map[string]int // expectation id to its line
}

func (r *matrixRead) profile(id string, v jsondoc.Value) {
	readKey(id, v, idProblem)
	o := v.Object()
	blob := o.Need("blob")
	p := &Profile{
		ID: id, Path: readMatrixPath(blob),
		Mode:   jsondoc.Enum(o.Need("mode"), ModeSBPL, ModeBlob, ModeLandlock, ModeSeccomp, ModeLauncher),
		Family: readOptional(o.Opt("family")), SemanticGroup: readOptional(o.Opt("semantic_group")),
		File: r.file, Line: v.Line(),
	}
	for _, row := range o.Need("probes").Items() {
		r.row(p, row)
	}
	if l := o.Opt("landlock").OrNull(); l.Present() {
		p.Landlock, p.origins = readMatrixLandlock(l)
		if p.Mode != "" && p.Mode != ModeLandlock {
			l.FaultAs(codeBadValue, "only goes with mode %q; remove it", ModeLandlock)
		}
	}
	if s := o.Opt("seatbelt").OrNull(); s.Present() {
		p.Seatbelt = readSeatbeltOptions(s)
		if p.Mode != "" && p.Mode != ModeSBPL {
			s.FaultAs(codeBadValue, "only goes with mode %q; remove it", ModeSBPL)
		}
	}
	o.Forbid("preflight", "is said of a whole run here; remove it, and run with --apply-gate")
	o.End()
	r.registry.Profiles = append(r.registry.Profiles, p)
	r.registry.ProfileRegistry.byID[id] = p
	r.plan.Profiles = append(r.plan.Profiles, id)
}

// row reads a scenario as a probe whose id is the scenario's.
func (r *matrixRead) row(p *Profile, v jsondoc.Value) {
	before := len(*r.faults)
	o := v.Object()
	id := o.Need("expectation_id")
	probe := &Probe{
		ID:        readIDAs(id, probeIDProblem),
		Name:      readName(o.Need("name")),
		Operation: readName(o.Need("operation")),
		Target:    o.Need("target").Text(),
		Expected:  jsondoc.Enum(o.Need("expected"), Allow, Deny),

		Mode:                 o.Opt("mode").OrNull().Text(),
		Driver:               o.Opt("driver").OrNull().Text(),
		Syscall:              o.Opt("syscall").OrNull().Text(),
		AttrPayload:          o.Opt("attr_payload").OrNull().Text(),
		AnchorCtxID:          o.Opt("anchor_ctx_id").OrNull().Text(),
		FilterName:           o.Opt("filter_name").OrNull().Text(),
		CapabilitiesRequired: o.Opt("capabilities_required").OrNull().Texts(),

		File: r.file, Line: v.Line(),
	}
	if f := o.Opt("filter_type").OrNull(); f.Present() {
		probe.FilterType = new(f.Int())
	}
	if f := o.Opt("fixture").OrNull(); f.Present() {
		probe.Fixture = readFixture(f, r.faults)
	}
	o.End()
	probe.faulty = len(*r.faults) > before
	if line, twice := r.first[probe.ID]; twice {
		id.FaultAs(codeExpectationTwice, "%q stands twice, first on line %d: every row needs an id of its own", probe.ID, line)
		return
	}
	r.first[probe.ID] = id.Line()
	r.registry.Probes = append(r.registry.Probes, probe)
	r.registry.ProbeRegistry.byID[probe.ID] = probe
	p.ProbeRefs = append(p.ProbeRefs, probe.ID)
}

// readMatrixLandlock reads what a policy has beside its first text.
func readMatrixLandlock(v jsondoc.Value) (*LandlockOptions, []layerOrigin) {
	o := v.Object()
	var origins []layerOrigin
	l := &LandlockOptions{
		OptionalParents: readTexts(o.Opt("optional_parents")),
		RestrictFlags:   readFlags(o.Opt("restrict_flags")),
	}
	for _, file := range o.Opt("compose").Items() {
		l.Compose = append(l.Compose, readMatrixPath(file))
	}
	for _, v := range o.Opt("layers").Items() {
		o := v.Object()
		layer := LandlockLayer{RestrictFlags: readFlags(o.Opt("restrict_flags"))}
		from := layerOrigin{optional: readTexts(o.Opt("optional_parents"))}
		if id := o.Opt("profile_id"); id.Present() {
			from.profile = readID(id)
		}
		files := o.Need("files")
		for _, file := range files.Items() {
			layer.Files = append(layer.Files, readMatrixPath(file))
		}
		if files.Kind() == jsondoc.Array && len(layer.Files) == 0 {
			files.FaultAs(codeBadValue, "is empty; name at least one profile text")
		}
		o.End()
		l.Layers, origins = append(l.Layers, layer), append(origins, from)
	}
	if set := o.Opt("no_new_privs"); set.Present() {
		l.NoNewPrivs = new(set.Bool())
	}
	o.End()
	return l, origins
}

// readMatrixPath reads the name that a run gave a text: from the root, or of a
// file of the program.
func readMatrixPath(v jsondoc.Value) string {
	if file := v.Text(); strings.HasPrefix(file, builtin) {
		if _, err := readBuiltin(strings.TrimPrefix(file, builtin)); err != nil {
			v.FaultAs(codeProfilePathMissing, "%q is not a file of this program; correct the path", file)
		}
		return file
	}
	return readPath(v, onlyRoot)
}
