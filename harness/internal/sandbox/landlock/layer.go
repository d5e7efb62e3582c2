package landlock

import "slices"

// MaxLayers is LANDLOCK_MAX_NUM_LAYERS of the kernel's
// security/landlock/limits.h: enforcing one more gives E2BIG.
const MaxLayers = 16

// Layer is one layer of a profile as its texts have it.
type Layer struct {
	Profile  string    // the stacked profile it comes from; empty: the profile's own
	Texts    []*Config // composed when there are several
	Optional []string  // parents, as the texts spell them, that may be absent
	Flags    RestrictFlags
}

// Config is the layer's texts as one.
func (l *Layer) Config() *Config { return Compose(l.Texts[0], l.Texts[1:]...) }

// MayBeAbsent says of a parent, as a text spells it, whether a host may lack
// it.
func (l *Layer) MayBeAbsent(template string) bool { return slices.Contains(l.Optional, template) }

// Resolve is [Config.Resolve] of the layer's texts, with its flags.
func (l *Layer) Resolve(vars map[string][]string) (Ruleset, error) {
	r, err := l.Config().Resolve(vars, l.MayBeAbsent)
	if err != nil {
		return Ruleset{}, err
	}
	r.Flags = l.Flags
	return r, nil
}
