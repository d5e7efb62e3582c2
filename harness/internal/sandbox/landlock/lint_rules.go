package landlock

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// composition finds what the texts of one layer take from each other.
func (l *linter) composition(layer int) {
	texts := l.layers[layer].Texts
	if len(texts) == 1 {
		return
	}
	c := l.parts[layer].config
	for _, t := range texts {
		fs, net, scoped := t.Handled()
		lost := (fs &^ c.HandledFS).AuditNames()
		lost = append(lost, (net &^ c.HandledNet).AuditNames()...)
		lost = append(lost, (scoped &^ c.Scoped).AuditNames()...)
		if len(lost) > 0 {
			l.find(CodeDropped, Warning, layer, Place{t.File, t.HandledLine}, "handles %s, and a text it is composed with does not: the layer leaves them allowed", strings.Join(lost, ", "))
		}
		for _, g := range t.Paths {
			l.masked(layer, g.Place, fmt.Sprintf("parent %q", g.Parent), (g.Access &^ c.HandledFS).AuditNames(), g.Access&c.HandledFS == 0)
		}
		for _, g := range t.Ports {
			l.masked(layer, g.Place, fmt.Sprintf("port %d", g.Port), (g.Access &^ c.HandledNet).AuditNames(), g.Access&c.HandledNet == 0)
		}
	}
}

func (l *linter) masked(layer int, at Place, rule string, lost []string, all bool) {
	switch {
	case len(lost) == 0:
	case all:
		l.find(CodeMasked, Warning, layer, at, "%s: the rule has no effect, the layer handles none of its rights", rule)
	default:
		l.find(CodeMasked, Warning, layer, at, "%s: the rule grants %s, which the layer does not handle", rule, strings.Join(lost, ", "))
	}
}

// parents finds rules that add nothing and parents that are not what the rule
// takes them for.
func (l *linter) parents(layer int) {
	grants := l.parts[layer].grants
	for i, g := range grants {
		if why, code := l.covered(grants, i); why != "" {
			l.find(code, Warning, layer, g.Place, "parent %q: %s; remove it", g.Parent, why)
		}
		if !g.onHost || l.host.Real == nil {
			continue
		}
		for _, path := range g.paths {
			_, dir, err := l.file(path)
			switch rest := g.Access &^ AccessFile; {
			case err != nil:
				if !l.layers[layer].MayBeAbsent(g.Parent.String()) {
					l.find(CodeMissingParent, Warning, layer, g.Place, "parent %q does not exist on this host; remove its rule, or list it in the profile's landlock.optional_parents", path)
				}
			case dir || rest == 0:
			case rest == g.Access:
				l.find(CodeFileRights, Warning, layer, g.Place, "parent %q is no folder, and the rule grants what only folders have: %s", path, strings.Join(rest.AuditNames(), ", "))
			default:
				l.find(CodeFileRights, Note, layer, g.Place, "parent %q is no folder: %s are left out of its rule", path, strings.Join(rest.AuditNames(), ", "))
			}
		}
	}
}

// covered says why a grant adds nothing to the others of its layer, empty when
// it does.
func (l *linter) covered(grants []grant, at int) (why string, code Code) {
	g := grants[at]
	for _, path := range g.paths {
		same, above := AccessFS(0), AccessFS(0)
		twin, over := "", ""
		for j, other := range grants {
			if j == at {
				continue
			}
			for _, p := range other.paths {
				switch {
				case p == path:
					// Of two that are equal, the second is the one too many.
					if other.Access&g.Access == g.Access && (other.Access != g.Access || j < at) {
						same |= other.Access
						twin = other.Parent.String()
					}
				case other.onHost == g.onHost && l.beneath(path, p, g.onHost):
					above |= other.Access
					over = other.Parent.String()
				}
			}
		}
		switch {
		case g.Access&^same == 0:
			why, code = "another rule for "+strconv.Quote(twin)+" grants as much", CodeDuplicate
		case g.Access&^above == 0:
			why, code = "lies beneath "+strconv.Quote(over)+", and the rules up there grant as much", CodeBeneath
		default:
			return "", ""
		}
	}
	return why, code
}

// beneath says whether a file lies beneath a folder, both as they are spelled
// and where links lead: what is a link here may be a folder on another host.
func (l *linter) beneath(path, folder string, onHost bool) bool {
	if path == folder || !covers(folder, path) {
		return false
	}
	if !onHost || l.host.Real == nil {
		return true
	}
	path, _, err := l.file(path)
	folder, _, folderErr := l.file(folder)
	return err == nil && folderErr == nil && path != folder && covers(folder, path)
}

// covers says whether path is folder or spelled beneath it; both are clean.
func covers(folder, path string) bool {
	return folder == "/" || path == folder || strings.HasPrefix(path, folder+"/")
}

func (l *linter) ports(layer int) {
	ports := l.parts[layer].config.Ports
	for i, g := range ports {
		for j, other := range ports {
			if j != i && other.Port == g.Port && other.Access&g.Access == g.Access && (other.Access != g.Access || j < i) {
				l.find(CodeDuplicate, Warning, layer, g.Place, "port %d: another rule grants as much; remove one", g.Port)
				break
			}
		}
	}
}

const makesOrRemoves = RemoveDir | RemoveFile | MakeChar | MakeDir | MakeReg | MakeSock | MakeFifo | MakeBlock | MakeSym

// refer finds folders whose files can be made or removed and not be moved to
// where others can, and layers that deny moving by saying nothing of it.
func (l *linter) refer(layer int) {
	p := l.parts[layer]
	moves := func(g grant) bool { return g.Access&Refer != 0 && g.Access&makesOrRemoves != 0 }
	if p.rules.HandledFS != 0 && p.rules.HandledFS&Refer == 0 {
		for i, other := range l.parts {
			if slices.ContainsFunc(other.grants, moves) {
				l.find(CodeReferOneSide, Warning, layer, l.top(layer), "layer %d handles file-system rights and not refer, so it denies every move and link between folders, which layer %d grants", layer, i)
				break
			}
		}
	}
	from := slices.IndexFunc(p.grants, moves)
	if from < 0 {
		return
	}
	for _, g := range p.grants {
		if g.Access&makesOrRemoves == 0 || g.Access&Refer != 0 {
			continue
		}
		granted := slices.ContainsFunc(p.grants, func(other grant) bool {
			return other.Access&Refer != 0 && slices.ContainsFunc(g.paths, func(path string) bool {
				return slices.ContainsFunc(other.paths, func(folder string) bool { return covers(folder, path) })
			})
		})
		if !granted {
			l.find(CodeReferOneSide, Warning, layer, g.Place, "parent %q: refer is not granted here and is for %q: a file cannot be moved or linked from the one to the other (EXDEV)", g.Parent, p.grants[from].Parent)
		}
	}
}

// idle finds layers that deny nothing others do not deny.
func (l *linter) idle(layer int) {
	r := l.parts[layer].rules
	at := l.top(layer)
	for i := range l.parts {
		other := l.parts[i].rules
		other.Flags = r.Flags
		// Of two that are equal the inner one is too many, and for scopes, which
		// reach as far as the domain of their layer, the outer one.
		if i == layer || i > layer && r.Scoped == 0 || i < layer && r.Scoped != 0 || !equal(r, other) {
			continue
		}
		l.find(CodeIdleLayer, Warning, layer, at, "layer %d restricts what layer %d does and grants the same; remove it", layer, i)
		return
	}
	if r.HandledNet != 0 || r.Scoped != 0 || r.HandledFS&Refer == 0 {
		return
	}
	for _, rule := range r.Paths {
		if filepath.Clean(rule.Parent) == "/" && rule.Access == r.HandledFS && !rule.Optional {
			l.find(CodeIdleLayer, Warning, layer, at, "layer %d grants everything it handles for /: it denies changes of the mount table and nothing else", layer)
			return
		}
	}
}

func equal(a, b Ruleset) bool {
	return a.HandledFS == b.HandledFS && a.HandledNet == b.HandledNet && a.Scoped == b.Scoped && a.Flags == b.Flags &&
		slices.Equal(a.Paths, b.Paths) && slices.Equal(a.Ports, b.Ports)
}

// optional finds optional parents that no text of their profile has.
func (l *linter) optional() {
	told := map[[2]string]bool{}
	for i, layer := range l.layers {
		for _, template := range layer.Optional {
			key := [2]string{layer.Profile, template}
			if told[key] {
				continue
			}
			told[key] = true
			if !slices.ContainsFunc(l.layers, func(other Layer) bool { return other.Profile == layer.Profile && other.hasParent(template) }) {
				whose := ""
				if layer.Profile != "" {
					whose = " of profile " + strconv.Quote(layer.Profile)
				}
				l.find(CodeNoSuchParent, Warning, i, Place{}, "landlock.optional_parents%s names %q, which is no parent of its texts; remove it or spell it as the text does", whose, template)
			}
		}
	}
}

func (l *Layer) hasParent(template string) bool {
	return slices.ContainsFunc(l.Texts, func(t *Config) bool {
		return slices.ContainsFunc(t.Paths, func(g PathGrant) bool { return g.Parent.String() == template })
	})
}
