package contract

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// The failure stages, of which marker has two.
const (
	StagePreflight = "preflight"
	StageApply     = marker.FailedApply
	StageBootstrap = marker.FailedBootstrap
	StageProbe     = "probe"
)

// BeforeProbe reports whether a failure at the stage came before the operation
// was attempted, so that it says nothing about the policy.
func BeforeProbe(stage string) bool {
	return stage == StagePreflight || stage == StageApply || stage == StageBootstrap
}

// Mismatch is what a mismatch type is judged by; empty is null.
type Mismatch struct {
	NotWitnessed     bool // something else than the operation under test was decided
	Stage, Kind      string
	Expected, Actual string
	Operation, Path  string
}

// Type is the first that fits.
func (m Mismatch) Type() string {
	unexpected := artifact.MismatchFilterDiff
	switch {
	case m.NotWitnessed:
		return artifact.MismatchOpNotWitnessed
	case m.Stage == StagePreflight:
		return artifact.MismatchPreflightBlocked
	case m.Stage == StageApply:
		return artifact.MismatchApplyGate
	case m.Kind == marker.KindDenyExec:
		return artifact.MismatchBootstrapDenyExec
	case m.Stage == StageBootstrap:
		return artifact.MismatchBootstrapFailed
	case m.Expected == allow && m.Actual == deny:
		unexpected = artifact.MismatchUnexpectedDeny
	case m.Expected == deny && m.Actual == allow:
		unexpected = artifact.MismatchUnexpectedAllow
	default:
		return artifact.MismatchFilterDiff
	}
	if OnBoundary(m.Operation, m.Path) {
		return artifact.MismatchCanonicalization
	}
	return unexpected
}

// Reason is what a packet's reason is judged by. Foretold is never true of the
// reference's runs, which have no models.
type Reason struct {
	NotWitnessed bool // as in Mismatch
	Foretold     bool // a model foretold something else than was observed
	Respelled    bool // the path was reached under another spelling
	Ambient      bool // denied without the policy too
	Disagreement bool // two ways of looking differ
}

// Name is the first that fits.
func (r Reason) Name() string {
	switch {
	case r.NotWitnessed:
		return artifact.ReasonOpNotWitnessed
	case r.Foretold:
		return artifact.ReasonOracleDisagreement
	case r.Respelled:
		return artifact.ReasonCanonicalization
	case r.Ambient:
		return artifact.ReasonAmbientRestriction
	case r.Disagreement:
		return artifact.ReasonPipelineDisagreement
	}
	return artifact.ReasonExpectationTooStrong
}

// DecisionEvent is the part of an event that a packet carries; source is the
// events' file. What of intended_op_witnessed is written is up to the generation.
func DecisionEvent(e *artifact.Event, source string) artifact.DecisionEvent {
	return artifact.DecisionEvent{
		Decision: e.Actual, Errno: e.Errno, FailureKind: e.FailureKind, FailureStage: e.FailureStage,
		NormalizedPath: e.NormalizedPath, ObservedPath: e.ObservedPath, Operation: e.Operation, PolicyLayers: e.PolicyLayers,
		ProbeName: e.ProbeName, ProfileID: e.ProfileID, RequestedPath: e.RequestedPath, RuntimeStatus: e.RuntimeStatus,
		ScenarioID: e.ScenarioID, Source: source, Target: e.Target,
	}
}

// PacketCanonicalization is the part of a witness that a packet carries; source
// is the witnesses' file.
func PacketCanonicalization(w *artifact.PathWitness, source string) artifact.PacketCanonicalization {
	c := w.Canonicalization
	return artifact.PacketCanonicalization{
		WitnessSource: source,
		Witness: artifact.PacketWitness{
			AliasPair: c.AliasPair, Lane: w.Lane, NoFirmlinkDiffer: c.NoFirmlinkDiffer, PathDiffer: c.PathDiffer,
			NormalizedPath: w.NormalizedPath, NormalizedPathSource: w.NormalizedPathSource,
			ObservedPath: w.ObservedPath, ObservedPathSource: w.ObservedPathSource,
			RequestedPath: w.RequestedPath, ScenarioID: w.ScenarioID,
		},
	}
}
