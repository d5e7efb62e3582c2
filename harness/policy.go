package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
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
	kind  string             // why no scenario of it can run here; empty when they can
	why   string
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
