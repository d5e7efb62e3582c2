package evidence

import (
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

const unknown = "unknown"

// Where the attribution comes from.
const (
	fromWitness  = "kernel_witness"
	fromBaseline = "inferred_from_baseline"
)

// policyLayers says whose decision the scenario shows.
func policyLayers(s *scenarioRow) *artifact.PolicyLayers {
	o := s.scenario
	stage, kind := failure(o)
	witnessed := s.baseline == nil && isTrue(o.recordedIntent())
	effective, attribution := contract.AttributeObserved(word(decision(s.baseline)), word(o.Actual), witnessed, s.newlyConfined())
	layers := &artifact.PolicyLayers{
		Attribution:       attribution,
		EffectiveDecision: effective,
		PlatformPolicy:    platformPolicy(s.baseline),
		ProcessPolicy: artifact.ProcessPolicy{
			Decision: word(o.Actual), FailureKind: orNil(kind), FailureStage: orNil(stage), Status: status(o),
		},
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
	case recorded && layers.Attribution == contract.AttributionProcess:
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

// misjudged: the kernel's log does not bear the denial out. It names another right
// than the one under test, or is whole and has no such denial. Or the sandbox was
// asked about the one under test, and did not answer.
func (s *scenarioRow) misjudged() bool {
	o := s.scenario
	return o.FailureKind == KindNotWitnessed || o.Asked != nil && o.witnessed() != nil && !*o.witnessed()
}
