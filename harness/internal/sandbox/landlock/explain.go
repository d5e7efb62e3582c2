package landlock

import (
	"path/filepath"
	"slices"
	"strconv"
)

// Restriction is what a policy, or one layer of it, does about a right.
type Restriction string

// The restrictions.
const (
	Open    Restriction = "open"    // not handled: not restricted
	Denied  Restriction = "denied"  // handled and granted nowhere
	Granted Restriction = "granted" // handled, and allowed where it is granted
	Scoped  Restriction = "scoped"  // allowed inside the domain
)

// Explained is one right and what each layer does about it.
type Explained struct {
	Right  string // audit name
	ABI    int    // that introduced it
	Layers []Effect
	All    Effect // of all layers together
}

// Effect is what one layer, or all, does about a right.
type Effect struct {
	Restriction Restriction
	// Where it is granted: parents as resolved, or ports. For all layers
	// together a parent counts when each layer grants it or a folder it is
	// spelled beneath, so links may make it more.
	Where []string
}

// Explain tells of every right this package knows what the layers, outermost
// first, do about it, and then of what comes with Landlock and is no right:
// changes of the mount table and ptrace.
func Explain(layers []Ruleset) []Explained {
	var list []Explained
	for bit, r := range fsRights {
		right := AccessFS(1) << bit
		e := Explained{Right: "fs." + r.name, ABI: r.abi}
		for i := range layers {
			e.Layers = append(e.Layers, layers[i].effectFS(right))
		}
		e.All = together(e.Layers, covers)
		list = append(list, e)
	}
	for bit, r := range netRights {
		right := AccessNet(1) << bit
		e := Explained{Right: "net." + r.name, ABI: r.abi}
		for i := range layers {
			e.Layers = append(e.Layers, layers[i].effectNet(right))
		}
		e.All = together(e.Layers, func(a, b string) bool { return a == b })
		list = append(list, e)
	}
	for bit, r := range scopeRights {
		scope := Scope(1) << bit
		list = append(list, simple("scope."+r.name, r.abi, layers, Scoped, func(r *Ruleset) bool { return r.Scoped&scope != 0 }))
	}
	return append(list,
		simple("fs.change_topology", 1, layers, Denied, func(r *Ruleset) bool { return r.HandledFS != 0 }),
		simple("ptrace", 1, layers, Scoped, func(*Ruleset) bool { return true }),
	)
}

func (r *Ruleset) effectFS(right AccessFS) Effect {
	switch {
	case r.HandledFS&right != 0:
	case right == Refer && r.HandledFS != 0:
		return Effect{Restriction: Denied} // always handled along, ABI 1 included
	default:
		return Effect{Restriction: Open}
	}
	e := Effect{Restriction: Denied}
	for _, rule := range r.Paths {
		if rule.Access&right != 0 {
			e.Restriction = Granted
			e.Where = append(e.Where, filepath.Clean(rule.Parent))
		}
	}
	slices.Sort(e.Where)
	e.Where = slices.Compact(e.Where)
	return e
}

func (r *Ruleset) effectNet(right AccessNet) Effect {
	if r.HandledNet&right == 0 {
		return Effect{Restriction: Open}
	}
	e := Effect{Restriction: Denied}
	for _, rule := range r.Ports { // sorted by number
		if rule.Access&right != 0 {
			e.Restriction = Granted
			e.Where = append(e.Where, strconv.FormatUint(rule.Port, 10))
		}
	}
	return e
}

func simple(name string, abi int, layers []Ruleset, as Restriction, restricts func(*Ruleset) bool) Explained {
	e := Explained{Right: name, ABI: abi, All: Effect{Restriction: Open}}
	for i := range layers {
		effect := Effect{Restriction: Open}
		if restricts(&layers[i]) {
			effect.Restriction, e.All.Restriction = as, as
		}
		e.Layers = append(e.Layers, effect)
	}
	return e
}

// together is what layers do in one another: what each that restricts grants.
func together(layers []Effect, covers func(a, b string) bool) Effect {
	all := Effect{Restriction: Open}
	for _, l := range layers {
		switch {
		case l.Restriction == Open:
		case all.Restriction == Open:
			all = Effect{l.Restriction, slices.Clone(l.Where)}
		default:
			kept := within(all.Where, l.Where, covers)
			for _, path := range within(l.Where, all.Where, covers) {
				if !slices.Contains(kept, path) {
					kept = append(kept, path)
				}
			}
			all.Where = kept
			all.Restriction = Granted
			if len(all.Where) == 0 {
				all.Restriction = Denied
			}
		}
	}
	return all
}

// within is those of list that lie in one of folders.
func within(list, folders []string, covers func(a, b string) bool) []string {
	var in []string
	for _, path := range list {
		if slices.ContainsFunc(folders, func(folder string) bool { return covers(folder, path) }) {
			in = append(in, path)
		}
	}
	return in
}
