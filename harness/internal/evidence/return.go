package evidence

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/contract"
)

// returned is what a call that reports by no errno decided; empty for nothing.
func (o *Observation) returned() Decision {
	return Decision(contract.Returned(o.Return))
}

// checkReturn holds a decision against what the call gave back, which alone can
// have made it.
func checkReturn(o *Observation) error {
	r := o.Return
	switch {
	case r == nil:
		return nil
	case o.Lane == LaneOracle || o.Outcome == Blocked || o.Outcome == Unsupported:
		return fmt.Errorf("outcome %q of the %s lane with %s: nothing was called", o.Outcome, o.Lane, o.gave())
	case o.Actual != "" && o.Actual != o.returned():
		return fmt.Errorf("decision %q, and the call gave %s, which decides %q", o.Actual, o.gave(), o.returned())
	}
	return nil
}

// gave is the Return for a reader.
func (o *Observation) gave() string {
	r := o.Return
	text := fmt.Sprintf("%s %d", r.Kind, r.Value)
	if r.Name != "" {
		text += " " + r.Name
	}
	if r.Undecided != "" {
		text += " (" + r.Undecided + ")"
	}
	return text
}

// decisionSource says that the decision is one that was asked for and not
// attempted.
func decisionSource(o *Observation) *string {
	if o.Actual == "" || o.Return == nil || o.Return.Kind != contract.ReturnOfCheck {
		return nil
	}
	return new("probe_details")
}
