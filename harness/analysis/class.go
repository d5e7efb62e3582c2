package analysis

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// Class says how far an observation speaks for the operation under test.
type Class int

// The classes.
const (
	Counted    Class = iota // the operation was attempted; it need not have a decision
	Unobserved              // the kernel decided about something else
	Blocked                 // the operation was never reached
)

// ClassOf is the class of an observation; blocked wins.
func ClassOf(e *artifact.Event) Class {
	switch {
	case e.FailureStage != nil && contract.BeforeProbe(*e.FailureStage):
		return Blocked
	case e.IntendedOpWitnessed != nil && !*e.IntendedOpWitnessed:
		return Unobserved
	}
	return Counted
}

// Observed reports whether somebody saw what the policy decided about the
// operation under test. Nobody did where it was allowed under the policy and denied
// without it: one of the two attempts was of something else.
func Observed(e *artifact.Event) bool {
	return ClassOf(e) == Counted && e.Actual != nil && !contradicted(e)
}

func contradicted(e *artifact.Event) bool {
	return e.PolicyLayers != nil && e.PolicyLayers.Attribution == contract.AttributionContradiction
}

// Vacuous reports whether an operation was denied, and the policy has not earned
// it: it is denied without the policy too.
func Vacuous(e *artifact.Event) bool {
	return e.Actual != nil && *e.Actual == "deny" && e.PolicyLayers != nil && e.PolicyLayers.PlatformPolicy.Decision == "deny"
}

// CheckEvent refuses an observation that nothing may be made from: without the
// ids that say what it is about, or whose decision, expectation, match and layers
// contradict each other.
func CheckEvent(e *artifact.Event) error {
	for _, id := range []struct{ key, value string }{{"world_id", e.WorldID}, {"profile_id", e.ProfileID}, {"scenario_id", e.ScenarioID}, {"operation", e.Operation}} {
		if err := artifact.CheckID(id.key, id.value); err != nil {
			return fmt.Errorf("observation %.140q: %w", e.ScenarioID, err)
		}
	}
	if a := e.Actual; a != nil && *a != "allow" && *a != "deny" {
		return fmt.Errorf("observation %q: actual %.80q is neither \"allow\" nor \"deny\"", e.ScenarioID, *a)
	}
	same := e.Actual != nil && *e.Actual == e.Expected
	switch l := e.PolicyLayers; {
	case e.Match != nil && *e.Match && !same:
		return fmt.Errorf("observation %q: match is true, and actual is not the expected %q", e.ScenarioID, e.Expected)
	case e.Match != nil && !*e.Match && same:
		return fmt.Errorf("observation %q: match is false, and actual is the expected %q", e.ScenarioID, e.Expected)
	case l != nil && l.ProcessPolicy.Decision != decisionWord(e):
		return fmt.Errorf("observation %q: actual is %s, and its policy_layers say %.80q", e.ScenarioID, decisionWord(e), l.ProcessPolicy.Decision)
	}
	return nil
}

// decisionWord is the decision as policy_layers have it.
func decisionWord(e *artifact.Event) string {
	if e.Actual == nil {
		return "unknown"
	}
	return *e.Actual
}
