package analysis

import (
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// LoadScenarios reads a scenarios.json.
func LoadScenarios(file string) (*Scenarios, error) {
	s := new(Scenarios)
	_, err := loadDocument(file, s.read)
	return s, err
}

// LoadOpSummary reads an op summary, such as the ops.json of a cut.
func LoadOpSummary(file string) (*OpSummary, error) {
	s := new(OpSummary)
	_, err := loadDocument(file, s.read)
	return s, err
}

func (m *CutManifest) read(d *artifact.Reader) error {
	return readObject(d, map[string]member{
		"meta":                   {read: readMeta(d, &m.Meta)},
		"events_index":           {into: &m.EventsIndex},
		"scenarios":              {into: &m.Scenarios},
		"ops":                    {into: &m.Ops},
		"divergence_annotations": {into: &m.DivergenceAnnotations, optional: true},
		"runtime_story":          {into: &m.RuntimeStory, optional: true},
	})
}

func (x *EventsIndex) read(d *artifact.Reader) error {
	return readObject(d, map[string]member{
		"meta":   {read: readMeta(d, &x.Meta)},
		"traces": {read: readEntries(d, &x.Traces, readTraces(d))},
	})
}

func (x *Indexes) read(d *artifact.Reader) error {
	return readObject(d, map[string]member{
		"meta": {read: readMeta(d, &x.Meta)},
		"op_to_scenarios": {read: readEntries(d, &x.OpToScenarios, func(string) (ids []string, err error) {
			err = readList(d, &ids)()
			return ids, err
		})},
		"scenario_to_traces": {read: readEntries(d, &x.ScenarioToTraces, readTraces(d))},
	})
}

func (s *Scenarios) read(d *artifact.Reader) error {
	return readObject(d, map[string]member{
		"meta":             {read: readMeta(d, &s.Meta)},
		"phase_histograms": {into: &s.PhaseHistograms},
		"scenarios": {read: readEntries(d, &s.Scenarios, func(id string) (*Scenario, error) {
			var scenario Scenario
			err := d.Value(&scenario)
			if err == nil {
				err = scenario.check(id)
			}
			return &scenario, err
		})},
	})
}

// check refuses a scenario that lacks what all of them have.
func (s *Scenario) check(id string) error {
	switch {
	case s.ScenarioID != id:
		return fmt.Errorf("scenario_id is %.140q", s.ScenarioID)
	case s.Expectations == nil || s.Mismatches == nil:
		return errors.New("no expectations, or no mismatches; want lists, empty where there are none")
	}
	return errors.Join(artifact.CheckID("world_id", s.WorldID), artifact.CheckID("profile_id", s.ProfileID), s.Results.check())
}

func (r *ScenarioResults) check() error {
	if min(r.Total, r.Matches, r.Mismatches, r.Unobserved, r.TotalWithBlocked, r.Undecided) < 0 {
		return errors.New("results with a count below 0")
	}
	return errors.Join(r.Status.check("status"), r.Blocked.check())
}

func (c BlockedCounts) check() error {
	if c.ByStage == nil || c.ByKind == nil {
		return errors.New("blocked without by_stage or by_kind; want objects, empty where there are none")
	}
	return nil
}

func (h Health) check(key string) error {
	switch h {
	case HealthOK, HealthPartial, HealthBrittle, HealthBlocked:
		return nil
	}
	return fmt.Errorf("%s %.80q: want ok, partial, brittle or blocked", key, h)
}

func (s *OpSummary) read(d *artifact.Reader) error {
	return readObject(d, map[string]member{
		"meta": {read: readMeta(d, &s.Meta)},
		"ops":  {read: readEntries(d, &s.Ops, func(name string) (*OpRecord, error) { return readOpRecord(d, name) })},
	})
}

// readOpRecord reads the entry of an operation, which names every scenario that
// had to do with it.
func readOpRecord(d *artifact.Reader, name string) (*OpRecord, error) {
	r := new(OpRecord)
	err := readObject(d, map[string]member{
		"op_name":                  {into: &r.OpName},
		"op_id":                    {into: &r.OpID},
		"world_id":                 {into: &r.WorldID},
		"probes":                   {into: &r.Probes},
		"matches":                  {into: &r.Matches},
		"mismatches":               {into: &r.Mismatches},
		"probes_including_blocked": {into: &r.ProbesWithBlocked},
		"blocked":                  {into: &r.Blocked},
		"unobserved":               {into: &r.Unobserved},
		"examples":                 {read: readList(d, &r.Examples)},
		"scenarios":                {read: readList(d, &r.Scenarios)},
		"mismatch_details":         {read: readList(d, &r.MismatchDetails), optional: true},
		"coverage_status":          {into: &r.CoverageStatus},
		"undecided":                {into: &r.Undecided, optional: true},
	})
	switch {
	case err != nil:
		return nil, err
	case r.OpName != name:
		return nil, fmt.Errorf("op_name is %.140q", r.OpName)
	}
	return r, errors.Join(r.CoverageStatus.check("coverage_status"), r.Blocked.check())
}
