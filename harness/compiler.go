package harness

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/capability"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/op"
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
	src        Source
	plan       *Plan
	registry   *Registry
	seen       map[string]string // expectation id to the profile that has it
	apart      bool              // the profiles are of no plan that has them all
	given      map[string]File   // texts that are not to be read, by name
	files      []string          // in the order of their first fault
	faults     map[string]jsondoc.Faults
	errs       []error
	parsed     map[string]bool // policies that were parsed, by their texts
	textFaults fileErrors
	warnings   []Finding // what does not keep the plan from being compiled
}

func newCompiler(src Source, plan *Plan, registry *Registry) *compiler {
	return &compiler{
		src: src, plan: plan, registry: registry,
		seen: make(map[string]string), parsed: make(map[string]bool), faults: make(map[string]jsondoc.Faults),
	}
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
		comp.errs = append(comp.errs, plan.fault(codePlanNoLanes, "lanes", "", "every lane is off, there is nothing to run; switch one on"))
	}
	profiles, err := plan.Resolve(comp.registry)
	if err != nil {
		comp.errs = append(comp.errs, err)
	}
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
		comp.errs = append(comp.errs, comp.plan.fault(codeBadValue, "apply_preflight_profile", "", "the plan's profiles are of several engines, and a preflight profile of one; leave it out, or make a plan of each"))
		return
	}
	text, given := comp.given[path.Clean(comp.plan.ApplyPreflightProfile)]
	var err error
	if !given {
		text.Data, text.Name, err = comp.src.ReadPreflight(comp.plan)
	}
	if err != nil {
		comp.errs = append(comp.errs, err)
		return
	}
	c.Preflight = &CompiledPolicy{Path: text.Name, Mode: preflightMode(c)}
	c.Preflight.setText(text.Data)
	if known {
		comp.parse(c.Preflight)
	}
}

// fault reports something wrong with an entry of the registry.
func (comp *compiler) fault(code, file string, line int, id, format string, args ...any) {
	fs, known := comp.faults[file]
	if !known {
		comp.files = append(comp.files, file)
	}
	fs.AddCode(code, line, id, format, args...)
	comp.faults[file] = fs
}

func (comp *compiler) profileFault(code string, p *Profile, format string, args ...any) {
	comp.fault(code, p.File, p.Line, "profile "+strconv.Quote(p.ID), format, args...)
	comp.operand(p.File, comp.registry.ID+":"+p.ID)
}

func (comp *compiler) probeFault(code string, p *Profile, probe *Probe, format string, args ...any) {
	comp.fault(code, probe.File, probe.Line, "probe "+strconv.Quote(probe.ID), format, args...)
	comp.operand(probe.File, comp.registry.ID+":"+p.ID+":"+probe.ID)
}

// operand completes the last fault of a file.
func (comp *compiler) operand(file, operand string) {
	fs := comp.faults[file]
	fs[len(fs)-1].Operand = operand
}

func (comp *compiler) err() error {
	var errs []error
	for _, file := range comp.files {
		errs = append(errs, dataError(file, comp.faults[file]))
	}
	return errors.Join(append(append(errs, comp.errs...), comp.textFaults.err())...)
}

func (comp *compiler) profile(p *Profile, lanes LaneSet) CompiledProfile {
	out := CompiledProfile{
		ID:             p.ID,
		CompiledPolicy: CompiledPolicy{Path: p.Path, Mode: p.Mode, File: p.File, Line: p.Line},
		Family:         p.Family, SemanticGroup: p.SemanticGroup, KeySpecificRules: p.KeySpecificRules,
	}
	complete := !p.noPath
	if complete {
		var text CompiledText
		if text, complete = comp.text(p, "profile_path", p.Path); complete {
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
	case p.Mode != ModeLandlock:
		comp.profileFault(codeNoEngine, p, "mode %q has no engine in this build; it has one for %q, and takes %q for macOS", p.Mode, ModeLandlock, ModeSBPL)
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
			comp.profileFault(codeUnknownProbe, p, "probe_refs names unknown probe %q", ref)
			comp.operand(p.File, comp.registry.ID+":"+p.ID+":"+ref)
			continue
		}
		out.Scenarios = append(out.Scenarios, comp.scenario(p, probe, lanes, denies))
	}
	return out
}

// parse reads the text and expands it once, so that a plan with a broken profile
// does not compile.
func (comp *compiler) parse(p *CompiledPolicy) {
	switch {
	case isSeatbelt(p.Mode):
		comp.parseSeatbelt(p)
		return
	case p.Mode != ModeLandlock:
		return // it has no engine, as its profile says
	}
	if comp.seenBefore(p) {
		return
	}
	pol, err := newPolicy(p)
	if err == nil {
		_, err = pol.layers(anyFolder)
	}
	comp.textFaults.add(err)
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

// anySite stands for a fixture's variables where none is made, and anyFolder for
// those that a policy may use.
var (
	anySite   = fixture.Described("/site")
	anyFolder = fixture.VarsAt("/site")
)

func (comp *compiler) scenario(p *Profile, probe *Probe, lanes LaneSet, denies bool) Scenario {
	sc := Scenario{
		ExpectationID: probe.ExpectationIDFor(p.ID),
		Name:          probe.Name, Operation: probe.Operation, Target: probe.Target, Expected: probe.Expected,
		Lanes: LaneSet{
			Baseline: lanes.Baseline && probe.SupportsLanes.On(LaneBaseline),
			Scenario: lanes.Scenario && probe.SupportsLanes.On(LaneScenario),
			Oracle:   lanes.Oracle && probe.SupportsLanes.On(LaneOracle),
		},
		Mode: probe.Mode, Driver: probe.Driver, Syscall: probe.Syscall, AttrPayload: probe.AttrPayload,
		AnchorCtxID: probe.AnchorCtxID, FilterName: probe.FilterName, FilterType: probe.FilterType,
		Capabilities: probe.CapabilitiesRequired, Fixture: probe.Fixture,
		File: probe.File, Line: probe.Line,
	}
	if other, twice := comp.seen[sc.ExpectationID]; twice && !comp.apart {
		comp.profileFault(codeExpectationTwice, p,
			"expectation id %q is already in profile %q: give each profile its own probe, or the probes their own expectation_id", sc.ExpectationID, other)
	}
	comp.seen[sc.ExpectationID] = p.ID
	switch {
	case isSeatbelt(p.Mode):
		comp.seatbeltAttempt(p, probe, denies)
	case p.Mode == ModeLandlock:
		comp.attempt(p, probe)
	}
	for _, text := range probe.CapabilitiesRequired {
		if _, err := capability.Parse(text); err != nil {
			comp.probeFault(codeUnknownCapability, p, probe, "%v", err)
		}
	}
	return sc
}

// attempt checks that what the probe attempts is known, and may be done without
// a policy.
func (comp *compiler) attempt(p *Profile, probe *Probe) {
	if _, err := fixture.Expand(probe.Target, anySite); err != nil {
		comp.probeFault(codeBadTarget, p, probe, "target: %v", err)
	}
	if probe.Driver != "" {
		comp.probeFault(codeUnknownDriver, p, probe, "unknown driver %q; this build drives every operation itself, remove it", probe.Driver)
	}
	if probe.Operation == "" {
		return // reading it has said so
	}
	operation, ok := op.Lookup(probe.Operation)
	if !ok {
		comp.probeFault(codeUnknownOperation, p, probe, "unknown operation %q%s", probe.Operation, suggest(op.Nearest(probe.Operation)))
		return
	}
	variant, ok := operation.Variant(probe.Syscall)
	if !ok {
		comp.probeFault(codeUnknownSyscall, p, probe, "operation %q has no syscall variant %q; it has %v", probe.Operation, probe.Syscall, operation.VariantNames())
		return
	}
	if probe.faulty {
		return // its fixture may be what could not be read
	}
	for _, f := range fixtureFaults(probe, operation, variant) {
		comp.probeFault(f.Code, p, probe, "%s", f.Msg)
	}
}

// inScratch says whether the text of a target that a probe changes is the
// probe's own: a fixture's, or the device that keeps nothing, which a call that
// acts on the name would take from the host. Where the links on its way lead,
// fixture.Leaves says.
func inScratch(target string, onName bool) bool {
	expanded, err := fixture.Expand(target, anySite)
	if err != nil {
		return true // a fault of its own
	}
	if target == os.DevNull {
		return !onName
	}
	// A path that climbs out by ".." is the host's.
	return strings.HasPrefix(target, "${") && strings.HasPrefix(path.Clean(expanded), anySite[fixture.VarScratch]+"/")
}

func laneSet(f LaneFlags) LaneSet {
	return LaneSet{Baseline: f.On(LaneBaseline), Scenario: f.On(LaneScenario), Oracle: f.On(LaneOracle)}
}
