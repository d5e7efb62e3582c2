package landlock

import (
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Ask answers a question. It is a pure function of the question and of what
// the question's tree answers. Many questions under one policy are quicker asked
// of a Policy.
func Ask(q Question) Answer {
	p, err := Prepare(Setting{Layers: q.Layers, Tree: q.Tree, ABI: q.ABI, Errata: q.Errata, Cred: q.Cred})
	if err != nil {
		var answer Answer
		unknown(&answer, err)
		return answer
	}
	return p.Ask(Call{Op: q.Op, Syscall: q.Syscall, Target: q.Target, Source: q.Source, Peers: q.Peers})
}

// asker is one question on its way to an answer. Its methods return an error
// where Landlock is not what decides; the answer beside it then keeps what was
// found until there.
type asker struct {
	Call
	variant string
	d       *domain
	tree    Tree
	w       walker
	// resolved is the answer's, as soon as it is known.
	resolved string
	followed *place // what object(true) found
}

// object finds what the target names. A link at its end is followed as follow
// says.
func (a *asker) object(follow bool) (*place, error) {
	if follow && a.followed != nil {
		return a.followed, nil
	}
	at, err := a.w.locate(a.Target, follow)
	if err != nil {
		return nil, err
	}
	a.resolved = at.path
	if follow {
		a.followed = at
	}
	return at, nil
}

// slot is the walker's, of the target.
func (a *asker) slot() (dir *place, l last, at *place, err error) {
	dir, l, at, err = a.w.slot(a.Target)
	if err == nil && !l.special() {
		a.resolved = l.in(dir.path)
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
	if !found.lacks.empty() {
		return a.verdict(found, eacces, "no rule grants what is missing")
	}
	return a.verdict(found, 0, a.whyAllowed(union(needs)))
}

func (a *asker) whyAllowed(need sandbox.AccessFS) string {
	switch {
	case need == 0:
		return "needs no right"
	case a.d.free(need):
		return "no layer handles " + need.String()
	}
	return "every layer that handles them grants the rights needed"
}

// verdict turns what Landlock finds into an answer, unless the tree hides a
// rule that could change it.
func (a *asker) verdict(found access, errno int, reason string) (Answer, error) {
	answer := Answer{Decision: Allow, Granting: found.granting, Reason: reason}
	if errno == 0 {
		return answer, nil
	}
	answer.Missing = missingOf(&found.lacks)
	if err := a.d.doubt(&found.lacks); err != nil {
		return answer, err
	}
	answer.Decision, answer.Errno, answer.Record = Deny, errno, found.record
	return answer, nil
}
