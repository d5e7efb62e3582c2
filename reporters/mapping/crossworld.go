package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

const schemaCrossWorld = "rtgen.cross_world.v0.1"

// CrossWorld is cross_world.json: the expectations on which worlds differ. In a
// map by world, null is an expectation that the world has and nobody observed
// there; a world without the key does not have it.
type CrossWorld struct {
	SchemaVersion       string            `json:"schema_version"`
	Notes               string            `json:"notes"`
	Worlds              []ComparedWorld   `json:"worlds"`
	Counts              CrossWorldCounts  `json:"counts"`
	Differences         []WorldDifference `json:"differences"`          // by expectation
	UnobservedSomewhere []WorldsOf        `json:"unobserved_somewhere"` // by expectation
	VacuousSomewhere    []VacuousIn       `json:"vacuous_somewhere"`    // by expectation
	OnlyIn              map[string]int    `json:"only_in"`              // by world: how many expectations no other world has
}

// ComparedWorld is one world with its mapping set.
type ComparedWorld struct {
	WorldID string   `json:"world_id"`
	Set     string   `json:"set"`
	Packets []string `json:"packets"`
}

// CrossWorldCounts counts expectations.
type CrossWorldCounts struct {
	Expectations        int `json:"expectations"`    // of all worlds, each once
	Shared              int `json:"shared"`          // of these, in two worlds or more
	Compared            int `json:"compared"`        // of these, observed in two or more
	Alike               int `json:"alike"`           // of these, with one decision everywhere
	Different           int `json:"different"`       // the rest of them
	UnlikePolicies      int `json:"unlike_policies"` // compared, and not surely of one policy: path, mode or plan differ
	UnobservedSomewhere int `json:"unobserved_somewhere"`
	VacuousSomewhere    int `json:"vacuous_somewhere"` // of those compared
}

// WorldDifference is an expectation that two worlds or more decided differently.
// What is not one thing in all its worlds is said of each of them.
type WorldDifference struct {
	ExpectationID string              `json:"expectation_id"`
	ProfileID     string              `json:"profile_id"`
	Operation     string              `json:"operation"`
	Target        string              `json:"target"`
	Expected      map[string]string   `json:"expected,omitempty"`
	Decisions     map[string]decision `json:"decisions"`

	ProfileIDs   map[string]string `json:"profile_ids,omitempty"`
	Operations   map[string]string `json:"operations,omitempty"`
	Targets      map[string]string `json:"targets,omitempty"`
	ProfilePaths map[string]string `json:"profile_paths,omitempty"`
	ProfileModes map[string]string `json:"profile_modes,omitempty"`
	PlanDigests  map[string]string `json:"plan_digests,omitempty"`
}

// WorldsOf is an expectation that some worlds observed and others did not.
type WorldsOf struct {
	ExpectationID string   `json:"expectation_id"`
	ObservedIn    []string `json:"observed_in"`
	UnobservedIn  []string `json:"unobserved_in"`
}

// VacuousIn is an expectation of those compared that some worlds deny without the
// policy too: their denial is none of the policy's.
type VacuousIn struct {
	ExpectationID string   `json:"expectation_id"`
	VacuousIn     []string `json:"vacuous_in"`
}

const crossWorldNotes = "Decisions that were observed of one expectation in different worlds. A difference is of the worlds only where policy and plan are the same: paths, modes and digests that are not are given with it, and a denial that a world has without the policy too is no policy's: vacuous_somewhere names it."

// crossWorld gathers cross_world.json: one observer for the sets of all worlds.
type crossWorld struct {
	worlds []*comparedSet
}

// comparedSet is a set with what was seen of its expectations.
type comparedSet struct {
	set  *set
	rows map[string]*comparedRow // by expectation
}

// comparedRow is an expectation in one world.
type comparedRow struct {
	profile string
	probe   *artifact.MatrixProbe
	policy  *artifact.MatrixProfile
	plan    string // digest; empty: the run has no manifest
	seen    decision
	vacuous bool // it was denied, and is without the policy too
}

func newCrossWorld() *crossWorld { return &crossWorld{} }

// of gives the observer of one set.
func (c *crossWorld) of(s *set) observer {
	world := &comparedSet{set: s, rows: map[string]*comparedRow{}}
	for _, src := range s.sources {
		plan := ""
		if m := src.bundle.Manifest; m != nil {
			plan = m.PlanDigest
		}
		for i := range src.matrix.Profiles {
			id, policy := src.matrix.Profiles[i].Key, &src.matrix.Profiles[i].Value
			for j := range policy.Probes {
				if p := &policy.Probes[j]; p.ExpectationID != "" {
					world.rows[p.ExpectationID] = &comparedRow{profile: id, probe: p, policy: policy, plan: plan}
				}
			}
		}
	}
	c.worlds = append(c.worlds, world)
	return world
}

func (w *comparedSet) observe(_ *source, e *artifact.Event) error {
	row, known := w.rows[e.ExpectationID]
	if !known || !analysis.Observed(e) {
		return nil
	}
	if row.seen == unseen || e.Match != nil && !*e.Match {
		row.seen, row.vacuous = decisionOf(*e.Actual), analysis.Vacuous(e)
	}
	return nil
}

func (c *crossWorld) write(file string) error {
	doc, err := c.document()
	if err != nil {
		return err
	}
	return writeDocument(file, artifact.Indented, func(w *artifact.Writer) {
		w.BeginObject()
		field(w, "schema_version", doc.SchemaVersion)
		field(w, "notes", doc.Notes)
		field(w, "worlds", doc.Worlds)
		field(w, "counts", doc.Counts)
		w.Key("differences")
		w.BeginArray()
		for i := range doc.Differences {
			w.Value(&doc.Differences[i])
		}
		w.End()
		w.Key("unobserved_somewhere")
		w.BeginArray()
		for i := range doc.UnobservedSomewhere {
			w.Value(&doc.UnobservedSomewhere[i])
		}
		w.End()
		w.Key("vacuous_somewhere")
		w.BeginArray()
		for i := range doc.VacuousSomewhere {
			w.Value(&doc.VacuousSomewhere[i])
		}
		w.End()
		field(w, "only_in", doc.OnlyIn)
		w.End()
	})
}

// document compares the worlds, in the order of their ids.
func (c *crossWorld) document() (*CrossWorld, error) {
	slices.SortFunc(c.worlds, func(a, b *comparedSet) int { return strings.Compare(a.set.world, b.set.world) })
	doc := &CrossWorld{
		SchemaVersion: schemaCrossWorld, Notes: crossWorldNotes, Worlds: []ComparedWorld{},
		Differences: []WorldDifference{}, UnobservedSomewhere: []WorldsOf{}, VacuousSomewhere: []VacuousIn{}, OnlyIn: map[string]int{},
	}
	var ids []string
	for i, w := range c.worlds {
		if i > 0 && c.worlds[i-1].set.world == w.set.world {
			return nil, fmt.Errorf("cross world: two sets of world %q: make one of them", w.set.world)
		}
		names := []string{}
		for _, src := range w.set.sources {
			names = append(names, src.name)
		}
		doc.Worlds = append(doc.Worlds, ComparedWorld{w.set.world, w.set.place, names})
		doc.OnlyIn[w.set.world] = 0
		ids = slices.AppendSeq(ids, maps.Keys(w.rows))
	}
	for _, id := range unique(ids) {
		c.compare(doc, id)
	}
	return doc, nil
}

// compare says of one expectation in what its worlds differ.
func (c *crossWorld) compare(doc *CrossWorld, id string) {
	var in []*comparedSet
	decisions := map[decision][]string{}
	var vacuous []string
	for _, w := range c.worlds {
		if row, ok := w.rows[id]; ok {
			in = append(in, w)
			decisions[row.seen] = append(decisions[row.seen], w.set.world)
			if row.vacuous {
				vacuous = append(vacuous, w.set.world)
			}
		}
	}
	n := &doc.Counts
	n.Expectations++
	if len(in) == 1 {
		doc.OnlyIn[in[0].set.world]++
		return
	}
	n.Shared++
	observed := slices.Concat(decisions[allowed], decisions[denied])
	if len(observed) > 0 && len(decisions[unseen]) > 0 {
		n.UnobservedSomewhere++
		doc.UnobservedSomewhere = append(doc.UnobservedSomewhere, WorldsOf{id, unique(observed), decisions[unseen]})
	}
	if len(observed) < 2 {
		return
	}
	n.Compared++
	if len(vacuous) > 0 {
		n.VacuousSomewhere++
		doc.VacuousSomewhere = append(doc.VacuousSomewhere, VacuousIn{id, vacuous})
	}
	d := difference(id, in)
	if d.ProfilePaths != nil || d.ProfileModes != nil || d.PlanDigests != nil {
		n.UnlikePolicies++
	}
	if len(decisions[allowed]) == 0 || len(decisions[denied]) == 0 {
		n.Alike++
		return
	}
	n.Different++
	doc.Differences = append(doc.Differences, d)
}

// difference lays an expectation's worlds side by side.
func difference(id string, in []*comparedSet) WorldDifference {
	first := in[0].rows[id]
	// apart is nil for what is the same in all worlds.
	apart := func(of func(*comparedRow) string) map[string]string {
		values, differ := map[string]string{}, false
		for _, w := range in {
			values[w.set.world] = of(w.rows[id])
			differ = differ || of(w.rows[id]) != of(first)
		}
		if !differ {
			return nil
		}
		return values
	}
	d := WorldDifference{
		ExpectationID: id, ProfileID: first.profile, Operation: first.probe.Operation, Target: first.probe.Target,
		Decisions: map[string]decision{},

		Expected:     apart(func(r *comparedRow) string { return r.probe.Expected }),
		ProfileIDs:   apart(func(r *comparedRow) string { return r.profile }),
		Operations:   apart(func(r *comparedRow) string { return r.probe.Operation }),
		Targets:      apart(func(r *comparedRow) string { return r.probe.Target }),
		ProfilePaths: apart(func(r *comparedRow) string { return r.policy.Blob }),
		ProfileModes: apart(func(r *comparedRow) string { return r.policy.Mode }),
		PlanDigests:  apart(func(r *comparedRow) string { return r.plan }),
	}
	for _, w := range in {
		d.Decisions[w.set.world] = w.rows[id].seen
	}
	return d
}
