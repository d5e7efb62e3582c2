package inventory

import "slices"

// Kind counts what an inventory has of one kind.
type Kind struct {
	Kind   string
	Count  int
	States []StateCount // those there are, in the order of the most
}

// StateCount counts things by their state.
type StateCount struct {
	State string
	Count int
}

// Counts is the inventory in numbers.
func (d *Document) Counts() []Kind {
	runs := []*Run{}
	for _, o := range d.Bundles {
		runs = append(runs, o.Runs...)
	}
	seen := 0
	for _, o := range d.Coverage.Operations {
		if o.Observed.Allow+o.Observed.Deny > 0 {
			seen++
		}
	}
	operations := Kind{"operations", len(d.Coverage.Operations), []StateCount{{"observed here", seen}}}
	if n := len(d.Coverage.Uncovered); n > 0 {
		operations.States = append(operations.States, StateCount{"more are in no plan", n})
	}
	return []Kind{
		count("plans", d.Plans, func(p *Plan) string { return string(p.State) }),
		count("registries", d.Registries, func(r *Registry) string {
			if r.Error != "" {
				return "unloadable"
			}
			return "loaded"
		}),
		count("templates", d.Templates, func(t *Template) string { return string(t.State) }),
		count("suites", d.Suites, func(s *Suite) string { return string(s.State) }),
		{Kind: "out folders", Count: len(d.Bundles)},
		count("runs", runs, func(r *Run) string { return string(r.Standing) }),
		count("packets", d.Packets, func(p *Packet) string {
			switch {
			case p.reliable():
				return "reliable here"
			case len(p.Outdated) > 0:
				return "outdated"
			}
			return string(p.State)
		}),
		count("mappings", d.Mappings, func(m *Mapping) string { return string(m.State) }),
		operations,
	}
}

func count[T any](kind string, things []T, state func(T) string) Kind {
	k := Kind{Kind: kind, Count: len(things)}
	for _, thing := range things {
		s := state(thing)
		i := slices.IndexFunc(k.States, func(c StateCount) bool { return c.State == s })
		if i < 0 {
			i = len(k.States)
			k.States = append(k.States, StateCount{State: s})
		}
		k.States[i].Count++
	}
	slices.SortStableFunc(k.States, func(a, b StateCount) int { return b.Count - a.Count })
	return k
}
