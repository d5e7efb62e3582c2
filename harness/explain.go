package harness

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Explanation is what a Landlock policy does, layer by layer and in all. It is
// read off the policy: nothing is attempted.
type Explanation struct {
	ProfileID  string           `json:"profile_id,omitempty"`
	ABINeeded  int              `json:"abi_needed"`
	ABIKernel  int              `json:"abi_kernel"`        // 0: not known
	Lacking    string           `json:"lacking,omitempty"` // why the kernel cannot apply it; empty when it can
	NoNewPrivs bool             `json:"no_new_privs"`
	Layers     []ExplainedLayer `json:"layers"` // outermost first
	Rights     []ExplainedRight `json:"rights"`
}

// ExplainedLayer is what one layer is made of.
type ExplainedLayer struct {
	ProfileID     string              `json:"profile_id,omitempty"` // the stacked profile it comes from
	Files         []string            `json:"files"`
	ABI           int                 `json:"abi,omitempty"` // as declared, the smallest
	ABINeeded     int                 `json:"abi_needed"`
	RestrictFlags []string            `json:"restrict_flags"`
	Rules         []ExplainedRule     `json:"rules"`
	Variables     map[string][]string `json:"variables"`
}

// ExplainedRule is what one rule grants on a parent or a port.
type ExplainedRule struct {
	Parent   string   `json:"parent,omitempty"` // with the text's variables expanded, those of observations not
	Port     *uint64  `json:"port,omitempty"`
	Rights   []string `json:"rights"`
	Optional bool     `json:"optional,omitempty"`
}

// ExplainedRight is what becomes of one right. After those of every ABI come
// fs.change_topology and ptrace, which layers restrict and no rule can grant.
type ExplainedRight struct {
	Right     string           `json:"right"` // as the kernel's audit log names it
	ABI       int              `json:"abi"`   // that introduced it
	Layers    []ExplainedLimit `json:"layers"`
	Effective ExplainedLimit   `json:"effective"` // of all layers together
}

// ExplainedLimit is "open" (not restricted), "denied", "granted" (denied but
// where it is granted) or "scoped" (denied across the border of the domain).
type ExplainedLimit struct {
	Limit   string   `json:"limit"`
	Granted []string `json:"granted,omitempty"` // parents or ports
}

// ExplainPolicy explains a Landlock policy for a kernel of the given ABI; 0
// leaves kernels out of it. A policy that does not load is an error, a
// *DataError.
func ExplainPolicy(p *CompiledPolicy, abi int) (*Explanation, error) {
	pol, err := newPolicy(p)
	if err != nil {
		return nil, err
	}
	layers, err := pol.layers(anyFolder)
	if err != nil {
		return nil, err
	}
	e := &Explanation{ABIKernel: abi, NoNewPrivs: !p.NewPrivs}
	for i := range layers {
		e.Layers = append(e.Layers, explainLayer(&pol.stack[i], &layers[i]))
		e.ABINeeded = max(e.ABINeeded, landlock.MinABI(layers[i]))
		if err := layers[i].CheckABI(abi); err != nil && abi > 0 {
			e.Lacking = cmp.Or(e.Lacking, err.Error())
		}
	}
	for _, x := range landlock.Explain(layers) {
		ports := strings.HasPrefix(x.Right, "net.")
		r := ExplainedRight{Right: x.Right, ABI: x.ABI, Effective: explainLimit(x.All, ports)}
		for _, effect := range x.Layers {
			r.Layers = append(r.Layers, explainLimit(effect, ports))
		}
		e.Rights = append(e.Rights, r)
	}
	return e, nil
}

func explainLayer(l *landlock.Layer, r *landlock.Ruleset) ExplainedLayer {
	config := l.Config()
	out := ExplainedLayer{
		ProfileID: l.Profile, ABI: config.ABI, ABINeeded: landlock.MinABI(*r),
		RestrictFlags: r.Flags.Names(), Rules: []ExplainedRule{}, Variables: config.Variables,
	}
	for _, t := range l.Texts {
		out.Files = append(out.Files, t.File)
	}
	for _, rule := range r.Paths {
		out.Rules = append(out.Rules, ExplainedRule{
			Parent: asTemplate(path.Clean(rule.Parent)), Rights: rule.Access.AuditNames(), Optional: rule.Optional,
		})
	}
	slices.SortFunc(out.Rules, func(a, b ExplainedRule) int { return strings.Compare(a.Parent, b.Parent) })
	for _, rule := range r.Ports {
		out.Rules = append(out.Rules, ExplainedRule{Port: &rule.Port, Rights: rule.Access.AuditNames()})
	}
	return out
}

func explainLimit(e landlock.Effect, ports bool) ExplainedLimit {
	l := ExplainedLimit{Limit: string(e.Restriction)}
	for _, where := range e.Where {
		l.Granted = append(l.Granted, asTemplate(where))
	}
	if !ports { // those are in order, as numbers
		slices.Sort(l.Granted)
	}
	return l
}

// asTemplate puts the variables of observations back into a path that was
// resolved for none.
func asTemplate(name string) string {
	vars := slices.Clone(landlock.ObservationVariables)
	// The longest folder first: the workspace lies in the scratch folder.
	slices.SortStableFunc(vars, func(a, b string) int { return len(anySite[b]) - len(anySite[a]) })
	for _, v := range vars {
		if rest, ok := strings.CutPrefix(name, anySite[v]); ok && (rest == "" || rest[0] == '/') {
			return "${" + v + "}" + rest
		}
	}
	return name
}
