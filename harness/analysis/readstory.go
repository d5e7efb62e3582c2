package analysis

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// LoadStory reads a runtime_story.json.
func LoadStory(file string) (*Story, error) {
	s := new(Story)
	_, err := loadDocument(file, s.read)
	return s, err
}

func (s *Story) read(d *artifact.Reader) error {
	return readObject(d, map[string]member{
		"meta": {read: readMeta(d, &s.Meta)},
		"ops":  {read: readEntries(d, &s.Ops, func(string) (*StoryOp, error) { return readStoryOp(d) })},
	})
}

func readStoryOp(d *artifact.Reader) (*StoryOp, error) {
	op, scenarios := new(StoryOp), []StoryScenario(nil)
	err := readObject(d, map[string]member{
		"op_id":           {into: &op.OpID},
		"op_name":         {into: &op.OpName},
		"coverage_status": {into: &op.CoverageStatus},
		"probes":          {into: &op.Probes},
		"matches":         {into: &op.Matches},
		"mismatches":      {into: &op.Mismatches},
		"examples":        {read: readList(d, &op.Examples)},
		"scenarios":       {read: readList(d, &scenarios)},
		"static":          {into: &op.Static},
		"undecided":       {into: &op.Undecided, optional: true},
	})
	if err != nil {
		return nil, err
	}
	op.Scenarios = make([]*StoryScenario, len(scenarios))
	for i := range scenarios {
		op.Scenarios[i] = &scenarios[i]
		if err := scenarios[i].check(); err != nil {
			return nil, fmt.Errorf("scenario %.140q: %w", scenarios[i].ScenarioID, err)
		}
	}
	return op, errors.Join(artifact.CheckID("op_name", op.OpName), op.CoverageStatus.check("coverage_status"))
}

func (s *StoryScenario) check() error {
	if s.Expectations == nil || s.Mismatches == nil {
		return errors.New("no expectations, or no mismatches; want lists, empty where there are none")
	}
	err := artifact.CheckID("scenario_id", s.ScenarioID)
	if s.Results != nil {
		err = errors.Join(err, s.Results.check())
	}
	return err
}

// toldOf refuses a story that says something else than the documents of a cut.
func (s *Story) toldOf(ops *OpSummary, scenarios *Scenarios) error {
	again, err := NewStory(ops, scenarios, new(Vocabulary), s.Meta.WorldID)
	if err != nil {
		return err
	}
	if len(s.Ops) != len(again.Ops) {
		return fmt.Errorf("tells of %d operations, and the cut has %d", len(s.Ops), len(again.Ops))
	}
	told := map[string]*StoryOp{}
	for _, m := range s.Ops {
		told[m.Value.OpName] = m.Value
	}
	for _, m := range again.Ops {
		if op := told[m.Value.OpName]; op == nil || !op.sameAs(m.Value) {
			return fmt.Errorf("tells of operation %q what the cut does not say", m.Value.OpName)
		}
	}
	return nil
}

// sameAs leaves out what a vocabulary says.
func (op *StoryOp) sameAs(o *StoryOp) bool {
	told := func(op *StoryOp) StoryOp {
		t := *op
		t.OpID, t.Static = nil, StoryStatic{}
		return t
	}
	return reflect.DeepEqual(told(op), told(o))
}
