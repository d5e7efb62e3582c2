package artifact

// RuntimeResult is how one probe ran, apart from what was expected of it.
type RuntimeResult struct {
	Status        string       `json:"status"` // "success", "errno" or "blocked"
	Errno         *int         `json:"errno"`
	Version       int          `json:"runtime_result_schema_version"`
	MarkerVersion int          `json:"tool_marker_schema_version"`
	FailureStage  *string      `json:"failure_stage"`
	FailureKind   *string      `json:"failure_kind"`
	ApplyReport   *ApplyReport `json:"apply_report"`
	RunnerInfo    *RunnerInfo  `json:"runner_info"`
	Callouts      []Callout    `json:"seatbelt_callouts"`

	EntitlementChecks   []EntitlementCheck       `json:"entitlement_checks,omitzero"`
	IntendedOpWitnessed Opt[bool]                `json:"intended_op_witnessed,omitzero"`
	SandboxCheckRequest Opt[SandboxCheckRequest] `json:"sandbox_check_request,omitzero"`
	ResourceHygiene     *ResourceHygiene         `json:"resource_hygiene,omitempty"`
}

// ApplyReport says how applying the policy went.
type ApplyReport struct {
	API            *string `json:"api"`
	RC             *int    `json:"rc"`
	Errno          *int    `json:"errno"`
	ErrBuf         *string `json:"errbuf"`
	ErrClass       *string `json:"err_class"`
	ErrClassSource *string `json:"err_class_source"`
}

// RunnerInfo identifies the program that applied the policy.
type RunnerInfo struct {
	Entrypoint                  string  `json:"entrypoint"`
	ApplyModel                  string  `json:"apply_model"`
	ApplyTiming                 string  `json:"apply_timing"`
	PreexistingSandboxSuspected bool    `json:"preexisting_sandbox_suspected"`
	EntrypointPath              *string `json:"entrypoint_path"`
	EntrypointSHA256            *string `json:"entrypoint_sha256"`
	ToolBuildID                 *string `json:"tool_build_id"`
	EntrypointMissing           bool    `json:"entrypoint_missing,omitempty"`
}

// ResourceHygiene says what the probing process held before any policy. The
// first three are null when no runner is known; of older runs they are all that
// is known.
type ResourceHygiene struct {
	ApplyModel                  *string  `json:"apply_model"`
	ApplyTiming                 *string  `json:"apply_timing"`
	PreexistingSandboxSuspected *bool    `json:"preexisting_sandbox_suspected"`
	CloseFDs                    *bool    `json:"close_fds,omitempty"`
	PassFDs                     []int    `json:"pass_fds,omitzero"`
	PreopenHints                []string `json:"preopen_hints,omitzero"`
	PreopenDetected             *bool    `json:"preopen_detected,omitempty"`
}

// SandboxCheckRequest is a question put to the sandbox beside the probe.
type SandboxCheckRequest struct {
	Operation        string  `json:"operation"`
	FilterType       *int    `json:"filter_type"`
	FilterName       *string `json:"filter_name"`
	Argument         *string `json:"argument"`
	Canonicalization *string `json:"canonicalization,omitempty"`
}

// Callout is the sandbox's own answer to such a question, from a tool marker.
type Callout struct {
	Tool                string  `json:"tool"`
	MarkerVersion       int     `json:"marker_schema_version"`
	Stage               string  `json:"stage"`
	API                 string  `json:"api"`
	Operation           string  `json:"operation"`
	FilterType          *int    `json:"filter_type"`
	FilterTypeName      *string `json:"filter_type_name"`
	CheckType           *int    `json:"check_type"`
	VarargsCount        *int    `json:"varargs_count"`
	Argument            *string `json:"argument"`
	Canonicalization    *string `json:"canonicalization"`
	CanonicalFlagUsed   *bool   `json:"canonical_flag_used"`
	CanonicalFlagReason *string `json:"canonical_flag_reason"`
	NoReport            *bool   `json:"no_report"`
	TokenStatus         *string `json:"token_status"`
	TokenMachKR         *int    `json:"token_mach_kr"`
	RC                  *int    `json:"rc"`
	Errno               *int    `json:"errno"`
	Decision            string  `json:"decision"` // "allow", "deny" or "error"
	Error               *string `json:"error,omitempty"`
	NoReportReason      *string `json:"no_report_reason"`
}

// EntitlementCheck is one entitlement looked up before the policy was applied.
type EntitlementCheck struct {
	Tool          string  `json:"tool"`
	MarkerVersion int     `json:"marker_schema_version"`
	Stage         string  `json:"stage"`
	Entitlement   string  `json:"entitlement"`
	PID           *int    `json:"pid,omitempty"`
	RC            *int    `json:"rc,omitempty"`
	Present       *bool   `json:"present,omitempty"`
	ValueBool     *bool   `json:"value_bool,omitempty"`
	ValueType     string  `json:"value_type"`
	Error         *string `json:"error,omitempty"`
}
