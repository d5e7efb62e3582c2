package landlock

import (
	"errors"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Ask answers a question. It is a pure function of the question and of what
// the question's tree answers.
func Ask(q Question) Answer {
	answer, err := ask(q)
	var u *undecided
	switch {
	case errors.As(err, &u):
		answer.Decision, answer.Errno, answer.Reason = Unknown, u.errno, u.Error()
	case err != nil:
		answer.Decision, answer.Errno, answer.Reason = Unknown, 0, err.Error()
	}
	switch {
	case answer.Decision != Deny:
		answer.Record = nil
	case answer.Record != nil:
		answer.Record.Silent = !newKernel(q.ABI, q.Errata).has(records) || silent(q.Layers, answer.Record.Layer)
	}
	return answer
}

// asker is one question on its way to an answer. Its methods return an error
// where Landlock is not what decides; the answer beside it then keeps what was
// found until there.
type asker struct {
	Question
	variant string
	d       *domain
	w       *walker
	// resolved is the answer's, as soon as it is known.
	resolved string
}

func ask(q Question) (Answer, error) {
	o, ok := op.Lookup(q.Op)
	if !ok {
		return Answer{}, unknowable("unknown operation %q", q.Op)
	}
	v, ok := o.Variant(q.Syscall)
	if !ok {
		return Answer{}, unknowable("operation %s has no variant %q", o.Name, q.Syscall)
	}
	answer, ok := answers[o.Name]
	if !ok {
		return Answer{}, unknowable("the model does not cover %s", o.Name)
	}
	if q.Tree == nil {
		q.Tree = Nothing{}
	}
	d, err := newDomain(q.Layers, q.ABI, q.Errata)
	if err != nil {
		return Answer{}, err
	}
	// A parent that does not exist keeps the whole policy from being applied:
	// the tree has a say in questions about the network too.
	if err := d.tie(q.Tree, q.Cred); err != nil {
		return Answer{}, err
	}
	if len(q.Layers) > 0 {
		if err := d.kernel.beyond(o.Name, v.Name); err != nil {
			return Answer{}, err
		}
	}
	q.Op = o.Name
	a := &asker{Question: q, variant: v.Name, d: d, w: newWalker(q.Tree, q.Cred)}
	if v.Target != op.TargetPath && v.Target != op.TargetAddr {
		a.resolved = q.Target
	}
	found, err := Answer{}, a.subject(o.Name)
	if err == nil {
		found, err = answer(a)
	}
	found.Resolved = a.resolved
	return found, err
}

// object finds what the target names. A link at its end is followed as follow
// says.
func (a *asker) object(follow bool) (*place, error) {
	at, err := a.w.locate(a.Target, follow)
	if err == nil {
		a.resolved = at.path
	}
	return at, err
}

// slot is the walker's, of the target.
func (a *asker) slot() (dir *place, l last, at *place, err error) {
	dir, l, at, err = a.w.slot(a.Target)
	if err == nil && !l.special() {
		a.resolved = join(dir.path, l.name)
	}
	return dir, l, at, err
}

// judge asks Landlock for each of needs on the hierarchy above from. The object
// is what the rights are about, nil for a name that does not exist yet.
func (a *asker) judge(from, object *place, needs ...sandbox.AccessFS) (Answer, error) {
	if object != nil {
		if err := a.d.blurred(object); err != nil {
			return Answer{}, err
		}
	}
	found := a.d.check(from, needs...)
	if len(found.missing) > 0 {
		return a.verdict(found, eacces, "no rule grants what is missing")
	}
	return a.verdict(found, 0, a.whyAllowed(union(needs)))
}

func (a *asker) whyAllowed(need sandbox.AccessFS) string {
	switch {
	case need == 0:
		return "needs no right"
	case a.d.denied(need).empty():
		return "no layer handles " + need.String()
	}
	return "every layer that handles them grants the rights needed"
}

// verdict turns what Landlock finds into an answer, unless the tree hides a
// rule that could change it.
func (a *asker) verdict(found access, errno int, reason string) (Answer, error) {
	answer := Answer{Decision: Allow, Missing: found.missing, Granting: found.granting, Reason: reason}
	if errno == 0 {
		return answer, nil
	}
	if err := a.d.doubt(found.missing); err != nil {
		return answer, err
	}
	answer.Decision, answer.Errno, answer.Record = Deny, errno, found.record
	return answer, nil
}
