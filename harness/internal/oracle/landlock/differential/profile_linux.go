package differential

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// text is a layer in the landlockconfig format.
type text struct {
	Ruleset     []handled   `json:"ruleset"`
	PathBeneath []pathGrant `json:"pathBeneath,omitempty"`
	NetPort     []portGrant `json:"netPort,omitempty"`
}

type handled struct {
	FS     []string `json:"handledAccessFs,omitempty"`
	Net    []string `json:"handledAccessNet,omitempty"`
	Scoped []string `json:"scoped,omitempty"`
}

type pathGrant struct {
	Access []string `json:"allowedAccess"`
	Parent []string `json:"parent"`
}

type portGrant struct {
	Access []string `json:"allowedAccess"`
	Port   []uint64 `json:"port"`
}

// profile is the policy as an entry of a registry, and the texts of its layers
// by file.
func (c *Case) profile() (entry map[string]any, texts map[string]text) {
	texts = map[string]text{}
	optional := []string{}
	layers := []map[string]any{}
	var first []string
	for i := range c.Layers {
		l := &c.Layers[i]
		name := fmt.Sprintf("layer%d.json", i)
		texts[name] = textOf(l)
		for _, r := range l.Paths {
			if r.Optional && !slices.Contains(optional, r.Parent) {
				optional = append(optional, r.Parent)
			}
		}
		flags := append([]string{}, l.Flags.Names()...)
		if i == 0 {
			first = flags
			continue
		}
		layers = append(layers, map[string]any{"files": []string{name}, "restrict_flags": flags})
	}
	object := map[string]any{"optional_parents": optional, "layers": layers, "restrict_flags": first}
	return map[string]any{
		"profile_id": planID, "profile_path": "layer0.json", "mode": "landlock", "landlock": object,
		"family": nil, "semantic_group": nil, "notes": nil, "key_specific_rules": []string{},
	}, texts
}

func textOf(l *sandbox.Ruleset) text {
	t := text{Ruleset: []handled{{FS: bare(l.HandledFS.AuditNames()), Net: bare(l.HandledNet.AuditNames()), Scoped: bare(l.Scoped.AuditNames())}}}
	for _, r := range l.Paths {
		t.PathBeneath = append(t.PathBeneath, pathGrant{Access: bare(r.Access.AuditNames()), Parent: []string{r.Parent}})
	}
	for _, r := range l.Ports {
		t.NetPort = append(t.NetPort, portGrant{Access: bare(r.Access.AuditNames()), Port: []uint64{r.Port}})
	}
	return t
}

// bare is the names as the format has them, without the prefix of the log.
func bare(names []string) []string {
	for i, name := range names {
		_, names[i], _ = strings.Cut(name, ".")
	}
	return names
}

// attributable says whether a denial can be about the operation: some layer
// handles one of the rights that it is meant to be denied for.
func (c *Case) attributable() bool {
	o, v := variantOf(c.Question)
	if v == nil || len(v.Denied) == 0 {
		return true
	}
	for _, right := range op.Intended(o, v) {
		_, name, _ := strings.Cut(right, ".")
		net, _ := sandbox.NetRight(name)
		scope, _ := sandbox.ScopeRight(name)
		for i := range c.Layers {
			l := &c.Layers[i]
			switch {
			case right == "ptrace":
				return true
			case right == "fs.refer" && l.HandledFS != 0, right == "fs.change_topology" && l.HandledFS != 0:
				return true
			case fsRight(right)&l.HandledFS != 0, net&l.HandledNet != 0, scope&l.Scoped != 0:
				return true
			}
		}
	}
	return false
}
