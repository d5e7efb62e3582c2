package harness

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// sameEngine says whether all profiles are applied by one engine.
func sameEngine(profiles []CompiledProfile) bool {
	for i := range profiles {
		if isSeatbelt(profiles[i].Mode) != isSeatbelt(profiles[0].Mode) {
			return false
		}
	}
	return true
}

// preflightMode is the mode of the plan's own preflight profile: it proves that
// the engine of the plan's profiles can be applied, so it is of their mode.
func preflightMode(c *Compiled) string {
	if len(c.Profiles) == 0 {
		return ModeLandlock
	}
	return c.Profiles[0].Mode
}

// compiler collects everything that is wrong with a plan on the way.
type compiler struct {
	src      Source
	plan     *Plan
	registry *Registry
	seen     map[string]string // expectation id to the profile that has it
	apart    bool              // the profiles are of no plan that has them all
	pathKey  string            // where a profile names its text
	given    map[string]File   // texts that are not to be read, by name
	parsed   map[string]bool   // policies that were parsed, by their texts
	faults   fileErrors
	warnings []Finding // what does not keep the plan from being compiled
}

func newCompiler(src Source, plan *Plan, registry *Registry) *compiler {
	comp := &compiler{
		src: src, plan: plan, registry: registry,
		seen: make(map[string]string), parsed: make(map[string]bool), pathKey: "profile_path",
	}
	// What is wrong with the registry is told before what is wrong with a text.
	comp.faults.expect(registry.ProbeRegistry.envelope.file)
	comp.faults.expect(registry.ProfileRegistry.envelope.file)
	return comp
}

// compile is the plan as far as it could be resolved. It may be used when err
// has nothing to say.
func (comp *compiler) compile() *Compiled {
	plan := comp.plan
	c := &Compiled{
		SchemaVersion: CompiledSchema,
		PlanID:        plan.ID,
		PlanDigest:    PlanDigest(plan),
		RegistryID:    comp.registry.ID,
		WorldID:       plan.WorldID,
		Lanes:         laneSet(plan.Lanes),
	}
	if c.Lanes == (LaneSet{}) {
		comp.faults.add(plan.fault(codePlanNoLanes, "lanes", "", "every lane is off, there is nothing to run; switch one on"))
	}
	profiles, err := plan.Resolve(comp.registry)
	comp.faults.add(err)
	for _, profile := range profiles {
		c.Profiles = append(c.Profiles, comp.profile(profile, c.Lanes))
	}
	if plan.ApplyPreflightProfile != "" && !plan.noPreflight {
		comp.preflight(c, err == nil)
	}
	return c
}

// preflight resolves the plan's own preflight profile. Its mode is known when
// the profiles are.
func (comp *compiler) preflight(c *Compiled, known bool) {
	if !sameEngine(c.Profiles) {
		comp.faults.add(comp.plan.fault(codeBadValue, "apply_preflight_profile", "", "the plan's profiles are of several engines, and a preflight profile of one; leave it out, or make a plan of each"))
		return
	}
	text, given := comp.given[path.Clean(comp.plan.ApplyPreflightProfile)]
	var err error
	if !given {
		text.Data, text.Name, err = comp.src.ReadPreflight(comp.plan)
	}
	if err != nil {
		comp.faults.add(err)
		return
	}
	c.Preflight = &CompiledPolicy{Path: text.Name, Mode: preflightMode(c)}
	c.Preflight.setText(text.Data)
	if known {
		comp.parse(c.Preflight)
	}
}

func (comp *compiler) profileFault(code string, p *Profile, format string, args ...any) {
	comp.faults.fault(p.File, Fault{
		Code: code, Line: p.Line, ID: "profile " + strconv.Quote(p.ID), Operand: comp.operand(p.ID), Msg: fmt.Sprintf(format, args...),
	})
}

func (comp *compiler) probeFault(code string, p *Profile, probe *Probe, format string, args ...any) {
	comp.faults.fault(probe.File, Fault{
		Code: code, Line: probe.Line, ID: "probe " + strconv.Quote(probe.ID), Operand: comp.operand(p.ID, probe.ID), Msg: fmt.Sprintf(format, args...),
	})
}

// operand is the ids of an entry and of what it refers to, in the registry's.
func (comp *compiler) operand(ids ...string) string {
	return strings.Join(append([]string{comp.registry.ID}, ids...), ":")
}

func (comp *compiler) err() error { return comp.faults.err() }

func (comp *compiler) profile(p *Profile, lanes LaneSet) CompiledProfile {
	out := CompiledProfile{
		ID:             p.ID,
		CompiledPolicy: CompiledPolicy{Path: p.Path, Mode: p.Mode, File: p.File, Line: p.Line},
		Family:         p.Family, SemanticGroup: p.SemanticGroup, KeySpecificRules: p.KeySpecificRules,
	}
	complete := !p.noPath
	if complete {
		var text CompiledText
		if text, complete = comp.text(p, comp.pathKey, p.Path); complete {
			out.Path = text.Path
			out.setText([]byte(text.Text))
		}
	}
	switch {
	case p.Mode == "": // reading it has said so
	case isSeatbelt(p.Mode):
		if complete {
			comp.parse(&out.CompiledPolicy)
		}
		comp.specificRules(p)
		comp.seatbelt(p, &out.CompiledPolicy)
	case p.Mode != ModeLandlock:
		comp.profileFault(codeNoEngine, p, "mode %q has no engine in this build; it has one for %q, and for %q and %q of macOS", p.Mode, ModeLandlock, ModeSBPL, ModeBlob)
	case comp.landlock(p, &out.CompiledPolicy) && complete:
		comp.parse(&out.CompiledPolicy)
	}
	denies := isSeatbelt(p.Mode) && lanes.Scenario && !comp.apart && out.denies(p.KeySpecificRules)
	for _, ref := range p.ProbeRefs {
		probe, ok := comp.registry.Probe(ref)
		switch {
		case !ok && comp.registry.blind:
			continue
		case !ok:
			comp.faults.fault(p.File, Fault{
				Code: codeUnknownProbe, Line: p.Line, ID: "profile " + strconv.Quote(p.ID), Operand: comp.operand(p.ID, ref),
				Msg: fmt.Sprintf("probe_refs names unknown probe %q", ref),
			})
			continue
		}
		out.Scenarios = append(out.Scenarios, comp.scenario(p, probe, lanes, denies))
	}
	return out
}

// parse reads the text and expands it once, so that a plan with a broken profile
// does not compile.
func (comp *compiler) parse(p *CompiledPolicy) {
	switch p.Mode {
	case ModeSBPL:
		if !comp.seenBefore(p) {
			comp.parseSeatbelt(p)
		}
	case ModeLandlock:
		if comp.seenBefore(p) {
			return
		}
		pol, err := newPolicy(p)
		if err == nil {
			_, err = pol.layers(anyFolder)
		}
		comp.faults.add(err)
	}
}

// seenBefore says whether a policy of the same texts was parsed already: many
// profiles may share one.
func (comp *compiler) seenBefore(p *CompiledPolicy) bool {
	key := fmt.Sprintf("%q %q %q", p.Mode, p.Path, p.RestrictFlags)
	for _, t := range p.Compose {
		key += fmt.Sprintf(" +%q", t.Path)
	}
	for _, l := range p.Layers {
		key += fmt.Sprintf(" /%q", l.RestrictFlags)
		for _, t := range l.Texts {
			key += fmt.Sprintf(" %q", t.Path)
		}
	}
	seen := comp.parsed[key]
	comp.parsed[key] = true
	return seen
}
