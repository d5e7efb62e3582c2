package evidence

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// writeResults writes runtime_results.json. It streams the profile's keys by
// hand, in the order of artifact.ResultsProfile, so that a profile of ten
// thousand probes is never held as values.
func (d *derivation) writeResults(w *canon.Writer) {
	w.BeginObject()
	for i := range d.profiles {
		p := &d.profiles[i]
		status, notes := profileStatus(p.rows)
		if status == "" {
			continue
		}
		w.Key(p.ID)
		w.BeginObject()
		w.Key("status")
		w.Value(status)
		// Without a copy the policy text was applied as it stands.
		w.Key("profile_path")
		w.Value(cmp.Or(d.run.Prepared[p.ID].Path, p.Path))
		w.Key("base_profile_path")
		w.Value(p.Path)
		w.Key("preflight")
		w.Value(d.gates[p.ID])
		w.Key("probes")
		w.BeginArray()
		for j := range p.rows {
			if s := &p.rows[j]; s.scenario != nil {
				w.Value(d.resultRow(s))
			}
		}
		w.End()
		if notes != "" {
			w.Key("notes")
			w.Value(notes)
		}
		w.Key("schema_version")
		w.Value(artifact.SchemaRuntimeResults)
		w.Key("run_id")
		w.Value(d.run.RunID)
		w.End()
	}
	w.End()
}

// prepared reads what was made of a profile before it was applied.
func (d *derivation) prepared(id string) error {
	p := d.run.Prepared[id]
	if len(p.Gate) == 0 {
		return nil
	}
	gate := new(artifact.StaticGate)
	if err := artifact.Decode(p.Gate, gate); err != nil {
		return fmt.Errorf("the record of its gate: %w", err)
	}
	if gate.Findings == nil {
		gate.Findings = []json.RawMessage{}
	}
	if gate.WorldID != d.run.WorldID {
		return fmt.Errorf("the record of its gate is of world %q", gate.WorldID)
	}
	if gate.Classification == "" {
		return errors.New("the record of its gate has no classification")
	}
	d.gates[id] = gate
	return nil
}

// The statuses of a profile.
const (
	ProfileOK      = "ok"
	ProfilePartial = "partial"
	ProfileBlocked = "blocked"
)

// profileStatus is empty for a profile none of whose scenarios was selected.
// Other than in the reference, a profile counts as blocked before evaluation
// only if no row got further: rows that were decided are not overlooked.
func profileStatus(rows []scenarioRow) (status, notes string) {
	var seen, gated, broken, matched, differed int
	for i := range rows {
		o := rows[i].scenario
		if o == nil {
			continue
		}
		seen++
		stage, _ := failure(o)
		switch {
		case stage == StageApply || stage == StageBootstrap || stage == StagePreflight:
			gated++
		case o.Outcome == Broken:
			broken++
		case o.Actual == rows[i].probe.Expected:
			matched++
		case o.Actual != "":
			differed++
		}
	}
	switch {
	case seen == 0:
		return "", ""
	case gated == seen:
		return ProfileBlocked, "all probes blocked before policy evaluation"
	case broken > 0:
		return ProfileBlocked, "probe execution error"
	case matched == seen:
		return ProfileOK, ""
	case differed == 0:
		return ProfilePartial, "some probes reached no decision"
	}
	return ProfilePartial, "runtime results diverged from expected allow/deny matrix"
}
