package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// maxExamples is how many observations an operation shows.
const maxExamples = 5

// OpTally adds up observations by operation. It holds no observation.
type OpTally struct {
	worldID    string
	vocabulary *Vocabulary
	ops        artifact.Ordered[*opTally] // in the order first seen
	byName     map[string]*opTally
	texts      sharedTexts
}

// opTally is one operation so far.
type opTally struct {
	OpRecord
	scenarios map[string]struct{}
}

// NewOpTally starts a tally. An empty world is that of the first observation; a
// nil vocabulary has no ids.
func NewOpTally(worldID string, vocabulary *Vocabulary) *OpTally {
	return &OpTally{worldID: worldID, vocabulary: vocabulary, byName: map[string]*opTally{}, texts: sharedTexts{}}
}

// Add counts one observation. It refuses what CheckEvent refuses, and one of
// another world: a document speaks of one.
func (t *OpTally) Add(e *artifact.Event) error {
	if err := CheckEvent(e); err != nil {
		return err
	}
	return t.add(e)
}

// add is Add of an observation that was checked.
func (t *OpTally) add(e *artifact.Event) error {
	t.worldID = cmp.Or(t.worldID, e.WorldID)
	if e.WorldID != t.worldID {
		return fmt.Errorf("observation %q is of world %q, and the summary of world %q: sum worlds up one by one", e.ScenarioID, e.WorldID, t.worldID)
	}
	op := t.op(e.Operation)
	scenario := t.texts.share(e.ScenarioID)
	op.scenarios[*scenario] = struct{}{}
	op.ProbesWithBlocked++
	switch ClassOf(e) {
	case Blocked:
		op.Blocked.add(e)
	case Unobserved:
		op.Unobserved++
	case Counted:
		t.count(op, e, *scenario)
	}
	return nil
}

func (t *OpTally) op(name string) *opTally {
	if op := t.byName[name]; op != nil {
		return op
	}
	op := &opTally{OpRecord: OpRecord{OpName: name, Blocked: newBlockedCounts(), Examples: []OpExample{}}, scenarios: map[string]struct{}{}}
	if t.vocabulary != nil {
		if id, ok := t.vocabulary.ID(name); ok {
			op.OpID = &id
		}
	}
	t.byName[name] = op
	t.ops = append(t.ops, artifact.Member[*opTally]{Key: name, Value: op})
	return op
}

// count takes in an observation that counts.
func (t *OpTally) count(op *opTally, e *artifact.Event, scenario string) {
	op.Probes++
	if contradicted(e) {
		op.Contradictions++
	}
	if Vacuous(e) {
		op.Vacuous++
	}
	if len(op.Examples) < maxExamples {
		example := OpExample{scenario, e.ExpectationID, given(e.Expected), e.Actual, e.Match}
		if e.Actual == nil {
			example.Match = nil // some rows say false of a decision that nobody saw
		}
		op.Examples = append(op.Examples, example)
	}
	switch {
	case !Observed(e):
		op.Undecided++
	case e.Match == nil:
	case *e.Match:
		op.Matches++
	default:
		op.Mismatches++
		op.MismatchDetails = append(op.MismatchDetails, OpMismatch{
			ScenarioID: scenario, ExpectationID: *t.texts.share(e.ExpectationID),
			Expected: t.texts.given(e.Expected), Actual: t.texts.share(*e.Actual), Target: t.texts.given(e.Target),
		})
	}
}

// Summary is what was added up so far, in the envelope meta. The world is the
// tally's, and that of meta only while the tally has none.
func (t *OpTally) Summary(meta Meta) *OpSummary {
	meta.WorldID = cmp.Or(t.worldID, meta.WorldID)
	s := &OpSummary{Meta: meta, Ops: make(artifact.Ordered[*OpRecord], 0, len(t.ops))}
	for _, op := range t.ops {
		record := op.Value.OpRecord
		record.WorldID = t.worldID
		record.Scenarios = slices.Sorted(maps.Keys(op.Value.scenarios))
		record.CoverageStatus = record.coverage()
		record.Blocked = record.Blocked.clone() // what is blocked later is not of this summary
		s.Ops = append(s.Ops, artifact.Member[*OpRecord]{Key: op.Key, Value: &record})
	}
	return s
}

// coverage is how far the observations that count bear the expectations out.
func (r *OpRecord) coverage() Health {
	switch {
	case r.Probes == r.Undecided:
		return HealthBrittle
	case r.Matches > 0 && r.Mismatches == 0 && r.Undecided == 0:
		return HealthOK
	}
	return HealthPartial
}

func newBlockedCounts() BlockedCounts {
	return BlockedCounts{ByStage: map[string]int{}, ByKind: map[string]int{}}
}

// add counts an observation that is blocked.
func (c *BlockedCounts) add(e *artifact.Event) {
	c.Total++
	c.ByStage[*e.FailureStage]++
	if e.FailureKind != nil {
		c.ByKind[*e.FailureKind]++
	}
}

func (c BlockedCounts) clone() BlockedCounts {
	return BlockedCounts{c.Total, maps.Clone(c.ByStage), maps.Clone(c.ByKind)}
}

// sharedTexts keep one copy of every text that many observations have.
type sharedTexts map[string]*string

func (t sharedTexts) share(text string) *string {
	known, ok := t[text]
	if !ok {
		known = &text
		t[text] = known
	}
	return known
}

// given is share for a text that is empty where there is none.
func (t sharedTexts) given(text string) *string {
	if text == "" {
		return nil
	}
	return t.share(text)
}

// given is a text, or nil where there is none.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
