package landlock

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
)

// maxPaths bounds how many parents variables multiply out to in one policy.
const maxPaths = 1 << 14

// Handled is what the kernel will be asked to restrict: the rights the text
// names, and those its rules grant. What is not in it stays allowed.
func (c *Config) Handled() (AccessFS, AccessNet, Scope) {
	fs, net := c.HandledFS, c.HandledNet
	for _, g := range c.Paths {
		fs |= g.Access
	}
	for _, g := range c.Ports {
		net |= g.Access
	}
	return fs, net, c.Scoped
}

// Resolve expands the variables of a text to the ruleset of one layer. vars
// holds those that come from outside, [ObservationVariables] and others, none
// of which the text may define itself; optional, when not nil, says of a
// parent as the text spells it that it may be absent.
//
// Rules for one parent are united, as the kernel does; the rest of a path's
// spelling is left alone. The result is sorted by parent and by port, so equal
// texts and variables give equal rulesets. The error is a [FileError] with
// every fault, or one for each text of a composition, joined.
func (c *Config) Resolve(vars map[string][]string, optional func(template string) bool) (Ruleset, error) {
	var faults textFaults
	known := maps.Clone(c.Variables)
	if known == nil {
		known = map[string][]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if _, ok := c.Variables[name]; ok {
			at := c.Defined[name]
			faults.add(cmp.Or(at.File, c.File), at.Line, "variable %q is set from outside; use another name in the text", name)
		}
		known[name] = vars[name]
	}

	var r Ruleset
	r.HandledFS, r.HandledNet, r.Scoped = c.Handled()
	if r.HandledFS == 0 && r.HandledNet == 0 && r.Scoped == 0 {
		if c.Texts == nil {
			faults.add(c.File, 0, "the policy restricts nothing; add a ruleset that handles rights or scopes")
		} else {
			faults.add(c.File, 0, "the layer restricts nothing: no right is handled by each of %s; a layer handles what all its texts do", strings.Join(c.Texts, ", "))
		}
	}
	byParent := map[string]int{}
	left := maxPaths
	for _, g := range c.Paths {
		// Each observation has a folder of its own, and a rule is moved there by
		// the start of its parent.
		for _, name := range g.Parent.inner() {
			if _, outside := vars[name]; outside {
				faults.add(g.File, g.Line, "parent %q: ${%s} is a whole path; start the parent with it", g.Parent, name)
			}
		}
		paths, err := g.Parent.Expand(known, left)
		left -= len(paths)
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				faults.add(g.File, g.Line, "parent %q: %s", g.Parent, line)
			}
			continue
		}
		mayBeAbsent := optional != nil && optional(g.Parent.String())
		for _, path := range paths {
			if why := unusable(path); why != "" {
				faults.add(g.File, g.Line, "parent %q: %s", g.Parent, why)
				break
			}
			at, ok := byParent[path]
			if !ok {
				at = len(r.Paths)
				byParent[path] = at
				r.Paths = append(r.Paths, PathRule{Parent: path, Optional: true})
			}
			r.Paths[at].Access |= g.Access
			// One grant that needs the parent is enough to need it.
			r.Paths[at].Optional = r.Paths[at].Optional && mayBeAbsent
		}
	}
	r.Ports = c.ports()
	if err := faults.err(); err != nil {
		return Ruleset{}, err
	}
	slices.SortFunc(r.Paths, func(a, b PathRule) int { return strings.Compare(a.Parent, b.Parent) })
	return r, nil
}

// textFaults collects the faults of the texts of one layer.
type textFaults []*FileError

func (fs *textFaults) add(file string, line int, format string, args ...any) {
	for _, f := range *fs {
		if f.File == file {
			f.Faults.Add(line, "", format, args...)
			return
		}
	}
	f := &FileError{File: file}
	f.Faults.Add(line, "", format, args...)
	*fs = append(*fs, f)
}

func (fs textFaults) err() error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		f.Faults.Sort()
		errs[i] = f
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

func (c *Config) ports() []PortRule {
	byPort := map[uint64]AccessNet{}
	for _, g := range c.Ports {
		byPort[g.Port] |= g.Access
	}
	var rules []PortRule
	for port, access := range byPort {
		rules = append(rules, PortRule{Port: port, Access: access})
	}
	slices.SortFunc(rules, func(a, b PortRule) int { return cmp.Compare(a.Port, b.Port) })
	return rules
}

// unusable says why a path cannot be a parent. Relative parents are legal in
// the format; a worker has no folder that the author of the text could mean.
func unusable(path string) string {
	switch {
	case path == "":
		return "expands to the empty path"
	case strings.ContainsRune(path, 0):
		return "expands to a path with a NUL byte"
	case path[0] != '/':
		return "expands to a relative path; start it with / or ${workspace}"
	}
	return ""
}

// HostParent is a parent that is the same in every observation.
type HostParent struct {
	Path     string
	Template string // as the text spells it
	Place
}

// HostParents lists the parents that depend on no variable from outside the
// text, in its order: whether they exist can be told before anything runs.
func (c *Config) HostParents() []HostParent {
	var list []HostParent
	for _, g := range c.Paths {
		paths, err := g.Parent.Expand(c.Variables, maxPaths-len(list))
		if err != nil {
			continue // uses variables from outside, or Resolve will refuse it
		}
		for _, path := range paths {
			list = append(list, HostParent{Path: path, Template: g.Parent.String(), Place: g.Place})
		}
	}
	return list
}
