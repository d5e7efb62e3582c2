package artifact

// MismatchPacket is one line of mismatch_packets.jsonl: a mismatch with
// everything that was seen around it. A scenario that matches has one where a
// model contradicts what was observed, which stays what it is. Keys are sorted,
// and so are these fields.
type MismatchPacket struct {
	Baseline         *BaselineRow                `json:"baseline"`
	Canonicalization Opt[PacketCanonicalization] `json:"canonicalization,omitzero"`
	DecisionEvent    DecisionEvent               `json:"decision_event"`
	ExpectationID    string                      `json:"expectation_id"`
	Expected         PacketExpectation           `json:"expected"`
	MismatchReason   string                      `json:"mismatch_reason"`
	OracleCheck      *OracleCheck                `json:"oracle_check"`
	RunContext       RunContext                  `json:"run_context"`
	SchemaVersion    string                      `json:"schema_version"`
}

// PacketCanonicalization is the path witness a packet rests on.
type PacketCanonicalization struct {
	Witness       PacketWitness `json:"witness"`
	WitnessSource string        `json:"witness_source"` // the witnesses' file
}

// PacketWitness is the part of a PathWitness that a packet carries.
type PacketWitness struct {
	AliasPair            bool    `json:"alias_pair"`
	Lane                 string  `json:"lane"`
	NoFirmlinkDiffer     bool    `json:"nofirmlink_differs"`
	NormalizedPath       *string `json:"normalized_path"`
	NormalizedPathSource string  `json:"normalized_path_source"`
	ObservedPath         *string `json:"observed_path"`
	ObservedPathSource   string  `json:"observed_path_source"`
	PathDiffer
	RequestedPath *string `json:"requested_path"`
	ScenarioID    string  `json:"scenario_id"`
}

// DecisionEvent is the part of an Event that a packet carries, nulls kept.
type DecisionEvent struct {
	Decision            *string       `json:"decision"`
	Errno               *int          `json:"errno"`
	FailureKind         *string       `json:"failure_kind"`
	FailureStage        *string       `json:"failure_stage"`
	FilterType          *int          `json:"filter_type"`
	FilterTypeName      *string       `json:"filter_type_name"`
	IntendedOpWitnessed Opt[bool]     `json:"intended_op_witnessed,omitzero"`
	NormalizedPath      *string       `json:"normalized_path"`
	ObservedPath        *string       `json:"observed_path"`
	Operation           string        `json:"operation"`
	PolicyLayers        *PolicyLayers `json:"policy_layers,omitempty"`
	ProbeName           string        `json:"probe_name"`
	ProfileID           string        `json:"profile_id"`
	RequestedPath       *string       `json:"requested_path"`
	RuntimeStatus       string        `json:"runtime_status"`
	ScenarioID          string        `json:"scenario_id"`
	Source              string        `json:"source"` // the events' file
	Target              string        `json:"target"`
}

// PacketExpectation is what was expected.
type PacketExpectation struct {
	ExpectationID    string `json:"expectation_id"`
	ExpectedDecision string `json:"expected_decision"`
	Target           string `json:"target"`
}

// OracleCheck is what the oracle lane said of the same scenario.
type OracleCheck struct {
	Argument       *string `json:"argument"`
	Decision       *string `json:"decision"`
	Detail         *string `json:"detail,omitempty"` // in what it contradicts the observation: one line with both
	FilterType     *int    `json:"filter_type"`
	FilterTypeName *string `json:"filter_type_name"`
	Stage          *string `json:"stage"`
}

// RunContext says which run a packet speaks of.
type RunContext struct {
	Channel         string  `json:"channel"`
	RepoRootContext string  `json:"repo_root_context"`
	RunID           string  `json:"run_id"`
	RunManifest     *string `json:"run_manifest"`
	WorldID         string  `json:"world_id"`
}

// The reasons a packet gives, in the order in which the first that fits is
// taken.
const (
	ReasonOpNotWitnessed = "op_not_witnessed"
	// ReasonOracleDisagreement is ours alone: a model of the policy's engine says
	// otherwise than was observed, of the decision or of the kernel's record.
	ReasonOracleDisagreement   = "oracle_disagreement"
	ReasonCanonicalization     = "canonicalization_boundary"
	ReasonAmbientRestriction   = "ambient_platform_restriction"
	ReasonPipelineDisagreement = "capture_pipeline_disagreement"
	ReasonExpectationTooStrong = "expectation_too_strong"
)
