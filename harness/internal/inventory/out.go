package inventory

import (
	"path"

	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/parallel"
)

// Outs lists the out folders and their runs by the small documents. No digest is
// looked at.
func (t *Tree) Outs(found *Found, world string) []*Out {
	list := make([]*Out, len(found.outs))
	// Each is read on all processors already.
	for i, dir := range found.outs {
		list[i] = t.out(dir, world)
	}
	return list
}

func (t *Tree) out(dir, world string) *Out {
	o := &Out{Path: dir, Runs: []*Run{}, Packets: []string{}}
	runs, err := bundle.ListRuns(t.place(dir))
	if err != nil {
		o.Error = reason(err)
		return o
	}
	o.Latest = runs.Latest
	for _, f := range runs.Findings {
		if f.Code == bundle.BadLatest { // packets are told of one by one
			o.Findings = append(o.Findings, f.String())
		}
	}
	o.Runs = make([]*Run, len(runs.Runs))
	parallel.Each(len(o.Runs), func(i int) { o.Runs[i] = t.run(dir, &runs.Runs[i], world) })
	return o
}

func (t *Tree) run(out string, l *bundle.RunListing, world string) *Run {
	r := &Run{
		ID: l.ID, Standing: l.Standing, Status: l.Status, WorldID: l.WorldID, Here: isHere(l.WorldID, world),
		PlanID: l.PlanID, PlanNow: PlanUnproved, Channel: l.Channel, UpdatedAt: l.UpdatedAt, Latest: l.Latest, Detail: l.Detail,
	}
	// A run that is under way or failed may have its status alone.
	for _, name := range []string{"run_manifest.json", bundle.StatusFile} {
		data, err := t.read(path.Join(out, l.ID, name), maxData)
		if err != nil || !gjson.ValidBytes(data) {
			continue
		}
		ids := gjson.GetManyBytes(data, "plan_digest", "compiled_digest")
		r.PlanDigest, _ = bundle.ParseDigest(ids[0].Str)
		r.CompiledDigest, _ = bundle.ParseDigest(ids[1].Str)
		break
	}
	return r
}

// isHere says whether a world is the host's.
func isHere(id, world string) bool { return id == world && world != UnknownWorld }

// find is the run folder at a path of the tree.
func find(outs []*Out, name string) (*Out, *Run) {
	for _, o := range outs {
		if o.Path != parent(name) {
			continue
		}
		for _, r := range o.Runs {
			if r.ID == path.Base(name) {
				return o, r
			}
		}
	}
	return nil, nil
}
