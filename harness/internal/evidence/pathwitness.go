package evidence

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// Where a witness's observed path comes from. The scenario's words are the format's
// on macOS. Elsewhere they differ: there is no F_GETPATH, the path is read from the
// descriptor, and no such host has firmlinks.
const (
	sourceFDPath      = "unsandboxed_fd_path"
	sourceParentPath  = "unsandboxed_parent_path"
	sourceError       = "unsandboxed_error"
	sourceUnavailable = "unsandboxed_unavailable"
	sourceNotAbsolute = "unsandboxed_non_absolute_target"
	probePath         = "probe_fd_path:"
	probePathDarwin   = "probe_fgetpath:"
	probeNoFirmlink   = "probe_fgetpath_nofirmlink:"
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

// baselineWitness takes the probe's own descriptor, else the look before it:
// no policy was in the way of either.
func baselineWitness(s *scenarioRow) *artifact.PathWitness {
	o := s.baseline
	path := baselinePath(o)
	record := witness(s, o, path.text)
	record.Lane = string(LaneBaseline)
	record.ScenarioID = baselineName(s)
	record.ObservedPathSource, record.ObservedPathErrno = path.source, orNil(path.errno)
	noFirmlink := baselineNoFirmlink(o)
	record.ObservedNoFirmlinkFrom, record.ObservedNoFirmlinkErr = noFirmlink.source, orNil(noFirmlink.errno)
	record.ExitCode = artifact.Maybe(o.ExitCode)
	return record
}

// scenarioWitness takes the probe's own descriptor alone: what anyone else saw
// says nothing about what the probe reached.
func scenarioWitness(s *scenarioRow) *artifact.PathWitness {
	o := s.scenario
	record := witness(s, o, o.ObservedPath)
	record.Lane = string(LaneScenario)
	record.ScenarioID = s.probe.ExpectationID
	told := toldOf(o, o.ObservedPath, o.PathErrno)
	record.ObservedPathSource = probePath + told
	if told == toldError {
		record.ObservedPathErrno = &o.PathErrno
	}
	record.ObservedNoFirmlinkFrom = probeNoFirmlink + toldUnavailable
	if s.system == contract.Darwin {
		record.ObservedPathSource = probePathDarwin + told
		record.ObservedNoFirmlinkFrom = probeNoFirmlink + toldOf(o, o.NoFirmlink, o.NoFirmlinkErrno)
		record.ObservedNoFirmlinkErr = orNil(o.NoFirmlinkErrno)
	}
	stage, kind := failure(o)
	record.Errno = artifact.Maybe(orNil(errno(o)))
	record.FailureStage = artifact.Maybe(orNil(stage))
	record.FailureKind = artifact.Maybe(orNil(kind))
	return record
}

// What a probe's own descriptor told of a path.
const (
	toldPresent     = "present"
	toldError       = "error"
	toldUnavailable = "unavailable" // it is open on something that has none
	toldMissing     = "missing"     // there was no descriptor
)

func toldOf(o *Observation, path string, errno int) string {
	switch {
	case path != "":
		return toldPresent
	case errno != 0:
		return toldError
	case o.File != nil || o.ObservedPath != "" || o.PathErrno != 0:
		return toldUnavailable
	}
	return toldMissing
}

func witness(s *scenarioRow, o *Observation, observed string) *artifact.PathWitness {
	record := &artifact.PathWitness{
		SchemaVersion: artifact.SchemaPathWitness,
		ProfileID:     s.profile.ID,
		Operation:     s.probe.Operation,
		RequestedPath: requestedPath(o),
		ObservedPath:  orNil(observed),

		ObservedNoFirmlink: orNil(o.NoFirmlink),

		FDIdentity: fdIdentity(o.File),
		Decision:   orNil(string(o.Actual)),
		Command:    argv(o),
	}
	record.NormalizedPath, record.NormalizedPathSource = normalizedPath(o, observed)
	record.Canonicalization = &artifact.Canonicalization{
		AliasPair: contract.AliasPair(record.RequestedPath, record.ObservedPath) ||
			contract.AliasPair(record.RequestedPath, record.ObservedNoFirmlink),
		NoFirmlinkDiffer: observed != "" && o.NoFirmlink != "" && observed != o.NoFirmlink,
		PathDiffer:       pathDiffer(s, o),
	}
	return record
}

// seenPath is an observed path, where it comes from and why there is none.
type seenPath struct {
	text, source string
	errno        int
}

func baselinePath(o *Observation) seenPath {
	switch {
	case o.ObservedPath != "":
		return seenPath{o.ObservedPath, sourceFDPath, 0}
	case o.PathErrno != 0:
		return seenPath{"", sourceError, o.PathErrno}
	}
	return o.sightPath()
}

// baselineNoFirmlink is the same path without firmlinks, of the probe's own
// descriptor alone: the look before it has none.
func baselineNoFirmlink(o *Observation) seenPath {
	switch {
	case o.NoFirmlink != "":
		return seenPath{o.NoFirmlink, sourceFDPath, 0}
	case o.NoFirmlinkErrno != 0:
		return seenPath{"", sourceError, o.NoFirmlinkErrno}
	}
	return seenPath{"", sourceUnavailable, 0}
}

// sightPath is what the look before the policy saw.
func (o *Observation) sightPath() seenPath {
	s := o.Sight
	switch {
	case s == nil && o.RequestedPath != "" && o.RequestedPath[0] != '/':
		return seenPath{"", sourceNotAbsolute, 0}
	case s == nil:
		return seenPath{"", sourceUnavailable, 0}
	case s.New:
		return seenPath{s.Path, sourceParentPath, s.Errno}
	case s.Errno != 0:
		return seenPath{"", sourceError, s.Errno}
	case s.Path == "":
		return seenPath{"", sourceUnavailable, 0}
	}
	return seenPath{s.Path, sourceFDPath, 0}
}

// pathObservation is the look as the results have it; nil when nobody looked.
func pathObservation(s *scenarioRow, o *Observation) *artifact.PathObservation {
	if o.Sight == nil || !s.probe.OnPath {
		return nil
	}
	path := o.sightPath()
	p := &artifact.PathObservation{
		ObservedPath: orNil(path.text), ObservedPathSource: path.source, ObservedPathErrno: orNil(path.errno),
		ObservedNoFirmlinkFrom: sourceUnavailable,
	}
	if f := o.Sight.File; f != nil {
		p.FileFacts, p.MountOnName = fileFacts(f), f.Mount
		p.Dev, p.Ino = f.number()
	}
	return p
}

func fdIdentity(f *File) *artifact.FDIdentity {
	if f == nil {
		return nil
	}
	id := &artifact.FDIdentity{
		Enabled: true, EnabledSource: "probe_fd_identity:present",
		FstatErrno: orNil(f.StatErrno), FstatfsErrno: orNil(f.FSErrno),
		FSTypeName: orNil(f.FSType), MountOnName: orNil(f.Mount),
		FileFacts: fileFacts(f),
	}
	id.Dev, id.Ino = f.number()
	if f.FSErrno == 0 {
		id.FSID = []int64{int64(f.FSID[0]), int64(f.FSID[1])}
	}
	return id
}

// number is the file's device and inode, nil when they are not known.
func (f *File) number() (dev *int64, ino *uint64) {
	if f.StatErrno != 0 {
		return nil, nil
	}
	return new(int64(f.Dev)), &f.Ino
}

func fileFacts(f *File) artifact.FileFacts {
	return artifact.FileFacts{
		FileType: f.Type, MountID: orNil(f.MountID), MountUnknown: f.MountErr,
		OtherPath: f.Elsewhere, NoPath: f.NoPath, KernelText: f.Text,
	}
}
