package contract

import "strings"

// The two spellings of the temporary root that the format knows, on any host.
const (
	aliasRoot     = "/tmp"
	canonicalRoot = "/private/tmp"
)

// AliasPair reports whether two paths are each other's other spelling. The rule
// is one of prefixes alone: /tmpfile counts.
func AliasPair(requested, observed *string) bool {
	if requested == nil || observed == nil {
		return false
	}
	a, b := *requested, *observed
	return strings.HasPrefix(a, aliasRoot) && strings.HasPrefix(b, canonicalRoot) ||
		strings.HasPrefix(a, canonicalRoot) && strings.HasPrefix(b, aliasRoot)
}

// Canonical is the canonical spelling of a path below the temporary root; false
// for any other path. Here a slash must follow the root.
func Canonical(path string) (string, bool) {
	if path != aliasRoot && !strings.HasPrefix(path, aliasRoot+"/") {
		return "", false
	}
	return canonicalRoot + strings.TrimPrefix(path, aliasRoot), true
}

// Where a normalized path comes from. The format has no word for what was seen
// without the policy: it guesses aliases there.
const (
	PathObserved  = "observed_path"    // what the probe's own descriptor had
	PathSeen      = "path_observation" // where the name led, looked up without the policy
	PathRequested = "requested_path"
	PathMissing   = "missing"
)

// NormalizedPath is the best spelling known of a path, and which that is. It
// knows no aliases: a witness says what was seen.
func NormalizedPath(observed, seen, requested *string) (path *string, source string) {
	for _, known := range []struct {
		path   *string
		source string
	}{{observed, PathObserved}, {seen, PathSeen}, {requested, PathRequested}} {
		if known.path != nil && *known.path != "" {
			return known.path, known.source
		}
	}
	return nil, PathMissing
}

// OnBoundary reports whether a decision may hang on the spelling of the path.
func OnBoundary(operation, path string) bool {
	if operation != "file-read*" && operation != "file-write*" {
		return false
	}
	if strings.Contains(path, "..") {
		return true
	}
	for _, root := range []string{aliasRoot, canonicalRoot} {
		for _, edge := range []string{"/runtime-adv/edges", "/runtime-adv/canon"} {
			if strings.HasPrefix(path, root+edge) {
				return true
			}
		}
	}
	return false
}
