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

const unknown = "unknown"

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
	case o.Actual == Deny && (platform == Allow || s.baseline == nil && isTrue(o.witnessed())):
		layers.Attribution = "process_policy"
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
	switch {
	case o.Witness != nil && o.Witness.Status == WitnessRecorded:
		p.Source = fromWitness
		p.Blockers = o.Witness.Denials[0].Blockers
		for _, d := range o.Witness.Denials {
			if !slices.Contains(p.Layers, d.Layer) {
				p.Layers = append(p.Layers, d.Layer)
			}
		}
	case layers.Attribution != unknown:
		p.Source = fromBaseline
	}
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

// fileConfounder says what else may have made a file operation fail. The
// reference reads every EACCES as file permissions, which is right where the
// sandbox answers EPERM. Landlock answers EACCES (EXDEV for a move across
// directories), so here the baseline decides: what succeeds without the policy
// and is denied under it is the policy's doing, whatever the errno; what is
// denied without it too is the permissions', unless the worker was confined
// before it began; without a baseline nobody knows.
func (d *derivation) fileConfounder(s *scenarioRow) *artifact.FileConfounder {
	o := s.scenario
	stage, _ := failure(o)
	if !s.probe.OnPath || o.Errno == 0 || stage != StageProbe {
		return nil
	}
	c := &artifact.FileConfounder{Errno: o.Errno, ErrnoName: orNil(o.ErrnoName)}
	platform := decision(s.baseline)
	switch {
	case o.Actual == Deny && (platform == Allow || platform == "" && isTrue(o.witnessed())):
		c.Classification, c.Attribution = "sandbox_or_mac", s.engine()
	case o.Errno == ePERM && platform == Deny:
		c.Classification, c.Attribution = "sandbox_or_mac", "mac"
	case o.Errno == ePERM:
		c.Classification, c.Attribution = "sandbox_or_mac", "sandbox_or_mac"
	case o.Errno == eACCES && platform == Deny && d.run.Worker.PreexistingSandboxSuspected:
		c.Classification, c.Attribution = "sandbox_or_mac", "sandbox_or_mac"
	case o.Errno == eACCES && platform == Deny:
		c.Classification, c.Attribution = "unix_permissions", "unix_acl"
	case o.Errno == eACCES:
		c.Classification, c.Attribution = unknown, unknown
	default:
		c.Classification, c.Attribution = "other_errno", unknown
	}
	return c
}

// misjudged: the kernel's log does not bear the denial out. It names another right
// than the one under test, or is whole and has no such denial.
func (s *scenarioRow) misjudged() bool {
	return s.scenario.FailureKind == KindNotWitnessed
}

// engine names what enforces the scenario's policy.
func (s *scenarioRow) engine() string {
	switch mode := s.mode(); mode {
	case modeSBPL, modeBlob:
		return "app_sandbox"
	case "":
		return unknown
	default:
		return mode
	}
}
