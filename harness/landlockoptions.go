package harness

import (
	"maps"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// LandlockOptions is what a Landlock profile says beside its text: that is one
// layer in the community format, and all the rest is here.
type LandlockOptions struct {
	// OptionalParents are parents of the profile's texts that a host may lack;
	// a rule on one is left out there instead of refused.
	OptionalParents []string `json:"optional_parents"`
	// Compose are texts composed with the profile's own into its first layer.
	Compose []string `json:"compose,omitempty"`
	// Layers are further layers, each inside the one before.
	Layers []LandlockLayer `json:"layers,omitempty"`
	// Stack are profiles whose layers go inside those of this one, in order.
	Stack []string `json:"stack,omitempty"`
	// RestrictFlags are the first layer's, e.g. "log_new_exec_on".
	RestrictFlags []string `json:"restrict_flags,omitempty"`
	// NoNewPrivs false applies the profile without setting no_new_privs, which
	// the kernel lets a process with CAP_SYS_ADMIN do; nil is true. What a
	// stacked profile says here does not count.
	NoNewPrivs *bool `json:"no_new_privs,omitempty"`
}

// LandlockLayer is a further layer of a profile.
type LandlockLayer struct {
	Files         []string `json:"files"` // texts, composed when there are several
	RestrictFlags []string `json:"restrict_flags,omitempty"`

	described *layerOrigin // of a policy that a matrix describes; else nil
}

// layerOrigin is where a layer comes from that need not be its profile's own.
type layerOrigin struct {
	profile  string   // that was stacked; empty: its own
	optional []string // parents that a host may lack
}

// origin is where a layer of the profile comes from; as is the profile's id where
// others stack it.
func (l *LandlockOptions) origin(layer *LandlockLayer, as string) layerOrigin {
	if layer.described != nil {
		return *layer.described
	}
	return layerOrigin{as, l.OptionalParents}
}

// readLandlock reads a sidecar, and gives the items of its stack: what they name
// can only be proved when all profiles are read.
func readLandlock(v jsondoc.Value) (*LandlockOptions, []jsondoc.Value) {
	o := v.Object()
	l := &LandlockOptions{
		OptionalParents: readTexts(o.Opt("optional_parents")),
		Compose:         readPaths(o.Opt("compose")),
	}
	for _, v := range o.Opt("layers").Items() {
		o := v.Object()
		files := o.Need("files")
		layer := LandlockLayer{Files: readPaths(files), RestrictFlags: readFlags(o.Opt("restrict_flags"))}
		if files.Kind() == jsondoc.Array && len(files.Items()) == 0 {
			files.FaultAs(codeBadValue, "is empty; name at least one profile text")
		}
		o.End()
		l.Layers = append(l.Layers, layer)
	}
	stack := o.Opt("stack").Items()
	for _, v := range stack {
		l.Stack = append(l.Stack, readID(v))
	}
	l.RestrictFlags = readFlags(o.Opt("restrict_flags"))
	if v := o.Opt("no_new_privs"); v.Present() {
		set := v.Bool()
		l.NoNewPrivs = &set
	}
	o.End()
	return l, stack
}

func readPaths(v jsondoc.Value) []string {
	var paths []string
	for _, item := range v.Items() {
		if path := readPath(item, planOrRoot); pathProblem(path, planOrRoot) == "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// readFlags reads names of flags of landlock_restrict_self.
func readFlags(v jsondoc.Value) []string {
	var list []string
	var set landlock.RestrictFlags
	for _, item := range v.Items() {
		name := item.Text()
		flag, known := landlock.RestrictFlag(name)
		switch {
		case item.Kind() != jsondoc.String:
		case !known:
			all := landlock.AllFlags(landlock.LatestABI).Names()
			item.FaultAs(codeBadValue, "unknown flag %q%s; want %s", name, didYouMean(name, all), strings.Join(all, ", "))
		case set&flag != 0:
			item.FaultAs(codeBadValue, "%q stands twice; keep one", name)
		default:
			list = append(list, name)
		}
		set |= flag
	}
	return list
}

// stacks proves what profiles stack: profiles there are, of Landlock's mode,
// and none that comes back to where it started.
type stacks struct {
	registry string
	byID     map[string]*Profile
	refs     map[string][]jsondoc.Value // profile id to the items of its stack
	done     map[string]bool            // false: on the way
}

func (s *stacks) prove(id string) {
	if _, seen := s.done[id]; seen {
		return
	}
	s.done[id] = false
	for _, ref := range s.refs[id] {
		if ref.Kind() != jsondoc.String || idProblem(ref.Text()) != "" {
			continue // readID has said so
		}
		other := ref.Text()
		p, known := s.byID[other]
		if !known {
			ids := slices.Sorted(maps.Keys(s.byID))
			ref.FaultOf(codeBadStack, s.registry+":"+id, "unknown profile %q; correct the id or add the profile%s", other, didYouMean(other, ids))
			continue
		}
		if p.Mode != ModeLandlock && p.Mode != "" {
			ref.FaultOf(codeBadStack, s.registry+":"+id, "profile %q has mode %q, and only those with mode %q have layers to stack", other, p.Mode, ModeLandlock)
			continue
		}
		if finished, seen := s.done[other]; seen && !finished {
			ref.FaultOf(codeBadStack, s.registry+":"+id, "profile %q stacks profile %q, which comes back to it; take one out of the circle", id, other)
			continue
		}
		s.prove(other)
	}
	s.done[id] = true
}
