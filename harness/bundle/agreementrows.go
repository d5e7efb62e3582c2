package bundle

import (
	"cmp"
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

func (a *agreement) readMatrix(r io.Reader) error {
	world, err := artifact.ReadMatrix(r, func(profile string, p *artifact.MatrixProbe) error {
		if len(a.order) == maxScenarios {
			return errTooMany
		}
		if err := cmp.Or(artifact.CheckID("profile id", profile), artifact.CheckID("expectation_id", p.ExpectationID)); err != nil {
			return err
		}
		s := &scenario{
			expected: wordOf(&p.Expected), profile: a.text(profile), name: a.text(p.Name), operation: a.text(p.Operation), target: a.text(p.Target),
		}
		if s.expected != wordAllow && s.expected != wordDeny {
			a.differ("row %.140q: expected is %.40q, neither allow nor deny", p.ExpectationID, p.Expected)
		}
		id := a.text(p.ExpectationID)
		if a.scenarios[id] != nil {
			a.differ("two rows %.140q", p.ExpectationID)
			return nil
		}
		a.scenarios[id] = s
		a.order = append(a.order, s)
		attempt := a.text(artifact.BaselineName(profile, p.Name))
		if _, ok := a.attempts[attempt]; ok {
			s = nil
		}
		a.attempts[attempt] = s
		return nil
	})
	if err != nil {
		return err
	}
	a.same("world_id", world, a.in.index.WorldID)
	if copied, ok := a.in.verified[artifact.GeneratedMatrixFile]; ok && copied.SHA256 != a.in.verified[artifact.ExpectedMatrixFile].SHA256 {
		a.differ("differs from %s, whose copy it is", artifact.GeneratedMatrixFile)
	}
	return nil
}

func (a *agreement) readResults(r io.Reader) error {
	return artifact.ReadResults(r, a.result, func(id string, p *artifact.ResultsProfile) error {
		a.sameIn(id, "run_id", p.RunID, a.in.index.RunID)
		return artifact.CheckSchema(p.SchemaVersion, artifact.SchemaRuntimeResults)
	})
}

func (a *agreement) result(profile string, p *artifact.ResultsProbe) error {
	id := p.ExpectationID
	actual := wordOf(p.Actual)
	a.count("scenario", resultOutcome(actual, p))
	if actual > wordDeny {
		a.differ("row %.140q: actual is %.40q, neither allow nor deny", id, *p.Actual)
	}
	a.match(id, actual, wordOf(&p.Expected), p.Match)
	if a.ours() {
		a.decided(id, actual, &p.RuntimeResult)
	}
	if a.ownMac() {
		a.asked(p, actual)
		details, err := p.Details()
		if err != nil {
			return err
		}
		a.returned(id, actual, details)
	}
	s := a.find(id)
	if s == nil {
		return nil
	}
	a.once(&s.result, id)
	const where = artifact.ExpectedMatrixFile
	a.field(id, "profile", profile, s.profile, where)
	a.field(id, "name", p.Name, s.name, where)
	a.field(id, "operation", p.Operation, s.operation, where)
	a.field(id, "path", p.Path, s.target, where)
	a.word(id, "expected", wordOf(&p.Expected), s.expected, where)
	s.actual, s.status, s.errno = actual, wordOf(&p.RuntimeResult.Status), orZero(p.RuntimeResult.Errno)
	s.failure = a.text(orZero(p.RuntimeResult.FailureStage), orZero(p.RuntimeResult.FailureKind))
	s.callouts = a.calloutsSum(p.RuntimeResult.Callouts)
	s.witnessed = truthWord(p.RuntimeResult.IntendedOpWitnessed.Ptr())
	if actual != s.expected {
		a.mismatched++
	}
	return nil
}

// decided holds a decision against how it came about. Rows of the reference have
// denials that its tools call a success.
func (a *agreement) decided(id string, actual word, r *artifact.RuntimeResult) {
	status := map[word]word{wordAllow: wordSuccess, wordDeny: wordErrno}[actual]
	switch witnessed := r.IntendedOpWitnessed.Ptr(); {
	case actual == noWord:
	case wordOf(&r.Status) != status:
		a.differ("row %.140q: actual is %s, status %.40q", id, actual, r.Status)
	case r.ApplyReport != nil && r.ApplyReport.RC != nil && *r.ApplyReport.RC != 0:
		a.differ("row %.140q: actual is %s, and its policy was not applied", id, actual)
	case witnessed != nil && !*witnessed:
		a.differ("row %.140q: actual is %s, and the operation was not witnessed", id, actual)
	}
}

// match is whether the decision is the expected one, null without a decision.
func (a *agreement) match(id string, actual, expected word, match *bool) {
	switch {
	case match == nil && actual == noWord, match != nil && actual != noWord && *match == (actual == expected):
	case match == nil:
		a.differ("row %.140q: match is null, expected is %s and actual %s", id, expected, actual)
	default:
		a.differ("row %.140q: match is %v, expected is %s and actual %s", id, *match, expected, actual)
	}
}

// The outcomes as far as a row tells them: a row does not say whether what was
// not attempted was blocked or is not supported.
const (
	isAllowed   = "allowed"
	isDenied    = "denied"
	isUndecided = "undecided"
	isBlocked   = "blocked"
	isBroken    = "broken"
	isOther     = "other" // any of the last three
)

// outcomes are those that a summary counts.
var outcomes = []string{isAllowed, isDenied, isUndecided, isBlocked, "unsupported", isBroken}

func resultOutcome(actual word, p *artifact.ResultsProbe) string {
	switch {
	case actual == wordAllow:
		return isAllowed
	case actual == wordDeny:
		return isDenied
	case p.Error != nil || p.ErrorKind != nil:
		return isBroken
	case p.RuntimeResult.Status == "blocked":
		return isBlocked
	}
	return isUndecided
}

func (a *agreement) readBaseline(r io.Reader) error {
	h, err := artifact.ReadBaseline(r, func(p *artifact.BaselineRow) error {
		status := wordOf(p.Status)
		switch {
		case status == wordAllow:
			a.count("baseline", isAllowed)
		case status == wordDeny:
			a.count("baseline", isDenied)
		case status != noWord:
			a.differ("row %.140q: status is %.40q, neither allow nor deny", p.Name, *p.Status)
		case p.Stdout != nil:
			a.count("baseline", isUndecided)
		default:
			a.count("baseline", isOther)
		}
		a.same("row name", p.Name, artifact.BaselineName(p.ProfileID, p.ProbeName))
		s, known := a.attempts[a.text(p.Name)]
		if !known && a.read[artifact.ExpectedMatrixFile] {
			a.differ("row %.140q is of no scenario of %s", p.Name, artifact.ExpectedMatrixFile)
		}
		if s == nil {
			return nil
		}
		a.once(&s.baseline, p.Name)
		a.field(p.Name, "operation", p.Operation, s.operation, artifact.ExpectedMatrixFile)
		a.field(p.Name, "target", p.Target, s.target, artifact.ExpectedMatrixFile)
		s.base = status
		if s.result && s.actual == wordDeny && status == wordDeny {
			a.vacuous++
		}
		return nil
	})
	if err == nil {
		a.run("", h.RunID, h.WorldID)
	}
	return err
}

func (a *agreement) readEvents(r io.Reader) error {
	err := artifact.ReadEvents(r, func(e *artifact.Event) error {
		if a.tests != nil {
			a.tests.add(e)
		}
		id := e.ExpectationID
		a.run(id, e.RunID, e.WorldID)
		s := a.find(id)
		if s == nil {
			return nil
		}
		a.once(&s.event, id)
		actual := wordOf(e.Actual)
		a.match(id, actual, wordOf(&e.Expected), e.Match)
		a.field(id, "profile_id", e.ProfileID, s.profile, artifact.ExpectedMatrixFile)
		a.field(id, "probe_name", e.ProbeName, s.name, artifact.ExpectedMatrixFile)
		a.field(id, "operation", e.Operation, s.operation, artifact.ExpectedMatrixFile)
		a.field(id, "target", e.Target, s.target, artifact.ExpectedMatrixFile)
		a.word(id, "expected", wordOf(&e.Expected), s.expected, artifact.ExpectedMatrixFile)
		if a.read[artifact.RuntimeResultsFile] {
			a.event(s, e, actual)
		}
		if a.ownMac() {
			a.callouts(s, e)
		}
		a.layers(s, e, actual)
		return a.record(s, e)
	})
	if err != nil || !a.read[artifact.RuntimeResultsFile] {
		return err
	}
	missing := 0
	for _, s := range a.order {
		if s.result && !s.event {
			missing++
		}
	}
	if missing > 0 {
		a.differ("no event for %d rows of %s", missing, artifact.RuntimeResultsFile)
	}
	return nil
}

// event compares an event with the row that it was made from.
func (a *agreement) event(s *scenario, e *artifact.Event, actual word) {
	const where = artifact.RuntimeResultsFile
	id := e.ExpectationID
	if !s.result {
		a.differ("row %.140q is not in %s", id, where)
		return
	}
	a.word(id, "actual", actual, s.actual, where)
	a.word(id, "runtime_status", wordOf(&e.RuntimeStatus), s.status, where)
	if got := orZero(e.Errno); got != s.errno {
		a.differ("row %.140q: errno is %d, %s has %d", id, got, where, s.errno)
	}
	if a.text(orZero(e.FailureStage), orZero(e.FailureKind)) != s.failure {
		a.differ("row %.140q: failure is %.40q, %.80q, %s has another", id, orZero(e.FailureStage), orZero(e.FailureKind), where)
	}
}

// layers compares what an event says of both lanes with the lanes.
func (a *agreement) layers(s *scenario, e *artifact.Event, actual word) {
	l := e.PolicyLayers
	if l == nil { // older runs lack it
		return
	}
	said := func(text string) word {
		if text == "unknown" {
			return noWord
		}
		return wordOf(&text)
	}
	id := e.ExpectationID
	a.word(id, "policy_layers.process_policy.decision", said(l.ProcessPolicy.Decision), actual, "the event itself")
	if !a.read[artifact.BaselineResultsFile] || a.attempts[a.text(artifact.BaselineName(e.ProfileID, e.ProbeName))] != s {
		return
	}
	if s.baseline != (l.PlatformPolicy.Source == "baseline") {
		a.differ("row %.140q: policy_layers.platform_policy.source is %.40q, %s has a row: %v", id, l.PlatformPolicy.Source, artifact.BaselineResultsFile, s.baseline)
	}
	a.word(id, "policy_layers.platform_policy.decision", said(l.PlatformPolicy.Decision), s.base, artifact.BaselineResultsFile)
}
