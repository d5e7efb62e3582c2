package evidence

import (
	"path"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// What made another path of a name.
const (
	bySymlink   = "symlink"
	byDotdot    = "dotdot"
	byBindMount = "bind_mount"
)

// pathDiffer holds what was asked for against the path that the probe's own
// descriptor had, or else the look before it. Without either it says nothing, and
// of macOS the format has other words: a firmlink is no link that a path shows.
func pathDiffer(s *scenarioRow, o *Observation) artifact.PathDiffer {
	if s.system == contract.Darwin {
		return artifact.PathDiffer{}
	}
	var reached string
	var file *File
	switch {
	case o.ObservedPath != "" && o.File != nil:
		reached, file = o.ObservedPath, o.File
	case o.Sight != nil:
		reached, file = o.Sight.Path, o.Sight.File
	}
	requested := requestedPath(o)
	if reached == "" || requested == nil || !strings.HasPrefix(*requested, "/") {
		return artifact.PathDiffer{}
	}
	by := differsBy(*requested, reached)
	if by == "" && file != nil && file.Elsewhere != "" {
		by = byBindMount
	}
	return artifact.PathDiffer{PathDiffers: new(by != ""), PathDiffersBy: by}
}

// differsBy says what made the path that was reached of the one that was asked
// for; empty when both are the same but for slashes and dots. A ".." is not
// taken away with the name before it, which may be a link to anywhere: the
// kernel's path never has one, so it differs. What is not a link's doing is
// where taking it away gives the path that was reached.
func differsBy(requested, reached string) string {
	plain := plainPath(requested)
	switch {
	case plain == reached:
		return ""
	case path.Clean(requested) == reached:
		return byDotdot
	}
	return bySymlink
}

// plainPath drops doubled slashes, slashes at the end and the dots that stand for
// the folder itself: no file system has a say in those.
func plainPath(p string) string {
	if !strings.Contains(p, "//") && !strings.Contains(p, "/.") && (!strings.HasSuffix(p, "/") || p == "/") {
		return p
	}
	var names []string
	for name := range strings.SplitSeq(p, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return "/" + strings.Join(names, "/")
}
