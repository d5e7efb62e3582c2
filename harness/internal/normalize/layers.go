package normalize

import (
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

const (
	allow   = "allow"
	deny    = "deny"
	unknown = "unknown"
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

// ours reports whether our own worker made the row. One that nothing was attempted
// for does not say so, and is taken for the reference's on macOS.
func (s *Set) ours(e *artifact.Event) bool { return !contract.ToolsOnStderr(s.system, e.RunnerInfo) }

func (s *Set) layers(e *artifact.Event, b *artifact.BaselineRow, process string) *artifact.PolicyLayers {
	platform := platformDecision(b)
	effective, attribution := contract.Attribute(platform, process)
	if s.ours(e) {
		// On macOS it is the sandbox that says so, and not the kernel's log.
		recorded := s.system == contract.Linux && is(e.IntendedOpWitnessed, true)
		effective, attribution = contract.AttributeObserved(platform, process, b == nil && recorded, false)
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
	switch {
	case s.system == contract.Linux:
		c.Classification, c.Attribution = call.ByBaseline()
	case s.ours(e):
		c.Classification, c.Attribution = call.BySeatbelt()
	default:
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
	return contract.Consent{
		Operation: e.Operation, Target: e.Target, Platform: platformDecision(b), Process: processDecision(e),
		PlatformTimedOut: b != nil && value(b.Error) == "timeout",
		ProcessTimedOut:  value(e.FailureKind) == "probe_timeout" && !contract.BeforeProbe(value(e.FailureStage)),
	}.Confounder()
}
