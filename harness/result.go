package harness

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// Result is how a run went. It is what rtgen run --json prints.
type Result struct {
	RunID         string               `json:"run_id"`
	WorldID       string               `json:"world_id"`
	Channel       ChannelName          `json:"channel"`
	Status        RunStatus            `json:"status"`
	RunDir        string               `json:"run_dir"`
	ArtifactIndex string               `json:"artifact_index"`
	Packet        string               `json:"promotion_packet,omitempty"` // none for dry and failed runs
	Promotable    bool                 `json:"promotable"`
	Reasons       []string             `json:"reasons"`
	Counts        map[Lane]ResultCount `json:"counts"`
	Witness       *RunWitness          `json:"witness,omitempty"`
	Error         string               `json:"error,omitempty"`
	// Unavailable says why no scenario could be observed on this host.
	Unavailable string `json:"unavailable,omitempty"`
	// Skips say for what reasons specs were skipped, and how many for each.
	Skips []Skip `json:"skips,omitempty"`
	// Contradictions are scenarios that were allowed under the policy and denied
	// without it.
	Contradictions []string `json:"contradictions,omitempty"`
	// Disagreements are scenarios of which a model foretold something else than
	// was observed: the decision, or the kernel's record of a denial. They make no
	// observation worse, and fail no spec of their own.
	Disagreements []Disagreement `json:"disagreements,omitempty"`
	// OracleAgreement says how far models foretold what was observed; nil unless
	// both lanes were run.
	OracleAgreement *OracleAgreement `json:"oracle_agreement,omitempty"`
	// LeftBehind is what is left of workers' jobs on the host, one line each. It
	// makes no observation worse.
	LeftBehind []string `json:"left_behind,omitempty"`

	Failures []string   `json:"-"` // one line per spec that failed, in plan order
	Table    []TableRow `json:"-"` // profiles by lane
}

// OracleAgreement is how far models and what was observed agree.
type OracleAgreement = bundle.OracleAgreement

// Disagreement is one scenario of which a model and what was observed say
// different things.
type Disagreement struct {
	ExpectationID string `json:"expectation_id"`
	Detail        string `json:"detail"` // one line with both
}

// ResultCount is one lane of a Result.
type ResultCount struct {
	Planned int `json:"planned"`
	Run     int `json:"run"`
	Skipped int `json:"skipped"`
	evidence.LaneCounts
	Vacuous int `json:"vacuous,omitempty"` // scenario lane: denied, but also without the policy
}

// TableRow is one profile in one lane.
type TableRow struct {
	Profile string
	Lane    Lane
	Specs   int
	evidence.LaneCounts
	Vacuous int
}

// Contradiction is the result's contradictions as a *ContradictionError, nil
// when there are none.
func (r *Result) Contradiction() error {
	if len(r.Contradictions) == 0 {
		return nil
	}
	return &ContradictionError{r.Contradictions}
}

// ContradictionError names scenarios that were allowed under the policy and
// denied without it.
type ContradictionError struct{ Scenarios []string }

func (e *ContradictionError) Error() string {
	return fmt.Sprintf("allowed under the policy, denied without it: %s: find out what differs between the lanes", strings.Join(e.Scenarios, ", "))
}

func (r *Run) result(ev *Evidence, c evidence.Counts) *Result {
	res := &Result{
		RunID: r.ticket.RunID, WorldID: r.ticket.WorldID, Channel: r.ticket.Channel,
		Status: RunStatus(c.Status), RunDir: r.stage.Dir(),
		ArtifactIndex: filepath.Join(r.stage.Dir(), bundle.IndexFile),
		Reasons:       []string{}, Counts: make(map[Lane]ResultCount),
	}
	if !r.params.Dry {
		res.Witness = r.witnessRecord(ev, c.Witness)
	}
	if ev.Err != nil {
		res.Error = ev.Err.Error()
	}
	if p := ev.worst(); p != nil && !p.OK() {
		res.Unavailable = p.Reason
	} else {
		res.Unavailable = noEngine(ev.Observations)
	}
	res.Skips = skipsOf(ev.Observations)
	sel := ev.counted()
	for _, lane := range AllLanes() {
		n := sel.ByLane[string(lane)]
		rc := ResultCount{Planned: n.Planned, Run: n.Run, Skipped: n.Skipped, LaneCounts: c.Lane(lane)}
		if lane == LaneScenario {
			rc.Vacuous = c.Vacuous
		}
		if n.Planned > 0 {
			res.Counts[lane] = rc
		}
	}
	for _, p := range c.Profiles {
		for _, row := range []TableRow{
			{p.ProfileID, LaneBaseline, p.Baseline.Observed(), p.Baseline, 0},
			{p.ProfileID, LaneScenario, p.Scenario.Observed(), p.Scenario, p.Vacuous},
			{p.ProfileID, LaneOracle, p.Oracle.Observed(), p.Oracle, 0},
		} {
			if row.Specs > 0 {
				res.Table = append(res.Table, row)
			}
		}
	}
	res.Contradictions = c.ContradictionIDs
	res.OracleAgreement = r.agreement(c)
	for _, d := range ev.Launches {
		if d.Left != "" {
			res.LeftBehind = append(res.LeftBehind, d.Label+": "+d.Left)
		}
	}
	for _, d := range c.Disagreements {
		res.Disagreements = append(res.Disagreements, Disagreement(d))
	}
	res.Failures = r.failures(ev.Observations)
	return res
}

// agreement is nil unless the run was asked for both lanes.
func (r *Run) agreement(c evidence.Counts) *OracleAgreement {
	if r.params.Dry || !r.compiled.Lanes.Scenario || !r.compiled.Lanes.Oracle {
		return nil
	}
	return new(OracleAgreement(c.Agreement))
}

// failures says in plan order which specs failed, one line each.
func (r *Run) failures(observations []Observation) []string {
	type spec struct {
		id   string
		lane Lane
	}
	failed := make(map[spec]string)
	for i := range observations {
		obs := &observations[i]
		if v := Judge(obs, r.params.RequireEvidence); v.Kind == VerdictFail {
			failed[spec{obs.ExpectationID, obs.Lane}] = v.Text
		}
	}
	lines := make([]string, 0, len(failed))
	for _, p := range r.compiled.Profiles {
		for i := range p.Scenarios {
			for _, lane := range AllLanes() {
				if text, ok := failed[spec{p.Scenarios[i].ExpectationID, lane}]; ok {
					lines = append(lines, fmt.Sprintf("%s%s lane: %s", p.Scenarios[i].place(), lane, text))
				}
			}
		}
	}
	return lines
}

// place is where the scenario's probe stands, as an error message starts with
// it; empty when that is not known.
func (s *Scenario) place() string {
	if s.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", s.File, s.Line)
}
