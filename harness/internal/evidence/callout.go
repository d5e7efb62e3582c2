package evidence

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// asked is what the sandbox was asked beside the attempt.
func (o *Observation) asked() contract.Asked {
	return contract.Asked{Operation: o.Operation, Target: o.Target, Request: o.Asked, Callouts: o.Callouts}
}

// witnessed says whether the operation under test was the one that was decided:
// by the sandbox's answers where it was asked, else by the kernel's log. It is nil
// where neither spoke. Of an attempt that came to an end before the question could
// be put, the format says false; that nobody asked says nothing.
func (o *Observation) witnessed() *bool {
	switch {
	case o.Asked == nil:
		return o.recordedIntent()
	case len(o.Callouts) == 0 && !o.attempted():
		return nil
	}
	return o.asked().Witnessed()
}

// checkCallouts holds the sandbox's answers against the attempt: a policy that is
// not in force answers nothing, and a decision needs the answer that was asked
// for.
func checkCallouts(o *Observation) error {
	switch {
	case o.Asked == nil && o.Callouts == nil:
		return nil
	case o.Lane != LaneScenario:
		return fmt.Errorf("carries what the sandbox was asked, in the %s lane there is no policy", o.Lane)
	case len(o.Callouts) > 0 && (o.Apply == nil || o.Apply.RC != 0):
		return errors.New("the sandbox answered, under a policy that was not applied")
	case o.Actual != "" && o.Asked != nil && !isTrue(o.asked().Witnessed()):
		return fmt.Errorf("decision %q, and the sandbox did not answer what it was asked about %s", o.Actual, o.Operation)
	}
	for i := range o.Callouts {
		if err := checkCallout(&o.Callouts[i]); err != nil {
			return fmt.Errorf("callout %d: %w", i, err)
		}
	}
	return nil
}

// calloutStages are those at which our workers ask.
var calloutStages = []string{"pre_syscall", "preflight", "bootstrap_exec"}

// checkCallout holds an answer against itself.
func checkCallout(c *artifact.Callout) error {
	decision := "error"
	if c.RC != nil && 0 <= *c.RC && *c.RC <= 1 {
		decision = [...]string{"allow", "deny"}[*c.RC]
	}
	switch {
	case c.Tool != marker.Callout:
		return fmt.Errorf("of tool %q, which is not %s", c.Tool, marker.Callout)
	case c.MarkerVersion != artifact.ToolMarkerVersion:
		return fmt.Errorf("of marker version %d, not %d", c.MarkerVersion, artifact.ToolMarkerVersion)
	case !slices.Contains(calloutStages, c.Stage):
		return fmt.Errorf("at stage %q", c.Stage)
	case c.Decision != decision:
		return fmt.Errorf("decision %q, the call returned %s", c.Decision, number(c.RC))
	}
	if c.FilterType != nil && c.FilterTypeName != nil {
		if name, known := marker.CheckFilters.Name(*c.FilterType); known && name != *c.FilterTypeName {
			return fmt.Errorf("filter %d is %s, not %q", *c.FilterType, name, *c.FilterTypeName)
		}
	}
	return nil
}

func number(n *int) string {
	if n == nil {
		return "nothing"
	}
	return fmt.Sprint(*n)
}

// chosenCallout is the answer that speaks for the scenario, nil without any.
func chosenCallout(o *Observation) *artifact.Callout {
	return contract.Chosen(o.Operation, o.Callouts)
}
