package landlock

import (
	"fmt"
	"strings"
)

// Held is a policy with the parents of its rules open, except those in a
// scratch folder, which are opened at each Build: they are made afresh for each
// observation. What stands on the host is opened once and looked at each time: a
// path that names something else by now is opened again. Applying a held policy
// costs a fraction of Apply, which opens everything each time.
type Held struct {
	layers  []Ruleset
	abi     int    // of this kernel
	scratch string // where the layers spell the scratch folder
	parents [][]parent
}

// Hold opens the parents of the layers' rules, outermost layer first. Parents
// in the folder scratch, as the layers spell it, are left to Build; an empty
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
	// name its maker had at that moment, which [CutTag] reads. Names have
	// [TagMax] bytes for it. Empty leaves the name alone.
	Tag string `json:",omitempty"`
	// NewPrivs leaves no_new_privs as it is, which the kernel takes from a
	// thread with CAP_SYS_ADMIN alone: others get EPERM.
	NewPrivs bool `json:",omitempty"`
	// LogNewExec has denials after an exec logged as well, where the kernel can
	// (ABI 7) and for the layers that set no flag of their own.
	LogNewExec bool `json:",omitempty"`
}

// flags is what a layer is enforced with.
func (o *Options) flags(layer RestrictFlags, abi int) RestrictFlags {
	if o.LogNewExec && layer == 0 {
		return LogNewExecOn & AllFlags(abi)
	}
	return layer
}

// Built is a policy whose rulesets the kernel has: what is left is to enforce
// them.
type Built struct {
	held     *Held
	rep      Report
	rulesets []int
}

// Has reports whether the descriptor is a rule's parent that is held.
func (h *Held) Has(fd int) bool { return h.has(fd) }

// Build makes the policy's rulesets with the scratch folder at scratch. It
// restricts nothing, and names every parent as the calling thread finds it now.
// Whoever built must Close.
func (h *Held) Build(scratch string) (*Built, Report, error) { return h.build(scratch) }

// Enforce puts the policy on the calling thread, done as o says. See Apply for
// what that means for the thread.
func (b *Built) Enforce(o Options) (Report, error) {
	if len(o.Tag) > TagMax {
		return b.rep, fmt.Errorf("tag %q: longer than %d bytes, the kernel would cut it", o.Tag, TagMax)
	}
	return b.enforce(&o)
}

// Close closes the rulesets.
func (b *Built) Close() { b.close() }

// Apply is the function Apply with the scratch folder at scratch, done as o
// says: Build and Enforce in one.
func (h *Held) Apply(scratch string, o Options) (Report, error) {
	b, rep, err := h.Build(scratch)
	if err != nil {
		return rep, err
	}
	defer b.Close()
	return b.Enforce(o)
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
