package harness

import (
	"os"
	"path"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/capability"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/nearest"
	"github.com/rtgen/rtgen/harness/internal/op"
)

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
		comp.probeFault(codeUnknownOperation, p, probe, "unknown operation %q%s", probe.Operation, nearest.Meant(op.Nearest(probe.Operation)))
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
