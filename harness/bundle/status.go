package bundle

import "github.com/rtgen/rtgen/harness/internal/canon"

// Status is how a run ended, as summary.json says it.
type Status string

// The statuses.
const (
	StatusOK      Status = "ok"      // everything met its expectation
	StatusPartial Status = "partial" // the run is whole, and some expectation was not met
	StatusFailed  Status = "failed"  // the run is not whole
	StatusDry     Status = "dry"     // nothing was attempted, on purpose
)

// State is where a run stands, as run_status.json says it.
type State string

// The states.
const (
	StateInProgress State = "in_progress"
	StateComplete   State = "complete"
	StateFailed     State = "failed"
)

// RunStatus is run_status.json.
type RunStatus struct {
	SchemaVersion string      `json:"schema_version"`
	RunID         string      `json:"run_id"`
	WorldID       string      `json:"world_id"`
	Channel       string      `json:"channel"`
	PlanID        string      `json:"plan_id"`
	PlanDigest    string      `json:"plan_digest"`
	State         State       `json:"state"`
	WriterPID     int         `json:"writer_pid"`
	UpdatedAtUnix canon.Float `json:"updated_at_unix"`
	Error         *string     `json:"error"`
	FailureStage  *string     `json:"failure_stage"` // of the run, not of a probe
	// LaunchctlDiagnostics is a path as the index has it; only launchd runs do.
	LaunchctlDiagnostics string `json:"launchctl_diagnostics,omitempty"`
}
