package artifact

import "encoding/json"

// Event is one row of runtime_events.normalized.json. Keys whose value would
// be null are left out; keys are sorted, and so are these fields.
type Event struct {
	Actual             *string            `json:"actual,omitempty"`
	ApplyReport        *ApplyReport       `json:"apply_report,omitempty"`
	Command            []string           `json:"command,omitzero"`
	DecisionPath       *string            `json:"decision_path,omitempty"`
	EntitlementChecks  []EntitlementCheck `json:"entitlement_checks,omitzero"`
	Errno              *int               `json:"errno,omitempty"`
	ErrnoName          *string            `json:"errno_name,omitempty"`
	ExpectationID      string             `json:"expectation_id"`
	Expected           string             `json:"expected,omitempty"` // empty: nothing was
	FailureKind        *string            `json:"failure_kind,omitempty"`
	FailureStage       *string            `json:"failure_stage,omitempty"`
	FileConfounder     *FileConfounder    `json:"file_confounder,omitempty"`
	FirstDenialFilters []string           `json:"first_denial_filters,omitzero"`
	FirstDenialOp      *string            `json:"first_denial_op,omitempty"`
	Harness            *string            `json:"harness,omitempty"`

	IntendedOpWitnessed  *bool            `json:"intended_op_witnessed,omitempty"`
	Match                *bool            `json:"match,omitempty"`
	NormalizedPath       *string          `json:"normalized_path,omitempty"`
	NormalizedPathSource *string          `json:"normalized_path_source,omitempty"`
	Notes                *string          `json:"notes,omitempty"`
	ObservedPath         *string          `json:"observed_path,omitempty"`
	ObservedPathSource   *string          `json:"observed_path_source,omitempty"`
	Operation            string           `json:"operation"`
	PolicyLayers         *PolicyLayers    `json:"policy_layers,omitempty"` // always written; older runs lack it
	Preflight            *StaticGate      `json:"preflight,omitempty"`
	PrimaryIntent        *PrimaryIntent   `json:"primary_intent,omitempty"`
	ProbeDetails         json.RawMessage  `json:"probe_details,omitempty"`
	ProbeName            string           `json:"probe_name"`
	ProfileID            string           `json:"profile_id"`
	ReachedPrimaryOp     *bool            `json:"reached_primary_op,omitempty"`
	RequestedPath        *string          `json:"requested_path,omitempty"`
	ResourceHygiene      *ResourceHygiene `json:"resource_hygiene,omitempty"`
	RunID                string           `json:"run_id"`
	RunnerInfo           *RunnerInfo      `json:"runner_info,omitempty"`
	RuntimeStatus        string           `json:"runtime_status"`

	SandboxCheckPrepass json.RawMessage    `json:"sandbox_check_prepass,omitempty"` // flat, or {primary, variants}
	ScenarioID          string             `json:"scenario_id"`
	Callouts            []Callout          `json:"seatbelt_callouts,omitzero"`
	ServiceConfounder   *ServiceConfounder `json:"service_confounder,omitempty"`
	Stderr              *string            `json:"stderr,omitempty"`
	Stdout              *string            `json:"stdout,omitempty"`
	Target              string             `json:"target"`
	TCCConfounder       *TCCConfounder     `json:"tcc_confounder,omitempty"`
	ViolationSummary    *string            `json:"violation_summary,omitempty"`
	WorldID             string             `json:"world_id"`
}

// Details decodes probe_details as this project's own probes write them.
func (e Event) Details() (*ProbeDetails, error) { return details(e.ProbeDetails) }

// PolicyLayers says whose decision an event shows. Attribution is
// "platform_policy", "process_policy", "allow", "unknown", or "contradiction"
// when the operation was allowed under the policy and denied without it.
type PolicyLayers struct {
	Attribution       string         `json:"attribution"`
	EffectiveDecision string         `json:"effective_decision"` // "allow", "deny" or "unknown"
	PlatformPolicy    PlatformPolicy `json:"platform_policy"`
	ProcessPolicy     ProcessPolicy  `json:"process_policy"`
}

// PlatformPolicy is what the baseline lane saw.
type PlatformPolicy struct {
	Decision string  `json:"decision"` // "allow", "deny" or "unknown"
	Error    *string `json:"error"`
	ExitCode *int    `json:"exit_code"`
	Source   string  `json:"source"` // "baseline" or "baseline_missing"
	Status   *string `json:"status"`
}

// ProcessPolicy is what the scenario lane saw.
type ProcessPolicy struct {
	Decision     string  `json:"decision"` // "allow", "deny" or "unknown"
	FailureKind  *string `json:"failure_kind"`
	FailureStage *string `json:"failure_stage"`
	Status       string  `json:"status"`
	// Source is what the attribution rests on: "kernel_witness" or
	// "inferred_from_baseline"; empty when nothing is attributed.
	Source   string   `json:"source,omitempty"`
	Blockers []string `json:"blockers,omitempty"` // the rights the kernel's first record names
	Layers   []int    `json:"layers,omitempty"`   // the policy's layers that denied, from 0, outermost first
}

// FileConfounder says what else than the policy may have made a file
// operation fail.
type FileConfounder struct {
	Attribution    string  `json:"attribution"`
	Classification string  `json:"classification"`
	Errno          int     `json:"errno"`
	ErrnoName      *string `json:"errno_name"`
}

// ServiceConfounder marks a Mach service that exists in neither lane.
type ServiceConfounder struct {
	BaselineState string `json:"baseline_state"`
	ScenarioState string `json:"scenario_state"`
	Source        string `json:"source"`
	Status        string `json:"status"`
}

// TCCConfounder marks a target that macOS guards by user consent.
type TCCConfounder struct {
	Attribution    string `json:"attribution"`
	BaselineStatus string `json:"baseline_status"`
	ScenarioStatus string `json:"scenario_status"`
	Sensitive      bool   `json:"sensitive"`
}
