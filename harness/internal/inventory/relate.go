package inventory

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle"
)

// relate holds runs against the plans of their ids as they are now, and packets
// against their out folders.
func (d *Document) relate() {
	plans := d.plansByID()
	for _, o := range d.Bundles {
		for _, r := range o.Runs {
			r.PlanNow = r.compare(plans[r.PlanID])
		}
	}
	for _, p := range d.Packets {
		if p.State != PacketHolds {
			continue
		}
		if p.out.Latest != "" && p.out.Latest != p.run.ID {
			p.Outdated = append(p.Outdated, fmt.Sprintf("LATEST names run %s", p.out.Latest))
		}
		if p.run.PlanNow == PlanOlder {
			p.Outdated = append(p.Outdated, fmt.Sprintf("plan %q is another now", p.PlanID))
		}
	}
}

func (d *Document) plansByID() map[string][]*Plan {
	plans := map[string][]*Plan{}
	for _, p := range d.Plans {
		if p.ID != "" {
			plans[p.ID] = append(plans[p.ID], p)
		}
	}
	return plans
}

// compare holds the run against all plans of its id: it is of an older one only
// if it is of none of them.
func (r *Run) compare(plans []*Plan) Comparison {
	if len(plans) == 0 {
		return PlanGone
	}
	none := bundle.Digest{}
	answer := PlanOlder
	for _, p := range plans {
		switch {
		case r.PlanDigest == none, p.Digest == none:
			answer = PlanUnproved
		case r.PlanDigest != p.Digest:
		case r.CompiledDigest == none: // the reference system has no such digest
			return PlanSame
		case p.CompiledDigest == none:
			answer = PlanUnproved
		case r.CompiledDigest == p.CompiledDigest:
			return PlanSame
		}
	}
	return answer
}

// settle says how far each plan has come.
func (d *Document) settle() {
	proven := map[string]bool{}
	for _, p := range d.Packets {
		if p.reliable() {
			proven[p.PlanID] = true
		}
	}
	for _, p := range d.Plans {
		p.Runs, p.LastRun = d.runsOf(p)
		switch {
		case p.Error != "":
			p.State = PlanUnloadable
		case d.WorldID == UnknownWorld:
			p.State = PlanUnknown
		case p.LastRun == nil && p.Elsewhere:
			p.State = PlanElsewhere
		case p.LastRun == nil:
			p.State = PlanNeverRun
		case proven[p.ID]:
			p.State = PlanProven
		default:
			p.State = PlanRun
		}
	}
}

// runsOf counts the runs of a plan, and gives the newest that was committed in
// the host's world.
func (d *Document) runsOf(p *Plan) (n int, last *LastRun) {
	for _, o := range d.Bundles {
		for _, r := range o.Runs {
			if r.PlanID != p.ID || p.ID == "" {
				continue
			}
			n++
			if !r.Here || r.Standing != bundle.StandingCommitted {
				continue
			}
			if last == nil || r.UpdatedAt > last.UpdatedAt {
				last = &LastRun{o.Path, r.ID, r.Status, r.UpdatedAt, r.PlanNow}
			}
		}
	}
	return n, last
}
