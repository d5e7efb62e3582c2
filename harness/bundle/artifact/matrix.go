package artifact

import "encoding/json"

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

	// Landlock is what the policy has beside the text at Blob: a MatrixLandlock;
	// absent where that text is all of it.
	Landlock json.RawMessage `json:"landlock,omitempty"`

	// Seatbelt is what a Seatbelt text has beside itself: a MatrixSeatbelt; absent
	// where it asks for nothing.
	Seatbelt json.RawMessage `json:"seatbelt,omitempty"`
}

// MatrixSeatbelt is what goes with the text of a Seatbelt policy.
type MatrixSeatbelt struct {
	Parameters map[string]string `json:"parameters,omitempty"` // what (param "NAME") gives
}

// MatrixLandlock is a Landlock policy beside its first text. Files are named as
// Blob is.
type MatrixLandlock struct {
	OptionalParents []string      `json:"optional_parents,omitempty"`
	Compose         []string      `json:"compose,omitempty"`        // texts composed with the first into one layer
	RestrictFlags   []string      `json:"restrict_flags,omitempty"` // of that layer
	Layers          []MatrixLayer `json:"layers,omitempty"`         // inside it, outermost first
	NoNewPrivs      *bool         `json:"no_new_privs,omitempty"`   // false: not set
}

// MatrixLayer is a further layer of a Landlock policy.
type MatrixLayer struct {
	Profile         string   `json:"profile_id,omitempty"` // the stacked profile it comes from
	Files           []string `json:"files"`
	OptionalParents []string `json:"optional_parents,omitempty"`
	RestrictFlags   []string `json:"restrict_flags,omitempty"`
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

	// What a probe of a v0.3 registry needs to be attempted again.
	Capabilities []string        `json:"capabilities_required,omitempty"`
	Fixture      json.RawMessage `json:"fixture,omitempty"`
}
