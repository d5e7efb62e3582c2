package normalize

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

const (
	allow   = "allow"
	deny    = "deny"
	unknown = "unknown"
	prompt  = "prompt_or_timeout"
	missing = "missing"
)

// processDecision is the event's, unless it failed before the attempt.
func processDecision(e *artifact.Event) string {
	if contract.BeforeProbe(value(e.FailureStage)) {
		return unknown
	}
	return first(value(e.Actual), unknown)
}

func platformDecision(b *artifact.BaselineRow) string {
	if b == nil {
		return unknown
	}
	return first(value(b.Status), unknown)
}

func (s *Set) layers(e *artifact.Event, b *artifact.BaselineRow, process string) *artifact.PolicyLayers {
	platform := platformDecision(b)
	effective, attribution := contract.Attribute(platform, process)
	if s.system == contract.Linux {
		effective, attribution = contract.AttributeObserved(platform, process, b == nil && is(e.IntendedOpWitnessed, true), false)
	}
	layers := &artifact.PolicyLayers{
		Attribution:       attribution,
		EffectiveDecision: effective,
		PlatformPolicy:    artifact.PlatformPolicy{Decision: platform, Source: "baseline_missing"},
		ProcessPolicy: artifact.ProcessPolicy{
			Decision: process, FailureKind: e.FailureKind, FailureStage: e.FailureStage, Status: e.RuntimeStatus,
		},
	}
	if b != nil {
		layers.PlatformPolicy = artifact.PlatformPolicy{
			Decision: platform, Error: b.Error, ExitCode: b.ExitCode.Ptr(), Source: "baseline", Status: b.Status,
		}
	}
	return layers
}

func (s *Set) fileConfounder(e *artifact.Event, r *Row, process string) *artifact.FileConfounder {
	onPath := strings.HasPrefix(e.Operation, "file-") || s.system == contract.Linux && strings.HasPrefix(e.Operation, "fs.")
	if !onPath || e.Errno == nil || *e.Errno == 0 || contract.BeforeProbe(value(e.FailureStage)) {
		return nil
	}
	// What confined the process is taken to have confined the baseline's too:
	// rows of that lane do not say.
	confined := e.RunnerInfo != nil && e.RunnerInfo.PreexistingSandboxSuspected
	call := contract.FailedCall{
		Errno: *e.Errno, Platform: platformDecision(r.Baseline), Process: process, Mode: r.mode,
		Attempted: r.Probe.Error == nil, Recorded: recorded(e),
		Confined: confined, BaselineConfined: confined,
	}
	c := &artifact.FileConfounder{Errno: *e.Errno, ErrnoName: e.ErrnoName}
	if s.system == contract.Linux {
		c.Classification, c.Attribution = call.ByBaseline()
	} else {
		c.Classification, c.Attribution = call.ByErrno()
	}
	return c
}

// recorded reports whether the kernel's log has a denial of the policy.
func recorded(e *artifact.Event) bool {
	details, err := e.Details()
	return err == nil && details != nil && details.Witness != nil && details.Witness.Status == "recorded"
}

// tccConfounder marks what macOS guards by asking the user.
func tccConfounder(e *artifact.Event, b *artifact.BaselineRow) *artifact.TCCConfounder {
	if !guarded(e.Operation, e.Target) {
		return nil
	}
	c := &artifact.TCCConfounder{
		Sensitive: true, BaselineStatus: platformDecision(b), ScenarioStatus: processDecision(e), Attribution: unknown,
	}
	if b != nil && value(b.Error) == "timeout" {
		c.BaselineStatus = prompt
	}
	if value(e.FailureKind) == "probe_timeout" && !contract.BeforeProbe(value(e.FailureStage)) {
		c.ScenarioStatus = prompt
	}
	switch {
	case c.BaselineStatus == deny || c.BaselineStatus == prompt:
		c.Attribution = "tcc_or_platform"
	case c.BaselineStatus == allow && (c.ScenarioStatus == deny || c.ScenarioStatus == prompt):
		c.Attribution = "sandbox_or_other"
	case c.BaselineStatus == allow && c.ScenarioStatus == allow:
		c.Attribution = allow
	}
	return c
}

// guarded: the device operations, and the folders of any user's home. Whose home
// the run saw is not in its documents.
func guarded(operation, target string) bool {
	if slices.Contains([]string{"device-camera", "device-microphone", "device-mic"}, operation) {
		return true
	}
	home, ok := strings.CutPrefix(target, "/Users/")
	if !ok {
		return false
	}
	_, below, _ := strings.Cut(home, "/")
	folder, _, _ := strings.Cut(below, "/")
	return folder == "Documents" || folder == "Downloads" || folder == "Desktop"
}

// serviceConfounder marks a service that neither lane could find: its denial
// says nothing.
func serviceConfounder(e *artifact.Event, b *artifact.BaselineRow) *artifact.ServiceConfounder {
	if e.Operation != "mach-lookup" || b == nil || !serviceMissing(e.ProbeDetails) || !serviceMissing(b.ProbeDetails) {
		return nil
	}
	return &artifact.ServiceConfounder{
		Status: "missing_service", BaselineState: missing, ScenarioState: missing, Source: "probe_details",
	}
}

func serviceMissing(details json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(details, &fields) != nil {
		return false
	}
	var there *bool
	if json.Unmarshal(fields["service_present"], &there) == nil && there != nil {
		return !*there
	}
	var failure *string
	return json.Unmarshal(fields["xpc_error"], &failure) == nil && value(failure) == "connection_invalid"
}
