package bundle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// ours reports whether this project made the bundle: its summaries count what the
// reference's do not, and Linux worlds are ours alone.
func (a *agreement) ours() bool { return isLinux(a.in.index.WorldID) || a.in.counts() }

// ownMac reports whether our own workers saw it on macOS, where they ask the sandbox.
func (a *agreement) ownMac() bool { return !isLinux(a.in.index.WorldID) && a.in.counts() }

// calloutAPIs are the calls that ask the sandbox of macOS.
var calloutAPIs = []string{"sandbox_check", "sandbox_check_by_audit_token"}

// isCallout reports whether a row of oracle_results is the sandbox's own answer: a
// probe may ask it several times. Such rows are no model's, and count for none.
func (a *agreement) isCallout(p *artifact.OracleRow) bool {
	return !isLinux(a.in.index.WorldID) && p.Prediction == nil && slices.Contains(calloutAPIs, orZero(p.API))
}

// calloutSum adds a callout's row to those before it.
func (a *agreement) calloutSum(before textSum, p *artifact.OracleRow) textSum {
	row := *p
	row.WorldID, row.RunID, row.ExpectationID = "", "", "" // held against others already
	raw, err := json.Marshal(&row)
	if err != nil {
		panic("bundle: a row of plain fields did not encode: " + err.Error())
	}
	return a.text(fmt.Sprint(before), string(raw))
}

// calloutsSum is that of all callouts of a row or an event, zero for none.
func (a *agreement) calloutsSum(callouts []artifact.Callout) (sum textSum) {
	for i := range callouts {
		sum = a.calloutSum(sum, contract.CalloutRow("", "", "", &callouts[i]))
	}
	return sum
}

// asked holds what a row says the sandbox was asked against its answers, and a
// decision against both. A question that nobody came to put proves nothing.
func (a *agreement) asked(p *artifact.ResultsProbe, actual word) {
	id, r := p.ExpectationID, &p.RuntimeResult
	want := contract.Asked{Operation: p.Operation, Target: p.Path, Request: r.SandboxCheckRequest.Ptr(), Callouts: r.Callouts}.Witnessed()
	if want == nil {
		return
	}
	got := r.IntendedOpWitnessed.Ptr()
	switch {
	case got == nil && (len(r.Callouts) > 0 || actual != noWord), got != nil && *got != *want:
		a.differ("row %.140q: intended_op_witnessed is %s, by its %d callouts it is %v", id, truth(got), len(r.Callouts), *want)
	case actual != noWord && !*want:
		a.differ("row %.140q: actual is %s, and the sandbox did not answer what it was asked", id, actual)
	}
}

// callouts holds an event's answers against those of the row it was made from, and
// of oracle_results.
func (a *agreement) callouts(s *scenario, e *artifact.Event) {
	id, sum := e.ExpectationID, a.calloutsSum(e.Callouts)
	if c := contract.Chosen(e.Operation, e.Callouts); c != nil {
		s.chosen = wordOf(&c.Decision)
	}
	if a.read[artifact.RuntimeResultsFile] && s.result {
		if sum != s.callouts {
			a.differ("row %.140q: seatbelt_callouts are %d, %s has others", id, len(e.Callouts), artifact.RuntimeResultsFile)
		}
		if truthWord(e.IntendedOpWitnessed) != s.witnessed {
			a.differ("row %.140q: intended_op_witnessed is %s, %s has another", id, truth(e.IntendedOpWitnessed), artifact.RuntimeResultsFile)
		}
	}
	if a.read[artifact.OracleResultsFile] && sum != s.answered {
		a.differ("row %.140q: seatbelt_callouts are %d, %s has others", id, len(e.Callouts), artifact.OracleResultsFile)
	}
}

// calloutCheck holds what a packet says of the sandbox's answer against the events,
// where no model was asked.
func (a *agreement) calloutCheck(s *scenario, id string, check *artifact.OracleCheck) {
	switch {
	case !a.ownMac() || !s.event:
	case check == nil:
		a.word(id, "oracle_check.decision", noWord, s.chosen, artifact.RuntimeEventsFile)
	default:
		a.word(id, "oracle_check.decision", wordOf(check.Decision), s.chosen, artifact.RuntimeEventsFile)
	}
}

// truthWord is a truth value in the room of a word.
func truthWord(b *bool) word {
	switch {
	case b == nil:
		return noWord
	case *b:
		return wordAllow
	}
	return wordDeny
}

func truth(b *bool) string {
	if b == nil {
		return "null"
	}
	return strconv.FormatBool(*b)
}

// returned holds a decision against what the call gave back, where that is no
// errno.
func (a *agreement) returned(id string, actual word, details *artifact.ProbeDetails) {
	if actual == noWord || details == nil || details.Return == nil {
		return
	}
	r := details.Return
	if decided := contract.Returned(r); actual != wordOf(&decided) {
		a.differ("row %.140q: actual is %s, and its call gave %.40s %d, which decides %.5q", id, actual, r.Kind, r.Value, decided)
	}
}
