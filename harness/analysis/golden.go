package analysis

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// The files of golden artifacts.
const (
	GoldenDecodesFile      = "golden_decodes.json"
	GoldenExpectationsFile = "golden_expectations.json"
	GoldenTracesFile       = "traces/golden_traces.jsonl"
	DecodedBlobsFolder     = "decoded_blobs"
)

// GoldenKeys are the profiles that golden artifacts are of when nobody says
// otherwise.
var GoldenKeys = []string{
	"bucket4:v1_read", "bucket5:v11_read_subpath", "runtime:metafilter_any", "runtime:strict_1", "sys:bsd", "sys:airlock",
}

// SBPLCompiler makes a Seatbelt blob of a profile's text. What the text imports
// lies beside its file.
type SBPLCompiler interface {
	CompileSBPL(file string, text []byte) (blob []byte, err error)
}

// BlobDecoder reads what a Seatbelt blob holds.
type BlobDecoder interface {
	DecodeBlob(blob []byte) (*DecodedBlob, error)
}

// DecodedBlob is what a decoder finds in a blob.
type DecodedBlob struct {
	NodeCount      int            `json:"node_count"`
	OpCount        int            `json:"op_count"`
	TagCounts      map[string]int `json:"tag_counts"` // nodes by tag
	LiteralStrings []string       `json:"literal_strings"`
}

// GoldenDecodes is golden_decodes.json: what the golden profiles are, compiled.
type GoldenDecodes struct {
	Metadata GoldenMetadata `json:"metadata"`
	Decodes  []GoldenDecode `json:"decodes"` // in the order of the keys
}

// GoldenMetadata says for which world golden artifacts are.
type GoldenMetadata struct {
	WorldID string `json:"world_id"`
}

// GoldenDecode is one profile's blob: where it lies, its digest, what it holds.
type GoldenDecode struct {
	Key    string `json:"key"`
	Blob   string `json:"blob"`
	SHA256 string `json:"sha256"`
	DecodedBlob
}

// GoldenExpectations is golden_expectations.json: the golden profiles as the
// matrix names them.
type GoldenExpectations struct {
	Metadata GoldenMetadata                  `json:"metadata"`
	Profiles artifact.Ordered[GoldenProfile] `json:"profiles"` // by key, in the order of the keys
}

// GoldenProfile is a profile's file, text or blob, with its digest.
type GoldenProfile struct {
	Blob   string `json:"blob"`
	Mode   string `json:"mode"`
	SHA256 string `json:"sha256"`
}

// GoldenTrace is one line of golden_traces.jsonl: a result of a golden profile,
// as it stands in the results.
type GoldenTrace struct {
	Profile          string   `json:"profile"`
	Probe            string   `json:"probe"`
	Expected         string   `json:"expected"`
	Actual           *string  `json:"actual"`
	Match            *bool    `json:"match"`
	Operation        string   `json:"operation"`
	Path             string   `json:"path"`
	ExitCode         *int     `json:"exit_code"`
	ViolationSummary *string  `json:"violation_summary"`
	Command          []string `json:"command"`
}

// NoToolError says that golden artifacts cannot be made here: a compiler or a
// decoder of Seatbelt blobs is needed, and there is none.
type NoToolError struct {
	Compiler string // the first profile that has to be compiled; empty: there is a compiler
	Decoder  string // the first profile that has to be decoded; empty: there is a decoder
}

func (e *NoToolError) Error() string {
	const compiler, decoder = "an SBPL compiler", "a decoder of Seatbelt blobs"
	const one = "profile %q needs %s, and this build has none; %s"
	const two = "%s, and this build has neither; macOS has the former: give both to harness.WriteGolden there"
	switch e.Compiler {
	case "":
		return fmt.Sprintf(one, e.Decoder, decoder, "no system has one: give yours to harness.WriteGolden")
	case e.Decoder:
		return fmt.Sprintf("profile %q needs %s and "+two, e.Compiler, compiler, decoder)
	}
	if e.Decoder == "" {
		return fmt.Sprintf(one, e.Compiler, compiler, "macOS has one: give it to harness.WriteGolden there")
	}
	return fmt.Sprintf("profile %q needs %s, profile %q "+two, e.Compiler, compiler, e.Decoder, decoder)
}
