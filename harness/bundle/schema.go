package bundle

import "github.com/rtgen/rtgen/harness/bundle/artifact"

// The schema strings this package writes.
const (
	SchemaIndex    = "runtime-tools.artifact_index.v0.1"
	SchemaStatus   = "runtime-tools.run_status.v0.1"
	SchemaManifest = "runtime-tools.run_manifest.v0.1"
	SchemaSummary  = "runtime-tools.summary.v0.1"
	SchemaPacket   = "runtime-tools.promotion_packet.v0.2"
)

// checkSchema accepts every minor version of the document want names, of
// either generation.
func checkSchema(got, want string) error { return artifact.CheckSchema(got, want) }

// decode reads the one JSON object in data into v, strictly.
func decode(data []byte, v any) error { return artifact.Decode(data, v) }

// decodeAs is decode of a document whose schema string must be one of schema's
// document; version gives the one it has.
func decodeAs[T any](data []byte, schema string, version func(*T) string) (*T, error) {
	doc := new(T)
	if err := decode(data, doc); err != nil {
		return nil, err
	}
	if err := checkSchema(version(doc), schema); err != nil {
		return nil, err
	}
	return doc, nil
}
