package specs

import (
	"fmt"
	"path/filepath"

	"github.com/onsi/ginkgo/v2/types"
	gomegatypes "github.com/onsi/gomega/types"

	"github.com/rtgen/rtgen/harness"
)

// MeetExpectation matches a *harness.Observation that does not fail its spec: a
// scenario observed as expected, an oracle that does not contradict, a baseline
// that did not break. Blocked and unsupported observations match too; skipping
// them is the spec's part.
func MeetExpectation(requireEvidence bool) gomegatypes.GomegaMatcher {
	return &meetExpectation{require: requireEvidence}
}

type meetExpectation struct {
	require bool
	at      string // where a reader should look, before the message; may be empty
	verdict harness.Verdict
}

// Match implements Gomega's matcher.
func (m *meetExpectation) Match(actual any) (bool, error) {
	obs, ok := actual.(*harness.Observation)
	if !ok || obs == nil {
		return false, fmt.Errorf("MeetExpectation matches a *harness.Observation, not a %T", actual)
	}
	m.verdict = harness.Judge(obs, m.require)
	return m.verdict.Kind != harness.VerdictFail, nil
}

// FailureMessage implements Gomega's matcher.
func (m *meetExpectation) FailureMessage(any) string { return m.at + m.verdict.Text }

// NegatedFailureMessage implements Gomega's matcher.
func (m *meetExpectation) NegatedFailureMessage(actual any) string {
	obs, ok := actual.(*harness.Observation)
	if !ok || obs == nil {
		return m.at + "met its expectation, and was not to"
	}
	return fmt.Sprintf("%s%s: %s in the %s lane, and was not to be", m.at, obs.ExpectationID, obs.Outcome, obs.Lane)
}

// place is a location as a failure's text starts with it: the line of the
// scenario, which Ginkgo's own failure location, inside this package, is not.
func place(at types.CodeLocation) string {
	name := at.FileName
	if filepath.IsAbs(name) {
		name = filepath.Base(name) // of a generated suite, where it was compiled
	}
	return fmt.Sprintf("%s:%d: ", name, at.LineNumber)
}
