// Package artifact holds the documents of a run folder as Go values: one
// struct per JSON object, its fields in the order they are written. It is the
// reader's side of a bundle; nothing here derives anything.
//
// Three shapes of "nothing" are kept apart, because the wire format does:
//
//   - a pointer or slice without omitempty is written as null,
//   - with omitempty it is left out,
//   - an Opt is a key that may be absent, null or a value.
//
// Documents of both generations decode: older ones lack policy_layers,
// confounders, resource_hygiene, canonicalization and timings, and come back
// byte for byte when they are written again.
package artifact

import "github.com/rtgen/rtgen/harness/internal/canon"

// The file names of a run folder that this package describes.
const (
	ApplyPreflightFile  = "apply_preflight.json"
	GeneratedMatrixFile = "expected_matrix.generated.json"
	ExpectedMatrixFile  = "expected_matrix.json"
	RuntimeResultsFile  = "runtime_results.json"
	RuntimeEventsFile   = "runtime_events.normalized.json"
	BaselineResultsFile = "baseline_results.json"
	OracleResultsFile   = "oracle_results.json"
	PathWitnessesFile   = "path_witnesses.json"
	FixturesFile        = "fixtures.json"
	MismatchSummaryFile = "mismatch_summary.json"
	MismatchPacketsFile = "mismatch_packets.jsonl"
	SummaryMarkdownFile = "summary.md"

	LaunchctlDiagnosticsFile = "launchctl_diagnostics.json" // of runs whose workers launchd started
)

// The schema strings that are written. The matrix, the events and the mismatch
// summary have none.
const (
	SchemaApplyPreflight  = "runtime-tools.apply_preflight.v0.1"
	SchemaRuntimeResults  = "runtime-tools.runtime_results.v0.1"
	SchemaBaselineResults = "runtime-tools.baseline_results.v0.1"
	SchemaOracleResults   = "runtime-tools.oracle_results.v0.1"
	SchemaPathWitnesses   = "runtime-tools.path_witnesses.v0.1"
	SchemaPathWitness     = "runtime-tools.path_witness.v0.1"
	SchemaFixtures        = "runtime-tools.fixtures.v0.1"
	SchemaFixture         = "runtime-tools.fixture_marker.v0.1"
	SchemaMismatchPacket  = "runtime-tools.mismatch_packet.v0.1"

	SchemaLaunchctlDiagnostics = "runtime-tools.launchctl_diagnostics.v0.1"
)

// The versions stamped on every runtime_result.
const (
	RuntimeResultVersion = 1
	ToolMarkerVersion    = 2
)

// Seconds is a Unix time or a duration in seconds, always written with a point.
type Seconds float64

// MarshalJSON writes s the way the wire format prints floats.
func (s Seconds) MarshalJSON() ([]byte, error) { return canon.Float(s).MarshalJSON() }
