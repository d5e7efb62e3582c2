package landlock

import "slices"

// Compose unites texts into the policy of one layer, as landlockconfig's
// Config::compose does: only what every text handles is handled, counting what
// its rules use; the rules of all are kept, less the rights that are no longer
// handled; variables have the values of all; the abi is the smallest that is
// declared. So a text that handles nothing of a kind, such as one with
// variables alone, opens everything of that kind.
//
// The order of the texts does not matter to what Resolve gives, nor does a text
// that stands twice.
func Compose(first *Config, more ...*Config) *Config {
	if len(more) == 0 {
		return first
	}
	c := &Config{File: first.File, ABI: first.ABI, ABILine: first.ABILine, HandledLine: first.HandledLine}
	c.HandledFS, c.HandledNet, c.Scoped = first.Handled()
	texts := append([]*Config{first}, more...)
	for _, t := range more {
		fs, net, scoped := t.Handled()
		c.HandledFS &= fs
		c.HandledNet &= net
		c.Scoped &= scoped
		if t.ABI != 0 && (c.ABI == 0 || t.ABI < c.ABI) {
			c.ABI = t.ABI
		}
	}
	c.Variables, c.Defined = map[string][]string{}, map[string]Place{}
	for _, t := range texts {
		c.Texts = append(c.Texts, t.File)
		for name, values := range t.Variables {
			all := slices.Concat(c.Variables[name], values)
			slices.Sort(all)
			c.Variables[name] = slices.Compact(all)
			if _, known := c.Defined[name]; !known {
				c.Defined[name] = t.Defined[name]
			}
		}
		for _, g := range t.Paths {
			if g.Access &= c.HandledFS; g.Access != 0 {
				c.Paths = append(c.Paths, g)
			}
		}
		for _, g := range t.Ports {
			if g.Access &= c.HandledNet; g.Access != 0 {
				c.Ports = append(c.Ports, g)
			}
		}
		c.Remarks = append(c.Remarks, t.Remarks...)
	}
	return c
}
