package landlock

import "strings"

// Held is a policy with the parents of its rules open, except those in a
// scratch folder, which are opened at each Apply: they are made afresh for each
// observation. What stands on the host is named once, when the policy is held,
// so every observation of one worker is judged by the same files. Applying it
// costs a fraction of Apply, which opens everything each time.
type Held struct {
	layers  []Ruleset
	scratch string // where the layers spell the scratch folder
	parents [][]parent
}

// Hold opens the parents of the layers' rules, outermost layer first. Parents
// in the folder scratch, as the layers spell it, are left to Apply; an empty
// scratch leaves none. A fault of the profile is an [ABIError] or a
// [ParentError]; the Report says which call it was. Whoever holds a policy must
// Close it.
func Hold(layers []Ruleset, scratch string) (*Held, Report, error) {
	if len(layers) == 0 {
		return nil, Report{}, errNoLayers
	}
	return hold(layers, scratch)
}

// Apply is the function Apply with the scratch folder at scratch.
func (h *Held) Apply(scratch string) (Report, error) { return h.apply(scratch) }

// Close closes the parents.
func (h *Held) Close() { h.close() }

// at is a parent's path with the scratch folder moved, and whether it lies in
// there.
func (h *Held) at(path, scratch string) (string, bool) {
	if h.scratch == "" {
		return path, false
	}
	rest, ok := strings.CutPrefix(path, h.scratch)
	if !ok || rest != "" && rest[0] != '/' {
		return path, false
	}
	return scratch + rest, true
}
