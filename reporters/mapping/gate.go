package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// RejectReason says why a packet was not used.
type RejectReason string

// The reasons; a packet has the first that is found.
const (
	MissingPacket    RejectReason = "missing_packet"
	DuplicatePacket  RejectReason = "duplicate_packet"  // the same file is named earlier
	PacketLoadError  RejectReason = "packet_load_error" // not to be read as a packet, or without a manifest
	WorldIDMismatch  RejectReason = "world_id_mismatch" // of another world than asked for, or of none
	NotPromotable    RejectReason = "not_promotable"    // the packet, the channel or the bundle says no
	PacketUnbound    RejectReason = "packet_unbound"    // nothing in it says which bytes it is about
	BundleUnverified RejectReason = "bundle_unverified" // its bundle is not what was committed
	UnknownOperation RejectReason = "unknown_operation" // one that the world's system does not have
	MergeConflict    RejectReason = "merge_conflict"    // with a packet that is used, of the same world
)

// candidate is a packet on its way through the gate.
type candidate struct {
	listed
	considered Considered // what the receipt says of it; its Status is set when it is judged
	source     *source    // what it gives when it is used
}

// reject ends a candidate's way. The first reason is the one that counts.
func (c *candidate) reject(reason RejectReason, format string, args ...any) {
	c.considered.Status, c.considered.Reasons = StatusRejected, []RejectReason{reason}
	c.considered.Error = oneLine(fmt.Sprintf(format, args...))
}

// oneLine keeps text of others' documents to one line that prints.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if artifact.Clean(string(r)) {
			return r
		}
		return ' '
	}, text)
}

// gate judges every packet of the request, in its order. What comes of it depends
// on the packets alone: those that need nothing of others are looked at side by
// side, then each is held against those before it.
func (r *request) gate() []*candidate {
	candidates := make([]*candidate, len(r.packets))
	first := map[string]*candidate{}
	for i, l := range r.packets {
		c := &candidate{listed: l, considered: Considered{Path: l.name, Reasons: []RejectReason{}}}
		candidates[i] = c
		if l.real == "" {
			continue
		}
		if earlier, ok := first[l.real]; ok {
			c.reject(DuplicatePacket, "packet %s is the file of %s, which comes earlier: name it once", c.name, earlier.name)
			continue
		}
		first[l.real] = c
	}
	each(len(candidates), func(i int) {
		if c := candidates[i]; c.considered.Status == "" {
			c.judge(r)
		}
	})
	var taken merger
	for _, c := range candidates {
		if c.real != "" {
			c.considered.SHA256 = first[c.real].considered.SHA256 // of a duplicate too
		}
		if c.considered.Status == "" {
			taken.take(c)
		}
		if c.considered.Status == "" {
			c.considered.Status = StatusUsed
		}
	}
	return candidates
}

// judge looks at everything about a packet that does not depend on others.
func (c *candidate) judge(r *request) {
	p, manifest, verdict := c.load(r.root)
	if p == nil {
		return
	}
	switch world := manifest.WorldID; {
	case world == "":
		c.reject(WorldIDMismatch, "packet %s: its manifest names no world: run it anew, evidence of no world is of no use", c.name)
	case artifact.CheckID("world_id", world) != nil:
		c.reject(WorldIDMismatch, "packet %s: %v: run it anew", c.name, artifact.CheckID("world_id", world))
	case r.world != "" && world != r.world:
		c.reject(WorldIDMismatch, "packet %s is of world %q, and %q is asked for: leave it out, or ask for its world", c.name, world, r.world)
	case p.WorldID != "" && p.WorldID != world:
		c.reject(WorldIDMismatch, "packet %s says world %q, its manifest %q: emit it anew", c.name, p.WorldID, world)
	case verdict != nil:
		c.reject(NotPromotable, "packet %s: %v: emit it anew", c.name, verdict)
	case !p.Promotability.PromotableDecisionStage:
		c.reject(NotPromotable, "packet %s says that it is not promotable: %s: run its plan anew, and mend that", c.name, reasonsOf(p.Promotability))
	case !bundle.CleanChannel(world, manifest.Channel):
		c.reject(NotPromotable, "packet %s: channel %q is no clean one of world %s: run its plan with --channel clean", c.name, manifest.Channel, world)
	case p.ArtifactIndex == nil && !r.opts.AllowUnbound:
		c.reject(PacketUnbound, "packet %s names no artifact_index, so any bundle could have taken the place of its own: emit it anew, or say --allow-unbound", c.name)
	default:
		c.open(r, p)
	}
}

func reasonsOf(judged bundle.Promotability) string {
	words := make([]string, len(judged.Reasons))
	for i, reason := range judged.Reasons {
		words[i] = string(reason)
	}
	return cmp.Or(strings.Join(words, ", "), "no reason is given")
}

// load reads the packet and its manifest, which nothing vouches for yet. What is
// wrong with the packet's verdict comes apart: there is more to say of such a
// packet.
func (c *candidate) load(root string) (p *bundle.Packet, manifest *bundle.RunManifest, verdict error) {
	p, err := bundle.LoadPacketIn(c.path, root)
	if unjudged, ok := errors.AsType[*bundle.VerdictError](err); ok {
		p, verdict, err = unjudged.Packet, unjudged.Err, nil
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.considered.Status, c.considered.Reasons = StatusMissing, []RejectReason{MissingPacket}
		return nil, nil, nil
	case err != nil:
		c.reject(PacketLoadError, "%v: give a packet that emit-promotion wrote", err)
		if data, err := bundle.ReadDocument(c.path); err == nil {
			c.considered.SHA256 = bundle.DigestOf(data).String()
		}
		return nil, nil, nil
	}
	entry := &c.considered
	entry.SHA256, entry.SchemaVersion = p.SHA256().String(), p.SchemaVersion
	entry.Bound = new(p.ArtifactIndex != nil)
	entry.Promotability = artifact.Some(p.Promotability)
	if verdict != nil {
		entry.Promotability = artifact.Null[bundle.Promotability]()
	}
	if manifest, err = readManifest(p); err != nil {
		c.reject(PacketLoadError, "packet %s: its manifest %s: %v: %s", c.name, named(root, p.Path(p.RunManifest)), err, c.moved(p))
		return nil, nil, nil
	}
	entry.Channel, entry.RunID, entry.WorldID = manifest.Channel, manifest.RunID, manifest.WorldID
	return p, manifest, verdict
}

// moved is what to do when a packet leads nowhere.
func (c *candidate) moved(p *bundle.Packet) string {
	if p.ArtifactIndex == nil {
		return "give the repository that its paths start from (--root)"
	}
	return "put packet and run folder back beside each other, or emit it anew"
}

func readManifest(p *bundle.Packet) (*bundle.RunManifest, error) {
	data, err := bundle.ReadDocument(p.Path(p.RunManifest))
	if err != nil {
		return nil, cause(err)
	}
	m := new(bundle.RunManifest)
	if err := artifact.Decode(data, m); err != nil {
		return nil, err
	}
	return m, artifact.CheckSchema(m.SchemaVersion, bundle.SchemaManifest)
}

// cause is what an error of the file system says without the path, which the
// caller names.
func cause(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// open verifies the packet's bundle and takes from it what generation needs.
func (c *candidate) open(r *request, p *bundle.Packet) {
	b, err := p.Open()
	if err != nil {
		c.reject(BundleUnverified, "%v: run its plan anew", err)
		return
	}
	c.considered.ArtifactIndexSHA256 = b.IndexDigest.String()
	if b.Manifest == nil || b.Manifest.WorldID != c.considered.WorldID || b.Manifest.Channel != c.considered.Channel {
		c.reject(BundleUnverified, "packet %s: the manifest it names is not that of its bundle %s: emit it anew", c.name, b.Dir)
		return
	}
	if judged := b.Promotability(); !judged.PromotableDecisionStage {
		c.reject(NotPromotable, "packet %s says promotable, and its bundle %s is not: %s: emit it anew", c.name, b.Dir, reasonsOf(judged))
		return
	}
	for _, ref := range exportsOf(p) {
		if !ref.leadsInto(p, b) {
			c.reject(BundleUnverified, "packet %s: %s %.200q is no artifact of its run folder %s: emit it anew", c.name, ref.key, ref.path, b.Dir)
			return
		}
	}
	if r.opts.Deep {
		v, err := bundle.VerifyPacket(c.path, r.root)
		if err != nil {
			c.reject(BundleUnverified, "%v: mend that, or leave it out", err)
			return
		}
		for _, f := range v.Findings {
			// An unbound one that was allowed is never bound.
			if f.Code != bundle.PacketUnbound && !f.Warning {
				c.reject(BundleUnverified, "packet %s: %s: run its plan anew", c.name, f)
				return
			}
		}
	}
	c.take(r, p, b)
}

// take reads the matrix and the impact map, and refuses what no mapping can be
// made from.
func (c *candidate) take(r *request, p *bundle.Packet, b *bundle.Bundle) {
	src := &source{name: c.name, sha256: p.SHA256(), packet: p, bundle: b, place: named(r.root, p.RunDir())}
	var err error
	if src.matrix, err = readMatrix(b); err == nil && p.ImpactMap != "" {
		src.impact, err = readImpactMap(b)
	}
	if err != nil {
		c.reject(BundleUnverified, "packet %s: %v: run its plan anew", c.name, err)
		return
	}
	if err := checkOperations(src); err != nil {
		c.reject(UnknownOperation, "packet %s: %v", c.name, err)
		return
	}
	c.source = src
}
