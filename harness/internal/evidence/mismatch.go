package evidence

import (
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// generatedBy names the producing module.
const generatedBy = "github.com/rtgen/rtgen/harness/internal/evidence"

// writeMismatches writes mismatch_summary.json. After a failure the reference
// empties the document; here what was seen until then stays, beside the error.
func (d *derivation) writeMismatches(w *canon.Writer, counts *Counts) {
	w.Value(&artifact.MismatchSummary{
		WorldID:     d.run.WorldID,
		GeneratedBy: generatedBy,
		Mismatches:  counts.Mismatches,
		Counts:      counts.byType,
		Error:       orNil(d.run.Error),
	})
}

// mismatch is nil when the scenario matches. A scenario without a decision
// does not.
func (d *derivation) mismatch(s *scenarioRow) *artifact.Mismatch {
	o := s.scenario
	if o == nil || o.Actual == s.probe.Expected {
		return nil
	}
	notes := text(o.Stderr)
	if notes == "" && o.Actual == "" {
		notes = reason(o)
	}
	return &artifact.Mismatch{
		WorldID:          d.run.WorldID,
		ProfileID:        s.profile.ID,
		ExpectationID:    s.probe.ExpectationID,
		Operation:        s.probe.Operation,
		Path:             s.probe.Target,
		Expected:         string(s.probe.Expected),
		Actual:           orNil(string(o.Actual)),
		MismatchType:     mismatchType(s),
		ViolationSummary: violation(o),
		Notes:            &notes,
	}
}

// mismatchType is the first that fits.
func mismatchType(s *scenarioRow) string {
	o := s.scenario
	stage, kind := failure(o)
	switch {
	case s.misjudged():
		return artifact.MismatchOpNotWitnessed
	case stage == StagePreflight:
		return artifact.MismatchPreflightBlocked
	case stage == StageApply:
		return artifact.MismatchApplyGate
	case kind == "bootstrap_deny_process_exec":
		return artifact.MismatchBootstrapDenyExec
	case stage == StageBootstrap:
		return artifact.MismatchBootstrapFailed
	case o.Actual == "":
		return artifact.MismatchFilterDiff
	case onBoundary(o.Operation, o.Target):
		return artifact.MismatchCanonicalization
	case o.Actual == Deny:
		return artifact.MismatchUnexpectedDeny
	}
	return artifact.MismatchUnexpectedAllow
}

// onBoundary is the contract's rule to the letter, starred operations only.
func onBoundary(operation, path string) bool {
	if operation != "file-read*" && operation != "file-write*" {
		return false
	}
	if strings.Contains(path, "..") {
		return true
	}
	for _, root := range []string{"/tmp", "/private/tmp"} {
		for _, edge := range []string{"/runtime-adv/edges", "/runtime-adv/canon"} {
			if strings.HasPrefix(path, root+edge) {
				return true
			}
		}
	}
	return false
}
