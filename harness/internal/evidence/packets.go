package evidence

import (
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// writePackets writes mismatch_packets.jsonl: a line per mismatch and per scenario
// that a model contradicts, a single newline when there is neither, nothing at all
// when the scenario lane did not run.
func (d *derivation) writePackets(w io.Writer, counts *Counts) error {
	if !d.run.LaneOn(LaneScenario) || d.run.Error != "" && counts.Scenario.Observed() == 0 {
		return nil
	}
	if !counts.questionable() {
		_, err := io.WriteString(w, "\n")
		return err
	}
	var err error
	d.each(func(s *scenarioRow) {
		if err == nil && s.questionable() {
			err = canon.WriteTo(w, d.packet(s), canon.LineSorted)
		}
	})
	return err
}

// questionable: the scenario does not match, or a model contradicts it.
func (s *scenarioRow) questionable() bool {
	return s.scenario != nil && (s.scenario.Actual != s.probe.Expected || s.disagreement() != "")
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
		DecisionEvent: contract.DecisionEvent(e, d.run.file(artifact.RuntimeEventsFile)),
		Expected: artifact.PacketExpectation{
			ExpectationID: e.ExpectationID, ExpectedDecision: e.Expected, Target: e.Target,
		},
		Canonicalization: artifact.Null[artifact.PacketCanonicalization](),
	}
	p.DecisionEvent.IntendedOpWitnessed = artifact.Maybe(e.IntendedOpWitnessed)
	if s.baseline != nil {
		p.Baseline = baselineRow(s)
	}
	if c := chosenCallout(s.scenario); c != nil {
		p.DecisionEvent.FilterType, p.DecisionEvent.FilterTypeName = c.FilterType, c.FilterTypeName
		p.OracleCheck = contract.CalloutCheck(c)
	}
	if s.oracle != nil {
		row := d.oracleRow(s)
		p.OracleCheck = &artifact.OracleCheck{
			Argument: row.Argument, Decision: row.Decision, Detail: orNil(s.disagreement()),
			FilterType: row.FilterType, FilterTypeName: row.FilterTypeName, Stage: row.Stage,
		}
	}
	elsewhere := false
	if s.probe.OnPath {
		w := spellingWitness(s)
		elsewhere = respelled(w)
		p.Canonicalization = artifact.Some(contract.PacketCanonicalization(w, d.run.file(artifact.PathWitnessesFile)))
	}
	p.MismatchReason = mismatchReason(s, elsewhere)
	return p
}

// spellingWitness is what a packet says about the names of its path: what the
// scenario's descriptor had, else what was seen before it, else the baseline's.
func spellingWitness(s *scenarioRow) *artifact.PathWitness {
	w := scenarioWitness(s)
	if s.baseline == nil || w.NormalizedPathSource == contract.PathObserved || w.NormalizedPathSource == contract.PathSeen {
		return w
	}
	if b := baselineWitness(s); b.NormalizedPathSource == contract.PathObserved {
		return b
	}
	return w
}

// respelled: the path was reached under another spelling than the one asked for.
// That macOS spells a path otherwise without its firmlinks makes none: it does so
// with every file of a user.
func respelled(w *artifact.PathWitness) bool {
	c := w.Canonicalization
	if c.PathDiffers != nil {
		return *c.PathDiffers
	}
	return c.AliasPair || w.ObservedPath != nil && w.RequestedPath != nil && plainPath(*w.RequestedPath) != *w.ObservedPath
}

// mismatchReason differs from the reference in three cases: a scenario without a
// decision says nothing about its expectation, so its reason is that the
// operation was not witnessed; an allow where the baseline denies is no
// ambient restriction but two lanes that disagree; and where a model disagrees,
// which is no way of looking, that is a reason of its own, also of a scenario that
// matches.
func mismatchReason(s *scenarioRow, elsewhere bool) string {
	return contract.Reason{
		NotWitnessed: s.scenario.Actual == "",
		Foretold:     s.disagreement() != "",
		Respelled:    elsewhere,
		Ambient:      s.vacuous(),
		Disagreement: s.contradicts() || contract.Contradicts(chosenCallout(s.scenario), string(s.scenario.Actual)),
	}.Name()
}
