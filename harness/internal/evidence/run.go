package evidence

import "encoding/json"

// Run is what a run knew about itself: everything the artifacts say that no
// single observation does. All paths are relative to the out folder's parent
// or absolute, exactly as they are to be written.
type Run struct {
	RunID      string
	WorldID    string
	PlanID     string
	PlanDigest string // lower-case hex SHA-256, as plan_digest
	Channel    string
	OutputRoot string // the run folder as the manifest names it
	DryRun     bool
	Lanes      map[Lane]bool // lanes the run was asked for

	Matrix    Matrix
	Preflight json.RawMessage // apply_preflight.json's object; nil when preflight did not run
	World     json.RawMessage // the world's facts, an object
	Worker    RunnerInfo
	Prepared  map[string]Prepared // by profile id; of profiles that were applied as they stand there is none

	CompiledDigest string
	Selection      Selection
	Toolchain      Toolchain

	WriterPID  int
	Now        float64 // Unix seconds, when the artifacts were derived
	Error      string  // why the run failed; empty when it did not
	ErrorStage string  // "exception", "interrupted", … ; empty when Error is
}

// Matrix is the expected matrix: profiles in plan order, probes in profile
// order.
type Matrix struct {
	Profiles []MatrixProfile
}

// MatrixProfile is one profile of the matrix.
type MatrixProfile struct {
	ID            string
	Path          string // profile_path as the registry names it
	Mode          string
	Family        *string
	SemanticGroup *string
	Landlock      json.RawMessage // as artifact.MatrixProfile has it; nil: nothing
	Seatbelt      json.RawMessage // likewise
	Probes        []MatrixProbe
}

// MatrixProbe is one row of the matrix: a scenario.
type MatrixProbe struct {
	Name          string
	Operation     string
	Target        string
	OnPath        bool // Target is a path of the host
	Expected      Decision
	ExpectationID string
	Mode          string
	Driver        string
	Syscall       string
	AttrPayload   string
	AnchorCtxID   string
	FilterName    string
	FilterType    *int
	Capabilities  []string
	Fixture       json.RawMessage // the registry's object; nil: none
}

// Prepared is what was made of a profile before it was applied.
type Prepared struct {
	Path string          // of the prepared copy, as documents refer to it; empty: the profile was applied as it stands
	Gate json.RawMessage // the record of looking for what would keep it from being applied; nil: nobody looked
}

// Selection says which specs a run was to execute and which it did.
type Selection struct {
	Planned     int            `json:"planned"` // specs the compiled plan holds, all lanes
	Run         int            `json:"run"`
	Skipped     int            `json:"skipped"`
	LabelFilter string         `json:"label_filter"`
	ByLane      map[Lane]Count `json:"by_lane"`
}

// Count is Selection for one lane.
type Count struct {
	Planned int `json:"planned"`
	Run     int `json:"run"`
	Skipped int `json:"skipped"`
}

// Toolchain identifies the program that made the evidence.
type Toolchain struct {
	Version      string `json:"version"`       // module version or "devel"
	Go           string `json:"go"`            // e.g. "go1.26.8"
	BinarySHA256 string `json:"binary_sha256"` // of the running executable
}

// RunnerInfo describes the program that applied policies. What each of its
// processes was like, observations say.
type RunnerInfo struct {
	Entrypoint  string // "rtgen-worker"
	ApplyModel  string // "self_apply"
	ApplyTiming string // "pre_syscall"
	Path        string // of the executable
	SHA256      string
}
