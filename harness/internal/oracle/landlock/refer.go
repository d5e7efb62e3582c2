package landlock

import (
	"fmt"
	"slices"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// referral is a link or a rename.
type referral struct {
	object *place // what is linked or moved
	dir    *place // where to
	target *place // what is there already, nil for nothing
	rename bool
	// exchange is RENAME_EXCHANGE: target moves to object's place.
	exchange bool
}

// kinds are those of what gets a new name.
func (r referral) kinds() []Kind {
	if r.exchange {
		return []Kind{r.object.node.Kind, r.target.node.Kind}
	}
	return []Kind{r.object.node.Kind}
}

// refer is current_check_refer_path of security/landlock/fs.c. The errno is 0
// for an operation that is allowed.
func (d *domain) refer(r referral) (a access, errno int, reason string) {
	need1, need2 := sandbox.AccessFS(0), makeRight(r.object.node.Kind)
	if r.exchange {
		need1 = makeRight(r.target.node.Kind)
	}
	if r.rename {
		need1 |= removeRight(r.object)
		need2 |= removeRight(r.target)
	}
	if r.object.up.node.Inode == r.dir.node.Inode {
		a = d.check(r.dir, need1|need2)
		if !a.lacks.empty() {
			return a, eacces, "no rule grants what is missing"
		}
		return a, 0, "stays in its directory: refer is not needed"
	}
	if never := d.denied(sandbox.Refer); !d.kernel.has(referByRule) && !never.empty() {
		return access{lacks: never, record: recordOf(&never)}, exdev, "before ABI 2 nothing moves between directories under Landlock"
	}
	need1 |= sandbox.Refer
	need2 |= sandbox.Refer
	a.granting = d.grants(need1, r.object.up)
	a.granting = mergeGrants(a.granting, d.grants(need2, r.dir))

	all1, all2, gain := d.compare(r)
	denied1, denied2 := all1.only(need1), all2.only(need2)
	a.lacks = denied1.or(&denied2)
	widens := ""
	if !gain.empty() {
		widens = fmt.Sprintf("%s would gain rights by going to %s", r.object.path, r.dir.path)
		if r.exchange {
			widens = fmt.Sprintf("%s or %s would gain rights", r.object.path, r.target.path)
		}
	}
	a.record = d.firstLogged(&denied1, &denied2)
	if !gain.empty() {
		// As long as something would be gained, the kernel looks at every
		// right that the layers handle, and logs all that one side lacks.
		a.record = d.firstLogged(&all1, &all2)
	}
	switch {
	case denied1.beyondRefer() || denied2.beyondRefer():
		return a, eacces, "no rule grants what is missing"
	case !a.lacks.empty() && widens != "":
		return a, exdev, "refer is not granted on both sides, and " + widens
	case !a.lacks.empty():
		return a, exdev, "refer is not granted on both sides"
	case widens != "":
		a.lacks = gain
		return a, exdev, widens
	case d.free(sandbox.Refer):
		return a, 0, "no layer handles file rights"
	}
	return a, 0, "refer is granted on both sides and nothing is gained"
}

// compare walks both hierarchies as the kernel does: up to the root of their
// mount each by itself, and from there in one walk, at each step of which the
// destination may turn out to have no right that the source lacks. It returns
// what each side denies, and what the move would gain.
func (d *domain) compare(r referral) (denied1, denied2, gain masks) {
	all := ^sandbox.AccessFS(0)
	denied1, denied2 = d.denied(all), d.denied(all)
	child1, dir1 := d.denied(all), r.object.node.Kind == Dir
	d.unmask(&child1, r.object)
	var child2 masks
	dir2 := true
	if r.exchange {
		child2 = d.denied(all)
		d.unmask(&child2, r.target)
		dir2 = r.target.node.Kind == Dir
	}
	d.unmaskMount(&denied1, r.object.up)
	top := d.unmaskMount(&denied2, r.dir)
	if denied1.empty() && denied2.empty() {
		return denied1, denied2, masks{}
	}
	compared := false
	for at := top; at != nil; at = at.up {
		if !compared {
			gain = gained(&denied1, &child1, &denied2, dir1)
			if r.exchange {
				back := gained(&denied2, &child2, &denied1, dir2)
				gain = gain.or(&back)
			}
			compared = gain.empty()
		}
		d.unmask(&denied1, at)
		d.unmask(&denied2, at)
		if denied1.empty() && denied2.empty() {
			return denied1, denied2, masks{}
		}
	}
	// The kernel does not compare again after the topmost rule: on a mount
	// below the root, what only a rule on / evens out still counts as a gain.
	return denied1, denied2, gain
}

// unmask removes what the rules on one inode grant.
func (d *domain) unmask(m *masks, at *place) {
	for _, rule := range d.rules[at.node.Inode] {
		m[rule.layer] &^= rule.access
	}
}

// unmaskMount walks up to the root of from's mount and returns it.
func (d *domain) unmaskMount(m *masks, from *place) *place {
	at := from
	for {
		d.unmask(m, at)
		if at.up == nil || at.up.node.Mount.ID != at.node.Mount.ID {
			return at
		}
		at = at.up
	}
}

// gained is the rights that a node under parent1 lacks and would have under
// parent2: no_more_access of security/landlock/fs.c.
func gained(parent1, child1, parent2 *masks, directory bool) masks {
	var m masks
	for i := range m {
		m[i] = parent1[i] & child1[i] &^ parent2[i]
		if !directory {
			m[i] &= sandbox.AccessFile
		}
	}
	return m
}

// makeRight is the right to make a name for a node of that kind.
func makeRight(k Kind) sandbox.AccessFS {
	switch k {
	case Symlink:
		return sandbox.MakeSym
	case Dir:
		return sandbox.MakeDir
	case Char:
		return sandbox.MakeChar
	case Block:
		return sandbox.MakeBlock
	case FIFO:
		return sandbox.MakeFifo
	case Socket:
		return sandbox.MakeSock
	}
	return sandbox.MakeReg
}

// removeRight is the right to remove the name at, none when there is none.
func removeRight(at *place) sandbox.AccessFS {
	switch {
	case at == nil:
		return 0
	case at.node.Kind == Dir:
		return sandbox.RemoveDir
	}
	return sandbox.RemoveFile
}

// mergeGrants joins two lists ordered by layer, each rule named once.
func mergeGrants(a, b []Grant) []Grant {
	var out []Grant
	for layer := range maxLayers {
		for _, list := range [][]Grant{a, b} {
			for _, g := range list {
				if g.Layer == layer {
					out = addGrant(out, g)
				}
			}
		}
	}
	return out
}

func addGrant(list []Grant, g Grant) []Grant {
	for i, have := range list {
		if have.Layer != g.Layer || have.Index != g.Index {
			continue
		}
		for _, right := range g.Rights {
			if !slices.Contains(have.Rights, right) {
				list[i].Rights = append(list[i].Rights, right)
			}
		}
		return list
	}
	return append(list, g)
}
