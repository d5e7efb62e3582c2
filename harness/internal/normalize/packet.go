package normalize

import (
	"fmt"
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// Folder is what mismatch packets say of the run folder they lie in.
type Folder struct {
	Channel         string
	RepoRootContext string
	RunManifest     *string // its path; nil: there is none
	Events          string  // path of runtime_events.normalized.json
	Witnesses       string  // path of path_witnesses.json
}

// WritePackets writes mismatch_packets.jsonl for a run whose scenario lane ran: a
// line per mismatch, or one newline. Packets are found by expectation id across
// the whole run, so an id that comes twice is an error.
func (s *Set) WritePackets(w io.Writer, folder Folder) error {
	seen := map[string]bool{}
	lines := 0
	err := s.Each(func(r *Row) error {
		if seen[r.expectationID] {
			return fmt.Errorf("%s: profile %q: expectation id %q comes twice in the run", s.results, r.ProfileID, r.expectationID)
		}
		seen[r.expectationID] = true
		if r.matches() {
			return nil
		}
		lines++
		return canon.WriteTo(w, s.packet(r, folder), canon.LineSorted)
	})
	if err == nil && lines == 0 {
		_, err = io.WriteString(w, "\n")
	}
	return err
}

func (s *Set) packet(r *Row, folder Folder) *artifact.MismatchPacket {
	e := s.Event(r)
	p := &artifact.MismatchPacket{
		SchemaVersion: artifact.SchemaMismatchPacket,
		ExpectationID: e.ExpectationID,
		RunContext: artifact.RunContext{
			Channel: folder.Channel, RepoRootContext: folder.RepoRootContext, RunID: s.run.RunID,
			RunManifest: folder.RunManifest, WorldID: s.run.WorldID,
		},
		DecisionEvent: contract.DecisionEvent(e, folder.Events),
		Expected: artifact.PacketExpectation{
			ExpectationID: e.ExpectationID, ExpectedDecision: r.expected(), Target: e.Target,
		},
	}
	if b := r.Baseline; b != nil && b.Name == artifact.BaselineName(e.ProfileID, e.ProbeName) {
		p.Baseline = b
	}
	callout := contract.Chosen(e.Operation, e.Callouts)
	if callout != nil {
		p.DecisionEvent.FilterType, p.DecisionEvent.FilterTypeName = callout.FilterType, callout.FilterTypeName
		p.OracleCheck = contract.CalloutCheck(callout)
	}
	respelled := s.canonicalization(p, e, r, folder)
	p.MismatchReason = contract.Reason{
		NotWitnessed: is(e.IntendedOpWitnessed, false),
		Respelled:    respelled,
		Ambient:      platformDecision(p.Baseline) == deny,
		Disagreement: contract.Contradicts(callout, value(e.Actual)),
	}.Name()
	return p
}

// canonicalization adds the path witness that the packet rests on and reports
// whether the path was reached under another spelling. Earlier packets have no
// witness in them.
func (s *Set) canonicalization(p *artifact.MismatchPacket, e *artifact.Event, r *Row, folder Folder) (respelled bool) {
	if s.generation == contract.Current {
		p.DecisionEvent.IntendedOpWitnessed = artifact.Maybe(e.IntendedOpWitnessed)
		p.Canonicalization = artifact.Null[artifact.PacketCanonicalization]()
	}
	if e.ObservedPathSource == nil { // of a path operation it says something, if only why there is none
		return false
	}
	w := s.scenarioWitness(e)
	respelled = contract.AliasPair(w.RequestedPath, w.NormalizedPath)
	if s.generation == contract.Earlier {
		return respelled
	}
	c := w.Canonicalization
	p.Canonicalization = artifact.Some(contract.PacketCanonicalization(w, folder.Witnesses))
	return respelled || c.AliasPair || c.NoFirmlinkDiffer
}
