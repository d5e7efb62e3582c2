package inventory

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/parallel"
)

// cover says which operations the plans cover, and what a packet of each plan
// shows to have been observed of them.
func (t *Tree) cover(d *Document) {
	ops := map[string]*Operation{}
	for _, p := range d.Plans {
		for name, scenarios := range p.PerOp {
			if ops[name] == nil {
				ops[name] = &Operation{Name: name, Plans: []string{}, Packets: []string{}}
			}
			ops[name].Plans = append(ops[name].Plans, p.Path)
			ops[name].Scenarios += scenarios
			ops[name].here = ops[name].here || !p.Elsewhere
		}
	}
	ids := slices.Sorted(maps.Keys(d.plansByID()))
	shown := make([]*Packet, len(ids))
	seen := make([]map[string]Observed, len(ids))
	parallel.Each(len(ids), func(i int) { shown[i], seen[i] = t.observed(d.Packets, ids[i]) })
	for i, p := range shown {
		for name, n := range seen[i] {
			op := ops[name]
			if op == nil {
				continue
			}
			op.Observed.Allow += n.Allow
			op.Observed.Deny += n.Deny
			op.Packets = append(op.Packets, p.Path)
		}
	}
	d.Coverage = Coverage{Operations: []*Operation{}, Uncovered: []string{}}
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		d.Coverage.Operations = append(d.Coverage.Operations, ops[name])
	}
	d.Coverage.lack(d.WorldID)
}

// lack says which operations of the host's system no plan covers that can be run
// here. A probe may call an operation by several names.
func (c *Coverage) lack(world string) {
	vocabulary, err := analysis.VocabularyOf(world)
	if err != nil {
		return // no system whose operations are known
	}
	c.Vocabulary = "builtin:" + vocabulary.File()
	covered := map[int]bool{}
	for _, op := range c.Operations {
		if id, ok := vocabulary.ID(op.Name); ok && op.here {
			covered[id] = true
		}
	}
	for _, name := range vocabulary.Operations() {
		if id, _ := vocabulary.ID(name); !covered[id] {
			c.Uncovered = append(c.Uncovered, name)
		}
	}
}

// observed is what the newest reliable packet of a plan shows, by operation. A
// packet whose bundle does not bear a close look is broken, and another is taken.
func (t *Tree) observed(packets []*Packet, plan string) (*Packet, map[string]Observed) {
	var list []*Packet
	for _, p := range packets {
		if p.reliable() && p.PlanID == plan {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *Packet) int {
		return cmp.Or(cmp.Compare(b.run.UpdatedAt, a.run.UpdatedAt), strings.Compare(a.Path, b.Path))
	})
	for _, p := range list {
		seen, err := t.decisions(p)
		if err == nil {
			return p, seen
		}
		p.judged(PacketBroken, "its bundle does not load: %s", strings.ReplaceAll(err.Error(), t.dir+"/", ""))
	}
	return nil, nil
}

// decisions counts what was observed in the bundle of a packet. Every byte of
// the bundle is verified.
func (t *Tree) decisions(p *Packet) (map[string]Observed, error) {
	b, err := bundle.Load(t.place(p.Bundle))
	if err != nil {
		return nil, err
	}
	seen := map[string]Observed{}
	err = b.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
		return artifact.ReadEvents(r, func(e *artifact.Event) error {
			if err := analysis.CheckEvent(e); err != nil {
				return err
			}
			if e.WorldID != p.WorldID {
				return fmt.Errorf("observation %q is of world %q, the packet of %q", e.ScenarioID, e.WorldID, p.WorldID)
			}
			if analysis.Observed(e) {
				n := seen[e.Operation]
				if *e.Actual == "allow" {
					n.Allow++
				} else {
					n.Deny++
				}
				seen[e.Operation] = n
			}
			return nil
		})
	})
	return seen, err
}
