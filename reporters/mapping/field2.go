package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Field2Summary is what another tool found in compiled policies, in short; null in
// the document where nobody gave any, which the reference system refuses.
type Field2Summary struct {
	Profiles     map[string]Field2Profile `json:"profiles"`
	UnknownNodes json.RawMessage          `json:"unknown_nodes"` // as the tool has it
}

// Field2Profile counts entries of one compiled policy.
type Field2Profile struct {
	Field2Entries int `json:"field2_entries"`
	UnknownNamed  int `json:"unknown_named"`
}

// readField2 reads {"profiles": {<name>: {"field2_entries", "unknown_named"}},
// "unknown_nodes"} and gives the digest of what it read. Without a file there is
// nothing known.
func readField2(file string) (*Field2Summary, bundle.Digest, error) {
	if file == "" {
		return nil, bundle.Digest{}, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, bundle.Digest{}, fmt.Errorf("field2: %w", err)
	}
	summary, err := parseField2(data)
	if err != nil {
		return nil, bundle.Digest{}, fmt.Errorf("field2 %s: %w", file, err)
	}
	return summary, bundle.DigestOf(data), nil
}

func parseField2(data []byte) (*Field2Summary, error) {
	var doc struct {
		Profiles map[string]struct {
			Field2Entries *int `json:"field2_entries"`
			UnknownNamed  *int `json:"unknown_named"`
		} `json:"profiles"`
		UnknownNodes json.RawMessage `json:"unknown_nodes"`
	}
	if err := artifact.Decode(data, &doc); err != nil {
		return nil, err
	}
	if doc.Profiles == nil || doc.UnknownNodes == nil {
		return nil, errors.New("want an object with profiles and unknown_nodes")
	}
	summary := &Field2Summary{Profiles: map[string]Field2Profile{}, UnknownNodes: doc.UnknownNodes}
	for name, p := range doc.Profiles {
		if p.Field2Entries == nil || p.UnknownNamed == nil {
			return nil, fmt.Errorf("profile %.140q: want field2_entries and unknown_named", name)
		}
		summary.Profiles[name] = Field2Profile{*p.Field2Entries, *p.UnknownNamed}
	}
	return summary, nil
}
