package contract

import (
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Violation is one way in which a row or an event contradicts itself.
type Violation struct {
	ExpectationID string
	Code          string // one of the codes below
	Detail        string // one line: what was found
}

func (v Violation) Error() string {
	return fmt.Sprintf("%q: %s: %s", v.ExpectationID, v.Code, v.Detail)
}

// The codes of violations.
const (
	ResultVersionUnknown = "result_version_unknown"
	MarkerVersionUnknown = "marker_version_unknown"
	AppliedWithoutApply  = "applied_without_apply"
	ExecWithoutApply     = "exec_without_apply"
	ExecWithoutApplied   = "exec_without_applied"
	MarkersWithoutReport = "markers_without_report"
	ReportUnclassified   = "report_unclassified"
	ApplyStageSucceeded  = "apply_stage_succeeded"
	ApplyStageWentOn     = "apply_stage_went_on"
	BootstrapNotApplied  = "bootstrap_stage_not_applied"
	BootstrapNoExec      = "bootstrap_stage_without_exec"
	BuildIDDiffers       = "build_id_differs"
	PreflightNotBlocked  = "preflight_stage_not_blocked"
	PreflightApplied     = "preflight_stage_applied"
	MarkerInStderr       = "marker_in_stderr"
	PolicyLayersMissing  = "policy_layers_missing"
)

// KnownResult reports whether a runtime_result of this version can be read.
func KnownResult(version int) bool { return 0 <= version && version <= artifact.RuntimeResultVersion }

// KnownMarkers is the same for tool_marker_schema_version beside it.
func KnownMarkers(version int) bool { return 0 <= version && version <= artifact.ToolMarkerVersion }

// CheckRow returns every violation of a row of runtime_results: its result,
// upgraded, held against what the tools said on standard error. That is nil
// where they do not speak there: then whatever stands on it proves nothing.
func CheckRow(id string, result *artifact.RuntimeResult, stderr *string) []Violation {
	c := check{id: id}
	c.versions(result)
	c.report(result.ApplyReport, stage(result.FailureStage), result.Status)
	c.buildID(result.RunnerInfo)
	if stderr != nil {
		c.markers(result, marker.Parse(*stderr))
		c.strays(*stderr)
	}
	return c.found
}

// CheckEvent returns every violation of an event, whose standard error has no
// markers any more.
func CheckEvent(e *artifact.Event, generation Generation) []Violation {
	c := check{id: e.ExpectationID}
	c.report(e.ApplyReport, stage(e.FailureStage), e.RuntimeStatus)
	c.buildID(e.RunnerInfo)
	if e.PolicyLayers == nil && generation == Current {
		c.add(PolicyLayersMissing, "nothing says whose decision it is")
	}
	if e.Stderr != nil && ToolsOnStderr(SystemOf(e.WorldID), e.RunnerInfo) {
		for _, m := range marker.Parse(*e.Stderr) {
			c.add(MarkerInStderr, "stderr holds a marker of %s", m.Tool)
		}
		c.strays(*e.Stderr)
	}
	return c.found
}

type check struct {
	id    string
	found []Violation
}

func (c *check) add(code, format string, args ...any) {
	c.found = append(c.found, Violation{c.id, code, fmt.Sprintf(format, args...)})
}

func (c *check) versions(r *artifact.RuntimeResult) {
	if !KnownResult(r.Version) {
		c.add(ResultVersionUnknown, "runtime_result_schema_version is %d", r.Version)
	}
	if !KnownMarkers(r.MarkerVersion) {
		c.add(MarkerVersionUnknown, "tool_marker_schema_version is %d", r.MarkerVersion)
	}
	for i := range r.Callouts {
		c.version(marker.Marker{Tool: marker.Callout, Version: r.Callouts[i].MarkerVersion})
	}
	for i := range r.EntitlementChecks {
		c.version(marker.Marker{Tool: marker.Entitlement, Version: r.EntitlementChecks[i].MarkerVersion})
	}
}

// version is asked once for a marker in stderr and again for what a result made
// of it; one answer is enough.
func (c *check) version(m marker.Marker) {
	if m.Known() {
		return
	}
	before := len(c.found)
	c.add(MarkerVersionUnknown, "marker_schema_version of %s is %d", m.Tool, m.Version)
	if slices.Contains(c.found[:before], c.found[before]) {
		c.found = c.found[:before]
	}
}

// report holds the apply report against the stage at which the attempt failed.
func (c *check) report(r *artifact.ApplyReport, stage, status string) {
	if r != nil && (r.ErrClass == nil || r.ErrClassSource == nil) {
		c.add(ReportUnclassified, "apply_report without err_class or err_class_source")
	}
	rc := -1 // not told
	if r != nil && r.RC != nil {
		rc = *r.RC
	}
	switch stage {
	case StageApply:
		if rc == 0 {
			c.add(ApplyStageSucceeded, "failed to apply, with rc 0")
		}
	case StageBootstrap:
		if rc != 0 {
			c.add(BootstrapNotApplied, "failed to start under a policy that was not applied")
		}
	case StagePreflight:
		if status != "blocked" {
			c.add(PreflightNotBlocked, "stopped before anything ran, with status %q", status)
		}
		if r != nil {
			c.add(PreflightApplied, "stopped before anything ran, with an apply_report")
		}
	}
}

func (c *check) buildID(r *artifact.RunnerInfo) {
	if r != nil && r.EntrypointSHA256 != nil && (r.ToolBuildID == nil || *r.ToolBuildID != *r.EntrypointSHA256) {
		c.add(BuildIDDiffers, "tool_build_id is not entrypoint_sha256")
	}
}

// markers holds what the tools said against each other and against the result.
func (c *check) markers(r *artifact.RuntimeResult, markers []marker.Marker) {
	seen := map[string]bool{}
	for _, m := range markers {
		if m.Tool == marker.Apply {
			seen[m.Stage] = true
		}
		c.version(m)
	}
	if len(seen) == 0 {
		return
	}
	apply, applied, exec := seen[marker.StageApply], seen[marker.StageApplied], seen[marker.StageExec]
	if applied && !apply {
		c.add(AppliedWithoutApply, "an applied marker without an apply marker")
	}
	if exec && !apply {
		c.add(ExecWithoutApply, "an exec marker without an apply marker")
	}
	if exec && !applied {
		c.add(ExecWithoutApplied, "an exec marker without an applied marker")
	}
	if r.ApplyReport == nil {
		c.add(MarkersWithoutReport, "apply markers without an apply_report")
	}
	switch stage(r.FailureStage) {
	case StageApply:
		if applied || exec {
			c.add(ApplyStageWentOn, "failed to apply, and went on")
		}
	case StageBootstrap:
		if !applied || !exec {
			c.add(BootstrapNoExec, "failed to start without both an applied and an exec marker")
		}
	case StagePreflight:
		c.add(PreflightApplied, "stopped before anything ran, with apply markers")
	}
}

func (c *check) strays(stderr string) {
	for _, tool := range marker.Strays(stderr) {
		c.add(MarkerInStderr, "stderr holds a line of %s that is no marker of its", tool)
	}
}

func stage(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
