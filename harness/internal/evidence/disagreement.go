package evidence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// OracleCounts is how far models and what was observed of the same scenarios
// agree. Nothing of it is an observation.
type OracleCounts struct {
	Compared      int `json:"compared"` // scenarios that both decided
	Same          int `json:"same"`     // of these, alike
	Records       int `json:"records"`  // denials whose record the model foretold and the kernel wrote
	SameRecords   int `json:"same_records"`
	Disagreements int `json:"disagreements"` // scenarios of which decision or record is not the same
}

// Disagreement is a scenario of which a model and an observation say different
// things.
type Disagreement struct {
	ExpectationID string
	Detail        string // one line with both
}

// count takes note of a scenario, but not of whether it is a disagreement.
func (c *OracleCounts) count(s *scenarioRow) {
	if predicted, observed := decision(s.oracle), decision(s.scenario); predicted != "" && observed != "" {
		c.Compared++
		if predicted == observed {
			c.Same++
		}
	}
	if foretold, written := s.records(); foretold != nil {
		c.Records++
		if sameRecord(foretold, written) {
			c.SameRecords++
		}
	}
}

// disagreement is in what a model contradicts what was observed of the scenario,
// in one line with both; empty where it does not, or one of them does not know.
func (s *scenarioRow) disagreement() string {
	predicted, observed := decision(s.oracle), decision(s.scenario)
	if predicted != "" && observed != "" && predicted != observed {
		return fmt.Sprintf("the model says %s, observed was %s", predicted, observed)
	}
	if foretold, written := s.records(); foretold != nil && !sameRecord(foretold, written) {
		return fmt.Sprintf("the model foretells a record of layer %d for want of %s, the kernel wrote one of layer %d for want of %s",
			foretold.Layer, strings.Join(foretold.Blockers, ","), written.Layer, strings.Join(written.Blockers, ","))
	}
	return ""
}

// records are the first record of a denial as the model foretells it and as the
// kernel wrote it; nil unless there are both. Where records may be missing, one
// that is not the foretold one need not be the first.
func (s *scenarioRow) records() (foretold *artifact.DenialRecord, written *Denial) {
	if s.oracle == nil || s.oracle.Oracle == nil || s.oracle.Oracle.Record == nil || s.scenario == nil || !s.scenario.recorded() {
		return nil, nil
	}
	foretold, written = s.oracle.Oracle.Record, &s.scenario.Witness.Denials[0]
	if s.scenario.Witness.Reason != "" && !sameRecord(foretold, written) {
		return nil, nil
	}
	return foretold, written
}

func sameRecord(foretold *artifact.DenialRecord, written *Denial) bool {
	return foretold.Layer == written.Layer && slices.Equal(foretold.Blockers, written.Blockers)
}
