package analysis

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// RuntimeLinks is runtime_links.json: from mappings back to their evidence.
type RuntimeLinks struct {
	Meta         Meta                               `json:"meta"`
	Links        LinkedDocuments                    `json:"links"`
	Packets      artifact.Ordered[LinkedPacket]     `json:"packets"`      // by path
	Profiles     artifact.Ordered[*ProfileLink]     `json:"profiles"`     // by id, sorted
	Expectations artifact.Ordered[*ExpectationLink] `json:"expectations"` // by id, sorted
}

// LinkedDocuments are the documents beside the links; null where there is none. A
// built-in vocabulary has its path in the project's tree.
type LinkedDocuments struct {
	OpsVocab             *string `json:"ops_vocab"`
	OpsCoverage          *string `json:"ops_coverage"`
	TagLayouts           *string `json:"tag_layouts"`
	SystemProfileDigests *string `json:"system_profile_digests"`
	RuntimeSignatures    *string `json:"runtime_signatures"`
	OpRuntimeSummary     *string `json:"op_runtime_summary"`
	RuntimeCalloutOracle *string `json:"runtime_callout_oracle"`
}

// LinkedPacket says where the documents of a packet lie; null: it has none.
type LinkedPacket struct {
	RunID              string  `json:"run_id"`
	RunManifest        string  `json:"run_manifest"`
	ExpectedMatrix     string  `json:"expected_matrix"`
	RuntimeEvents      string  `json:"runtime_events"`
	RuntimeResults     string  `json:"runtime_results"`
	BaselineResults    *string `json:"baseline_results"`
	OracleResults      *string `json:"oracle_results"`
	OutputRoot         string  `json:"output_root"`
	SBBuildDir         *string `json:"sb_build_dir"`
	RuntimeProfilesDir *string `json:"runtime_profiles_dir"`
}

// ProfileLink is what the packets hold about one profile. Observed is what has a
// decision: an operation that was not reached is in ObservationCounts alone.
type ProfileLink struct {
	ProfileID              string            `json:"profile_id"`
	ProfilePath            string            `json:"profile_path"`
	ProfileMode            string            `json:"profile_mode"`
	Family                 *string           `json:"family"`
	SemanticGroup          *string           `json:"semantic_group"`
	ExpectedOps            []string          `json:"expected_ops"`
	ObservedOps            []string          `json:"observed_ops"`
	ExpectationIDs         []string          `json:"expectation_ids"` // in matrix order
	ScenarioIDs            []string          `json:"scenario_ids"`
	ObservedExpectationIDs []string          `json:"observed_expectation_ids"`
	ObservationCounts      ObservationCounts `json:"observation_counts"`
	SourcePackets          []string          `json:"source_packets"`
	ExpectedMatrixSources  []string          `json:"expected_matrix_sources"`
	ProfileSource          LinkedFile        `json:"profile_source"`
	OpIDs                  []int             `json:"op_ids"`

	CompiledBlob          *LinkedFile     `json:"compiled_blob,omitempty"`
	RuntimeProfile        *LinkedFile     `json:"runtime_profile,omitempty"`
	SystemProfileDigestID *string         `json:"system_profile_digest_id,omitempty"`
	SystemProfileDigest   json.RawMessage `json:"system_profile_digest,omitempty"` // status, observed, source
}

// ObservationCounts counts a profile's observations.
type ObservationCounts struct {
	Total          int            `json:"total"`
	Blocked        int            `json:"blocked"`
	BlockedByStage map[string]int `json:"blocked_by_stage"`
}

// LinkedFile is a file as it was found; digest and size only of one that is there.
type LinkedFile struct {
	Path   string `json:"path"`
	Exists bool   `json:"exists"`
	SHA256 string `json:"sha256,omitempty"`
	Size   *int64 `json:"size,omitempty"`
}

// ExpectationLink is one expectation and where it comes from.
type ExpectationLink struct {
	ExpectationID  string  `json:"expectation_id"`
	ProfileID      string  `json:"profile_id"`
	Operation      string  `json:"operation"`
	OpID           *int    `json:"op_id"`
	Expected       string  `json:"expected"`
	Target         string  `json:"target"`
	Driver         *string `json:"driver"`
	SourcePacket   string  `json:"source_packet"`
	ExpectedMatrix string  `json:"expected_matrix"`
}
