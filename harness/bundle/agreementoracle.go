package bundle

import (
	"io"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

func (a *agreement) readOracle(r io.Reader) error {
	h, err := artifact.ReadOracle(r, func(p *artifact.OracleRow) error {
		a.run(p.ExpectationID, p.RunID, p.WorldID)
		said := wordOf(p.Decision)
		switch said {
		case wordAllow:
			a.count("oracle", isAllowed)
		case wordDeny:
			a.count("oracle", isDenied)
		default:
			a.count("oracle", isOther)
		}
		s := a.find(p.ExpectationID)
		// A probe may call into the sandbox several times. Our earlier runs have no
		// packets for what a model alone says otherwise.
		if s == nil || orZero(p.API) != artifact.ModelAPI {
			return nil
		}
		a.once(&s.asked, p.ExpectationID)
		if p.Prediction != nil && p.Prediction.Record != nil {
			s.foretold = a.recordSum(p.Prediction.Record.Layer, p.Prediction.Record.Blockers)
			if said != wordDeny {
				a.differ("row %.140q: foretells the record of a denial, decision is %s", p.ExpectationID, said)
			}
		}
		if s.result && isDecision(said) && isDecision(s.actual) {
			a.oracle.Compared++
			if said == s.actual {
				a.oracle.Same++
			}
			a.contradict(s, said != s.actual)
		}
		return nil
	})
	if err == nil {
		a.run("", h.RunID, h.WorldID)
	}
	return err
}

func isDecision(w word) bool { return w == wordAllow || w == wordDeny }

// recordSum stands for what a record of a denial says.
func (a *agreement) recordSum(layer int, blockers []string) textSum {
	return a.text(strconv.Itoa(layer), strings.Join(blockers, "\x00"))
}

// record holds the kernel's first record of a denial against the one that a model
// foretold. Where records may be missing, another one need not be the first.
func (a *agreement) record(s *scenario, e *artifact.Event) error {
	if s.foretold == (textSum{}) || e.PolicyLayers == nil {
		return nil
	}
	p := &e.PolicyLayers.ProcessPolicy
	if len(p.Blockers) == 0 || len(p.Layers) == 0 {
		return nil
	}
	same := a.recordSum(p.Layers[0], p.Blockers) == s.foretold
	if !same {
		details, err := e.Details()
		if err != nil {
			return err
		}
		if details != nil && details.Witness != nil && details.Witness.Reason != "" {
			return nil
		}
	}
	a.oracle.Records++
	if same {
		a.oracle.SameRecords++
	}
	a.contradict(s, !same)
	return nil
}

func (a *agreement) contradict(s *scenario, when bool) {
	if when && !s.contradicted {
		s.contradicted = true
		a.oracle.Disagreements++
	}
}

// reason holds a packet's reason against what the model said. Other documents say
// that a scenario does not match.
func (a *agreement) reason(s *scenario, p *artifact.MismatchPacket) {
	if !a.read[artifact.RuntimeResultsFile] {
		return
	}
	told := p.MismatchReason == artifact.ReasonOracleDisagreement
	switch matches := s.actual == s.expected; {
	case a.in.named[artifact.OracleResultsFile] && !a.read[artifact.OracleResultsFile]: // that was said
	case told && !s.contradicted:
		a.differ("row %.140q: mismatch_reason is %s, %s has no model that says otherwise", p.ExpectationID, p.MismatchReason, artifact.OracleResultsFile)
	case matches && !s.contradicted:
		a.differ("row %.140q is no mismatch in %s", p.ExpectationID, artifact.RuntimeResultsFile)
	case matches && !told:
		a.differ("row %.140q: mismatch_reason is %.60q, the scenario matches and a model says otherwise", p.ExpectationID, p.MismatchReason)
	}
}

// contradictions counts scenarios that match and that a model contradicts: each
// has a packet all the same.
func (a *agreement) contradictions() (n int) {
	for _, s := range a.order {
		if s.contradicted && s.actual == s.expected {
			n++
		}
	}
	return n
}
