package evidence

import (
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// derivation is the evidence of one run, joined: what every document is
// written from.
type derivation struct {
	run      *Run
	system   contract.System
	profiles []profileRows
	gates    map[string]*artifact.StaticGate // by profile id
}

// profileRows is one profile of the matrix with its scenarios, in its order.
type profileRows struct {
	*MatrixProfile
	rows []scenarioRow
}

// scenarioRow is one scenario of the matrix with what each lane saw of it, nil
// where a lane did not look.
type scenarioRow struct {
	system   contract.System
	profile  *MatrixProfile
	probe    *MatrixProbe
	scenario *Observation
	baseline *Observation
	oracle   *Observation
}

func (s *scenarioRow) lane(lane Lane) **Observation {
	switch lane {
	case LaneScenario:
		return &s.scenario
	case LaneBaseline:
		return &s.baseline
	case LaneOracle:
		return &s.oracle
	}
	return nil
}

// each calls f for every scenario of the matrix, in matrix order.
func (d *derivation) each(f func(*scenarioRow)) {
	for i := range d.profiles {
		for j := range d.profiles[i].rows {
			f(&d.profiles[i].rows[j])
		}
	}
}

// join files every observation under its scenario and refuses what contradicts
// itself, all faults at once.
func join(run *Run, obs []Observation) (*derivation, error) {
	var faults faults
	d := &derivation{
		run: run, system: contract.SystemOf(run.WorldID), profiles: make([]profileRows, len(run.Matrix.Profiles)),
		gates: map[string]*artifact.StaticGate{},
	}
	index := map[string]*scenarioRow{}
	seen := map[string]bool{}
	for i := range run.Matrix.Profiles {
		p := &run.Matrix.Profiles[i]
		if p.ID == "" || seen[p.ID] {
			faults.add("matrix: profile %q is named twice or not at all", p.ID)
		}
		seen[p.ID] = true
		if err := d.prepared(p.ID); err != nil {
			faults.add("matrix: profile %q: %v", p.ID, err)
		}
		d.profiles[i] = profileRows{p, make([]scenarioRow, len(p.Probes))}
		for j := range p.Probes {
			probe := &p.Probes[j]
			row := &d.profiles[i].rows[j]
			*row = scenarioRow{system: d.system, profile: p, probe: probe}
			if probe.ExpectationID == "" || index[probe.ExpectationID] != nil {
				faults.add("matrix: profile %q: expectation id %q is used twice or empty", p.ID, probe.ExpectationID)
			}
			if probe.Expected != Allow && probe.Expected != Deny {
				faults.add("matrix: scenario %q: expected %q is neither %q nor %q", probe.ExpectationID, probe.Expected, Allow, Deny)
			}
			index[probe.ExpectationID] = row
		}
	}
	for i := range obs {
		o := &obs[i]
		if err := d.file(o, index[o.ExpectationID]); err != nil {
			faults.add("%s observation of %q: %v", o.Lane, o.ExpectationID, err)
			continue
		}
		if o.Lane == LaneScenario {
			result := d.runtimeResult(o)
			for _, v := range contract.CheckRow(o.ExpectationID, &result, nil) {
				faults.add("%s observation of %w", o.Lane, v)
			}
		}
	}
	return d, faults.err()
}

// file puts an observation in its place.
func (d *derivation) file(o *Observation, row *scenarioRow) error {
	if row == nil {
		return errors.New("the matrix does not know it")
	}
	slot := row.lane(o.Lane)
	switch {
	case slot == nil:
		return fmt.Errorf("unknown lane %q", o.Lane)
	case !d.run.LaneOn(o.Lane):
		return errors.New("the run did not ask for this lane")
	case *slot != nil:
		return errors.New("observed twice")
	}
	if err := checkIdentity(o, row); err != nil {
		return err
	}
	if err := checkOutcome(o, row); err != nil {
		return err
	}
	*slot = o
	return nil
}

// faults collects what is wrong, but not thirty thousand times.
type faults struct {
	list []error
	more int
}

func (f *faults) add(format string, args ...any) {
	const shown = 20
	if len(f.list) == shown {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Errorf(format, args...))
}

func (f *faults) err() error {
	if f.more > 0 {
		return errors.Join(append(f.list, fmt.Errorf("and %d more", f.more))...)
	}
	return errors.Join(f.list...)
}
