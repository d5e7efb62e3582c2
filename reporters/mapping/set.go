package mapping

import (
	"maps"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// source is a packet that passed the gate.
type source struct {
	name   string // the packet's path as documents have it
	sha256 bundle.Digest
	packet *bundle.Packet
	bundle *bundle.Bundle // verified
	place  string         // the run folder as documents have it
	matrix *artifact.ExpectedMatrix
	impact *impactMap // nil: the packet names none

	prepared map[string]string // see preparedPaths; nil: not read yet
}

// file is one of the source's artifacts as documents have it.
func (s *source) file(artifact string) string { return s.place + "/" + artifact }

// set is what the mappings of one world are made from, and where they go.
type set struct {
	world   string
	sources []*source                // in the order of the request
	matrix  *artifact.ExpectedMatrix // of all sources together
	impact  *impactMap               // nil: no source names one
	vocab   *analysis.Vocabulary
	opts    *Options

	dir   string // the staged folder, which is written
	place string // the folder as documents are to name it
	root  string // absolute

	sums map[string]map[string]analysis.FileSum // of files whose digest is known, by their folder in the set and their name
}

// file is a file of the set as documents have it, staged where it is written.
func (s *set) file(name string) (place, staged string) {
	return s.place + "/" + name, filepath.Join(s.dir, filepath.FromSlash(name))
}

// know keeps digests of files of a folder of the set.
func (s *set) know(folder string, sums map[string]analysis.FileSum) {
	if s.sums == nil {
		s.sums = map[string]map[string]analysis.FileSum{}
	}
	if s.sums[folder] == nil {
		s.sums[folder] = sums
		return
	}
	maps.Copy(s.sums[folder], sums)
}

// observer takes in the observations of a set, each once, source by source.
type observer interface {
	observe(src *source, e *artifact.Event) error
}

// named is a path as documents have it. Root is absolute, and for such a one
// NameIn has no error.
func named(root, path string) string {
	name, _ := analysis.NameIn(root, path)
	return name
}
