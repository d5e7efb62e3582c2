package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// ModeLandlock is the profile mode of landlockconfig texts.
const ModeLandlock = "landlock"

// policy is a compiled profile made ready for an engine.
type policy struct {
	config   *landlock.Config
	optional []string

	// What a session adds when it first needs the policy.
	id    int                // what workers know it by
	ready []landlock.Ruleset // its layers, with the session's base folder as scratch
	why   string             // what this kernel lacks for it; empty when nothing
}

// newPolicy parses a profile's text for the engine of its mode.
func newPolicy(p *CompiledPolicy) (*policy, error) {
	if p.Mode != ModeLandlock {
		return nil, fmt.Errorf("mode %q has no engine in this build, it has one for %q", p.Mode, ModeLandlock)
	}
	config, err := landlock.Parse(p.Path, []byte(p.Text))
	if err != nil {
		return nil, fileError(err)
	}
	return &policy{config: config, optional: p.OptionalParents}, nil
}

// layers is the policy with its variables expanded, outermost layer first.
func (p *policy) layers(vars map[string]string) ([]landlock.Ruleset, error) {
	values := make(map[string][]string, len(vars))
	for name, v := range vars {
		values[name] = []string{v}
	}
	rs, err := p.config.Resolve(values, p.mayBeAbsent)
	if err != nil {
		return nil, fileError(err)
	}
	return []landlock.Ruleset{rs}, nil
}

// checkHost refuses a policy whose parents this host does not have, before
// anything is written. Parents under the scratch folder come with each fixture.
func (p *policy) checkHost() error {
	var faults jsondoc.Faults
	for _, parent := range p.config.HostParents() {
		if p.mayBeAbsent(parent.Template) {
			continue
		}
		if _, err := os.Stat(parent.Path); errors.Is(err, fs.ErrNotExist) {
			faults.Add(parent.Line, "", "parent %q does not exist on this host; remove its rule, or list it in the profile's landlock.optional_parents", parent.Path)
		}
	}
	return dataError(p.config.File, faults)
}

func (p *policy) mayBeAbsent(template string) bool { return slices.Contains(p.optional, template) }

// fileError is a profile's faults as those of any other data file.
func fileError(err error) error {
	var faults *landlock.FileError
	if errors.As(err, &faults) {
		return &DataError{File: faults.File, Faults: faults.Faults}
	}
	return err
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
	s.lastPolicy++
	pol.id = s.lastPolicy
	for _, l := range pol.ready {
		if err := l.CheckABI(s.facts.LandlockABI); err != nil {
			pol.why = err.Error()
		}
	}
	return nil
}

func (s *Session) workerPolicy(pol *policy, site *fixture.Site) *worker.Policy {
	return &worker.Policy{ID: pol.id, Layers: pol.ready, Base: s.base(), Scratch: site.Vars[fixture.VarScratch]}
}
