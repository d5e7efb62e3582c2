package evidence

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// Where a witness's observed path comes from. The scenario's words differ from
// the reference's probe_fgetpath: there is no F_GETPATH, the path is read from
// the descriptor. No such host has firmlinks, and no call reports them.
const (
	sourceFDPath      = "unsandboxed_fd_path"
	sourceUnavailable = "unsandboxed_unavailable"
	sourcePresent     = "probe_fd_path:present"
	sourceMissing     = "probe_fd_path:missing"
	sourceNoFirmlink  = "probe_fgetpath_nofirmlink:unavailable"
)

// writeWitnesses writes the baseline's records first: they are what the
// scenario's are held against.
func (d *derivation) writeWitnesses(w *canon.Writer) {
	d.list(w, artifact.SchemaPathWitnesses, "records", true)
	d.each(func(s *scenarioRow) {
		if s.baseline != nil && s.probe.OnPath {
			w.Value(baselineWitness(s))
		}
	})
	d.each(func(s *scenarioRow) {
		if s.scenario != nil && s.probe.OnPath {
			w.Value(scenarioWitness(s))
		}
	})
	endList(w)
}

func baselineWitness(s *scenarioRow) *artifact.PathWitness {
	o := s.baseline
	record := witness(s, o)
	record.Lane = string(LaneBaseline)
	record.ScenarioID = baselineName(s)
	record.ObservedPathSource = baselinePathSource(o)
	record.ObservedNoFirmlinkFrom = sourceUnavailable
	record.ExitCode = artifact.Maybe(o.ExitCode)
	return record
}

func scenarioWitness(s *scenarioRow) *artifact.PathWitness {
	o := s.scenario
	record := witness(s, o)
	record.Lane = string(LaneScenario)
	record.ScenarioID = s.probe.ExpectationID
	record.ObservedPathSource = sourceMissing
	if o.ObservedPath != "" {
		record.ObservedPathSource = sourcePresent
	}
	record.ObservedNoFirmlinkFrom = sourceNoFirmlink
	stage, kind := failure(o)
	record.Errno = artifact.Maybe(orNil(errno(o)))
	record.FailureStage = artifact.Maybe(orNil(stage))
	record.FailureKind = artifact.Maybe(orNil(kind))
	return record
}

func witness(s *scenarioRow, o *Observation) *artifact.PathWitness {
	record := &artifact.PathWitness{
		SchemaVersion: artifact.SchemaPathWitness,
		ProfileID:     s.profile.ID,
		Operation:     s.probe.Operation,
		RequestedPath: requestedPath(o),
		ObservedPath:  orNil(o.ObservedPath),
		Decision:      orNil(string(o.Actual)),
		Command:       argv(o),
	}
	record.NormalizedPath, record.NormalizedPathSource = normalizedPath(o)
	record.Canonicalization = &artifact.Canonicalization{AliasPair: contract.AliasPair(record.RequestedPath, record.ObservedPath)}
	return record
}

func baselinePathSource(o *Observation) string {
	if o.ObservedPath != "" {
		return sourceFDPath
	}
	return sourceUnavailable
}
