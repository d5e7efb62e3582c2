package artifact

// OracleResults is oracle_results.json: predictions, never observations.
type OracleResults struct {
	SchemaVersion string      `json:"schema_version"`
	WorldID       string      `json:"world_id"`
	RunID         string      `json:"run_id"`
	Results       []OracleRow `json:"results"`
}

// OracleRow is one prediction. A model's row has stage "model", an api
// "oracle:<model>", the operation, its argument and the decision, with Error
// saying why when that is "error"; everything that only a call into a sandbox
// has is null.
type OracleRow struct {
	WorldID             string  `json:"world_id"`
	RunID               string  `json:"run_id"`
	ExpectationID       string  `json:"expectation_id"`
	Stage               *string `json:"stage"`
	API                 *string `json:"api"`
	Operation           *string `json:"operation"`
	FilterType          *int    `json:"filter_type"`
	FilterTypeName      *string `json:"filter_type_name"`
	CheckType           *int    `json:"check_type"`
	Argument            *string `json:"argument"`
	Canonicalization    *string `json:"canonicalization"`
	CanonicalFlagUsed   *bool   `json:"canonical_flag_used"`
	CanonicalFlagReason *string `json:"canonical_flag_reason"`
	NoReport            *bool   `json:"no_report"`
	NoReportReason      *string `json:"no_report_reason"`
	TokenStatus         *string `json:"token_status"`
	TokenMachKR         *int    `json:"token_mach_kr"`
	RC                  *int    `json:"rc"`
	Errno               *int    `json:"errno"`
	Decision            *string `json:"decision"` // "allow", "deny" or "error"
	Error               *string `json:"error"`
}
