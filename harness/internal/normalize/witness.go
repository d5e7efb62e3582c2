package normalize

import (
	"errors"
	"io"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// WriteWitnesses writes path_witnesses.json, the baseline's records first.
func (s *Set) WriteWitnesses(w io.Writer, planID string) error {
	out := s.list(w, artifact.SchemaPathWitnesses, &planID, "records")
	for i := range s.baseline.rows {
		if row := &s.baseline.rows[i]; strings.HasPrefix(row.Operation, "file-") {
			out.Value(s.baselineWitness(row))
		}
	}
	err := s.Each(func(r *Row) error {
		if strings.HasPrefix(r.Probe.Operation, "file-") {
			out.Value(s.scenarioWitness(s.Event(r)))
		}
		return nil
	})
	return endList(out, err)
}

// list opens a document that is a header and one array; endList closes it.
func (s *Set) list(w io.Writer, schema string, planID *string, rows string) *canon.Writer {
	out := canon.NewWriter(w, canon.Indented)
	out.BeginObject()
	header := []struct{ key, value string }{{"schema_version", schema}, {"world_id", s.run.WorldID}, {"run_id", s.run.RunID}}
	if planID != nil {
		header = append(header, struct{ key, value string }{"plan_id", *planID})
	}
	for _, h := range header {
		out.Key(h.key)
		out.Value(h.value)
	}
	out.Key(rows)
	out.BeginArray()
	return out
}

func endList(out *canon.Writer, err error) error {
	out.End()
	return endDocument(out, err)
}

// endDocument closes the document's object; err is that of its rows.
func endDocument(out *canon.Writer, err error) error {
	out.End()
	return errors.Join(err, out.Close())
}

func (s *Set) baselineWitness(b *artifact.BaselineRow) *artifact.PathWitness {
	w := &artifact.PathWitness{
		SchemaVersion:          artifact.SchemaPathWitness,
		Lane:                   "baseline",
		ProfileID:              b.ProfileID,
		ScenarioID:             b.Name,
		Operation:              b.Operation,
		RequestedPath:          orNil(b.Target),
		ObservedPath:           b.ObservedPath.Ptr(),
		ObservedPathSource:     value(b.ObservedPathSource),
		ObservedPathErrno:      b.ObservedPathErrno.Ptr(),
		ObservedNoFirmlink:     b.ObservedNoFirmlink.Ptr(),
		ObservedNoFirmlinkFrom: value(b.ObservedNoFirmlinkFrom),
		ObservedNoFirmlinkErr:  b.ObservedNoFirmlinkErr.Ptr(),
		Decision:               b.Status,
		ExitCode:               artifact.Maybe(b.ExitCode.Ptr()),
		Command:                b.Command,
	}
	s.canonicalize(w)
	return w
}

// scenarioWitness rests on what the probe itself said of its descriptor, never on
// what somebody else saw without the policy.
func (s *Set) scenarioWitness(e *artifact.Event) *artifact.PathWitness {
	seen := s.probePaths(e)
	w := &artifact.PathWitness{
		SchemaVersion:          artifact.SchemaPathWitness,
		Lane:                   "scenario",
		ProfileID:              e.ProfileID,
		ScenarioID:             e.ScenarioID,
		Operation:              e.Operation,
		RequestedPath:          orNil(e.Target),
		ObservedPath:           seen.path.text,
		ObservedPathSource:     "probe_fgetpath:" + seen.path.outcome,
		ObservedPathErrno:      seen.path.errno,
		ObservedNoFirmlink:     seen.noFirmlink.text,
		ObservedNoFirmlinkFrom: "probe_fgetpath_nofirmlink:" + seen.noFirmlink.outcome,
		ObservedNoFirmlinkErr:  seen.noFirmlink.errno,
		FDIdentity:             seen.identity,
		Decision:               e.Actual,
		Errno:                  artifact.Maybe(e.Errno),
		FailureStage:           artifact.Maybe(e.FailureStage),
		FailureKind:            artifact.Maybe(e.FailureKind),
		Command:                e.Command,
	}
	s.canonicalize(w)
	return w
}

// canonicalize says which spellings of the path there are.
func (s *Set) canonicalize(w *artifact.PathWitness) {
	w.NormalizedPath, w.NormalizedPathSource = contract.NormalizedPath(w.ObservedPath, nil, w.RequestedPath)
	if s.generation == contract.Earlier {
		return
	}
	w.Canonicalization = &artifact.Canonicalization{
		AliasPair: contract.AliasPair(w.RequestedPath, w.ObservedPath) || contract.AliasPair(w.RequestedPath, w.ObservedNoFirmlink),
		NoFirmlinkDiffer: value(w.ObservedPath) != "" && value(w.ObservedNoFirmlink) != "" &&
			*w.ObservedPath != *w.ObservedNoFirmlink,
	}
}
