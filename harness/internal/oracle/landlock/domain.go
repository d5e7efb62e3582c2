package landlock

import (
	"errors"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// maxLayers is LANDLOCK_MAX_NUM_LAYERS of security/landlock/limits.h.
const maxLayers = 16

// pathRule is a path rule tied to the inode its parent names.
type pathRule struct {
	layer  int
	index  int // in the layer's Paths
	parent string
	access sandbox.AccessFS
	node   Node
}

// domain is the layers with every rule tied to what it speaks of.
type domain struct {
	layers []sandbox.Ruleset
	kernel kernel
	// handled is what each layer denies unless a rule grants it.
	handled []sandbox.AccessFS
	rules   map[string][]pathRule // by inode
	// lost is the rules whose parents the tree does not know: they may grant
	// anything, anywhere.
	lost []lostRule
}

type lostRule struct {
	pathRule
	why error
}

// newDomain refuses what the kernel or the engine would refuse to apply.
func newDomain(layers []sandbox.Ruleset, abi, errata int) (*domain, error) {
	d := &domain{layers: layers, kernel: newKernel(abi, errata)}
	if len(layers) == 0 {
		return d, nil
	}
	if err := d.kernel.known(); err != nil {
		return nil, err
	}
	if len(layers) > maxLayers {
		return nil, unknowable("the policy cannot be applied: %d layers, the kernel takes %d", len(layers), maxLayers)
	}
	var anyFS bool
	for i, l := range layers {
		if err := l.CheckABI(d.kernel.abi); err != nil {
			return nil, unknowable("the policy cannot be applied: layer %d: %v", i, err)
		}
		if l.HandledFS == 0 && l.HandledNet == 0 && l.Scoped == 0 {
			return nil, unknowable("the policy cannot be applied: layer %d handles nothing", i)
		}
		for _, r := range l.Ports {
			if r.Access == 0 || r.Access&^l.HandledNet != 0 || r.Port > 65535 {
				return nil, unknowable("the policy cannot be applied: layer %d: port %d: rights %v of the handled %v", i, r.Port, r.Access, l.HandledNet)
			}
		}
		anyFS = anyFS || l.HandledFS != 0
	}
	for _, l := range layers {
		handled := l.HandledFS
		// refer is denied by default, as soon as one layer handles any file
		// right and by every layer then, be it about the network alone
		// (landlock_get_fs_access_mask of security/landlock/ruleset.h).
		if anyFS {
			handled |= sandbox.Refer
		}
		d.handled = append(d.handled, handled)
	}
	return d, nil
}

// tie resolves the path rules' parents.
func (d *domain) tie(tree Tree, cred *Cred) error {
	d.rules = map[string][]pathRule{}
	w := newWalker(tree, cred)
	for i, l := range d.layers {
		for n := range l.Paths {
			if err := d.tieRule(w, i, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *domain) tieRule(w *walker, i, n int) error {
	l, r := &d.layers[i], &d.layers[i].Paths[n]
	rule := pathRule{layer: i, index: n, parent: r.Parent, access: r.Access}
	at, err := w.locate(r.Parent, true)
	var u *undecided
	switch {
	case err == nil:
		if r.Access == 0 || r.Access&^l.HandledFS != 0 {
			return unknowable("the policy cannot be applied: layer %d: parent %q: rights %v of the handled %v", i, r.Parent, r.Access, l.HandledFS)
		}
	case isErrno(err, enoent) || isErrno(err, enotdir):
		if r.Optional {
			return nil
		}
		return unknowable("the policy cannot be applied: layer %d: parent %q: %v", i, r.Parent, err)
	case errors.As(err, &u) && u.errno != 0:
		return unknowable("the policy cannot be applied: layer %d: parent %q: %v", i, r.Parent, err)
	default:
		d.lost = append(d.lost, lostRule{rule, err})
		return nil
	}
	if at.node.Kind != Dir {
		if rule.access &= sandbox.AccessFile; rule.access == 0 {
			return unknowable("the policy cannot be applied: layer %d: parent %q is no directory, and the rule grants only directory rights", i, r.Parent)
		}
	}
	rule.node = at.node
	d.rules[at.node.Inode] = append(d.rules[at.node.Inode], rule)
	return nil
}

// access is Landlock's judgement of one hierarchy.
type access struct {
	missing  []Missing
	granting []Grant
	record   *Record // nil when nothing is missing
}

// check is the whole of a simple decision: from the object or its parent up to
// the root, each rule removes what it grants from what each layer denies. The
// needs are what the kernel asks for, one question after the other.
func (d *domain) check(from *place, needs ...sandbox.AccessFS) access {
	need := union(needs)
	denied := d.denied(need)
	for at := from; at != nil; at = at.up {
		d.unmask(denied, at)
	}
	a := access{missing: missingOf(denied), granting: d.grants(need, from)}
	stages := make([]masks, len(needs))
	for i, n := range needs {
		stages[i] = denied.only(n)
	}
	a.record = firstRecord(stages...)
	return a
}

func union(needs []sandbox.AccessFS) sandbox.AccessFS {
	var need sandbox.AccessFS
	for _, n := range needs {
		need |= n
	}
	return need
}

// denied is what the layers deny of need before any rule speaks.
func (d *domain) denied(need sandbox.AccessFS) masks {
	m := make(masks, len(d.handled))
	for i, handled := range d.handled {
		m[i] = handled & need
	}
	return m
}

// grants lists the rules on the way up that grant any of need, by layer, the
// nearest first.
func (d *domain) grants(need sandbox.AccessFS, from ...*place) []Grant {
	var list []Grant
	for layer, handled := range d.handled {
		seen := map[int]bool{}
		for _, at := range from {
			for ; at != nil; at = at.up {
				for _, r := range d.rules[at.node.Inode] {
					rights := r.access & handled & need
					if r.layer != layer || rights == 0 || seen[r.index] {
						continue
					}
					seen[r.index] = true
					list = append(list, Grant{Layer: layer, Index: r.index, Rule: r.parent, Rights: rights.AuditNames()})
				}
			}
		}
	}
	return list
}

// masks holds for each layer the rights it denies.
type masks []sandbox.AccessFS

func (m masks) empty() bool {
	for _, denied := range m {
		if denied != 0 {
			return false
		}
	}
	return true
}

func missingOf(m masks) []Missing {
	var list []Missing
	for layer, denied := range m {
		for _, name := range denied.AuditNames() {
			list = append(list, Missing{Layer: layer, Right: name})
		}
	}
	return list
}

// doubt says why a denial for want of these rights cannot be relied on: a rule
// that the tree could not place might grant one of them.
func (d *domain) doubt(missing []Missing) error {
	for _, r := range d.lost {
		for _, name := range r.access.AuditNames() {
			for _, m := range missing {
				if m.Layer == r.layer && m.Right == name {
					return unknowable("layer %d: rule on %q may grant %s: %v", r.layer, r.parent, name, r.why)
				}
			}
		}
	}
	return nil
}

// blurred says why an object's identity cannot be relied on. On overlayfs a
// file's inode changes when it is first written to, and hard links to it part.
func (d *domain) blurred(object *place) error {
	if object.node.Kind == Dir || object.node.Mount.FS != "overlay" {
		return nil
	}
	for _, rules := range d.rules {
		for _, r := range rules {
			if r.node.Kind != Dir && r.node.Mount.FS == "overlay" {
				return unknowable("%s and the rule on %q are files on overlayfs, where a file's identity may change", object.path, r.parent)
			}
		}
	}
	return nil
}
