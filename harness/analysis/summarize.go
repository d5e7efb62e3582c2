package analysis

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// SummarizeOptions says how a bundle or a packet is summed up. Its zero value
// works.
type SummarizeOptions struct {
	// Root is the folder that the summary names files from, and that the paths of a
	// packet of the reference system start from. Empty: the working directory.
	Root string
	// Vocabulary has the ids of operations. Nil: the built-in one of the world,
	// and no ids for a world whose system has none.
	Vocabulary *Vocabulary

	// Unverified takes a bundle as it lies there. Its summary says so, and nothing
	// in it is ok: what was not verified is no evidence.
	Unverified bool
	// AllowNonpromotable takes a packet whose evidence may not be relied on. Its
	// summary says so.
	AllowNonpromotable bool
}

// SummarizeBundle sums up the observations of the bundle at path, an out folder
// or a run folder, by operation. Unless told otherwise it takes what
// [bundle.Load] takes and fails with its errors. A row that is no object is refused,
// and a key that nobody knows is a newer version's: the reference system passes over
// the one and refuses the other.
func SummarizeBundle(path string, o SummarizeOptions) (*OpSummary, error) {
	if o.Unverified {
		return summarizeUnverified(path, o)
	}
	b, err := bundle.Load(path)
	if err != nil {
		return nil, err
	}
	s := newSumming(o, b.WorldID(), "runtime_bundle")
	if err := s.bundle(b); err != nil {
		return nil, err
	}
	if sum, ok := b.SHA256(bundle.ManifestFile); ok {
		if err := s.input(b.Dir, bundle.ManifestFile, sum); err != nil {
			return nil, err
		}
	}
	return s.summary()
}

// SummarizePacket sums up the observations of the bundle that a packet points
// to. Unless told otherwise the evidence must be such as may be relied on, by the
// packet's word and by the bundle's: see [bundle.Packet.OpenPromotable] for the
// errors. What is no packet is a *bundle.RequestError.
func SummarizePacket(path string, o SummarizeOptions) (*OpSummary, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, err
	}
	p, err := bundle.LoadPacketIn(path, root)
	if _, unread := errors.AsType[*fs.PathError](err); err != nil && !unread {
		return nil, &bundle.RequestError{Err: err}
	} else if err != nil {
		return nil, err
	}
	open := p.OpenPromotable
	if o.AllowNonpromotable {
		open = p.Open
	}
	b, err := open()
	if err != nil {
		return nil, err
	}
	s := newSumming(o, b.WorldID(), "promotion_packet")
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if err := s.input(filepath.Dir(path), filepath.Base(path), p.SHA256()); err != nil {
		return nil, err
	}
	if err := s.bundle(b); err != nil {
		return nil, err
	}
	if reasons := against(p, b); len(reasons) > 0 {
		s.note("not promotable: " + strings.Join(reasons, ", "))
	}
	if p.ArtifactIndex == nil {
		s.note("the packet names no artifact index, so that its paths alone say which run it is about")
	}
	return s.summary()
}

// against are the reasons not to rely on a packet's evidence, by its word and by
// the bundle's.
func against(p *bundle.Packet, b *bundle.Bundle) []string {
	says, gives := p.Promotability, b.Promotability()
	var reasons []string
	for _, r := range slices.Concat(says.Reasons, gives.Reasons) {
		if !slices.Contains(reasons, string(r)) {
			reasons = append(reasons, string(r))
		}
	}
	if len(reasons) == 0 && !says.PromotableDecisionStage {
		return []string{"the packet gives no reason"}
	}
	return reasons
}
