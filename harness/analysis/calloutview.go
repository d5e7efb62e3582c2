package analysis

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// CalloutCategory says how what the sandbox answered about an operation goes with
// what the attempt of it saw.
type CalloutCategory string

// The categories. An attempt that is ok has status success.
const (
	NoCallout                CalloutCategory = "no_callout"    // nobody asked about this operation and target
	CalloutError             CalloutCategory = "callout_error" // the sandbox gave no answer
	AgreeAllow               CalloutCategory = "agree_allow"   // allow, ok
	AgreeDeny                CalloutCategory = "agree_deny"    // deny, EPERM or the refusal of a call without errno
	CalloutDenySyscallOK     CalloutCategory = "callout_deny_syscall_ok"
	CalloutAllowSyscallEPERM CalloutCategory = "callout_allow_syscall_eperm"
	CalloutAllowSyscallErrno CalloutCategory = "callout_allow_syscall_errno" // any but EPERM
	CalloutDenySyscallErrno  CalloutCategory = "callout_deny_syscall_errno"  // any but EPERM
	Unclassified             CalloutCategory = "unclassified"                // the attempt says nothing of the operation
)

// CalloutViewOptions says what the view of callouts is to hold.
type CalloutViewOptions struct {
	Meta    Meta // the envelope, of NewMeta; without a world it is that of the observations
	Blocked bool // observations whose operation was never reached have rows too
}

// CalloutView is callout_vs_syscall.json, as far as it is not rows.
type CalloutView struct {
	Meta   Meta          `json:"meta"`
	Counts CalloutCounts `json:"counts"`
}

// CalloutCounts counts the rows.
type CalloutCounts struct {
	Total      int                     `json:"total"`
	ByCategory map[CalloutCategory]int `json:"by_category"` // of those that there are
}

func (c *CalloutCounts) add(category CalloutCategory) {
	c.Total++
	c.ByCategory[category]++
}

// CalloutRow is one observation beside the callout that speaks of it; the keys of
// the callout are null without one.
type CalloutRow struct {
	WorldID               string          `json:"world_id"`
	ProfileID             string          `json:"profile_id"`
	ScenarioID            string          `json:"scenario_id"`
	ExpectationID         string          `json:"expectation_id"`
	Operation             string          `json:"operation"`
	Target                string          `json:"target"`
	Category              CalloutCategory `json:"category"`
	CalloutStage          *string         `json:"callout_stage"`
	CalloutDecision       *string         `json:"callout_decision"`
	CalloutRC             *int            `json:"callout_rc"`
	CalloutErrno          *int            `json:"callout_errno"`
	CalloutFilterType     *int            `json:"callout_filter_type"`
	CalloutFilterTypeName *string         `json:"callout_filter_type_name"`
	RuntimeStatus         string          `json:"runtime_status"`
	Errno                 *int            `json:"errno"`
	Actual                *string         `json:"actual"`
	FailureStage          *string         `json:"failure_stage"`
	FailureKind           *string         `json:"failure_kind"`
}

// WriteCalloutVsSyscall writes callout_vs_syscall.json: for each observation what
// the sandbox said when it was asked, beside what the attempt saw. Observations
// hands over all of them, in order, and is called twice: the counts stand before
// the rows, and no row is held. It refuses what CheckEvent refuses, and
// observations of two worlds; what was written until then is no document.
//
// The answer is that of a callout about the operation as the observation has it
// and, when there is a target, about that; among several that of the earliest
// stage, in the order pre_syscall, preflight, post_apply, bootstrap_exec. An
// attempt that did not reach the operation, or that the kernel decided about
// something else, bears no answer out and contradicts none.
func WriteCalloutVsSyscall(w io.Writer, observations func(row func(*artifact.Event) error) error, o CalloutViewOptions) (*CalloutView, error) {
	view := &CalloutView{Meta: o.Meta, Counts: CalloutCounts{ByCategory: map[CalloutCategory]int{}}}
	each := func(row func(*artifact.Event, *artifact.Callout)) error {
		return observations(func(e *artifact.Event) error {
			if err := CheckEvent(e); err != nil {
				return err
			}
			view.Meta.WorldID = cmp.Or(view.Meta.WorldID, e.WorldID)
			if e.WorldID != view.Meta.WorldID {
				return fmt.Errorf("observation %q is of world %q, and the view of world %q: make one of each world", e.ScenarioID, e.WorldID, view.Meta.WorldID)
			}
			if o.Blocked || ClassOf(e) != Blocked {
				row(e, calloutOf(e))
			}
			return nil
		})
	}
	if err := each(func(e *artifact.Event, c *artifact.Callout) { view.Counts.add(categoryOf(e, c)) }); err != nil {
		return nil, err
	}
	out := artifact.NewWriter(w, artifact.Indented)
	out.BeginObject()
	out.Key("meta")
	out.Value(view.Meta)
	out.Key("counts")
	out.Value(view.Counts)
	out.Key("rows")
	out.BeginArray()
	rows := CalloutCounts{ByCategory: map[CalloutCategory]int{}}
	err := each(func(e *artifact.Event, c *artifact.Callout) {
		row := calloutRow(e, c)
		rows.add(row.Category)
		out.Value(row)
	})
	if err != nil {
		return nil, err
	}
	if !maps.Equal(rows.ByCategory, view.Counts.ByCategory) {
		return nil, fmt.Errorf("the observations changed while they were read: they are %v, and were %v", rows.ByCategory, view.Counts.ByCategory)
	}
	out.End()
	out.End()
	return view, out.Close()
}

// calloutStages are in the order in which their answers are preferred. Those of
// other stages come last.
var calloutStages = []string{"pre_syscall", "preflight", "post_apply", "bootstrap_exec"}

// calloutOf is the callout that speaks of an observation; nil without one.
func calloutOf(e *artifact.Event) *artifact.Callout {
	var chosen *artifact.Callout
	best := len(calloutStages) + 1
	for i := range e.Callouts {
		c := &e.Callouts[i]
		if c.Operation != e.Operation || e.Target != "" && !isAbout(c, e) {
			continue
		}
		rank := slices.Index(calloutStages, c.Stage)
		if rank < 0 {
			rank = len(calloutStages)
		}
		if rank < best {
			chosen, best = c, rank
		}
	}
	return chosen
}

// isAbout reports whether the sandbox was asked about the target, as the plan spells
// it or as the kernel was handed it.
func isAbout(c *artifact.Callout, e *artifact.Event) bool {
	return c.Argument != nil && (*c.Argument == e.Target || e.RequestedPath != nil && *c.Argument == *e.RequestedPath)
}

// answered are the categories of an attempt by the sandbox's answer: it was ok, it
// ended with EPERM, it ended with another errno.
var answered = map[string]struct{ ok, eperm, errno CalloutCategory }{
	"allow": {AgreeAllow, CalloutAllowSyscallEPERM, CalloutAllowSyscallErrno},
	"deny":  {CalloutDenySyscallOK, AgreeDeny, CalloutDenySyscallErrno},
}

const eperm = 1 // on every system

func categoryOf(e *artifact.Event, c *artifact.Callout) CalloutCategory {
	if c == nil {
		return NoCallout
	}
	by, ok := answered[c.Decision]
	switch {
	case !ok:
		return CalloutError
	case ClassOf(e) != Counted:
		return Unclassified
	case e.RuntimeStatus == "success":
		return by.ok
	case e.Errno == nil && refused(e):
		return by.eperm
	case e.Errno == nil:
		return Unclassified
	case *e.Errno == eperm:
		return by.eperm
	}
	return by.errno
}

// refused reports whether a call that reports by no errno gave back the refusal
// that stands for EPERM.
func refused(e *artifact.Event) bool {
	details, err := e.Details()
	return err == nil && details != nil && details.Return != nil && contract.Returned(details.Return) == "deny"
}

func calloutRow(e *artifact.Event, c *artifact.Callout) *CalloutRow {
	row := &CalloutRow{
		WorldID: e.WorldID, ProfileID: e.ProfileID, ScenarioID: e.ScenarioID, ExpectationID: e.ExpectationID,
		Operation: e.Operation, Target: e.Target, Category: categoryOf(e, c), RuntimeStatus: e.RuntimeStatus,
		Errno: e.Errno, Actual: e.Actual, FailureStage: e.FailureStage, FailureKind: e.FailureKind,
	}
	if c != nil {
		row.CalloutStage, row.CalloutDecision = &c.Stage, &c.Decision
		row.CalloutRC, row.CalloutErrno = c.RC, c.Errno
		row.CalloutFilterType, row.CalloutFilterTypeName = c.FilterType, c.FilterTypeName
	}
	return row
}
