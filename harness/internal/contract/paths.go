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

// NormalizedPath is the best spelling known of a path, and which that is. It
// knows no aliases: a witness says what was seen.
func NormalizedPath(observed, requested *string) (path *string, source string) {
	switch {
	case observed != nil && *observed != "":
		return observed, "observed_path"
	case requested != nil && *requested != "":
		return requested, "requested_path"
	}
	return nil, "missing"
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
