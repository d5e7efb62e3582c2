package artifact

import "encoding/json"

// ApplyPreflight is apply_preflight.json: whether a policy can be applied here
// at all. Everything after Status is absent when Status is "error".
type ApplyPreflight struct {
	WorldID          string           `json:"world_id"`
	RunID            *string          `json:"run_id"`
	Profile          *string          `json:"profile"` // null when the preflight's policy has no file
	Runner           string           `json:"runner"`
	SandboxCheckSelf SandboxCheckSelf `json:"sandbox_check_self"`
	Status           string           `json:"status"` // "ok": it ran, not that it worked
	Error            *string          `json:"error,omitempty"`
	Command          []string         `json:"command,omitzero"`
	ExitCode         Opt[int]         `json:"exit_code,omitzero"`
	Stdout           *string          `json:"stdout,omitempty"`
	Stderr           *string          `json:"stderr,omitempty"`
	ApplyReport      Opt[ApplyReport] `json:"apply_report,omitzero"`
	ApplyMarkerPID   Opt[int]         `json:"apply_marker_pid,omitzero"`
	ApplyOK          *bool            `json:"apply_ok,omitempty"`
	FailureStage     Opt[string]      `json:"failure_stage,omitzero"`
	Canary           json.RawMessage  `json:"canary,omitempty"`
	Workers          json.RawMessage  `json:"workers,omitempty"`
	SchemaVersion    string           `json:"schema_version"`
}

// SandboxCheckSelf says whether the preflight's process was confined before
// it applied anything: measured, or the reason why it could not be.
type SandboxCheckSelf struct {
	Source    string  `json:"source"` // "sandbox_check", "landlock_layer_count"
	RC        *int    `json:"rc,omitempty"`
	Sandboxed *bool   `json:"sandboxed,omitempty"`
	Layers    *int    `json:"layers,omitempty"`
	Error     *string `json:"error,omitempty"`
}
