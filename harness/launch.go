package harness

import (
	"encoding/json"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
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
	return list, nil
}
