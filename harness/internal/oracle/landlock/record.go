package landlock

import (
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Record is the first denial record of a call: AUDIT_LANDLOCK_ACCESS of
// linux/audit.h as security/landlock/audit.c writes it from ABI 7 on. It names
// one domain, that of the youngest layer that denies, and what this very layer
// lacks; what older layers lack beside it is not in the log. A call that asks
// Landlock several times, as open with O_CREAT does, is denied at the first
// question that finds something missing. A move between directories has two
// records, of its source and of its target, where both lack something.
type Record struct {
	Layer    int      `json:"layer"` // from 0, outermost first
	Blockers []string `json:"blockers"`
	// Silent says that it is not in the log: flags of landlock_restrict_self keep
	// it out, or the kernel has no such records.
	Silent bool `json:"silent,omitempty"`
}

// recordOf is get_denied_layer of security/landlock/audit.c; nil when nothing
// is denied.
func recordOf(denied *masks) *Record {
	for layer := len(denied) - 1; layer >= 0; layer-- {
		if denied[layer] != 0 {
			return &Record{Layer: layer, Blockers: auditNames(denied[layer])}
		}
	}
	return nil
}

// firstLogged is the first of two records, unless the log has the second alone.
func (d *domain) firstLogged(source, target *masks) *Record {
	first, second := recordOf(source), recordOf(target)
	if first == nil || second != nil && silent(d.layers, first.Layer) && !silent(d.layers, second.Layer) {
		return second
	}
	return first
}

// silent says whether the layer's denials are kept out of the log: by its own
// flags, or by an older layer's that speak of those nested in it. The call is
// made by the program that restricted itself, so its denials are "same exec".
func silent(layers []sandbox.Ruleset, layer int) bool {
	for _, older := range layers[:layer] {
		if older.Flags&sandbox.LogSubdomainsOff != 0 {
			return true
		}
	}
	return layers[layer].Flags&sandbox.LogSameExecOff != 0
}
