package landlock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// source is a profile text as its syntax gives it, not yet understood. Every
// syntax of the format fills one.
type source struct {
	abi       int // 0 when absent or faulty
	abiFaulty bool
	abiLine   int
	variables []sourceVariable
	rulesets  []sourceRuleset
	paths     []sourcePath
	ports     []sourcePort
}

type sourceVariable struct {
	name     word
	literals []word
}

type sourceRuleset struct {
	line            int
	fs, net, scoped []word
}

type sourcePath struct{ access, parents []word }

type sourcePort struct {
	access []word
	ports  []number
}

// word is a string of the text; faultf reports a fault where it stands.
type word struct {
	text   string
	line   int
	faultf func(format string, args ...any)
}

type number struct {
	value  int
	line   int
	faultf func(format string, args ...any)
}

func (s *source) config(file string) *Config {
	c := &Config{File: file, ABI: s.abi, ABILine: s.abiLine, Variables: map[string][]string{}, Defined: map[string]Place{}}
	for _, v := range s.variables {
		c.define(v)
	}
	for _, r := range s.rulesets {
		if c.HandledLine == 0 {
			c.HandledLine = r.line
		}
		c.HandledFS |= rights(s, c, r.fs, fsVocabulary)
		c.HandledNet |= rights(s, c, r.net, netVocabulary)
		c.Scoped |= rights(s, c, r.scoped, scopeVocabulary)
	}
	for _, p := range s.paths {
		access := rights(s, c, p.access, fsVocabulary)
		for _, w := range p.parents {
			t, err := ParseTemplate(w.text)
			switch {
			case err != nil:
				w.faultf("%v", err)
			case strings.ContainsRune(w.text, 0):
				w.faultf("parent has a NUL byte, which no path can")
			case access != 0: // a group may stand for nothing at a low abi
				c.Paths = append(c.Paths, PathGrant{Parent: t, Access: access, Place: Place{file, w.line}})
			}
		}
	}
	for _, p := range s.ports {
		access := rights(s, c, p.access, netVocabulary)
		for _, n := range p.ports {
			switch {
			case n.value < 0 || n.value > 65535:
				n.faultf("port %d: want 0 to 65535", n.value)
			case access != 0:
				c.Ports = append(c.Ports, PortGrant{Port: uint64(n.value), Access: access, Place: Place{file, n.line}})
			}
		}
	}
	return c
}

// define adds values to a variable; a name that stands twice has the values of
// both.
func (c *Config) define(v sourceVariable) {
	name := v.name.text
	if err := checkName(name); err != nil {
		v.name.faultf("%v", err)
		return
	}
	if slices.Contains(ObservationVariables, name) {
		v.name.faultf("variable %q is set by every observation; use another name", name)
		return
	}
	values := c.Variables[name]
	for _, w := range v.literals {
		values = append(values, w.text)
	}
	slices.Sort(values)
	c.Variables[name] = slices.Compact(values)
	if _, known := c.Defined[name]; !known {
		c.Defined[name] = Place{c.File, v.name.line}
	}
}

func (c *Config) remark(code Code, line int, format string, args ...any) {
	c.Remarks = append(c.Remarks, Finding{Code: code, Level: Warning, Place: Place{c.File, line}, Msg: fmt.Sprintf(format, args...)})
}

// vocabulary is the words that stand for a kind of right.
type vocabulary[T ~uint64] struct {
	kind   string
	table  []right
	groups []string
	group  func(name string, abi int) (T, bool)
}

var (
	fsVocabulary    = vocabulary[AccessFS]{"file-system right", fsRights, []string{groupAll, groupReadExecute, groupReadWrite}, fsGroup}
	netVocabulary   = vocabulary[AccessNet]{"network right", netRights, []string{groupAll}, netGroup}
	scopeVocabulary = vocabulary[Scope]{"scope", scopeRights, []string{groupAll}, scopeGroup}
)

// rights is the union of what the words stand for. Those that add nothing to
// the words before them are remarked on.
func rights[T ~uint64](s *source, c *Config, words []word, vocab vocabulary[T]) T {
	var set T
	for _, w := range words {
		stands := T(0)
		if bit, ok := lookup(vocab.table, w.text); ok {
			stands = T(bit)
		} else if group, ok := vocab.group(w.text, s.abi); !ok {
			w.faultf("unknown %s %q; %s", vocab.kind, w.text, vocab.hint(w.text))
			continue
		} else if s.abiFaulty {
			continue // already reported
		} else if s.abi == 0 {
			w.faultf(`%q depends on the ABI; add "abi" with the version the policy was written for`, w.text)
			continue
		} else if s.abi > LatestABI {
			w.faultf("%q at abi %d holds rights that are not known here; name the rights, or lower abi to %d", w.text, s.abi, LatestABI)
			continue
		} else if group == 0 {
			c.remark(CodeEmptyGroup, w.line, "%q stands for nothing at abi %d; raise abi, or remove it", w.text, s.abi)
		} else {
			stands = group
		}
		if stands != 0 && set&stands == stands {
			c.remark(CodeRepeated, w.line, "%q adds nothing to the words before it; remove it", w.text)
		}
		set |= stands
	}
	return set
}

func (v vocabulary[T]) hint(text string) string {
	words := slices.Clone(v.groups)
	for _, r := range v.table {
		words = append(words, r.name)
	}
	if near := nearest.Word(text, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "want " + strings.Join(words, ", ")
}
