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
		if a.isCallout(p) {
			if s := a.find(p.ExpectationID); s != nil {
				s.answered = a.calloutSum(s.answered, p)
			}
			return nil
		}
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
		// Our earlier runs have no packets for what a model alone says otherwise, and do
		// not count it.
		if orZero(p.API) != artifact.ModelAPI {
			if p.Prediction != nil || a.in.summary != nil && a.in.summary.OracleAgreement != nil {
				a.differ("row %.140q: api is %.40q, elsewhere it is a model's", p.ExpectationID, orZero(p.API))
			}
			return nil
		}
		a.modelRow(p, said)
		if s == nil {
			return nil
		}
		a.once(&s.asked, p.ExpectationID)
		s.predicted = said
		a.field(p.ExpectationID, "operation", orZero(p.Operation), s.operation, artifact.ExpectedMatrixFile)
		if p.Prediction != nil && p.Prediction.Record != nil {
			s.foretold = a.recordSum(p.Prediction.Record.Layer, p.Prediction.Record.Blockers)
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

// modelRow holds the row of a model against itself. It is a prediction, and has
// nothing that only a call has.
func (a *agreement) modelRow(p *artifact.OracleRow, said word) {
	id := p.ExpectationID
	if stage := orZero(p.Stage); stage != artifact.ModelStage {
		a.differ("row %.140q: api is %s, stage %.40q", id, artifact.ModelAPI, stage)
	}
	if p.RC != nil || p.Errno != nil {
		a.differ("row %.140q: api is %s, and it has the result of a call", id, artifact.ModelAPI)
	}
	if isDecision(said) == (p.Error != nil) || !isDecision(said) && orZero(p.Decision) != "error" {
		a.differ("row %.140q: decision is %.40q, error %.140q", id, orZero(p.Decision), orZero(p.Error))
	}
	switch {
	case p.Prediction == nil || said == wordDeny:
	case p.Prediction.Record != nil:
		a.differ("row %.140q: foretells the record of a denial, decision is %s", id, said)
	case said == wordAllow && p.Prediction.Errno != 0:
		a.differ("row %.140q: foretells errno %d, decision is %s", id, p.Prediction.Errno, said)
	}
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

// model holds what a packet says of a model against the model's row, and its
// reason against both. Other documents say that a scenario does not match.
func (a *agreement) model(s *scenario, p *artifact.MismatchPacket) {
	if !a.read[artifact.RuntimeResultsFile] || a.in.named[artifact.OracleResultsFile] && !a.read[artifact.OracleResultsFile] {
		return // that was said
	}
	id, check := p.ExpectationID, p.OracleCheck
	switch {
	case !s.asked:
		a.calloutCheck(s, id, check)
	case check == nil:
		a.differ("row %.140q: oracle_check is null, %s has a model's answer", id, artifact.OracleResultsFile)
	default:
		a.word(id, "oracle_check.decision", wordOf(check.Decision), s.predicted, artifact.OracleResultsFile)
		if stage := orZero(check.Stage); stage != artifact.ModelStage {
			a.differ("row %.140q: oracle_check.stage is %.40q, of a model", id, stage)
		}
		if (check.Detail != nil) != s.contradicted {
			a.differ("row %.140q: oracle_check.detail is %.140q, a model says otherwise than was observed: %v", id, orZero(check.Detail), s.contradicted)
		}
	}
	told := p.MismatchReason == artifact.ReasonOracleDisagreement
	switch {
	case told && !s.contradicted:
		a.differ("row %.140q: mismatch_reason is %s, %s has no model that says otherwise", id, p.MismatchReason, artifact.OracleResultsFile)
	case s.actual == s.expected && !s.contradicted:
		a.differ("row %.140q is no mismatch in %s", id, artifact.RuntimeResultsFile)
	case s.contradicted && told != (s.actual != noWord):
		a.differ("row %.140q: mismatch_reason is %.60q, actual is %s and a model says otherwise", id, p.MismatchReason, s.actual)
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
