package analysis

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// The schema strings in the meta of documents.
const (
	SchemaMapping = "runtime-mapping.v0.1"
	SchemaLinks   = "runtime-links.v0.1"
	SchemaLog     = "runtime_log_schema.v0.1.json"
)

// TierMapped is the tier of everything that is derived from observations: weaker
// than bedrock, stronger than a hypothesis.
const TierMapped = "mapped"

// Health is how much a document or an entry can be built on. It is never a tier.
type Health string

// The healths.
const (
	HealthOK      Health = "ok"      // everything that was observed is as expected
	HealthPartial Health = "partial" // some of it is, or not all is known
	HealthBrittle Health = "brittle" // nothing observed bears it out
	HealthBlocked Health = "blocked" // nothing could be observed
)

// Meta is the envelope of an analysis document.
type Meta struct {
	WorldID          string   `json:"world_id"`
	SchemaVersion    string   `json:"schema_version"`
	RuntimeLogSchema string   `json:"runtime_log_schema"`
	Status           Health   `json:"status"`
	Tier             string   `json:"tier"`
	SourceJobs       []string `json:"source_jobs"`
	Notes            string   `json:"notes,omitempty"`

	// Inputs are the files that the document was made from; the keys of
	// InputHashes are the same files.
	Inputs        []string       `json:"inputs,omitempty"`
	InputHashes   Hashes         `json:"input_hashes,omitempty"`
	RunProvenance *RunProvenance `json:"run_provenance,omitempty"`
}

// Hashes are SHA-256 digests in hex, by path.
type Hashes map[string]string

// RunProvenance says which runs a document was made from, each list sorted and
// without repetition.
type RunProvenance struct {
	RunIDs           []string `json:"run_ids"`
	Manifests        []string `json:"manifests"`
	RepoRootContexts []string `json:"repo_root_contexts"`
}

// NewMeta is the envelope with its defaults: status partial, tier mapped.
func NewMeta(worldID string, sourceJobs ...string) Meta {
	if sourceJobs == nil {
		sourceJobs = []string{}
	}
	return Meta{
		WorldID: worldID, SchemaVersion: SchemaMapping, RuntimeLogSchema: SchemaLog,
		Status: HealthPartial, Tier: TierMapped, SourceJobs: sourceJobs,
	}
}

// document is JSON as these documents are written: indented, keys in the order of
// the fields, no newline at the end.
func document(v any) ([]byte, error) { return artifact.Encode(v, artifact.Indented) }
