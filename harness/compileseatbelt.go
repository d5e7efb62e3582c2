package harness

import (
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// seatbeltAttempt checks that macOS knows what the probe attempts, and that it
// may be done without a policy. denies says that the policy denies what it does
// not name.
func (comp *compiler) seatbeltAttempt(p *Profile, probe *Probe, denies bool) {
	if probe.Operation == "" || probe.faulty && probe.Target == "" {
		return // reading it has said so
	}
	for _, f := range seatbelt.Check(seatbelt.Attempt{
		Operation: probe.Operation, Target: probe.Target, Driver: probe.Driver, Syscall: probe.Syscall, AttrPayload: probe.AttrPayload,
		FilterName: probe.FilterName, FilterType: probe.FilterType, DenyDefault: denies,
	}) {
		comp.probeFault(f.Code, p, probe, "%s", f.Msg)
	}
	if probe.Fixture != nil {
		comp.probeFault(codeBadFixture, p, probe, "%s takes no fixture: its target must be what every Mac has, or lie below a temporary folder, where it is made; remove it", probe.Operation)
	}
}

// denies says whether a policy of macOS denies what it does not name.
func (p *CompiledPolicy) denies(rules []string) bool { return sbpl.DenyDefault(p.Text, rules) }

// parseSeatbelt reads the text of a profile of macOS. What it decides, that is
// not asked.
func (comp *compiler) parseSeatbelt(p *CompiledPolicy) {
	for _, f := range seatbeltFaults(p.Text) {
		if f.Warning {
			comp.warnings = append(comp.warnings, Finding{Code: codeProfileDoubtful, Level: LevelWarning, File: p.Path, Line: f.Line, Message: f.Msg})
			continue
		}
		comp.faults.fault(p.Path, Fault{Code: codeProfileText, Line: f.Line, Msg: f.Msg})
	}
}

// specificRules reads the rules that a profile adds to its text.
func (comp *compiler) specificRules(p *Profile) {
	for i, rule := range p.KeySpecificRules {
		// As it will stand: behind the text, which has a version.
		for _, f := range seatbeltFaults("(version 1)\n" + rule) {
			if !f.Warning {
				comp.profileFault(codeBadValue, p, "key_specific_rules[%d]: %s", i, f.Msg)
			}
		}
	}
}

// seatbeltFaults is what is wrong with a text, as far as reading it tells.
func seatbeltFaults(text string) []sbpl.Fault {
	forms, faults := sbpl.Read(text)
	if len(faults) > 0 {
		return faults
	}
	return sbpl.Check(forms, seatbelt.Known, seatbelt.Nearest)
}
