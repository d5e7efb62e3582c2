package artifact

import "encoding/json"

// RuntimeResults is runtime_results.json: one member per profile, in matrix
// order.
type RuntimeResults = Ordered[ResultsProfile]

// ResultsProfile is what the scenario lane saw under one profile.
type ResultsProfile struct {
	Status          string          `json:"status"` // "ok", "partial" or "blocked"
	ProfilePath     *string         `json:"profile_path,omitempty"`
	BaseProfilePath *string         `json:"base_profile_path,omitempty"`
	Preflight       Opt[StaticGate] `json:"preflight,omitzero"`
	Probes          []ResultsProbe  `json:"probes,omitzero"`
	Notes           *string         `json:"notes,omitempty"` // why the status is not "ok"
	SchemaVersion   string          `json:"schema_version"`
	RunID           string          `json:"run_id"`
}

// StaticGate is the record of a scan of the profile text before any probe.
type StaticGate struct {
	Tool           string            `json:"tool"`
	SchemaVersion  int               `json:"preflight_schema_version"`
	WorldID        string            `json:"world_id"`
	InputKind      string            `json:"input_kind"`
	InputRef       string            `json:"input_ref"`
	Classification string            `json:"classification"`
	Signature      *string           `json:"signature"`
	Findings       []json.RawMessage `json:"findings"`
	SignatureMeta  json.RawMessage   `json:"signature_meta,omitempty"`
	Error          *string           `json:"error,omitempty"`
}

// ResultsProbe is one scenario's row.
type ResultsProbe struct {
	Name             string           `json:"name"`
	ExpectationID    string           `json:"expectation_id"`
	AnchorCtxID      *string          `json:"anchor_ctx_id,omitempty"`
	Operation        string           `json:"operation"`
	Path             string           `json:"path"` // the matrix row's target
	Expected         string           `json:"expected"`
	Actual           *string          `json:"actual"`
	Match            *bool            `json:"match"` // null when actual is
	RuntimeResult    RuntimeResult    `json:"runtime_result"`
	ViolationSummary *string          `json:"violation_summary"`
	PathObservation  *PathObservation `json:"path_observation,omitempty"`
	Command          []string         `json:"command"`
	ExitCode         Opt[int]         `json:"exit_code,omitzero"`
	Stdout           *string          `json:"stdout,omitempty"`
	Stderr           *string          `json:"stderr,omitempty"`
	ProbeDetails     json.RawMessage  `json:"probe_details,omitempty"`
	StartedAt        *Seconds         `json:"cmd_started_at_unix_s,omitempty"`
	FinishedAt       *Seconds         `json:"cmd_finished_at_unix_s,omitempty"`
	Duration         *Seconds         `json:"cmd_duration_s,omitempty"`
	PID              *int             `json:"cmd_pid,omitempty"`
	ProcessName      *string          `json:"cmd_process_name,omitempty"`

	SandboxCheckRequest *SandboxCheckRequest `json:"sandbox_check_request,omitempty"`
	Listener            *Listener            `json:"listener,omitempty"`
	Observer            json.RawMessage      `json:"observer,omitempty"`
	Error               *string              `json:"error,omitempty"`
	ErrorKind           *string              `json:"error_kind,omitempty"`
	DecisionSource      *string              `json:"decision_source,omitempty"`
	Notes               *string              `json:"notes,omitempty"` // why there is no decision

	// What only other producers write.
	ProbeID            *string        `json:"probe_id,omitempty"`
	Target             *string        `json:"target,omitempty"`
	PrimaryIntent      *PrimaryIntent `json:"primary_intent,omitempty"`
	ReachedPrimaryOp   *bool          `json:"reached_primary_op,omitempty"`
	FirstDenialOp      *string        `json:"first_denial_op,omitempty"`
	FirstDenialFilters []string       `json:"first_denial_filters,omitzero"`
	DecisionPath       *string        `json:"decision_path,omitempty"`
}

// Details decodes probe_details as this project's own probes write them.
func (p ResultsProbe) Details() (*ProbeDetails, error) { return details(p.ProbeDetails) }

// PathObservation is where a path led without a policy, just before the probe.
// A source of "unsandboxed_parent_path" is of a name that was not there: the
// path is its folder's, with the name.
type PathObservation struct {
	ObservedPath           *string `json:"observed_path"`
	ObservedPathSource     string  `json:"observed_path_source"`
	ObservedPathErrno      *int    `json:"observed_path_errno"`
	ObservedNoFirmlink     *string `json:"observed_path_nofirmlink"`
	ObservedNoFirmlinkFrom string  `json:"observed_path_nofirmlink_source"`
	ObservedNoFirmlinkErr  *int    `json:"observed_path_nofirmlink_errno"`
	Dev                    *int64  `json:"st_dev,omitempty"`
	Ino                    *uint64 `json:"st_ino,omitempty"`
	MountOnName            string  `json:"mntonname,omitempty"`
	FileFacts
}
