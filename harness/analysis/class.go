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
// operation under test.
func Observed(e *artifact.Event) bool { return ClassOf(e) == Counted && e.Actual != nil }

// CheckEvent refuses an observation that nothing may be made from: without the
// ids that say what it is about, or whose decision, expectation and match
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
	if e.Match != nil && *e.Match && (e.Actual == nil || *e.Actual != e.Expected) {
		return fmt.Errorf("observation %q: match is true, and actual is not the expected %q", e.ScenarioID, e.Expected)
	}
	return nil
}
