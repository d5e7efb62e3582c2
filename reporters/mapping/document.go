package mapping

import (
	"crypto/sha256"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// The files of a mapping set.
const (
	CutsFolder        = "runtime_cuts"
	CoverageFile      = "runtime_coverage.json"
	CalloutOracleFile = "runtime_callout_oracle.json"
	SignaturesFile    = "runtime_signatures.json"
	OpSummaryFile     = "op_runtime_summary.json"
	LinksFile         = "runtime_links.json"
	CrossWorldFile    = "cross_world.json" // beside the sets of several worlds
)

// storyFile is the story in a mapping set.
const storyFile = CutsFolder + "/" + analysis.StoryFile

// The source jobs of mappings.
const (
	jobPacket = "promotion_packet"
	jobField2 = "experiment:field2"
	jobPlan   = "plan:" // and the plan's id
)

// writeDocument writes a new document of the staged folder entry by entry, so that
// it is never held whole.
func writeDocument(file string, style artifact.Style, fill func(w *artifact.Writer)) error {
	return writeBuffered(file, func(out io.Writer) error {
		w := artifact.NewWriter(out, style)
		fill(w)
		return w.Close()
	})
}

// field writes a key with its value.
func field(w *artifact.Writer, key string, value any) {
	w.Key(key)
	w.Value(value)
}

// inputs are the files that a document is made from, in order, with the digests
// of those that have one.
type inputs struct {
	files  []string
	hashes analysis.Hashes
}

// take notes a file as an input.
func (in *inputs) take(file string, digest bundle.Digest) {
	in.files = append(in.files, file)
	in.hash(file, digest)
}

// hash notes the digest of a file that need not be an input.
func (in *inputs) hash(file string, digest bundle.Digest) {
	if in.hashes == nil {
		in.hashes = analysis.Hashes{}
	}
	in.hashes[file] = digest.String()
}

// takeArtifacts notes the source's packet, and artifacts of its bundle.
func (in *inputs) takeArtifacts(src *source, artifacts ...string) {
	in.take(src.name, src.sha256)
	for _, name := range artifacts {
		if digest, ok := src.bundle.SHA256(name); ok {
			in.take(src.file(name), digest)
		}
	}
}

// takeOwn notes a file of the set, which is written and stays as it is.
func (in *inputs) takeOwn(s *set, name string) error {
	place, staged := s.file(name)
	f, err := os.Open(staged)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return err
	}
	sum := analysis.FileSum{Size: size, SHA256: bundle.Digest(h.Sum(nil))}
	s.know(path.Dir(name), map[string]analysis.FileSum{path.Base(name): sum})
	in.take(place, sum.SHA256)
	return nil
}

// option is a file that the options name, which starts from the working
// directory, as documents have it; empty: they name none.
func (s *set) option(file string) string {
	if file == "" {
		return ""
	}
	if abs, err := filepath.Abs(file); err == nil {
		file = abs
	}
	return named(s.root, file)
}

// provenance says which runs the set is made from.
func (s *set) provenance() *analysis.RunProvenance {
	p := &analysis.RunProvenance{RunIDs: []string{}, Manifests: []string{}, RepoRootContexts: []string{}}
	for _, src := range s.sources {
		p.RunIDs = append(p.RunIDs, src.bundle.RunID())
		if m := src.bundle.Manifest; m != nil {
			p.Manifests = append(p.Manifests, src.file(bundle.ManifestFile))
			p.RepoRootContexts = append(p.RepoRootContexts, m.RepoRootContext)
		}
	}
	p.RunIDs, p.Manifests, p.RepoRootContexts = unique(p.RunIDs), unique(p.Manifests), unique(p.RepoRootContexts)
	return p
}

// unique sorts a list and drops what comes twice. The list is used up.
func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
