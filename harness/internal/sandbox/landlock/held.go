package landlock

import (
	"fmt"
	"strings"
)

// Held is a policy with the parents of its rules open, except those in a
// scratch folder, which are opened at each Apply: they are made afresh for each
// observation. What stands on the host is named once, when the policy is held,
// so every observation of one worker is judged by the same files. Applying it
// costs a fraction of Apply, which opens everything each time.
type Held struct {
	layers  []Ruleset
	abi     int    // of this kernel
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

// Options is how a policy is put on a thread. The zero Options sets
// no_new_privs and nothing else.
type Options struct {
	// Tag marks the domains the layers make: before each
	// landlock_restrict_self the thread's name becomes Tag + "." + the layer's
	// number from 0 in base 36, and the kernel's record of a domain carries the
	// name its maker had at that moment. Names have [TagMax] bytes for it. Empty
	// leaves the name alone.
	Tag string `json:",omitempty"`
	// NewPrivs leaves no_new_privs as it is, which the kernel takes from a
	// thread with CAP_SYS_ADMIN alone: others get EPERM.
	NewPrivs bool `json:",omitempty"`
	// LogNewExec has denials after an exec logged as well, where the kernel can
	// (ABI 7) and for the layers that set no flag of their own.
	LogNewExec bool `json:",omitempty"`
}

// TagMax is how long a Tag may be: the kernel keeps 15 bytes of a thread's
// name, and ".g" is the last layer that can be tried.
const TagMax = 13

// flags is what a layer is enforced with.
func (o *Options) flags(layer RestrictFlags, abi int) RestrictFlags {
	if o.LogNewExec && layer == 0 {
		return LogNewExecOn & AllFlags(abi)
	}
	return layer
}

// Apply is the function Apply with the scratch folder at scratch, done as o
// says.
func (h *Held) Apply(scratch string, o Options) (Report, error) {
	if len(o.Tag) > TagMax {
		return Report{}, fmt.Errorf("tag %q: longer than %d bytes, the kernel would cut it", o.Tag, TagMax)
	}
	return h.apply(scratch, &o)
}

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
