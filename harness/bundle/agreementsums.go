package bundle

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

func (a *agreement) readPathWitnesses(r io.Reader) error {
	h, err := artifact.ReadPathWitnesses(r, func(p *artifact.PathWitness) error {
		a.lane(p.Lane, p.ScenarioID, wordOf(p.Decision), true)
		return nil
	})
	if err == nil {
		a.run("", h.RunID, h.WorldID)
	}
	return err
}

func (a *agreement) readFixtures(r io.Reader) error {
	h, err := artifact.ReadFixtures(r, func(p *artifact.FixtureRecord) error {
		a.lane(p.Lane, p.ScenarioID, noWord, false)
		return nil
	})
	if err == nil {
		a.run("", h.RunID, h.WorldID)
	}
	return err
}

// lane finds the row that a record is about and, where the record has one,
// compares the decision.
func (a *agreement) lane(lane, id string, decision word, decided bool) {
	switch lane {
	case "scenario":
		if s := a.find(id); s != nil && decided && a.read[artifact.RuntimeResultsFile] {
			a.word(id, "decision", decision, s.actual, artifact.RuntimeResultsFile)
		}
	case "baseline":
		s, known := a.attempts[a.text(id)]
		if !known && a.read[artifact.ExpectedMatrixFile] {
			a.differ("row %.140q is of no scenario of %s", id, artifact.ExpectedMatrixFile)
		}
		if s != nil && decided && a.read[artifact.BaselineResultsFile] {
			a.word(id, "decision", decision, s.base, artifact.BaselineResultsFile)
		}
	default:
		a.differ("row %.140q: unknown lane %.40q", id, lane)
	}
}

func (a *agreement) readMismatches(r io.Reader) error {
	named := 0
	sum, err := artifact.ReadMismatchSummary(r, func(m *artifact.Mismatch) error {
		id := m.ExpectationID
		named++
		a.byType[m.MismatchType]++
		if len(a.byType) > maxMismatchTypes {
			return errTooManyTypes
		}
		a.sameIn(id, "world_id", m.WorldID, a.in.index.WorldID)
		s := a.find(id)
		if s == nil {
			return nil
		}
		a.once(&s.mismatch, id)
		a.field(id, "profile_id", m.ProfileID, s.profile, artifact.ExpectedMatrixFile)
		a.word(id, "expected", wordOf(&m.Expected), s.expected, artifact.ExpectedMatrixFile)
		if a.read[artifact.RuntimeResultsFile] {
			a.word(id, "actual", wordOf(m.Actual), s.actual, artifact.RuntimeResultsFile)
			if s.actual == s.expected {
				a.differ("row %.140q is no mismatch in %s", id, artifact.RuntimeResultsFile)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.same("world_id", sum.WorldID, a.in.index.WorldID)
	counts := map[string]int{}
	for _, m := range sum.Counts {
		counts[m.Key] = m.Value
	}
	if !maps.Equal(counts, a.byType) {
		a.differ("counts are %v, its rows %v", counts, a.byType)
	}
	// The reference empties the document of a run that failed.
	if sum.Error == nil && a.read[artifact.RuntimeResultsFile] && named != a.mismatched {
		a.differ("%d mismatches, %s has %d", named, artifact.RuntimeResultsFile, a.mismatched)
	}
	return nil
}

func (a *agreement) readPackets(r io.Reader) error {
	packets := 0
	err := artifact.EachMismatchPacket(r, func(p *artifact.MismatchPacket) error {
		packets++
		id := p.ExpectationID
		a.run(id, p.RunContext.RunID, p.RunContext.WorldID)
		s := a.find(id)
		if s == nil {
			return nil
		}
		a.once(&s.packet, id)
		a.word(id, "expected_decision", wordOf(&p.Expected.ExpectedDecision), s.expected, artifact.ExpectedMatrixFile)
		if a.read[artifact.RuntimeResultsFile] {
			a.word(id, "decision", wordOf(p.DecisionEvent.Decision), s.actual, artifact.RuntimeResultsFile)
		}
		a.model(s, p)
		return nil
	})
	// A run that failed early has none.
	if contradicted := a.contradictions(); err == nil && a.read[artifact.RuntimeResultsFile] && packets != a.mismatched+contradicted && a.in.index.Status == IndexOK {
		a.differ("%d packets, %s has %d mismatches, and models contradict %d scenarios that match", packets, artifact.RuntimeResultsFile, a.mismatched, contradicted)
	}
	return err
}

func (a *agreement) readPreflight(r io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return err
	}
	if len(data) > maxDocument {
		return errTooLarge
	}
	var p artifact.ApplyPreflight
	if err := artifact.Decode(data, &p); err != nil {
		return err
	}
	if err := artifact.CheckSchema(p.SchemaVersion, artifact.SchemaApplyPreflight); err != nil {
		return err
	}
	a.same("world_id", p.WorldID, a.in.index.WorldID)
	if p.RunID != nil {
		a.same("run_id", *p.RunID, a.in.index.RunID)
	}
	m := a.in.manifest
	if m == nil {
		return nil
	}
	if m.ApplyPreflight == nil {
		a.differ("%s has no record of it", ManifestFile)
		return nil
	}
	here, err := canon.Transcode(data, canon.TightSorted)
	if err != nil {
		return err
	}
	if there, err := canon.Transcode(m.ApplyPreflight.Record, canon.TightSorted); err != nil || !bytes.Equal(here, there) {
		a.differ("differs from the record in %s", ManifestFile)
	}
	return nil
}

// sumUp holds the documents that only count against what was counted.
func (a *agreement) sumUp() {
	if s := a.in.summary; s != nil {
		a.about(SummaryFile)
		a.summary(s)
	}
	if m := a.in.manifest; m != nil {
		a.about(ManifestFile)
		a.selection(m.Selection)
	}
	a.about("")
}

func (a *agreement) summary(s *Summary) {
	if a.read[artifact.ExpectedMatrixFile] {
		a.number("scenario_count", s.ScenarioCount, len(a.order), artifact.ExpectedMatrixFile)
	}
	if a.read[artifact.MismatchSummaryFile] && !maps.Equal(s.MismatchCounts, a.byType) {
		a.differ("mismatch_counts are %v, %s has %v", s.MismatchCounts, artifact.MismatchSummaryFile, a.byType)
	}
	if s.Status == StatusOK && a.mismatched > 0 {
		a.differ("status is ok, %s has %d mismatches", artifact.RuntimeResultsFile, a.mismatched)
	}
	if s.Vacuous != nil && a.read[artifact.BaselineResultsFile] && a.read[artifact.RuntimeResultsFile] {
		a.number("vacuous", *s.Vacuous, a.vacuous, artifact.BaselineResultsFile)
	}
	if a.read[artifact.OracleResultsFile] && a.read[artifact.RuntimeResultsFile] && a.read[artifact.RuntimeEventsFile] && orZero(s.OracleAgreement) != a.oracle {
		a.differ("oracle_agreement is %+v, by %s it is %+v", orZero(s.OracleAgreement), artifact.OracleResultsFile, a.oracle)
	}
	if s.OutcomeCounts == nil { // the reference does not count
		return
	}
	for _, lane := range []struct {
		name, file string
		told       map[string][]string // by outcome of a row, those of the summary that it may be
	}{
		{"scenario", artifact.RuntimeResultsFile, map[string][]string{isUndecided: {isUndecided}, isBroken: {isBroken}, isBlocked: {isBlocked, "unsupported"}}},
		{"baseline", artifact.BaselineResultsFile, map[string][]string{isUndecided: {isUndecided}, isOther: {isBlocked, "unsupported", isBroken}}},
		{"oracle", artifact.OracleResultsFile, map[string][]string{isOther: {isUndecided, isBlocked, "unsupported", isBroken}}},
	} {
		if a.in.named[lane.file] && !a.read[lane.file] {
			continue // that was said
		}
		counted := s.OutcomeCounts[lane.name]
		for _, outcome := range slices.Sorted(maps.Keys(counted)) {
			if !slices.Contains(outcomes, outcome) || counted[outcome] < 0 {
				a.differ("outcome_counts.%s.%.40s is %d, which counts nothing", lane.name, outcome, counted[outcome])
			}
		}
		for _, outcome := range []string{isAllowed, isDenied} {
			a.number("outcome_counts."+lane.name+"."+outcome, counted[outcome], a.counts[lane.name][outcome], lane.file)
		}
		for _, outcome := range slices.Sorted(maps.Keys(lane.told)) {
			sum := 0
			for _, of := range lane.told[outcome] {
				sum += counted[of]
			}
			what := lane.told[outcome][0]
			if len(lane.told[outcome]) > 1 {
				what += " and the like"
			}
			a.number("outcome_counts."+lane.name+"."+what, sum, a.counts[lane.name][outcome], lane.file)
		}
	}
}

func (a *agreement) selection(s *Selection) {
	if s == nil {
		return
	}
	var planned, run, skipped int
	for _, lane := range slices.Sorted(maps.Keys(s.ByLane)) {
		n := s.ByLane[lane]
		planned, run, skipped = planned+n.Planned, run+n.Run, skipped+n.Skipped
		if n.Planned != n.Run+n.Skipped {
			a.differ("selection of lane %.40q: %d planned are not %d run and %d skipped", lane, n.Planned, n.Run, n.Skipped)
		}
		observed := 0
		for _, c := range a.counts[lane] {
			observed += c
		}
		file := map[string]string{
			"scenario": artifact.RuntimeResultsFile, "baseline": artifact.BaselineResultsFile, "oracle": artifact.OracleResultsFile,
		}[lane]
		// A lane without a document was not run.
		if a.read[file] || !a.in.named[file] {
			a.number(fmt.Sprintf("selection of lane %.40q: run", lane), n.Run, observed, file)
		}
	}
	if n := s.ByLane["scenario"]; n.Run > 0 && a.read[artifact.ExpectedMatrixFile] && n.Planned < len(a.order) {
		a.differ("selection of lane \"scenario\": %d were planned, %s has %d", n.Planned, artifact.ExpectedMatrixFile, len(a.order))
	}
	a.number("selection: planned", s.Planned, planned, "its lanes")
	a.number("selection: run", s.Run, run, "its lanes")
	a.number("selection: skipped", s.Skipped, skipped, "its lanes")
}

func (a *agreement) number(what string, got, want int, where string) {
	if got != want {
		a.differ("%s is %d, by %s it is %d", what, got, where, want)
	}
}
