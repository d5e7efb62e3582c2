package landlock

import (
	"errors"
	"sync"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Setting is what the questions under one policy have in common; its fields are
// those of a Question.
type Setting struct {
	Layers      []sandbox.Ruleset
	Tree        Tree
	ABI, Errata int
	Cred        *Cred
}

// Call is what the questions under one policy differ in; its fields are those of
// a Question.
type Call struct {
	Op, Syscall    string
	Target, Source string
	Peers          Peers
}

// Policy is a stack of layers with every rule tied to what it speaks of, ready
// for many questions. It may be asked by many at once, as long as its tree may;
// what the tree says of a directory is remembered, and has to stay true.
type Policy struct {
	domain
	tree Tree
	cred *Cred
	dirs directories
}

// Prepare ties the rules of a policy to a tree. The error says why no kernel
// would have the policy, or that the kernel is newer than the model: Ask answers
// Unknown then, with the error's text for a reason.
func Prepare(s Setting) (*Policy, error) {
	if s.Tree == nil {
		s.Tree = Nothing{}
	}
	p := &Policy{tree: s.Tree, cred: s.Cred}
	if err := p.stack(s.Layers, newKernel(s.ABI, s.Errata)); err != nil {
		return nil, err
	}
	// A parent that does not exist keeps the whole policy from being applied:
	// the tree has a say in questions about the network too.
	tying := walker{tree: s.Tree, cred: s.Cred, dirs: &directories{}}
	if err := p.tie(&tying); err != nil {
		return nil, err
	}
	p.dirs.above = p.above
	return p, nil
}

// Ask answers a question under the policy, as Ask of this package does.
func (p *Policy) Ask(c Call) Answer {
	answer, err := p.ask(c)
	if err != nil {
		unknown(&answer, err)
	}
	switch {
	case answer.Decision != Deny:
		answer.Record = nil
	case answer.Record != nil:
		answer.Record.Silent = !p.kernel.has(records) || silent(p.layers, answer.Record.Layer)
	}
	return answer
}

// unknown keeps of an answer what was found until err ended the question.
func unknown(a *Answer, err error) {
	a.Decision, a.Errno, a.Reason = Unknown, 0, err.Error()
	if u, ok := errors.AsType[*undecided](err); ok {
		a.Errno = u.errno
	}
}

func (p *Policy) ask(c Call) (Answer, error) {
	o, ok := op.Lookup(c.Op)
	if !ok {
		return Answer{}, unknowable("unknown operation %q", c.Op)
	}
	v, ok := o.Variant(c.Syscall)
	if !ok {
		return Answer{}, unknowable("operation %s has no variant %q", o.Name, c.Syscall)
	}
	answer, ok := answers[o.Name]
	if !ok {
		return Answer{}, unknowable("the model does not cover %s", o.Name)
	}
	if len(p.layers) > 0 {
		if err := p.kernel.beyond(o.Name, v.Name); err != nil {
			return Answer{}, err
		}
	}
	c.Op = o.Name
	a := &asker{Call: c, variant: v.Name, d: &p.domain, tree: p.tree, w: walker{tree: p.tree, cred: p.cred, dirs: &p.dirs}}
	if v.Target != op.TargetPath && v.Target != op.TargetAddr {
		a.resolved = c.Target
	}
	var found Answer
	err := a.subject(o.Name)
	if err == nil {
		found, err = answer(a)
	}
	found.Resolved = a.resolved
	return found, err
}

// directories remembers where the texts of directories lead.
type directories struct {
	// above, when it is not nil, gives the rules on a directory and above it.
	above func(*place) []*pathRule
	mu    sync.RWMutex
	known map[string]reached
}

// reached is where a text leads for somebody who may search the directory.
type reached struct {
	dir   *place
	links int // passed on the way
}

// maxDirectories bounds what is remembered: the texts come from questions.
const maxDirectories = 1 << 16

func (ds *directories) find(text string) (reached, bool) {
	ds.mu.RLock()
	r, ok := ds.known[text]
	ds.mu.RUnlock()
	return r, ok
}

func (ds *directories) keep(text string, r reached) {
	if ds.above != nil && !r.dir.summed {
		dir := *r.dir // places of the walk may be shared already
		dir.rules, dir.summed = ds.above(r.dir), true
		r.dir = &dir
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.known == nil {
		ds.known = map[string]reached{}
	}
	if len(ds.known) < maxDirectories {
		ds.known[text] = r
	}
}
