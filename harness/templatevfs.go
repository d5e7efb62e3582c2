package harness

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// vfsTemplate makes a plan about how a path is spelled: every profile asks for
// the same files under several names, and its policy says which of them its
// rules can be expected to meet.
type vfsTemplate struct {
	generated
	configs map[string]*vfsProfile
}

// The policies of a profile about path spellings.
const (
	// vfsLiteral expects each path to be allowed that is listed as allowed.
	vfsLiteral = "literal"
	// vfsCanonicalized expects rules to be matched against the second path of a
	// pair, whichever is asked for.
	vfsCanonicalized = "canonicalized"
	// vfsVarTmpException is vfsCanonicalized for hosts that never allow the
	// first path of a pair below /private/var.
	vfsVarTmpException = "canonicalized_with_var_tmp_exception"
)

// The roles of a profile: which paths of a pair its rules are spelled with.
const (
	vfsFirstOnly  = "first_only"
	vfsSecondOnly = "second_only"
	vfsBoth       = "both"
)

type vfsProfile struct {
	profile               *Profile
	ops                   []string
	policy, variant, role string
	requests              []templatePath
	allowed               map[string]bool
	pairs                 [][2]templatePath
}

// pathSet is a named list in a template: of paths or of pairs.
type pathSet struct {
	v     jsondoc.Value
	paths []templatePath
	pairs [][2]templatePath
	of    string // "paths" or "pairs"; empty for a set of nothing
}

func (r *templateRead) readVFS(profiles jsondoc.Value) expander {
	v := &vfsTemplate{
		generated: r.readGenerated(LaneFlags{LaneScenario: true, LaneBaseline: true, LaneOracle: true}),
		configs:   map[string]*vfsProfile{},
	}
	sets := map[string]pathSet{}
	for name, set := range r.at("path_sets").Object().All() {
		sets[name] = readPathSet(set)
	}
	r.readProfiles(&v.generated, profiles, func(id string, o *jsondoc.Members) {
		v.configs[id] = r.readVFSProfile(&v.generated, id, o, sets)
	})
	return v
}

// readPathSet reads a set: its first item says what it is a list of.
func readPathSet(v jsondoc.Value) pathSet {
	set := pathSet{v: v}
	items := v.Items()
	if len(items) == 0 {
		return set
	}
	if items[0].Kind() == jsondoc.Array {
		set.of, set.pairs = "pairs", readPairs(v, "two spellings of a path")
		return set
	}
	set.of = "paths"
	for _, item := range items {
		set.paths = append(set.paths, readTarget(item))
	}
	return set
}

func (r *templateRead) readVFSProfile(g *generated, id string, o *jsondoc.Members, sets map[string]pathSet) *vfsProfile {
	p := &vfsProfile{
		profile: r.profileOf(id, o),
		ops:     readNames(o.Need("ops")),
		policy:  jsondoc.Enum(o.Need("policy"), vfsLiteral, vfsCanonicalized, vfsVarTmpException),
		variant: o.Opt("variant").OrNull().Text(),
		allowed: map[string]bool{},
	}
	// What is there and empty counts as absent, unlike in a template of metadata
	// probes.
	p.profile.Family = orElse(readOptional(o.Opt("family")), g.family)
	p.profile.SemanticGroup = orElse(readOptional(o.Opt("semantic_group")), g.group)
	requests, allowed := o.Opt("request_paths").OrNull(), o.Opt("allowed_paths").OrNull()
	role, pairs := o.Opt("role").OrNull(), o.Opt("path_pairs").OrNull()
	if p.policy == vfsLiteral {
		for _, v := range []jsondoc.Value{role, pairs} {
			v.Faultf("goes with pairs of paths, and policy %q has request_paths and allowed_paths; remove it", p.policy)
		}
		p.requests = readRequests(requests, sets)
		for _, path := range readRequests(allowed, sets) {
			p.allowed[path.text] = true
		}
		return p
	}
	for _, v := range []jsondoc.Value{requests, allowed} {
		if p.policy != "" {
			v.Faultf("goes with policy %q, and %q has role and path_pairs; remove it", vfsLiteral, p.policy)
		}
	}
	if p.policy != "" {
		role = o.Need("role") // null is no role
	}
	p.role = jsondoc.Enum(role, vfsFirstOnly, vfsSecondOnly, vfsBoth)
	p.pairs = readPathPairs(pairs, sets)
	return p
}

// setsOf are the names of the sets that are lists of what, sorted.
func setsOf(what string, sets map[string]pathSet) []string {
	return slices.DeleteFunc(keys(sets), func(name string) bool { return sets[name].of != what && sets[name].of != "" })
}

// orElse is s, or other when s says nothing.
func orElse(s, other *string) *string {
	if s == nil || *s == "" {
		return other
	}
	return s
}

// readRequests reads paths: a list of them, or the name of a set, or one path.
func readRequests(v jsondoc.Value, sets map[string]pathSet) []templatePath {
	items := []jsondoc.Value{v}
	if v.Kind() != jsondoc.String {
		items = v.Items()
	}
	var paths []templatePath
	for _, item := range items {
		set, known := sets[item.Text()]
		switch {
		case item.Kind() != jsondoc.String:
		case known && set.of == "pairs":
			item.Faultf("path set %q has pairs, and paths are wanted; name a set of paths", item.Text())
		case known:
			paths = append(paths, set.paths...)
		case !strings.HasPrefix(item.Text(), "/"):
			item.Faultf("%q is no path set%s, and no absolute path; correct the name or add the set", item.Text(), didYouMean(item.Text(), setsOf("paths", sets)))
		default:
			paths = append(paths, readTarget(item))
		}
	}
	return paths
}

// readPathPairs reads pairs of paths: a list of them, or the name of a set.
func readPathPairs(v jsondoc.Value, sets map[string]pathSet) [][2]templatePath {
	if v.Kind() != jsondoc.String {
		return readPairs(v, "two spellings of a path")
	}
	set, known := sets[v.Text()]
	switch {
	case !known:
		v.Faultf("unknown path set %q%s; correct the name or add the set", v.Text(), didYouMean(v.Text(), setsOf("pairs", sets)))
	case set.of == "paths":
		v.Faultf("path set %q has single paths, and pairs are wanted; name a set of pairs", v.Text())
	}
	return set.pairs
}

func (v *vfsTemplate) expand(t *PlanTemplate) (*BuiltPlan, error) {
	g := t.generate()
	rows := []ExpectedRow{}
	for _, id := range v.order {
		p := v.configs[id]
		profile := *p.profile
		profile.ProbeRefs = []string{}
		g.profiles = append(g.profiles, &profile)
		label := p.policy
		if p.variant != "" {
			label = p.variant + "/" + label
		}
		if p.role != "" {
			label += "/" + p.role
		}
		add := func(op string, path templatePath, expected Decision, which string) {
			rows = append(rows, ExpectedRow{
				ProfileID: id, Operation: op, RequestedPath: path.text, ExpectedDecision: expected,
				Notes: strings.Join([]string{id, label, which + path.text}, " "),
			})
			g.add(&profile, &Probe{
				Name: vfsName(op, path.text), Operation: op, Target: path.text, Expected: expected,
				SupportsLanes: v.lanes, ExpectedPrimaryOps: []string{op}, ExpectedPredicates: []string{path.text},
				CapabilitiesRequired: []string{}, ControlsSupported: slices.Clone(probeControls),
			}, path.line)
		}
		for _, path := range p.requests {
			for _, op := range p.ops {
				add(op, path, decide(p.allowed[path.text]), "")
			}
		}
		for _, pair := range p.pairs {
			first, second := vfsExpected(p.policy, p.role, pair[1].text)
			for _, op := range p.ops {
				add(op, pair[0], first, "primary ")
				add(op, pair[1], second, "alternate ")
			}
		}
	}
	built, err := g.end(v.generated)
	if err != nil {
		return nil, err
	}
	built.Rows = rows
	if built.ExpectedMatrix, err = canon.Marshal(rows, canon.Indented); err != nil {
		return nil, fmt.Errorf("template %q: expected rows: %w", t.ID, err)
	}
	return built, nil
}

// vfsExpected is what a policy expects of the two paths of a pair.
func vfsExpected(policy, role, secondPath string) (first, second Decision) {
	both := decide(role != vfsFirstOnly)
	if policy == vfsVarTmpException && strings.HasPrefix(secondPath, "/private/var/") {
		return Deny, both
	}
	return both, both
}

func decide(allow bool) Decision {
	if allow {
		return Allow
	}
	return Deny
}

// vfsName is the name of the probe of an operation on a path.
func vfsName(op, path string) string {
	switch op {
	case "file-read*":
		return "read_" + path
	case "file-write*":
		return "write_" + path
	}
	return strings.ReplaceAll(op, "*", "") + "_" + path
}
