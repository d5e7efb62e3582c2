package artifact

import (
	"fmt"
	"regexp"
	"strings"
)

// family is what our schema strings start with; older are those of older
// bundles.
const family = "runtime-tools."

var older = []string{"hardened-runtime.", "hardened-runtime-"}

var versioned = regexp.MustCompile(`^([a-z0-9._-]+)\.v([0-9]{1,4})\.[0-9]{1,4}$`)

// CheckMajor accepts any schema string of major version 0.
func CheckMajor(schema string) error {
	m := versioned.FindStringSubmatch(schema)
	if m == nil {
		return fmt.Errorf("schema_version %.80q: want a name ending in a version such as v0.1", schema)
	}
	if m[2] != "0" {
		return fmt.Errorf("schema_version %q: this program reads v0 only, use a newer one", schema)
	}
	return nil
}

// CheckSchema accepts every minor version of the document that want names, of
// either generation.
func CheckSchema(got, want string) error {
	if err := CheckMajor(got); err != nil {
		return err
	}
	name := documentName(want)
	if documentName(got) != name {
		return fmt.Errorf("schema_version %q: want %s%s.v0", got, family, name)
	}
	return nil
}

func documentName(schema string) string {
	m := versioned.FindStringSubmatch(schema)
	if m == nil {
		return ""
	}
	if name, ok := strings.CutPrefix(m[1], family); ok {
		return name
	}
	for _, prefix := range older {
		if name, ok := strings.CutPrefix(m[1], prefix); ok {
			return strings.ReplaceAll(name, "-", "_")
		}
	}
	return ""
}
