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
	handled masks
	tied    []*pathRule            // layer by layer, in the order of each
	rules   map[string][]*pathRule // tied, by inode
	// onOverlay is a rule on a file of overlayfs, the first of them.
	onOverlay *pathRule
	// lost is the rules whose parents the tree does not know: they may grant
	// anything, anywhere.
	lost []lostRule
	// ports are the port rules of every layer, by port.
	ports map[uint16][]portRule
}

type lostRule struct {
	pathRule
	why error
}

// stack takes the layers. It refuses what the kernel or the engine would refuse
// to apply.
func (d *domain) stack(layers []sandbox.Ruleset, k kernel) error {
	d.layers, d.kernel = layers, k
	if len(layers) == 0 {
		return nil
	}
	if err := k.known(); err != nil {
		return err
	}
	if len(layers) > maxLayers {
		return unknowable("the policy cannot be applied: %d layers, the kernel takes %d", len(layers), maxLayers)
	}
	var anyFS bool
	for i := range layers {
		l := &layers[i]
		if err := l.CheckABI(k.abi); err != nil {
			return unknowable("the policy cannot be applied: layer %d: %v", i, err)
		}
		if l.HandledFS == 0 && l.HandledNet == 0 && l.Scoped == 0 {
			return unknowable("the policy cannot be applied: layer %d handles nothing", i)
		}
		if err := d.addPorts(i); err != nil {
			return err
		}
		anyFS = anyFS || l.HandledFS != 0
	}
	for i := range layers {
		d.handled[i] = layers[i].HandledFS
		// refer is denied by default, as soon as one layer handles any file
		// right and by every layer then, be it about the network alone
		// (landlock_get_fs_access_mask of security/landlock/ruleset.h).
		if anyFS {
			d.handled[i] |= sandbox.Refer
		}
	}
	return nil
}

// tie resolves the path rules' parents.
func (d *domain) tie(w *walker) error {
	d.rules = map[string][]*pathRule{}
	for i := range d.layers {
		for n := range d.layers[i].Paths {
			if err := d.tieRule(w, i, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *domain) tieRule(w *walker, i, n int) error {
	l, r := &d.layers[i], &d.layers[i].Paths[n]
	rule := &pathRule{layer: i, index: n, parent: r.Parent, access: r.Access}
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
		d.lost = append(d.lost, lostRule{*rule, err})
		return nil
	}
	if at.node.Kind != Dir {
		if rule.access &= sandbox.AccessFile; rule.access == 0 {
			return unknowable("the policy cannot be applied: layer %d: parent %q is no directory, and the rule grants only directory rights", i, r.Parent)
		}
		if d.onOverlay == nil && at.node.Mount.FS == "overlay" {
			d.onOverlay = rule
		}
	}
	rule.node = at.node
	d.tied = append(d.tied, rule)
	d.rules[at.node.Inode] = append(d.rules[at.node.Inode], rule)
	return nil
}

// above gives the rules on a directory and on those above it, the nearest first.
func (d *domain) above(dir *place) []*pathRule {
	var list []*pathRule
	for at := dir; at != nil; at = at.up {
		if at.summed {
			return append(list, at.rules...)
		}
		list = append(list, d.rules[at.node.Inode]...)
	}
	return list
}

// access is Landlock's judgement of one hierarchy.
type access struct {
	lacks    masks
	granting []Grant
	record   *Record // nil when nothing is missing
}

// check is the whole of a simple decision: from the object or its parent up to
// the root, each rule removes what it grants from what each layer denies. The
// needs are what the kernel asks for, one question after the other.
func (d *domain) check(from *place, needs ...sandbox.AccessFS) access {
	need := union(needs)
	a := access{lacks: d.denied(need)}
	for at := from; at != nil; at = at.up {
		rules := d.rules[at.node.Inode]
		if at.summed {
			rules = at.rules
		}
		for _, r := range rules {
			a.lacks[r.layer] &^= r.access
			a.granting = d.addRule(a.granting, r, need)
		}
		if at.summed {
			break
		}
	}
	for _, n := range needs {
		if a.record == nil {
			stage := a.lacks.only(n)
			a.record = recordOf(&stage)
		}
	}
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
func (d *domain) denied(need sandbox.AccessFS) masks { return d.handled.only(need) }

// free says that no layer handles any of need.
func (d *domain) free(need sandbox.AccessFS) bool {
	denied := d.denied(need)
	return denied.empty()
}

// grants lists the rules on the way up that grant any of need, by layer, the
// nearest first.
func (d *domain) grants(need sandbox.AccessFS, from *place) []Grant {
	var list []Grant
	for _, r := range d.above(from) {
		list = d.addRule(list, r, need)
	}
	return list
}

// addRule adds what a rule grants of need to a list that is ordered by layer,
// each rule once.
func (d *domain) addRule(list []Grant, r *pathRule, need sandbox.AccessFS) []Grant {
	rights := r.access & d.handled[r.layer] & need
	if rights == 0 {
		return list
	}
	at := len(list)
	for i := range list {
		switch have := &list[i]; {
		case have.Layer == r.layer && have.Index == r.index:
			return list
		case have.Layer > r.layer && i < at:
			at = i
		}
	}
	list = append(list, Grant{})
	copy(list[at+1:], list[at:])
	list[at] = Grant{Layer: r.layer, Index: r.index, Rule: r.parent, Rights: auditNames(rights)}
	return list
}

// doubt says why a denial for want of these rights cannot be relied on: a rule
// that the tree could not place might grant one of them.
func (d *domain) doubt(lacks *masks) error {
	for i := range d.lost {
		r := &d.lost[i]
		if may := r.access & lacks[r.layer]; may != 0 {
			return unknowable("layer %d: rule on %q may grant %s: %v", r.layer, r.parent, auditNames(may)[0], r.why)
		}
	}
	return nil
}

// blurred says why an object's identity cannot be relied on. On overlayfs a
// file's inode changes when it is first written to, and hard links to it part.
func (d *domain) blurred(object *place) error {
	if d.onOverlay == nil || object.node.Kind == Dir || object.node.Mount.FS != "overlay" {
		return nil
	}
	return unknowable("%s and the rule on %q are files on overlayfs, where a file's identity may change", object.path, d.onOverlay.parent)
}
