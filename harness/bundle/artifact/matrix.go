package artifact

// ExpectedMatrix is expected_matrix.json: what the plan expects, compiled.
type ExpectedMatrix struct {
	WorldID  string                 `json:"world_id"`
	Profiles Ordered[MatrixProfile] `json:"profiles"` // in plan order
}

// MatrixProfile is one profile of the matrix.
type MatrixProfile struct {
	Blob          string        `json:"blob"` // the profile's path, text or compiled
	Mode          string        `json:"mode"`
	Family        *string       `json:"family"`
	SemanticGroup *string       `json:"semantic_group"`
	Probes        []MatrixProbe `json:"probes"`
}

// MatrixProbe is one scenario of the matrix.
type MatrixProbe struct {
	Name          string `json:"name"`
	Operation     string `json:"operation"`
	Target        string `json:"target"`
	Expected      string `json:"expected"`
	ExpectationID string `json:"expectation_id"`
	Mode          string `json:"mode,omitempty"`
	Driver        string `json:"driver,omitempty"`
	Syscall       string `json:"syscall,omitempty"`
	AttrPayload   string `json:"attr_payload,omitempty"`
	AnchorCtxID   string `json:"anchor_ctx_id,omitempty"`
	FilterName    string `json:"filter_name,omitempty"`
	FilterType    *int   `json:"filter_type,omitempty"`
}
