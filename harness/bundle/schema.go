package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// The schema strings this package writes.
const (
	SchemaIndex    = "runtime-tools.artifact_index.v0.1"
	SchemaStatus   = "runtime-tools.run_status.v0.1"
	SchemaManifest = "runtime-tools.run_manifest.v0.1"
	SchemaSummary  = "runtime-tools.summary.v0.1"
	SchemaPacket   = "runtime-tools.promotion_packet.v0.2"
)

// families are the prefixes of schema strings: the one we write and the one
// older bundles have.
var families = []string{"runtime-tools.", "hardened-runtime."}

var versioned = regexp.MustCompile(`^([a-z0-9._-]+)\.v([0-9]{1,4})\.[0-9]{1,4}$`)

// checkMajor accepts any schema string of major version 0.
func checkMajor(schema string) error {
	m := versioned.FindStringSubmatch(schema)
	if m == nil {
		return fmt.Errorf("schema_version %.80q: want a name ending in a version such as v0.1", schema)
	}
	if m[2] != "0" {
		return fmt.Errorf("schema_version %q: this program reads v0 only, use a newer one", schema)
	}
	return nil
}

// checkSchema accepts every minor version of the document want names, of
// either family.
func checkSchema(got, want string) error {
	if err := checkMajor(got); err != nil {
		return err
	}
	name := documentName(want)
	if documentName(got) != name {
		return fmt.Errorf("schema_version %q: want %s%s.v0", got, families[0], name)
	}
	return nil
}

func documentName(schema string) string {
	m := versioned.FindStringSubmatch(schema)
	if m == nil {
		return ""
	}
	for _, family := range families {
		if name, ok := strings.CutPrefix(m[1], family); ok {
			return name
		}
	}
	return ""
}

// decode reads the one JSON object in data into v. Unknown keys are a newer
// minor version's and pass; a key that comes twice is refused, also when the
// two differ in case only, because encoding/json would let the last one win
// where other readers see the first.
func decode(data []byte, v any) error {
	if _, err := canon.Transcode(data, canon.TightSorted); err != nil {
		return err
	}
	if err := refuseTwins(data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func refuseTwins(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return errors.New("want a JSON object")
	}
	seen := map[string]string{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name := key.(string)
		folded := fold(name)
		if first, ok := seen[folded]; ok {
			return fmt.Errorf("keys %q and %q differ in case only", first, name)
		}
		seen[folded] = name
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}
