package analysis

import (
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// Scenarios is scenarios.json.
type Scenarios struct {
	Meta            Meta                        `json:"meta"`
	PhaseHistograms PhaseHistograms             `json:"phase_histograms"`
	Scenarios       artifact.Ordered[*Scenario] `json:"scenarios"` // in the order first seen
}

// WriteFile writes the document to a file, scenario by scenario. The file is
// replaced as a whole or not at all.
func (s *Scenarios) WriteFile(file string) error {
	return writeDocument(file, func(w *artifact.Writer) {
		w.BeginObject()
		w.Key("meta")
		w.Value(s.Meta)
		w.Key("phase_histograms")
		w.Value(s.PhaseHistograms)
		w.Key("scenarios")
		writeObject(w, s.Scenarios)
		w.End()
	})
}

// Scenario is what was seen of one scenario.
type Scenario struct {
	WorldID      string             `json:"world_id"`
	ProfileID    string             `json:"profile_id"` // of its first observation
	Expectations []Expectation      `json:"expectations"`
	Results      ScenarioResults    `json:"results"`
	Mismatches   []ScenarioMismatch `json:"mismatches"`
	Impact       *struct{}          `json:"impact"` // always null
	ScenarioID   string             `json:"scenario_id"`
}

// Expectation is what the matrix says of a scenario; of one that it does not know
// there is the id alone.
type Expectation struct {
	ExpectationID string `json:"expectation_id"`
	ProfileID     string `json:"profile_id,omitempty"`
	Operation     string `json:"operation,omitempty"`
	Target        string `json:"target,omitempty"`
	Expected      string `json:"expected,omitempty"`
	ProbeName     string `json:"probe_name,omitempty"`
}

// ScenarioResults counts a scenario's observations. The reference system calls ok what
// counts and has no mismatch, also when nobody saw a decision.
type ScenarioResults struct {
	Total            int           `json:"total"` // that count
	Matches          int           `json:"matches"`
	Mismatches       int           `json:"mismatches"`
	Unobserved       int           `json:"unobserved"`
	TotalWithBlocked int           `json:"total_including_blocked"`
	Blocked          BlockedCounts `json:"blocked"`
	Status           Health        `json:"status"`
	Undecided        int           `json:"undecided,omitempty"` // of Total
}

// noneBlocked is what most scenarios have. They share it: two maps for each would
// be a fifth of what a scenario takes.
var noneBlocked = newBlockedCounts()

// add counts an observation; the status is still that of those before.
func (r *ScenarioResults) add(e *artifact.Event) {
	r.TotalWithBlocked++
	switch ClassOf(e) {
	case Blocked:
		if r.Blocked.Total == 0 {
			r.Blocked = newBlockedCounts()
		}
		r.Blocked.add(e)
		return
	case Unobserved:
		r.Unobserved++
		return
	}
	r.Total++
	switch {
	case !Observed(e):
		r.Undecided++
	case e.Match == nil:
	case *e.Match:
		r.Matches++
	default:
		r.Mismatches++
	}
}

// status is what the counts say.
func (r *ScenarioResults) status() Health {
	switch {
	case r.Total == 0 && r.Blocked.Total > 0:
		return HealthBlocked
	case r.Total == r.Undecided: // nobody saw a decision
		return HealthBrittle
	case r.Matches > 0 && r.Mismatches == 0 && r.Undecided == 0:
		return HealthOK
	case r.Matches == 0 && r.Mismatches > 0:
		return HealthBrittle
	}
	return HealthPartial
}

// ScenarioMismatch is an observation whose match is false, blocked and unobserved
// ones too: more than ScenarioResults.Mismatches counts. One that counts and has no
// decision is none, which the reference system takes at its match.
type ScenarioMismatch struct {
	ExpectationID    string  `json:"expectation_id"`
	Expected         *string `json:"expected"`
	Actual           *string `json:"actual"`
	Operation        string  `json:"operation"`
	Target           *string `json:"target"`
	FailureStage     *string `json:"failure_stage"`
	FailureKind      *string `json:"failure_kind"`
	MismatchType     string  `json:"mismatch_type"`
	ViolationSummary *string `json:"violation_summary"`
	Stderr           *string `json:"stderr"`
}

// mismatched reports whether an observation is not the expected one. One that
// counts and has no decision is neither.
func mismatched(e *artifact.Event) bool {
	return e.Match != nil && !*e.Match && (e.Actual != nil || ClassOf(e) != Counted)
}

// newScenarioMismatch is the observation as a mismatch. Its type is judged
// without the operation and its path, which a cut has no words for: a denial at a
// path's boundary is an unexpected one here.
func newScenarioMismatch(e *artifact.Event) ScenarioMismatch {
	kind := contract.Mismatch{Stage: value(e.FailureStage), Kind: value(e.FailureKind), Expected: e.Expected, Actual: value(e.Actual)}.Type()
	return ScenarioMismatch{
		ExpectationID: e.ExpectationID, Expected: given(e.Expected), Actual: e.Actual, Operation: e.Operation, Target: given(e.Target),
		FailureStage: e.FailureStage, FailureKind: e.FailureKind, MismatchType: kind, ViolationSummary: e.ViolationSummary, Stderr: e.Stderr,
	}
}

// scenarioTally adds observations up by scenario.
type scenarioTally struct {
	world    string
	expected map[string]map[string]*artifact.MatrixProbe // by profile and expectation: two profiles may share a probe
	families map[string]string                           // of the matrix's profiles
	list     []*talliedScenario
	byTrace  map[string]*talliedScenario // by the name of the trace
	overall  *PhaseHistogram
	byFamily map[string]*PhaseHistogram
}

type talliedScenario struct {
	Scenario
	trace string // the file name
}

func newScenarioTally(world string, matrix *artifact.ExpectedMatrix) *scenarioTally {
	t := &scenarioTally{
		world: world, expected: map[string]map[string]*artifact.MatrixProbe{}, families: map[string]string{},
		byTrace: map[string]*talliedScenario{}, overall: newPhaseHistogram(), byFamily: map[string]*PhaseHistogram{},
	}
	for _, profile := range matrix.Profiles {
		t.families[profile.Key] = family(profile.Key)
		if name := value(profile.Value.Family); name != "" {
			t.families[profile.Key] = name
		}
		byID := make(map[string]*artifact.MatrixProbe, len(profile.Value.Probes))
		for i := range profile.Value.Probes {
			p := &profile.Value.Probes[i]
			id := p.ExpectationID
			if id == "" {
				id = profile.Key + "|" + p.Operation + "|" + p.Target
			}
			byID[id] = p
		}
		t.expected[profile.Key] = byID
	}
	return t
}

// add counts an observation and returns its scenario.
func (t *scenarioTally) add(e *artifact.Event) (*talliedScenario, error) {
	if e.WorldID != t.world {
		return nil, fmt.Errorf("observation %q: of world %q, in a cut of %q; cut each world by itself", e.ScenarioID, e.WorldID, t.world)
	}
	s, err := t.scenario(e)
	if err != nil {
		return nil, err
	}
	s.Results.add(e)
	if mismatched(e) {
		s.Mismatches = append(s.Mismatches, newScenarioMismatch(e))
	}
	if x, ok := t.expectation(e); ok && !slices.Contains(s.Expectations, x) {
		s.Expectations = append(s.Expectations, x)
	}
	t.overall.add(e)
	t.histogram(e.ProfileID).add(e)
	return s, nil
}

// scenario finds an observation's scenario, or begins it.
func (t *scenarioTally) scenario(e *artifact.Event) (*talliedScenario, error) {
	const maxName = 255 // bytes, on all file systems there are
	trace := traceName(e.ScenarioID)
	s := t.byTrace[trace]
	switch {
	case s == nil && len(trace) > maxName:
		return nil, fmt.Errorf("scenario %.140q: the name of its trace would have %d bytes, more than %d; shorten the id", e.ScenarioID, len(trace), maxName)
	case s == nil:
		s = &talliedScenario{trace: trace, Scenario: Scenario{
			WorldID: t.world, ProfileID: e.ProfileID, ScenarioID: e.ScenarioID,
			Expectations: []Expectation{}, Mismatches: []ScenarioMismatch{}, Results: ScenarioResults{Blocked: noneBlocked},
		}}
		t.byTrace[trace], t.list = s, append(t.list, s)
	case s.ScenarioID != e.ScenarioID:
		return nil, fmt.Errorf("scenarios %q and %q: both of their traces would be %s; rename one", s.ScenarioID, e.ScenarioID, trace)
	}
	return s, nil
}

// expectation is what was expected of an observation; false when nothing was.
func (t *scenarioTally) expectation(e *artifact.Event) (Expectation, bool) {
	x := Expectation{ExpectationID: e.ExpectationID}
	if p := t.expected[e.ProfileID][e.ExpectationID]; p != nil {
		x.ProfileID, x.Operation, x.Target, x.Expected, x.ProbeName = e.ProfileID, p.Operation, p.Target, p.Expected, p.Name
	}
	return x, e.ExpectationID != ""
}

func (t *scenarioTally) histogram(profileID string) *PhaseHistogram {
	name, known := t.families[profileID]
	if !known {
		name = family(profileID)
	}
	h := t.byFamily[name]
	if h == nil {
		h = newPhaseHistogram()
		t.byFamily[name] = h
	}
	return h
}

// byOperation are the scenarios of each operation that was expected, sorted.
func (t *scenarioTally) byOperation() map[string][]string {
	scenarios := map[string][]string{}
	for _, s := range t.list {
		for _, x := range s.Expectations {
			if x.Operation != "" {
				scenarios[x.Operation] = append(scenarios[x.Operation], s.ScenarioID)
			}
		}
	}
	for op, list := range scenarios {
		slices.Sort(list)
		scenarios[op] = slices.Compact(list)
	}
	return scenarios
}

// document is what was counted so far.
func (t *scenarioTally) document(meta Meta) *Scenarios {
	doc := &Scenarios{Meta: meta, PhaseHistograms: PhaseHistograms{Overall: *t.overall, ByFamily: map[string]PhaseHistogram{}}}
	for name, h := range t.byFamily {
		doc.PhaseHistograms.ByFamily[name] = *h
	}
	for _, s := range t.list {
		s.Results.Status = s.Results.status()
		doc.Scenarios = append(doc.Scenarios, artifact.Member[*Scenario]{Key: s.ScenarioID, Value: &s.Scenario})
	}
	return doc
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
