package harness

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// generated is what the templates of every generator say.
type generated struct {
	plan          Plan // without its profiles
	lanes         LaneFlags
	family, group *string
	order         []string // profile ids
}

// readGenerated reads what the templates of every generator say. lanes are what
// an absent key means.
func (r *templateRead) readGenerated(lanes LaneFlags) generated {
	r.o.Need("registry_id")
	g := generated{
		lanes: lanes,
		plan: Plan{
			SchemaVersion: PlanSchema, ID: r.RegistryID + ".v1", RegistryID: r.RegistryID, WorldID: r.WorldID,
			Controls: []byte(`{"baseline": true}`),
		},
		family: readOptional(r.at("family")),
		group:  readOptional(r.at("semantic_group")),
	}
	if id := r.at("plan_id"); id.Present() {
		g.plan.ID = readID(id)
	}
	if v := r.at("lanes"); v.Present() {
		g.lanes = readLaneFlags(v)
	}
	if v := r.at("controls"); v.Present() {
		g.plan.Controls = []byte("{}")
		if v.Object().Len() > 0 {
			g.plan.Controls = readControls(v)
		}
	}
	if v := r.at("apply_preflight_profile"); v.Text() != "" {
		g.plan.ApplyPreflightProfile = readPath(v, planOrRoot)
	}
	g.plan.Lanes = g.lanes
	return g
}

// readProfiles reads the configuration of every profile with read, and then the
// order they are wanted in.
func (r *templateRead) readProfiles(g *generated, profiles jsondoc.Value, read func(id string, o *jsondoc.Members)) {
	if !profiles.Present() {
		r.o.Need("profiles")
	}
	entries := profiles.Object()
	if entries.Len() == 0 && profiles.Kind() == jsondoc.Object {
		profiles.Faultf("is empty; configure at least one profile")
	}
	for id, v := range entries.All() {
		r.lines.profiles[id] = v.Line()
		v = v.Named("profile " + strconv.Quote(id))
		if problem := idProblem(id); problem != "" {
			v.Faultf("id %s", problem)
		}
		o := v.Object()
		read(id, o)
		o.End()
		g.order = append(g.order, id)
	}
	order := r.at("profile_order")
	if !order.Present() {
		return
	}
	known := g.order
	g.order = nil
	for _, item := range order.Items() {
		id := item.Text()
		switch {
		case item.Kind() != jsondoc.String:
		case !slices.Contains(known, id):
			item.Faultf("unknown profile %q%s; correct the id or configure the profile", id, didYouMean(id, known))
		case slices.Contains(g.order, id):
			item.Faultf("%q stands twice; keep one", id)
		default:
			g.order = append(g.order, id)
		}
	}
	for _, id := range known {
		if !slices.Contains(g.order, id) {
			order.Faultf("leaves out profile %q; add it, or remove the profile", id)
		}
	}
}

// profileOf reads what the profiles of every generator have: where the text is,
// and what is passed on as it is. The text is the path under sbpl.
func (r *templateRead) profileOf(id string, o *jsondoc.Members) *Profile {
	return &Profile{
		ID: id, Path: readPath(o.Need("sbpl"), planOrRoot), Mode: ModeSBPL, ProbeRefs: []string{},
		KeySpecificRules: readTexts(o.Opt("key_specific_rules").OrNull()),
		Notes:            readOptional(o.Opt("notes")),
	}
}

// generation is a plan being made.
type generation struct {
	t        *PlanTemplate
	lines    templateLines // the template's, with those of the probes
	profiles Profiles
	probes   Probes
	byID     map[string]*Probe
	faults   jsondoc.Faults
}

func (t *PlanTemplate) generate() *generation {
	g := &generation{t: t, lines: t.lines, byID: map[string]*Probe{}}
	g.lines.probes = map[string]int{}
	return g
}

// add adds a probe to a profile; line is where the template asks for it. One
// that is there already is kept once.
func (g *generation) add(profile *Profile, p *Probe, line int) {
	p.ID = profile.ID + ":" + p.Name
	first, twice := g.byID[p.ID]
	switch {
	case !twice:
		g.byID[p.ID] = p
		g.lines.probes[p.ID] = line
		g.probes = append(g.probes, p)
		profile.ProbeRefs = append(profile.ProbeRefs, p.ID)
	case first.Expected != p.Expected:
		g.faults.Add(line, "profile "+strconv.Quote(profile.ID), "probe %q is expected to be %s here and %s on line %d; drop one of the two",
			p.ID, p.Expected, first.Expected, g.lines.probes[p.ID])
	case first.Operation != p.Operation || first.Target != p.Target || first.Syscall != p.Syscall || first.AttrPayload != p.AttrPayload ||
		!slices.Contains(profile.ProbeRefs, p.ID):
		g.faults.Add(line, "profile "+strconv.Quote(profile.ID), "probe %q is another one on line %d; rename a profile, or drop one of the two",
			p.ID, g.lines.probes[p.ID])
	}
}

// end gives the plan of the probes.
func (g *generation) end(from generated) (*BuiltPlan, error) {
	for _, p := range g.profiles {
		if len(p.ProbeRefs) == 0 {
			g.faults.Add(g.lines.profiles[p.ID], "profile "+strconv.Quote(p.ID), "comes to no probe at all; give it operations and paths")
		}
	}
	if err := dataError(g.t.File, onceEach(g.faults)); err != nil {
		return nil, err
	}
	plan := from.plan
	plan.Profiles = from.order
	var raw documents
	for _, d := range []struct {
		to *[]byte
		v  any
	}{
		{&raw.plan, plan},
		{&raw.probes, ProbeRegistry{SchemaVersion: ProbeRegistryV02, RegistryID: plan.RegistryID, WorldID: plan.WorldID, Probes: g.probes}},
		{&raw.profiles, ProfileRegistry{SchemaVersion: ProfileRegistryV02, RegistryID: plan.RegistryID, WorldID: plan.WorldID, Profiles: g.profiles}},
	} {
		var err error
		if *d.to, err = canon.Marshal(d.v, canon.Indented); err != nil {
			return nil, fmt.Errorf("template %q: %w", g.t.ID, err)
		}
	}
	// What people wrote was read as what it becomes a part of; this is for what
	// only shows when the parts are together, such as their size.
	loaded, registry, faults := g.t.readDocuments(raw.plan, raw.probes, raw.profiles, g.lines.generated)
	if err := dataError(g.t.File, onceEach(faults)); err != nil {
		return nil, err
	}
	loaded.lines = maps.Clone(g.lines.keys)
	for _, p := range registry.Profiles {
		p.Line = g.lines.profiles[p.ID]
	}
	for _, p := range registry.Probes {
		p.Line = g.lines.probes[p.ID]
	}
	return g.t.built(raw, loaded, registry)
}

// generated is a fault of a document that was made from the template. Its lines
// are nobody's.
func (l *templateLines) generated(document string, f Fault) Fault {
	f.ID, f.Line = cmp.Or(f.ID, document), l.key("profiles")
	return f
}

// templatePath is a path in a template and where it stands.
type templatePath struct {
	text string
	line int
}

// readTarget reads a path that probes ask for.
func readTarget(v jsondoc.Value) templatePath {
	s := v.Text()
	if v.Kind() == jsondoc.String {
		if problem := probeIDProblem(s); problem != "" {
			v.Faultf("%q %s", s, problem)
		}
	}
	return templatePath{s, v.Line()}
}

// readPairs reads a list of pairs of paths; what names the two.
func readPairs(v jsondoc.Value, what string) [][2]templatePath {
	var pairs [][2]templatePath
	for _, item := range v.Items() {
		two := item.Items()
		if item.Kind() != jsondoc.Array {
			continue
		}
		if len(two) != 2 {
			item.Faultf("has %d items; want two, %s", len(two), what)
			continue
		}
		pairs = append(pairs, [2]templatePath{readTarget(two[0]), readTarget(two[1])})
	}
	return pairs
}

// readNames reads a list of names that become parts of ids; an absent one is
// empty.
func readNames(v jsondoc.Value) []string {
	names := []string{}
	for _, item := range v.Items() {
		name := item.Text()
		if problem := probeIDProblem(name); problem != "" && item.Kind() == jsondoc.String {
			item.Faultf("%q %s", name, problem)
		}
		names = append(names, name)
	}
	return names
}

// keys are the keys of a map, sorted.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
