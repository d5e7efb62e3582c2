package evidence

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// The statuses of a run.
const (
	StatusOK      = "ok"
	StatusPartial = "partial"
	StatusFailed  = "failed"
	StatusDry     = "dry"
)

// Counts is a run in numbers.
type Counts struct {
	// Status is "failed" when the run did not reach its end, "dry" for a dry
	// run, "ok" when at least one observation was made and nothing is wrong
	// with any, else "partial". Wrong are a scenario whose decision is not the
	// expected one or that has none, a contradiction, a model that contradicts
	// the expectation, and a broken attempt in any lane. A model that foretells
	// another record than the kernel wrote is not: no expectation is about that.
	Status string `json:"status"`

	ProfileCount  int `json:"profile_count"`  // of the matrix
	ScenarioCount int `json:"scenario_count"` // of the matrix

	Baseline LaneCounts `json:"baseline"`
	Scenario LaneCounts `json:"scenario"`
	Oracle   LaneCounts `json:"oracle"`

	Vacuous        int `json:"vacuous"`        // denied, but also without the policy
	Contradictions int `json:"contradictions"` // allowed, but denied without the policy

	Witness WitnessCounts `json:"witness"` // scenario lane

	Agreement OracleCounts `json:"agreement"` // of the oracle lane with the scenario lane
	// Disagreements are the scenarios that Agreement counts as such, in matrix
	// order.
	Disagreements []Disagreement `json:"-"`

	// MismatchCounts is mismatch_summary's counts by type.
	MismatchCounts map[string]int `json:"mismatch_counts"`

	Profiles   []ProfileCounts     `json:"profiles"` // in matrix order
	Mismatches []artifact.Mismatch `json:"-"`        // in matrix order

	// ContradictionIDs are the scenarios that Contradictions counts, in matrix
	// order.
	ContradictionIDs []string `json:"-"`

	byType artifact.Ordered[int]
}

// ProfileCounts is one profile of Counts.
type ProfileCounts struct {
	ProfileID      string     `json:"profile_id"`
	Status         string     `json:"status"` // as in runtime_results; empty: the scenario lane saw none of it
	Scenarios      int        `json:"scenarios"`
	Baseline       LaneCounts `json:"baseline"`
	Scenario       LaneCounts `json:"scenario"`
	Oracle         LaneCounts `json:"oracle"`
	Vacuous        int        `json:"vacuous"`
	Contradictions int        `json:"contradictions"`
}

// LaneCounts counts one lane's observations by outcome, and how many decisions
// were the expected ones. A baseline has no expectation.
type LaneCounts struct {
	Allowed     int `json:"allowed"`
	Denied      int `json:"denied"`
	Undecided   int `json:"undecided"`
	Blocked     int `json:"blocked"`
	Unsupported int `json:"unsupported"`
	Broken      int `json:"broken"`
	Matches     int `json:"matches"`
	Mismatches  int `json:"mismatches"` // decided, and not as expected
}

// Observed is how many observations the lane has.
func (c LaneCounts) Observed() int {
	return c.Allowed + c.Denied + c.Undecided + c.Blocked + c.Unsupported + c.Broken
}

// Lane returns the counts of one lane.
func (c Counts) Lane(lane Lane) LaneCounts {
	switch lane {
	case LaneBaseline:
		return c.Baseline
	case LaneScenario:
		return c.Scenario
	case LaneOracle:
		return c.Oracle
	}
	return LaneCounts{}
}

func (d *derivation) counts() Counts {
	c := Counts{
		ProfileCount:   len(d.profiles),
		MismatchCounts: map[string]int{},
		Profiles:       make([]ProfileCounts, len(d.profiles)),
		Mismatches:     []artifact.Mismatch{},
		byType:         artifact.Ordered[int]{},
	}
	for i := range d.profiles {
		rows := d.profiles[i].rows
		p := &c.Profiles[i]
		p.ProfileID, p.Scenarios = d.profiles[i].ID, len(rows)
		p.Status, _ = profileStatus(rows)
		for j := range rows {
			s := &rows[j]
			p.count(s)
			c.Witness.count(s.scenario)
			c.Agreement.count(s)
			if detail := s.disagreement(); detail != "" {
				c.Agreement.Disagreements++
				c.Disagreements = append(c.Disagreements, Disagreement{s.probe.ExpectationID, detail})
			}
			if s.contradicts() {
				c.ContradictionIDs = append(c.ContradictionIDs, s.probe.ExpectationID)
			}
			if m := d.mismatch(s); m != nil {
				c.Mismatches = append(c.Mismatches, *m)
				c.countType(m.MismatchType)
			}
		}
		c.ScenarioCount += p.Scenarios
		c.Vacuous += p.Vacuous
		c.Contradictions += p.Contradictions
		c.Baseline.plus(p.Baseline)
		c.Scenario.plus(p.Scenario)
		c.Oracle.plus(p.Oracle)
	}
	c.Status = c.status(d.run)
	return c
}

// questionable says whether there is a scenario that does not match, or that a
// model contradicts.
func (c *Counts) questionable() bool { return len(c.Mismatches)+len(c.Disagreements) > 0 }

func (c *Counts) countType(name string) {
	c.MismatchCounts[name]++
	for i := range c.byType {
		if c.byType[i].Key == name {
			c.byType[i].Value++
			return
		}
	}
	c.byType = append(c.byType, artifact.Member[int]{Key: name, Value: 1})
}

func (c *Counts) status(run *Run) string {
	broken := c.Baseline.Broken + c.Scenario.Broken + c.Oracle.Broken
	observed := c.Baseline.Observed() + c.Scenario.Observed() + c.Oracle.Observed()
	switch {
	case run.Error != "":
		return StatusFailed
	case run.DryRun:
		return StatusDry
	case observed == 0 || len(c.Mismatches) > 0 || c.Contradictions > 0 || c.Oracle.Mismatches > 0 || broken > 0:
		return StatusPartial
	}
	return StatusOK
}

func (p *ProfileCounts) count(s *scenarioRow) {
	p.Scenario.count(s.scenario, s.probe.Expected)
	p.Oracle.count(s.oracle, s.probe.Expected)
	p.Baseline.count(s.baseline, "")
	if s.vacuous() {
		p.Vacuous++
	}
	if s.contradicts() {
		p.Contradictions++
	}
}

func (c *LaneCounts) count(o *Observation, expected Decision) {
	if o == nil {
		return
	}
	switch o.Outcome {
	case Allowed:
		c.Allowed++
	case Denied:
		c.Denied++
	case Undecided:
		c.Undecided++
	case Blocked:
		c.Blocked++
	case Unsupported:
		c.Unsupported++
	case Broken:
		c.Broken++
	}
	switch {
	case o.Actual == "" || expected == "":
	case o.Actual == expected:
		c.Matches++
	default:
		c.Mismatches++
	}
}

func (c *LaneCounts) plus(o LaneCounts) {
	c.Allowed += o.Allowed
	c.Denied += o.Denied
	c.Undecided += o.Undecided
	c.Blocked += o.Blocked
	c.Unsupported += o.Unsupported
	c.Broken += o.Broken
	c.Matches += o.Matches
	c.Mismatches += o.Mismatches
}
