package evidence

import (
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// The two errnos that have one number on every Unix; all others are told by
// name.
const (
	ePERM  = 1
	eACCES = 13
)

// attributionContradiction marks an operation that was allowed under the
// policy and denied without it. A policy takes rights away and gives none, so
// one of the two observations is of something else: there is no effective
// decision, and the run is not ok.
const attributionContradiction = "contradiction"

const (
	unknown       = "unknown"
	processPolicy = "process_policy"
)

// Where the attribution comes from.
const (
	fromWitness  = "kernel_witness"
	fromBaseline = "inferred_from_baseline"
)

// policyLayers says whose decision the scenario shows. Two cases differ from
// the reference. A contradiction is named instead of being read as a platform
// denial. And a scenario without a decision has no effective one, even when
// the baseline denies: nobody saw it happen under the policy.
func policyLayers(s *scenarioRow) *artifact.PolicyLayers {
	o := s.scenario
	stage, kind := failure(o)
	layers := &artifact.PolicyLayers{
		Attribution:       unknown,
		EffectiveDecision: word(o.Actual),
		PlatformPolicy:    platformPolicy(s.baseline),
		ProcessPolicy: artifact.ProcessPolicy{
			Decision: word(o.Actual), FailureKind: orNil(kind), FailureStage: orNil(stage), Status: status(o),
		},
	}
	platform := decision(s.baseline)
	switch {
	case s.contradicts():
		layers.Attribution, layers.EffectiveDecision = attributionContradiction, unknown
	case s.vacuous():
		layers.Attribution = "platform_policy"
	case o.Actual == Deny && (platform == Allow && !s.newlyConfined() || s.baseline == nil && isTrue(o.witnessed())):
		layers.Attribution = processPolicy
	case platform == Allow && o.Actual == Allow:
		layers.Attribution = "allow"
	}
	attribute(layers, o)
	return layers
}

// attribute says what the attribution rests on. The kernel's own record is
// better than a comparison of two lanes.
func attribute(layers *artifact.PolicyLayers, o *Observation) {
	p := &layers.ProcessPolicy
	recorded := o.recorded()
	if recorded {
		p.Blockers = o.Witness.Denials[0].Blockers
		for _, d := range o.Witness.Denials {
			if !slices.Contains(p.Layers, d.Layer) {
				p.Layers = append(p.Layers, d.Layer)
			}
		}
	}
	switch {
	case layers.Attribution == unknown:
	case recorded && layers.Attribution == processPolicy:
		p.Source = fromWitness
	default:
		p.Source = fromBaseline
	}
}

// recorded: the kernel's log has this policy's denial, of whatever right.
func (o *Observation) recorded() bool {
	return o.Witness != nil && o.Witness.Status == WitnessRecorded
}

func isTrue(b *bool) bool { return b != nil && *b }

func platformPolicy(o *Observation) artifact.PlatformPolicy {
	if o == nil {
		return artifact.PlatformPolicy{Decision: unknown, Source: "baseline_missing"}
	}
	return artifact.PlatformPolicy{
		Decision: word(o.Actual), Error: baselineError(o), ExitCode: o.ExitCode,
		Source: "baseline", Status: orNil(string(o.Actual)),
	}
}

// newlyConfined: what confined the scenario's process before the policy did not
// confine the baseline's, so a denial may be its doing. The kernel's own record
// of the policy's denial settles that.
func (s *scenarioRow) newlyConfined() bool {
	return s.scenario.confined() && !s.baseline.confined() && !s.scenario.recorded()
}

// contradicts: allowed under the policy, denied without it.
func (s *scenarioRow) contradicts() bool {
	return decision(s.scenario) == Allow && decision(s.baseline) == Deny
}

// vacuous: denied, but the policy cannot be credited with it.
func (s *scenarioRow) vacuous() bool {
	return decision(s.scenario) == Deny && decision(s.baseline) == Deny
}

// decision is empty when a lane did not look or decided nothing.
func decision(o *Observation) Decision {
	if o == nil {
		return ""
	}
	return o.Actual
}

func word(d Decision) string {
	if d == "" {
		return unknown
	}
	return string(d)
}

// fileConfounder says what else may have made a file operation fail.
func (d *derivation) fileConfounder(s *scenarioRow) *artifact.FileConfounder {
	o := s.scenario
	stage, _ := failure(o)
	if !s.probe.OnPath || o.Errno == 0 || stage != StageProbe {
		return nil
	}
	c := &artifact.FileConfounder{Errno: o.Errno, ErrnoName: orNil(o.ErrnoName)}
	c.Classification, c.Attribution = s.confounder()
	return c
}

// confounder reads an errno of a file operation. The reference takes every
// EACCES for file permissions and every EPERM for a sandbox, which is right
// where the sandbox answers EPERM alone. Landlock answers EACCES (EXDEV for a
// move across directories), and EPERM is also what a missing capability gives;
// so here the kernel's record decides, or else the baseline: what succeeds
// without the policy and is denied under it is the policy's doing, whatever the
// errno; what is denied without it too is not, whoever did it; without either
// nobody knows.
func (s *scenarioRow) confounder() (classification, attribution string) {
	const mac, perms = "sandbox_or_mac", "unix_permissions"
	o, platform := s.scenario, decision(s.baseline)
	permission := o.Errno == ePERM || o.Errno == eACCES
	switch {
	case !permission && o.Actual != Deny:
		return "other_errno", unknown
	case !o.attempted(): // the errno may be of another call
		return unknown, unknown
	case platform != Deny && o.recorded(), o.Actual == Deny && platform == Allow && !s.newlyConfined():
		return mac, s.engine()
	case o.Actual == Deny && platform == Allow, platform == Deny && s.baseline.confined():
		return mac, mac
	case !permission:
		return "other_errno", unknown
	case platform == Deny && o.Errno == eACCES:
		return perms, "unix_acl"
	case platform == Deny && s.seatbelt():
		return mac, "mac"
	case platform == Deny: // a capability, the owner, an attribute: one errno for all
		return perms, unknown
	case o.Errno == ePERM && (o.Actual == Deny || s.seatbelt()):
		return mac, mac
	}
	return unknown, unknown
}

func (s *scenarioRow) seatbelt() bool { return s.mode() == modeSBPL || s.mode() == modeBlob }

// misjudged: the kernel's log does not bear the denial out. It names another right
// than the one under test, or is whole and has no such denial.
func (s *scenarioRow) misjudged() bool {
	return s.scenario.FailureKind == KindNotWitnessed
}

// engine names what enforces the scenario's policy.
func (s *scenarioRow) engine() string {
	switch mode := s.mode(); {
	case s.seatbelt():
		return "app_sandbox"
	case mode == "":
		return unknown
	default:
		return mode
	}
}
