package seatbelt

import (
	"fmt"
	"strconv"
	"strings"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// The stages at which the policy is asked.
const (
	StagePreSyscall    = "pre_syscall"    // before an attempt in the process that applied the policy
	StageBootstrapExec = "bootstrap_exec" // after a program could not be started under it
)

// The ways in which a path is asked about.
const (
	canonicalizationBoth = "both"
	filterPath           = "path"
)

// Probe is what decides which questions go with an attempt.
type Probe struct {
	Operation  string
	Target     string
	Driver     string
	FilterName string
	FilterType *int // in sandbox_check's own numbers
}

// Request is what is asked beside an attempt, as evidence has it: the questions
// differ from it only in how a path is to be taken.
type Request struct {
	Operation        string
	FilterType       int
	FilterName       string
	Argument         string
	Canonicalization string // "both" of a path, else empty
}

// Questions are what the policy is asked about a probe, in order, and the request
// that they come from: nil when evidence has none to speak of. There are no
// questions about an attempt whose target sandbox_check cannot be told.
//
// Of [attempt.CheckDriver] the one question is the attempt itself; without one the
// probe names a filter that sandbox_check cannot be asked with.
func Questions(p Probe) ([]Question, *Request) {
	if p.Driver == attempt.CheckDriver {
		return checkQuestions(p)
	}
	filter := p.filter()
	switch id, askable := attempt.FilterID(filter); {
	case !askable, p.Target == "":
		return nil, nil
	case !attempt.Proven(id):
		return nil, nil // an attempt is not to hang on it
	case attempt.KernelName(p.Operation) != p.Operation:
		return nil, nil // the kernel does not know the name
	case filter == filterPath && !strings.HasPrefix(p.Target, "/"):
		return nil, nil // what it starts from is known to the attempt alone
	}
	r := newRequest(attempt.Asked(p.Operation), filter, p.Target)
	q := r.question()
	if filter != filterPath {
		return []Question{q}, r
	}
	r.Canonicalization = canonicalizationBoth
	canonical := q
	canonical.Canonical = true
	return []Question{q, canonical}, r
}

// checkQuestions asks about the operation as the probe names it, once: a family is
// something that sandbox_check knows, and the answer is the probe's own.
func checkQuestions(p Probe) ([]Question, *Request) {
	filter := p.filter()
	if filter == "" {
		return []Question{{Stage: StagePreSyscall, Operation: p.Operation}}, nil
	}
	id, askable := attempt.FilterID(filter)
	if !askable {
		return nil, nil
	}
	r := newRequest(p.Operation, filter, p.Target)
	q := r.question()
	if !attempt.Proven(id) {
		q.Doubt = fmt.Sprintf("it is not known that sandbox_check takes %s for filter type %d", filter, id)
	}
	return []Question{q}, r
}

// ExecQuestion asks about starting a program that could not be started.
func ExecQuestion(program string) Question {
	q := newRequest("process-exec*", filterPath, program).question()
	q.Stage = StageBootstrapExec
	return q
}

// filter is the name of the filter that the target goes with, "" for none.
func (p Probe) filter() string {
	switch {
	case p.FilterType != nil:
		if name, ok := attempt.FilterName(*p.FilterType); ok || *p.FilterType == noFilter {
			return name
		}
		return strconv.Itoa(*p.FilterType) // is the name of no filter
	case p.FilterName != "":
		return p.FilterName
	case p.Operation == "mach-lookup" && p.Driver == "xpc_probe":
		return "xpc-service-name"
	}
	name, _ := attempt.UsualFilter(p.Operation)
	return name
}

func newRequest(operation, filter, argument string) *Request {
	id, _ := attempt.FilterID(filter)
	return &Request{Operation: operation, FilterType: id, FilterName: filter, Argument: argument}
}

func (r *Request) question() Question {
	return Question{Stage: StagePreSyscall, Operation: r.Operation, FilterType: r.FilterType, FilterName: r.FilterName, Argument: r.Argument}
}
