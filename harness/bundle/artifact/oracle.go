package artifact

// OracleResults is oracle_results.json: predictions, never observations.
type OracleResults struct {
	SchemaVersion string      `json:"schema_version"`
	WorldID       string      `json:"world_id"`
	RunID         string      `json:"run_id"`
	Results       []OracleRow `json:"results"`
}

// OracleRow is one prediction. The reference's rows are calls into a sandbox. A
// model's has api ModelAPI and stage ModelStage: nothing was called, and what only
// a call has is null, its errno among it. Decision is "error" where the model does
// not know, and Error says why. Which model it was, and all else that it said, is
// in Prediction.
//
// Our earlier runs have stage "model", api "oracle:<model>" and no Prediction.
type OracleRow struct {
	WorldID             string      `json:"world_id"`
	RunID               string      `json:"run_id"`
	ExpectationID       string      `json:"expectation_id"`
	Stage               *string     `json:"stage"`
	API                 *string     `json:"api"`
	Operation           *string     `json:"operation"`
	FilterType          *int        `json:"filter_type"`
	FilterTypeName      *string     `json:"filter_type_name"`
	CheckType           *int        `json:"check_type"`
	Argument            *string     `json:"argument"`
	Canonicalization    *string     `json:"canonicalization"`
	CanonicalFlagUsed   *bool       `json:"canonical_flag_used"`
	CanonicalFlagReason *string     `json:"canonical_flag_reason"`
	NoReport            *bool       `json:"no_report"`
	NoReportReason      *string     `json:"no_report_reason"`
	TokenStatus         *string     `json:"token_status"`
	TokenMachKR         *int        `json:"token_mach_kr"`
	RC                  *int        `json:"rc"`
	Errno               *int        `json:"errno"`
	Decision            *string     `json:"decision"` // "allow", "deny" or "error"
	Error               *string     `json:"error"`
	Prediction          *Prediction `json:"prediction,omitempty"` // of a model alone
}

// What the row of a model has where a call's has the call and when it was made:
// a model is asked before there is any.
const (
	ModelAPI   = "model"
	ModelStage = "pre_syscall"
)

// Prediction is what a model said besides its decision.
type Prediction struct {
	Model    string         `json:"model"`              // "landlock" or "sbpl"
	Errno    int            `json:"errno,omitempty"`    // what the call would fail with; 0: with nothing, or it is not known
	Resolved string         `json:"resolved,omitempty"` // the object that the policy is asked about, where that is not the argument
	Missing  []MissingRight `json:"missing,omitempty"`
	Granting []Grant        `json:"granting,omitempty"`
	Record   *DenialRecord  `json:"record,omitempty"` // nil: the model foretells none
	Rule     *PolicyRule    `json:"rule,omitempty"`   // what decided, where it is one rule
	Reason   string         `json:"reason,omitempty"`
}

// MissingRight is a right that the operation needs and a policy does not grant.
type MissingRight struct {
	Layer  *int   `json:"layer,omitempty"`  // from 0, outermost first; nil where a policy has none
	Right  string `json:"right"`            // e.g. "fs.read_file" or "file-read-metadata"
	Target string `json:"target,omitempty"` // what it is needed on, where that is said
}

// Grant is a rule that granted rights the operation needs.
type Grant struct {
	Layer  int      `json:"layer"`
	Rule   string   `json:"rule"` // the rule's own subject: a parent path or a port
	Rights []string `json:"rights"`
}

// DenialRecord is what the kernel's log says first of a denial, as a model
// foretells it: a KernelDenial to be compared with.
type DenialRecord struct {
	Layer    int      `json:"layer"` // from 0, outermost first
	Blockers []string `json:"blockers"`
}

// PolicyRule is a rule of a policy's text.
type PolicyRule struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
	Text string `json:"text"` // on one line, shortened
}
