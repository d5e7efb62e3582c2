package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// policy is a compiled profile made ready for an engine.
type policy struct {
	stack    []landlock.Layer // outermost first
	newPrivs bool             // no_new_privs is left alone

	// What a session adds when it first needs the policy.
	id    int                // what workers know it by
	ready []landlock.Ruleset // its layers, with the session's base folder as scratch
	// restricted are the rights that some layer restricts, as the audit log names
	// them.
	restricted map[string]bool
	why        string // what this kernel lacks for it; empty when nothing
}

// newPolicy parses the texts of a profile of Landlock's.
func newPolicy(p *CompiledPolicy) (*policy, error) {
	if p.Mode != ModeLandlock {
		return nil, fmt.Errorf("mode %q is not Landlock's, whose is %q", p.Mode, ModeLandlock)
	}
	stack, err := p.layers()
	if err != nil {
		return nil, err
	}
	return &policy{stack: stack, newPrivs: p.NewPrivs}, nil
}

// layers is the policy with its variables expanded, outermost layer first.
func (p *policy) layers(vars map[string]string) ([]landlock.Ruleset, error) {
	layers := make([]landlock.Ruleset, len(p.stack))
	values := valuesOf(vars)
	var errs fileErrors
	for i := range p.stack {
		var err error
		layers[i], err = p.stack[i].Resolve(values)
		errs.add(err)
	}
	if err := errs.err(); err != nil {
		return nil, err
	}
	return layers, nil
}

// valuesOf is variables with one value each.
func valuesOf(vars map[string]string) map[string][]string {
	values := make(map[string][]string, len(vars))
	for name, v := range vars {
		values[name] = []string{v}
	}
	return values
}

// checkHost refuses a policy whose parents this host does not have, before
// anything is written. Parents under the scratch folder come with each fixture.
func (p *policy) checkHost() error {
	var errs fileErrors
	for i := range p.stack {
		for _, parent := range p.stack[i].Config().HostParents() {
			if p.stack[i].MayBeAbsent(parent.Template) {
				continue
			}
			if _, err := os.Stat(parent.Path); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
				errs.fault(parent.File, Fault{Line: parent.Line, Msg: fmt.Sprintf("parent %q does not exist on this host; remove its rule, or list it in the profile's landlock.optional_parents", parent.Path)})
			}
		}
	}
	return errs.err()
}

// policy makes a profile ready for this session, once.
func (s *Session) policy(p *CompiledProfile) (*policy, error) {
	if pol, ok := s.policies[p.ID]; ok {
		return pol, nil
	}
	pol, err := newPolicy(&p.CompiledPolicy)
	if err != nil {
		return nil, err
	}
	if err := s.ready(pol); err != nil {
		return nil, err
	}
	s.policies[p.ID] = pol
	return pol, nil
}

// base stands for the scratch folder in a session's policies: they are resolved
// once, and the worker puts each observation's own folder in its place.
func (s *Session) base() string { return filepath.Join(s.scratch, "base") }

func (s *Session) ready(pol *policy) error {
	var err error
	if pol.ready, err = pol.layers(fixture.VarsAt(s.base())); err != nil {
		return err
	}
	pol.restricted = restrictedBy(pol.ready)
	s.lastPolicy++
	pol.id = s.lastPolicy
	for _, l := range pol.ready {
		if err := l.CheckABI(s.facts.LandlockABI); err != nil {
			pol.why = err.Error()
		}
	}
	return nil
}

func restrictedBy(layers []landlock.Ruleset) map[string]bool {
	rights := make(map[string]bool)
	for _, e := range landlock.Explain(layers) {
		rights[e.Right] = e.All.Restriction != landlock.Open
	}
	return rights
}

func (s *Session) workerPolicy(pol *policy, site *fixture.Site, tag string) *worker.Policy {
	return &worker.Policy{ID: pol.id, Layers: pol.ready, Base: s.base(), Scratch: site.Vars[fixture.VarScratch],
		Options: landlock.Options{NewPrivs: pol.newPrivs, Tag: tag, LogNewExec: tag != ""},
	}
}
