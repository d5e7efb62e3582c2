package evidence

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// packets writes mismatch_packets.jsonl: a line per mismatch, a single newline
// when the scenario lane ran clean, nothing at all when it did not run.
func (d *derivation) packets(counts *Counts) (Document, error) {
	var doc Document
	if !d.run.LaneOn(LaneScenario) || d.run.Error != "" && counts.Scenario.Observed() == 0 {
		return doc, nil
	}
	rows := make([]*artifact.MismatchPacket, 0, len(counts.Mismatches))
	d.each(func(s *scenarioRow) {
		if s.scenario != nil && s.scenario.Actual != s.probe.Expected {
			rows = append(rows, d.packet(s))
		}
	})
	if len(rows) > 0 {
		doc.Schema = artifact.SchemaMismatchPacket
	}
	var err error
	doc.Data, err = canon.MarshalLines(rows, canon.LineSorted)
	return doc, err
}

func (d *derivation) packet(s *scenarioRow) *artifact.MismatchPacket {
	e := d.event(s)
	p := &artifact.MismatchPacket{
		SchemaVersion: artifact.SchemaMismatchPacket,
		ExpectationID: e.ExpectationID,
		RunContext: artifact.RunContext{
			Channel: d.run.Channel, RepoRootContext: ".", RunID: d.run.RunID,
			RunManifest: new(d.run.file("run_manifest.json")), WorldID: d.run.WorldID,
		},
		DecisionEvent: artifact.DecisionEvent{
			Decision:            e.Actual,
			Errno:               e.Errno,
			FailureKind:         e.FailureKind,
			FailureStage:        e.FailureStage,
			IntendedOpWitnessed: artifact.Maybe(e.IntendedOpWitnessed),
			NormalizedPath:      e.NormalizedPath,
			ObservedPath:        e.ObservedPath,
			Operation:           e.Operation,
			PolicyLayers:        e.PolicyLayers,
			ProbeName:           e.ProbeName,
			ProfileID:           e.ProfileID,
			RequestedPath:       e.RequestedPath,
			RuntimeStatus:       e.RuntimeStatus,
			ScenarioID:          e.ScenarioID,
			Source:              d.run.file(artifact.RuntimeEventsFile),
			Target:              e.Target,
		},
		Expected: artifact.PacketExpectation{
			ExpectationID: e.ExpectationID, ExpectedDecision: e.Expected, Target: e.Target,
		},
		Canonicalization: artifact.Null[artifact.PacketCanonicalization](),
	}
	if s.baseline != nil {
		p.Baseline = baselineRow(s)
	}
	if s.oracle != nil {
		row := d.oracleRow(s)
		p.OracleCheck = &artifact.OracleCheck{Argument: row.Argument, Decision: row.Decision, Stage: row.Stage}
	}
	elsewhere := false
	if s.probe.OnPath {
		w := spellingWitness(s)
		c := w.Canonicalization
		elsewhere = c.AliasPair || c.NoFirmlinkDiffer || c.PathDiffers != nil && *c.PathDiffers
		p.Canonicalization = artifact.Some(artifact.PacketCanonicalization{
			WitnessSource: d.run.file(artifact.PathWitnessesFile),
			Witness: artifact.PacketWitness{
				AliasPair: c.AliasPair, Lane: w.Lane, NoFirmlinkDiffer: c.NoFirmlinkDiffer,
				NormalizedPath: w.NormalizedPath, NormalizedPathSource: w.NormalizedPathSource,
				ObservedPath: w.ObservedPath, ObservedPathSource: w.ObservedPathSource, PathDiffer: c.PathDiffer,
				RequestedPath: w.RequestedPath, ScenarioID: w.ScenarioID,
			},
		})
	}
	p.MismatchReason = mismatchReason(s, elsewhere)
	return p
}

// spellingWitness is what a packet says about the names of its path: what the
// scenario's descriptor had, else what was seen before it, else the baseline's.
func spellingWitness(s *scenarioRow) *artifact.PathWitness {
	w := scenarioWitness(s)
	if s.baseline == nil || w.NormalizedPathSource == byObserved || w.NormalizedPathSource == bySight {
		return w
	}
	if b := baselineWitness(s); b.NormalizedPathSource == byObserved {
		return b
	}
	return w
}

// mismatchReason is the first that fits. Two cases differ from the reference:
// a scenario without a decision says nothing about its expectation, so its
// reason is that the operation was not witnessed; and an allow where the
// baseline denies is no ambient restriction but two lanes that disagree.
func mismatchReason(s *scenarioRow, elsewhere bool) string {
	actual := s.scenario.Actual
	predicted := decision(s.oracle)
	switch {
	case actual == "":
		return artifact.ReasonOpNotWitnessed
	case elsewhere:
		return artifact.ReasonCanonicalization
	case s.contradicts():
		return artifact.ReasonPipelineDisagreement
	case s.vacuous():
		return artifact.ReasonAmbientRestriction
	case predicted != "" && predicted != actual:
		return artifact.ReasonPipelineDisagreement
	}
	return artifact.ReasonExpectationTooStrong
}
