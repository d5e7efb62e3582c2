package evidence

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Witness is what the kernel's audit log says of a denial under a policy. An
// observation has none where nobody listened, and then the run says why.
type Witness struct {
	Status WitnessStatus `json:"status"`
	// Reason says why there is no record, or why there may be more: one line.
	Reason string `json:"reason,omitempty"`
	// Intended says whether the first record names the right that the operation
	// under test is about. It is null without a record: a log that is silent says
	// nothing.
	Intended *bool    `json:"intended,omitempty"`
	Denials  []Denial `json:"denials,omitempty"` // in the kernel's order
}

// WitnessStatus says whether the log spoke.
type WitnessStatus string

// The statuses.
const (
	WitnessRecorded WitnessStatus = "recorded" // at least one record came
	WitnessSilent   WitnessStatus = "silent"   // none came: unknown, never "not denied"
)

// Denial is one record of the kernel's: one call that one domain denied.
type Denial struct {
	Serial   uint64            `json:"serial"`   // of the audit event
	Domain   string            `json:"domain"`   // hex, as the log prints it
	Layer    int               `json:"layer"`    // from 0, outermost first
	Blockers []string          `json:"blockers"` // e.g. "fs.read_file"
	Object   map[string]string `json:"object"`   // what was asked for, as the log says it: path, dev, ino, dest, …
}

// KindNotWitnessed is the failure kind of a denial that the kernel's log does not
// bear out: it was made for another right than the one under test, or by
// something else than the policy.
const KindNotWitnessed = "op_not_witnessed"

// Blockers are the rights the first record names, for a reader.
func (w *Witness) Blockers() string {
	if len(w.Denials) == 0 {
		return ""
	}
	return strings.Join(w.Denials[0].Blockers, ",")
}

// checkWitness holds the log against the outcome: a record is of something the
// kernel denied under a policy, and one of another right decides nothing.
func checkWitness(o *Observation) error {
	w := o.Witness
	if w == nil {
		return nil
	}
	switch {
	case o.Lane != LaneScenario:
		return fmt.Errorf("carries the kernel's record of a denial, in the %s lane there is no policy", o.Lane)
	case o.Outcome == Allowed || !o.attempted():
		return fmt.Errorf("outcome %q with the kernel's record of a denial", o.Outcome)
	case (w.Status == WitnessRecorded) != (len(w.Denials) > 0):
		return fmt.Errorf("witness %q with %d records", w.Status, len(w.Denials))
	case w.Status == WitnessRecorded && w.Intended == nil, w.Status == WitnessSilent && w.Intended != nil:
		return fmt.Errorf("witness %q that says %v of the operation under test", w.Status, w.Intended)
	case w.Status != WitnessRecorded && w.Status != WitnessSilent:
		return fmt.Errorf("unknown witness status %q", w.Status)
	case w.Intended != nil && !*w.Intended && (o.Outcome == Denied || o.FailureKind != KindNotWitnessed):
		return fmt.Errorf("denied, for want of %s: that decides nothing about %s", w.Blockers(), o.Operation)
	}
	return nil
}

// recordedIntent is nil where the log did not speak.
func (o *Observation) recordedIntent() *bool {
	if o.Witness == nil {
		return nil
	}
	return o.Witness.Intended
}

// firstDenial is the right that the kernel denied first, and what it was asked
// for. Of several rights in the first record, the one under test stands for all.
func firstDenial(o *Observation) (op *string, filters []string) {
	if o.Witness == nil || len(o.Witness.Denials) == 0 {
		return nil, nil
	}
	first := &o.Witness.Denials[0]
	name := first.Blockers[0]
	if slices.Contains(first.Blockers, o.Operation) {
		name = o.Operation
	}
	for key, value := range first.Object {
		filters = append(filters, key+"="+value)
	}
	slices.Sort(filters)
	filters = append(filters, "layer="+strconv.Itoa(first.Layer), "blockers="+strings.Join(first.Blockers, ","))
	return &name, filters
}

func kernelWitness(w *Witness) *artifact.KernelWitness {
	if w == nil {
		return nil
	}
	k := &artifact.KernelWitness{Status: string(w.Status), Reason: w.Reason}
	for _, d := range w.Denials {
		k.Denials = append(k.Denials, artifact.KernelDenial(d))
	}
	return k
}

// WitnessCounts is how far the kernel's log bears the denials out.
type WitnessCounts struct {
	Denied   int `json:"denied"`   // attempts under a policy that a policy's errno ended
	Recorded int `json:"recorded"` // of these, with a record of the kernel's
	Intended int `json:"intended"` // of these, for the operation under test
	Silent   int `json:"silent"`   // listened for, and nothing came
}

func (c *WitnessCounts) count(o *Observation) {
	if o == nil || o.Witness == nil && o.Outcome != Denied {
		return
	}
	c.Denied++
	switch w := o.Witness; {
	case w == nil:
	case w.Status == WitnessSilent:
		c.Silent++
	default:
		c.Recorded++
		if *w.Intended {
			c.Intended++
		}
	}
}
