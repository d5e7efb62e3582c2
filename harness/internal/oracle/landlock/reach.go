package landlock

import "github.com/rtgen/rtgen/harness/internal/op"

// Reached is the canonical path of what the call is about: of one that acts on a
// name, that name in its folder, else where the target leads in the end. It is
// false where the target is no path, leads to nothing, or is not known.
func (q Question) Reached() (string, bool) {
	o, ok := op.Lookup(q.Op)
	if !ok {
		return "", false
	}
	v, ok := o.Variant(q.Syscall)
	if !ok || v.Target != op.TargetPath || q.Tree == nil {
		return "", false
	}
	w := newWalker(q.Tree, q.Cred)
	dir, l, err := w.parent(q.Target)
	switch {
	case err != nil:
		return "", false
	case !op.Follows(o, v) && !l.special():
		return join(dir.path, l.name), true
	}
	at, err := w.step(dir, l, true)
	if err != nil {
		return "", false
	}
	return at.path, true
}
