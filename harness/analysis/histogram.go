package analysis

import (
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// PhaseHistograms say how far attempts got.
type PhaseHistograms struct {
	Overall  PhaseHistogram            `json:"overall"`
	ByFamily map[string]PhaseHistogram `json:"by_family"`
}

// PhaseHistogram counts observations by the stage they ended in.
type PhaseHistogram struct {
	Total   int           `json:"total"`
	Stages  StageCounts   `json:"stages"`
	Blocked BlockedCounts `json:"blocked"`
	Probe   ProbeCounts   `json:"probe"`
}

// StageCounts are observations by failure_stage; what ended nowhere, or at a
// stage that nobody knows, is at "probe".
type StageCounts struct {
	Apply     int `json:"apply"`
	Bootstrap int `json:"bootstrap"`
	Preflight int `json:"preflight"`
	Probe     int `json:"probe"`
}

// ProbeCounts are the observations that were not blocked. Those that count have
// been allowed or denied, or are undecided: what was decided about another
// operation is neither.
type ProbeCounts struct {
	Total      int `json:"total"`
	Allow      int `json:"allow"`
	Deny       int `json:"deny"`
	Mismatches int `json:"mismatches"`
	Unobserved int `json:"unobserved"`
	Undecided  int `json:"undecided,omitempty"`
}

func newPhaseHistogram() *PhaseHistogram { return &PhaseHistogram{Blocked: newBlockedCounts()} }

func (h *PhaseHistogram) add(e *artifact.Event) {
	h.Total++
	class := ClassOf(e)
	if class == Blocked {
		h.Stages.add(*e.FailureStage)
		h.Blocked.add(e)
		return
	}
	h.Stages.Probe++
	h.Probe.Total++
	switch {
	case class == Unobserved:
		h.Probe.Unobserved++
		return
	case !Observed(e):
		h.Probe.Undecided++
		return
	case *e.Actual == "allow":
		h.Probe.Allow++
	default:
		h.Probe.Deny++
	}
	if mismatched(e) {
		h.Probe.Mismatches++
	}
}

func (c *StageCounts) add(stage string) {
	switch stage {
	case "apply":
		c.Apply++
	case "bootstrap":
		c.Bootstrap++
	case "preflight":
		c.Preflight++
	}
}

// family is what a profile is counted under where the matrix gives it none.
func family(profileID string) string {
	if before, _, found := strings.Cut(profileID, ":"); found && before != "" {
		return before
	}
	return "unknown"
}
