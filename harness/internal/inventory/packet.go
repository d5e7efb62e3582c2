package inventory

import (
	"errors"
	"fmt"
	"path"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/parallel"
)

// Packets reads the packets, and holds each against the index of the bundle it
// leads to, and no other file of it.
func (t *Tree) Packets(found *Found, outs []*Out, world string) []*Packet {
	list := make([]*Packet, len(found.packets))
	parallel.Each(len(list), func(i int) { list[i] = t.packet(found.packets[i], outs, world) })
	for _, p := range list {
		if p.out != nil {
			p.out.Packets = append(p.out.Packets, p.Path)
		}
	}
	return list
}

func (t *Tree) packet(name string, outs []*Out, world string) *Packet {
	p := &Packet{Path: name, Reasons: []string{}, Outdated: []string{}}
	doc, err := bundle.LoadPacket(t.place(name))
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil {
			err = inner // without its own name, which is absolute
		}
		return p.judged(PacketBroken, "%s", reason(err))
	}
	p.RunID, p.WorldID, p.Here = doc.RunID, doc.WorldID, isHere(doc.WorldID, world)
	p.Promotable = doc.Promotability.PromotableDecisionStage
	for _, r := range doc.Promotability.Reasons {
		p.Reasons = append(p.Reasons, string(r))
	}
	place, ok := t.Name(doc.Path(doc.RunManifest))
	place = parent(place)
	if ok {
		p.out, p.run = find(outs, place)
	}
	if p.run != nil {
		p.Bundle, p.PlanID = place, p.run.PlanID
	}
	switch {
	case doc.ArtifactIndex == nil:
		return p.judged(PacketUnbound, "has no artifact_index")
	case !ok:
		return p.judged(PacketOutside, "leads out of the tree")
	case p.run == nil:
		return p.judged(PacketBroken, "no run folder is at %s", place)
	}
	return t.follow(p, path.Join(p.Bundle, bundle.IndexFile), doc.ArtifactIndex.SHA256)
}

// follow looks at the index of the packet's bundle.
func (t *Tree) follow(p *Packet, index string, want bundle.Digest) *Packet {
	data, err := t.read(index, maxData)
	switch {
	case err != nil:
		return p.judged(PacketBroken, "%s: %s", index, reason(err))
	case bundle.DigestOf(data) != want:
		return p.judged(PacketBroken, "%s was committed or changed since: it has sha256 %s, the packet says %s", index, bundle.DigestOf(data), want)
	case p.run.Standing != bundle.StandingCommitted && p.run.Standing != bundle.StandingDry && p.run.Standing != bundle.StandingFailed:
		return p.judged(PacketBroken, "its run is %s: %s", p.run.Standing, p.run.Detail)
	}
	return p.judged(PacketHolds, "")
}

func (p *Packet) judged(state PacketState, format string, args ...any) *Packet {
	p.State, p.Detail = state, fmt.Sprintf(format, args...)
	return p
}

// reliable says whether consumers may take the packet for the host's world and
// for its plan as it is.
func (p *Packet) reliable() bool {
	return p.State == PacketHolds && p.Promotable && p.Here && len(p.Outdated) == 0 && p.run.PlanNow == PlanSame
}
