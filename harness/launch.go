package harness

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// LaunchEntry names the report entry that carries what launchd was asked for a
// session's workers.
const LaunchEntry = "rtgen.launch"

// LaunchReport is what launchd was asked to start one worker, and what it
// answered.
type LaunchReport = launchd.Diagnostics

// Launches is what launchd was asked for this session's workers, nil for channels
// that do not ask it. It is whole when the session is closed.
func (s *Session) Launches() []*LaunchReport { return s.launcher.Jobs() }

// ParseLaunch reads a session's launch reports from their report entry.
func ParseLaunch(text string) ([]*LaunchReport, error) {
	var list []*LaunchReport
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("launch report: %w", err)
	}
	if slices.Contains(list, nil) {
		return nil, errors.New("launch report: a job is null")
	}
	return list, nil
}

// launches is launchctl_diagnostics.json: the contract's object for the first
// job, and the jobs after it.
type launches struct {
	SchemaVersion string `json:"schema_version"`
	*LaunchReport
	Jobs []*LaunchReport `json:"jobs,omitempty"`
}

// launchDocument has the first worker of the first process first.
func launchDocument(list []*LaunchReport) (evidence.Document, error) {
	list = slices.SortedStableFunc(slices.Values(list), func(a, b *LaunchReport) int {
		return cmp.Or(cmp.Compare(len(a.Label), len(b.Label)), cmp.Compare(a.Label, b.Label))
	})
	doc := launches{artifact.SchemaLaunchctlDiagnostics, list[0], list[1:]}
	return document(artifact.LaunchctlDiagnosticsFile, artifact.SchemaLaunchctlDiagnostics, doc)
}

// stageRoot is the folder that a worker's program was copied to; empty when none
// was.
func stageRoot(list []*LaunchReport) string {
	for _, d := range list {
		if d.Staged != nil {
			return filepath.Dir(d.Staged.To)
		}
	}
	return ""
}
