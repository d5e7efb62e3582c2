package artifact

import "encoding/json"

// BaselineResults is baseline_results.json: every attempt without the policy.
type BaselineResults struct {
	SchemaVersion string        `json:"schema_version"`
	WorldID       string        `json:"world_id"`
	RunID         string        `json:"run_id"`
	Results       []BaselineRow `json:"results"`
}

// BaselineRow is one attempt. Status is null when nothing was decided, and
// Error then says why.
type BaselineRow struct {
	Name          string        `json:"name"` // "baseline:<profile_id>:<probe name>"
	ProfileID     string        `json:"profile_id"`
	ProbeName     string        `json:"probe_name"`
	Operation     string        `json:"operation"`
	Target        string        `json:"target"`
	PrimaryIntent PrimaryIntent `json:"primary_intent"`
	Command       []string      `json:"command"`

	ObservedPath           Opt[string] `json:"observed_path,omitzero"`
	ObservedPathSource     *string     `json:"observed_path_source,omitempty"`
	ObservedPathErrno      Opt[int]    `json:"observed_path_errno,omitzero"`
	ObservedNoFirmlink     Opt[string] `json:"observed_path_nofirmlink,omitzero"`
	ObservedNoFirmlinkFrom *string     `json:"observed_path_nofirmlink_source,omitempty"`
	ObservedNoFirmlinkErr  Opt[int]    `json:"observed_path_nofirmlink_errno,omitzero"`

	Status           *string         `json:"status"`
	ExitCode         Opt[int]        `json:"exit_code,omitzero"`
	Stdout           *string         `json:"stdout,omitempty"`
	Stderr           *string         `json:"stderr,omitempty"`
	ReachedPrimaryOp *bool           `json:"reached_primary_op,omitempty"`
	DecisionPath     *string         `json:"decision_path,omitempty"`
	ProbeDetails     json.RawMessage `json:"probe_details,omitempty"`
	Listener         *Listener       `json:"listener,omitempty"`
	Error            *string         `json:"error,omitempty"`
}

// Details decodes probe_details as this project's own probes write them.
func (r BaselineRow) Details() (*ProbeDetails, error) { return details(r.ProbeDetails) }

// BaselineName is the name of a baseline row, by which other documents refer to
// it.
func BaselineName(profileID, probeName string) string {
	return "baseline:" + profileID + ":" + probeName
}

// PrimaryIntent is what a probe was meant to attempt.
type PrimaryIntent struct {
	Operation string `json:"operation"`
	Target    string `json:"target"`
	ProfileID string `json:"profile_id"`
	ProbeName string `json:"probe_name"`
}
