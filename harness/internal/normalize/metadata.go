package normalize

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// metadataBatch is what the metadata runner leaves when it is driven by itself:
// no plan, no matrix, nothing expected.
type metadataBatch struct {
	WorldID    string               `json:"world_id"`
	RunnerInfo *artifact.RunnerInfo `json:"runner_info"`
	Results    []json.RawMessage    `json:"results"`
}

// metadataRow is the runner's own answer, with the profile it ran under.
type metadataRow struct {
	ProfileID     string `json:"profile_id"`
	Operation     string `json:"operation"`
	Op            string `json:"op"`
	Path          string `json:"path"`
	RequestedPath string `json:"requested_path"`
	Syscall       string `json:"syscall"`
	AttrPayload   string `json:"attr_payload"`

	Status       string  `json:"status"` // "ok", "op_failed", "invalid_op", "apply_failed", "blocked"
	Errno        *int    `json:"errno"`
	Message      *string `json:"message"`
	FailureStage *string `json:"failure_stage"`
	FailureKind  *string `json:"failure_kind"`

	ApplyMode   string  `json:"apply_mode"`
	ApplyRC     *int    `json:"apply_rc"`
	ApplyErrno  *int    `json:"apply_errno"`
	ApplyErrBuf *string `json:"apply_errbuf"`

	Command    []string             `json:"command"`
	Stdout     *string              `json:"stdout"`
	Stderr     *string              `json:"stderr"`
	RunnerInfo *artifact.RunnerInfo `json:"runner_info"`
	Harness    *string              `json:"harness"`
}

// WriteMetadataEvents writes the events of a batch of the metadata runner. Its
// events have an expectation id and no expectation.
//
// The format reads whatever is not "ok" as a denial. A policy that could not be
// applied and an operation that the runner does not have were never attempted:
// here they have no decision.
func WriteMetadataEvents(w io.Writer, run Run, batch []byte) error {
	const file = "metadata batch"
	var doc metadataBatch
	if err := json.Unmarshal(batch, &doc); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	run.WorldID = first(run.WorldID, doc.WorldID)
	if run.WorldID == "" {
		return fmt.Errorf("%s: no world_id, and none was given", file)
	}
	s := &Set{run: run, system: contract.SystemOf(run.WorldID)}
	out := canon.NewWriter(w, canon.IndentedSorted)
	out.BeginArray()
	var err error
	for i, raw := range doc.Results {
		var m metadataRow
		if err = json.Unmarshal(raw, &m); err != nil {
			err = fmt.Errorf("%s: row %d: %w", file, i, err)
			break
		}
		if m.RunnerInfo == nil {
			m.RunnerInfo = doc.RunnerInfo
		}
		var e *artifact.Event
		if e, err = s.metadataEvent(&m); err != nil {
			err = fmt.Errorf("%s: row %d: %w", file, i, err)
			break
		}
		out.Value(e)
	}
	out.End()
	return errors.Join(err, out.Close())
}

func (s *Set) metadataEvent(m *metadataRow) (*artifact.Event, error) {
	row := &Row{ProfileID: m.ProfileID, target: first(m.Path, m.RequestedPath)}
	operation := first(m.Operation, m.Op)
	row.expectationID = fallbackID(m.ProfileID, operation, row.target) +
		"|" + first(m.Syscall, "syscall") + "|" + first(m.AttrPayload, "payload")
	name := first(m.Syscall, "syscall")
	if m.AttrPayload != "" {
		name += ":" + m.AttrPayload
	}
	notes := "probe=" + name
	if m.Message != nil {
		notes += "; message=" + *m.Message
	}
	row.Probe = &artifact.ResultsProbe{
		Name: name, Operation: operation, Command: m.Command, Stdout: m.Stdout, Stderr: m.Stderr, Notes: &notes,
	}
	if err := s.metadataResult(m, row.Probe); err != nil {
		return nil, fmt.Errorf("%q: %w", row.expectationID, err)
	}
	e := s.Event(row)
	e.ObservedPath, e.ObservedPathSource = nil, nil // the runner reports none
	s.spell(e)
	e.Harness = m.Harness
	if e.Harness == nil {
		e.Harness = new("metadata-runner")
	}
	return e, nil
}

// metadataResult says how the runner fared, in the words of a runtime_result.
func (s *Set) metadataResult(m *metadataRow, p *artifact.ResultsProbe) error {
	r := &p.RuntimeResult
	r.FailureStage, r.FailureKind, r.RunnerInfo = m.FailureStage, m.FailureKind, m.RunnerInfo
	markers, err := readMarkers(s.toolsSaid(p))
	if err != nil {
		return err
	}
	if r.ApplyReport = marker.Report(markers); r.ApplyReport == nil {
		r.ApplyReport = m.report()
	}
	r.Callouts = marker.Callouts(markers, marker.CheckFilters)
	r.EntitlementChecks = marker.Entitlements(markers)
	r.ResourceHygiene = rebuiltHygiene(r.RunnerInfo)
	switch {
	case m.Status == "ok":
		r.Status, p.Actual = "success", new(allow)
		return nil
	case m.Status == "blocked" || value(m.FailureStage) == contract.StagePreflight:
		r.Status, r.FailureStage = "blocked", new(contract.StagePreflight)
		return nil
	}
	r.Status = "errno"
	if m.Errno != nil && *m.Errno != 0 {
		r.Errno = m.Errno
	}
	if r.FailureStage != nil {
		return nil
	}
	if report := r.ApplyReport; report != nil && report.RC != nil && *report.RC != 0 {
		r.Errno = report.Errno
		r.FailureStage, r.FailureKind = new(contract.StageApply), new(marker.ApplyFailure(report))
		return nil
	}
	r.FailureStage, r.FailureKind = new(contract.StageProbe), new("probe_syscall_errno")
	if m.Status == "op_failed" {
		p.Actual = new(deny)
	}
	return nil
}

// report is the apply report that the runner's own answer makes, nil where it
// does not say how it applied.
func (m *metadataRow) report() *artifact.ApplyReport {
	if m.ApplyRC == nil {
		return nil
	}
	r := &artifact.ApplyReport{RC: m.ApplyRC, Errno: m.ApplyErrno, ErrBuf: m.ApplyErrBuf}
	switch m.ApplyMode {
	case "sbpl":
		r.API = new("sandbox_init")
	case "blob":
		r.API = new("sandbox_apply")
	}
	marker.FillClass(r)
	return r
}
