package harness

import (
	"encoding/json"
	"fmt"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// ApplyGate says what a run does with a profile of macOS in which it finds what
// would likely keep it from being applied.
type ApplyGate = seatbelt.GateMode

// The apply gates.
const (
	ApplyGateEnforce = seatbelt.GateEnforce // its scenarios are blocked
	ApplyGateForce   = seatbelt.GateForce   // it is applied all the same
	ApplyGateOff     = seatbelt.GateOff     // nobody looks
)

// seatbeltPolicy is a profile of macOS as it is applied.
type seatbeltPolicy struct {
	plain  *seatbelt.Policy
	shim   *seatbelt.Policy     // for drivers that are programs; nil where none is
	copies []seatbelt.Prepared  // the text of plain, then that of shim; none of a compiled profile
	gate   *seatbelt.GateRecord // nil: nobody looked
}

// newSeatbeltPolicy makes of a profile what is applied, the same in every process
// of a run.
func newSeatbeltPolicy(p *CompiledProfile, world string, gate ApplyGate) (*seatbeltPolicy, error) {
	pol := &seatbeltPolicy{}
	if p.Mode == ModeBlob {
		if len(p.KeySpecificRules) > 0 {
			return nil, fmt.Errorf("profile %q is compiled, and its key_specific_rules cannot be added to it: drop them, or give its text as mode %q", p.ID, ModeSBPL)
		}
		pol.plain = &seatbelt.Policy{Path: p.Path, Blob: p.Blob}
		if gate != ApplyGateOff {
			pol.gate = seatbelt.GateBlob(world, p.Path)
		}
		return pol, nil
	}
	pol.copies = preparedCopies(p)
	pol.plain = p.applied(pol.copies[0])
	if len(pol.copies) > 1 {
		pol.shim = p.applied(pol.copies[1])
	}
	if gate != ApplyGateOff {
		pol.gate = seatbelt.GateText(world, p.Path, pol.plain.Text)
	}
	return pol, nil
}

// preparedCopies are the texts of a profile as they are applied: one as it is, and
// one for drivers that are programs where the profile has probes of such.
func preparedCopies(p *CompiledProfile) []seatbelt.Prepared {
	src := seatbelt.Source{Path: p.Path, ID: p.ID, Text: p.Text, Rules: p.KeySpecificRules}
	copies := []seatbelt.Prepared{seatbelt.Prepare(src)}
	for i := range p.Scenarios {
		if startsProgram(&p.Scenarios[i]) {
			src.Shim = true
			return append(copies, seatbelt.Prepare(src))
		}
	}
	return copies
}

// applied is the policy that a text of the profile makes.
func (p *CompiledProfile) applied(text seatbelt.Prepared) *seatbelt.Policy {
	return &seatbelt.Policy{Path: runtimeProfilesFolder + "/" + text.Name, Text: text.Text, Parameters: p.Parameters}
}

func startsProgram(sc *Scenario) bool { return attempt.StartsProgram(sc.Operation, sc.Driver) }

// appliedFor is the policy under which a scenario is attempted.
func (pol *seatbeltPolicy) appliedFor(sc *Scenario) *seatbelt.Policy {
	if pol.shim != nil && startsProgram(sc) {
		return pol.shim
	}
	return pol.plain
}

// seatbeltPolicy makes a profile ready for this session, once.
func (s *Session) seatbeltPolicy(p *CompiledProfile) (*seatbeltPolicy, error) {
	if pol, ok := s.seatbelts[p.ID]; ok {
		return pol, nil
	}
	pol, err := newSeatbeltPolicy(p, s.ticket.WorldID, s.ticket.ApplyGate)
	if err == nil {
		s.seatbelts[p.ID] = pol
	}
	return pol, err
}

// gateSeatbelt says why no scenario of the profile can be observed here, if so.
func (s *Session) gateSeatbelt(p *CompiledProfile) (kind, why string) {
	pol, err := s.seatbeltPolicy(p)
	switch {
	case err != nil:
		return "profile_unusable", err.Error()
	case s.ticket.ApplyGate.Blocks(pol.gate):
		return kindGated, fmt.Sprintf("profile %q: %s: macOS is likely to refuse it to programs that are not entitled to it; run with --apply-gate=force to try", p.ID, signature(pol.gate))
	}
	return "", ""
}

// kindGated is the failure kind of scenarios whose profile would likely not apply.
const kindGated = "preflight_apply_gate_signature"

func signature(r *seatbelt.GateRecord) string {
	if r.Signature == nil {
		return r.Classification
	}
	return *r.Signature
}

// gateJSON is the record as evidence carries it; nil when nobody looked.
func (pol *seatbeltPolicy) gateJSON() json.RawMessage {
	if pol.gate == nil {
		return nil
	}
	return plainJSON(pol.gate)
}
