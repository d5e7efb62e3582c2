package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/capability"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// CompilePlan loads the plan at path with everything it names, and compiles it.
func CompilePlan(src Source, path string) (*Compiled, error) {
	plan, err := src.LoadPlan(path)
	if err != nil {
		return nil, err
	}
	registry, err := src.LoadRegistry(plan)
	if err != nil {
		return nil, err
	}
	return Compile(src, plan, registry)
}

// Compile resolves a plan into a compiled one. What could only fail at run time
// is refused here: unknown profiles, operations, variants and capabilities,
// profile texts that do not parse, expectation ids that two scenarios share.
// All faults are in the error.
func Compile(src Source, plan *Plan, registry *Registry) (*Compiled, error) {
	comp := compiler{src: src, plan: plan, registry: registry, seen: make(map[string]string)}
	c := &Compiled{
		SchemaVersion: CompiledSchema,
		PlanID:        plan.ID,
		PlanDigest:    PlanDigest(plan),
		RegistryID:    registry.ID,
		WorldID:       plan.WorldID,
		Lanes:         laneSet(plan.Lanes),
	}
	if c.Lanes == (LaneSet{}) {
		comp.errs = append(comp.errs, plan.fault("lanes", "every lane is off, there is nothing to run; switch one on"))
	}
	profiles, err := plan.Resolve(registry)
	if err != nil {
		comp.errs = append(comp.errs, err)
	}
	for _, profile := range profiles {
		c.Profiles = append(c.Profiles, comp.profile(profile, c.Lanes))
	}
	if plan.ApplyPreflightProfile != "" {
		if text, name, err := src.ReadPreflight(plan); err != nil {
			comp.errs = append(comp.errs, err)
		} else {
			c.Preflight = &CompiledPolicy{Path: name, Mode: preflightMode(c), Text: string(text)}
			comp.parse(c.Preflight)
		}
	}
	if err := comp.err(); err != nil {
		return nil, err
	}
	digest, err := c.digest()
	if err != nil {
		return nil, err
	}
	c.CompiledDigest = digest
	return c, nil
}

// preflightMode is the mode of the plan's own preflight profile: it proves that
// the engine of the plan's profiles can be applied, so it is of their mode.
func preflightMode(c *Compiled) string {
	if len(c.Profiles) == 0 {
		return ModeLandlock
	}
	return c.Profiles[0].Mode
}

type compiler struct {
	src      Source
	plan     *Plan
	registry *Registry
	seen     map[string]string // expectation id to the profile that has it
	files    []string          // in the order of their first fault
	faults   map[string]jsondoc.Faults
	errs     []error
}

func (comp *compiler) fault(file string, line int, id, format string, args ...any) {
	if comp.faults == nil {
		comp.faults = make(map[string]jsondoc.Faults)
	}
	fs, known := comp.faults[file]
	if !known {
		comp.files = append(comp.files, file)
	}
	fs.Add(line, id, format, args...)
	comp.faults[file] = fs
}

func (comp *compiler) err() error {
	var errs []error
	for _, file := range comp.files {
		errs = append(errs, dataError(file, comp.faults[file]))
	}
	return errors.Join(append(errs, comp.errs...)...)
}

func (comp *compiler) profile(p *Profile, lanes LaneSet) CompiledProfile {
	out := CompiledProfile{
		ID:             p.ID,
		CompiledPolicy: CompiledPolicy{Path: p.Path, Mode: p.Mode, File: p.File, Line: p.Line},
		Family:         p.Family, SemanticGroup: p.SemanticGroup, KeySpecificRules: p.KeySpecificRules,
	}
	text, complete := comp.text(p, "profile_path", p.Path)
	if complete {
		out.Path, out.Text = text.Path, text.Text
	}
	switch {
	case p.Mode != ModeLandlock:
		if complete {
			comp.fault(p.File, p.Line, "profile "+strconv.Quote(p.ID), "mode %q has no engine in this build; it has one for %q", p.Mode, ModeLandlock)
		}
	case comp.landlock(p, &out.CompiledPolicy) && complete:
		comp.parse(&out.CompiledPolicy)
	}
	for _, ref := range p.ProbeRefs {
		probe, ok := comp.registry.Probe(ref)
		if !ok {
			comp.fault(p.File, p.Line, "profile "+strconv.Quote(p.ID), "probe_refs names unknown probe %q", ref)
			continue
		}
		out.Scenarios = append(out.Scenarios, comp.scenario(p, probe, lanes))
	}
	return out
}

// parse reads the text and expands it once, so that a plan with a broken profile
// does not compile.
func (comp *compiler) parse(p *CompiledPolicy) {
	pol, err := newPolicy(p)
	if err == nil {
		_, err = pol.layers(anyFolder)
	}
	if err != nil {
		comp.errs = append(comp.errs, err)
	}
}

// anySite stands for a fixture's variables where none is made, and anyFolder for
// those that a policy may use.
var (
	anySite   = fixture.Described("/site")
	anyFolder = fixture.VarsAt("/site")
)

func (comp *compiler) scenario(p *Profile, probe *Probe, lanes LaneSet) Scenario {
	id := "probe " + strconv.Quote(probe.ID)
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
	if other, twice := comp.seen[sc.ExpectationID]; twice {
		comp.fault(p.File, p.Line, "profile "+strconv.Quote(p.ID),
			"expectation id %q is already in profile %q: give each profile its own probe, or the probes their own expectation_id", sc.ExpectationID, other)
	}
	comp.seen[sc.ExpectationID] = p.ID
	comp.attempt(probe, id)
	if _, err := fixture.Expand(probe.Target, anySite); err != nil {
		comp.fault(probe.File, probe.Line, id, "target: %v", err)
	}
	if probe.Driver != "" {
		comp.fault(probe.File, probe.Line, id, "unknown driver %q; this build drives every operation itself, remove it", probe.Driver)
	}
	for _, text := range probe.CapabilitiesRequired {
		if _, err := capability.Parse(text); err != nil {
			comp.fault(probe.File, probe.Line, id, "%v", err)
		}
	}
	return sc
}

// attempt checks that what the probe attempts is known, and may be done without
// a policy.
func (comp *compiler) attempt(probe *Probe, id string) {
	operation, ok := op.Lookup(probe.Operation)
	if !ok {
		comp.fault(probe.File, probe.Line, id, "unknown operation %q%s", probe.Operation, suggest(op.Nearest(probe.Operation)))
		return
	}
	variant, ok := operation.Variant(probe.Syscall)
	if !ok {
		comp.fault(probe.File, probe.Line, id, "operation %q has no syscall variant %q; it has %v", probe.Operation, probe.Syscall, operation.VariantNames())
		return
	}
	for _, text := range fixtureFaults(probe, operation, variant) {
		comp.fault(probe.File, probe.Line, id, "%s", text)
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

// ErrStale means that a suite is older than its plan.
var ErrStale = errors.New("suite is older than its plan")

// CheckFresh compares a suite's compiled plan with the plan it came from, when
// that plan is there: a suite may run far from its repository. The error says
// how to bring the suite up to date.
func CheckFresh(c *Compiled, planPath string) error {
	if _, err := os.Stat(planPath); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	now, err := CompilePlan(Source{}, planPath)
	if err != nil {
		return fmt.Errorf("the plan of suite %q no longer compiles: %w", c.PlanID, err)
	}
	if now.CompiledDigest != c.CompiledDigest {
		return fmt.Errorf("%w: plan %q at %s compiles to %s, the suite has %s: run rtgen compile --plan %s",
			ErrStale, c.PlanID, planPath, now.CompiledDigest, c.CompiledDigest, planPath)
	}
	return nil
}
