package bundle

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// scenarioTests are a run's scenarios as tests, in the order of the events, by
// what became of them. A scenario that was not attempted is in no list.
type scenarioTests struct {
	passed, warned, failed []string
	unattempted            int
}

func (t *scenarioTests) total() int {
	return len(t.passed) + len(t.warned) + len(t.failed) + t.unattempted
}

func (t *scenarioTests) add(e *artifact.Event) {
	if list := t.list(e); list != nil {
		*list = append(*list, "scenario:"+e.ExpectationID)
	} else {
		t.unattempted++
	}
}

// list says which of the lists an event belongs to; nil is none of them. A
// decision counts only where the row says in all three ways that it is the
// expected one, and a denial only for the policy that earned it.
func (t *scenarioTests) list(e *artifact.Event) *[]string {
	attribution := ""
	if e.PolicyLayers != nil {
		attribution = e.PolicyLayers.Attribution
	}
	matches := e.Match != nil && *e.Match && e.Actual != nil && *e.Actual == e.Expected
	switch {
	case e.RuntimeStatus == "blocked":
		return nil
	case !matches || attribution == "contradiction":
		return &t.failed
	case e.Expected == "allow" && e.RuntimeStatus == "success":
		return &t.passed
	case e.Expected == "deny" && attribution == "process_policy":
		return &t.passed
	case e.Expected == "deny":
		return &t.warned
	}
	return &t.failed
}
