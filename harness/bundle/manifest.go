package bundle

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// RunManifest is run_manifest.json: what was run, where and how. Bundles of the
// reference system have no key after ApplyPreflight.
type RunManifest struct {
	SchemaVersion    string           `json:"schema_version"`
	RunID            string           `json:"run_id"`
	WorldID          string           `json:"world_id"`
	Channel          string           `json:"channel"`
	PlanID           string           `json:"plan_id"`
	PlanDigest       string           `json:"plan_digest"`
	DryRun           bool             `json:"dry_run"`
	StageUsed        bool             `json:"stage_used"`
	StageRoot        *string          `json:"stage_root"`
	RepoRootContext  string           `json:"repo_root_context"`
	StagedOutputRoot *string          `json:"staged_output_root"`
	OutputRoot       string           `json:"output_root"`
	ApplyPreflight   *PreflightRecord `json:"apply_preflight"`

	// WorldPinned is the world the plan asks for: null when it takes any,
	// absent when the run did not say.
	WorldPinned    artifact.Opt[string] `json:"world_pinned,omitzero"`
	World          json.RawMessage      `json:"world,omitempty"` // the world's facts, an object
	CompiledDigest string               `json:"compiled_digest,omitempty"`
	Selection      *Selection           `json:"selection,omitempty"`
	Toolchain      *Toolchain           `json:"toolchain,omitempty"`
	Witness        *Witness             `json:"witness,omitempty"`
}

// PreflightRecord is apply_preflight.json once more.
type PreflightRecord struct {
	Path   string          `json:"path"`
	Record json.RawMessage `json:"record"`
}

// Selection says which specs a run was to execute and which it did.
type Selection struct {
	Planned     int              `json:"planned"` // specs the compiled plan holds, all lanes
	Run         int              `json:"run"`
	Skipped     int              `json:"skipped"`
	LabelFilter string           `json:"label_filter"`
	ByLane      map[string]Count `json:"by_lane"`
}

// Count is Selection for one lane.
type Count struct {
	Planned int `json:"planned"`
	Run     int `json:"run"`
	Skipped int `json:"skipped"`
}

// Toolchain identifies the program that made the evidence.
type Toolchain struct {
	Version      string `json:"version"`
	Go           string `json:"go"`
	BinarySHA256 string `json:"binary_sha256"`
}
