package normalize

import (
	"encoding/json"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Upgrade reads a runtime_result of any known version as one of the newest.
// What it leaves out is taken from the tools' markers on stderr, which is nil
// where they do not speak there. Versions that are not known are errors.
func Upgrade(raw json.RawMessage, stderr *string, filters marker.Filters) (*artifact.RuntimeResult, error) {
	loose, err := readResult(raw)
	if err != nil {
		return nil, err
	}
	result, _, err := loose.upgrade(stderr, filters)
	return result, err
}

// looseResult is a runtime_result in which a missing key differs from null.
type looseResult struct {
	artifact.RuntimeResult
	Version       *int                 `json:"runtime_result_schema_version"`
	MarkerVersion json.RawMessage      `json:"tool_marker_schema_version"`
	FailureStage  artifact.Opt[string] `json:"failure_stage"`
	FailureKind   artifact.Opt[string] `json:"failure_kind"`
	ApplyReport   *looseReport         `json:"apply_report"`
	Callouts      []json.RawMessage    `json:"seatbelt_callouts"`
}

type looseReport struct {
	artifact.ApplyReport
	ErrClass       artifact.Opt[string] `json:"err_class"`
	ErrClassSource artifact.Opt[string] `json:"err_class_source"`
}

// readResult takes a row without a result for one whose result says nothing.
func readResult(raw json.RawMessage) (*looseResult, error) {
	var loose looseResult
	if len(raw) == 0 {
		return &loose, nil
	}
	if err := json.Unmarshal(raw, &loose); err != nil {
		return nil, err
	}
	return &loose, loose.versions(&loose.RuntimeResult)
}

// upgrade also reports whether failure_kind was not even a key and stayed
// without a value.
func (l *looseResult) upgrade(stderr *string, filters marker.Filters) (_ *artifact.RuntimeResult, kindless bool, _ error) {
	r := &l.RuntimeResult
	markers, err := readMarkers(stderr)
	if err != nil {
		return nil, false, err
	}
	r.FailureStage, r.FailureKind = l.FailureStage.Ptr(), l.FailureKind.Ptr()
	l.failure(r, markers)
	if l.ApplyReport != nil {
		r.ApplyReport = l.ApplyReport.upgrade()
	} else {
		derive(r, stderr, markers)
	}
	request, _ := r.SandboxCheckRequest.Get()
	filters = marker.FiltersOf(&request, filters)
	if l.Callouts == nil {
		r.Callouts = marker.Callouts(markers, filters)
	} else {
		r.Callouts = []artifact.Callout{}
	}
	for i, raw := range l.Callouts {
		m, ok := marker.Object(marker.Callout, raw)
		if !ok {
			return nil, false, fmt.Errorf("seatbelt_callouts: element %d is no object", i)
		}
		if err := known(m); err != nil {
			return nil, false, fmt.Errorf("seatbelt_callouts: element %d: %w", i, err)
		}
		r.Callouts = append(r.Callouts, m.Callout(filters))
	}
	for i, c := range r.EntitlementChecks {
		if err := known(marker.Marker{Tool: marker.Entitlement, Version: c.MarkerVersion}); err != nil {
			return nil, false, fmt.Errorf("entitlement_checks: element %d: %w", i, err)
		}
	}
	if r.EntitlementChecks == nil {
		r.EntitlementChecks = marker.Entitlements(markers)
	}
	if r.ResourceHygiene == nil {
		r.ResourceHygiene = rebuiltHygiene(r.RunnerInfo)
	}
	return r, l.FailureKind.IsZero() && r.FailureKind == nil, nil
}

// readMarkers reads what tools said; a version that is not known is an error.
func readMarkers(stderr *string) ([]marker.Marker, error) {
	if stderr == nil {
		return nil, nil
	}
	markers := marker.Parse(*stderr)
	for _, m := range markers {
		if err := known(m); err != nil {
			return nil, fmt.Errorf("stderr: %w", err)
		}
	}
	return markers, nil
}

func known(m marker.Marker) error {
	if m.Known() {
		return nil
	}
	return fmt.Errorf("marker_schema_version %d of %s is not known", m.Version, m.Tool)
}

// rebuiltHygiene is what the runner's description still says of the process it
// ran in, nil without one.
func rebuiltHygiene(i *artifact.RunnerInfo) *artifact.ResourceHygiene {
	if i == nil {
		return nil
	}
	return &artifact.ResourceHygiene{
		ApplyModel: &i.ApplyModel, ApplyTiming: &i.ApplyTiming, PreexistingSandboxSuspected: &i.PreexistingSandboxSuspected,
	}
}

func (l *looseResult) versions(r *artifact.RuntimeResult) error {
	if l.Version != nil && !contract.KnownResult(*l.Version) {
		return fmt.Errorf("runtime_result_schema_version %d is not known", *l.Version)
	}
	r.Version = artifact.RuntimeResultVersion
	var version *int
	if len(l.MarkerVersion) == 0 || json.Unmarshal(l.MarkerVersion, &version) != nil || version == nil {
		r.MarkerVersion = artifact.ToolMarkerVersion
		return nil
	}
	if !contract.KnownMarkers(*version) {
		return fmt.Errorf("tool_marker_schema_version %d is not known", *version)
	}
	r.MarkerVersion = *version
	return nil
}

// failure fills the keys that are missing; one that is null stays.
func (l *looseResult) failure(r *artifact.RuntimeResult, markers []marker.Marker) {
	stage, kind := marker.Failure(markers)
	if stage == "" {
		return
	}
	if l.FailureStage.IsZero() {
		r.FailureStage = &stage
	}
	if l.FailureKind.IsZero() {
		r.FailureKind = &kind
	}
}

// upgrade works out what the report has no key for; what is null stays.
func (l *looseReport) upgrade() *artifact.ApplyReport {
	r := &l.ApplyReport
	r.ErrClass, r.ErrClassSource = nil, nil
	marker.FillClass(r)
	if !l.ErrClass.IsZero() {
		r.ErrClass = l.ErrClass.Ptr()
	}
	if !l.ErrClassSource.IsZero() {
		r.ErrClassSource = l.ErrClassSource.Ptr()
	}
	return r
}

// derive makes the apply report of a result that has none, from markers or from
// what tools said before there were any.
func derive(r *artifact.RuntimeResult, stderr *string, markers []marker.Marker) {
	if stderr == nil {
		return
	}
	if r.ApplyReport = marker.Report(markers); r.ApplyReport != nil || applyMarkers(markers) {
		return
	}
	if r.ApplyReport = marker.LegacyReport(*stderr); r.ApplyReport == nil || r.FailureStage != nil {
		return
	}
	r.FailureStage, r.FailureKind = new(contract.StageApply), new(marker.ApplyFailure(r.ApplyReport))
}

func applyMarkers(markers []marker.Marker) bool {
	for _, m := range markers {
		if m.Tool == marker.Apply {
			return true
		}
	}
	return false
}
