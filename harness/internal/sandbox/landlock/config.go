package landlock

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// Config is one profile text in the landlockconfig format, checked: its names
// are rights, its groups are resolved, its variables are not yet.
type Config struct {
	File string // as given to Parse
	ABI  int    // as declared, 0 when it is not

	// What the text says it handles. Resolve adds what its rules use.
	HandledFS  AccessFS
	HandledNet AccessNet
	Scoped     Scope

	Variables map[string][]string // each a sorted set, empty when the text gives no value
	Paths     []PathGrant         // in the order of the text
	Ports     []PortGrant         // in the order of the text
}

// PathGrant is one parent of a rule.
type PathGrant struct {
	Parent Template
	Access AccessFS
	Line   int
}

// PortGrant is one port of a rule.
type PortGrant struct {
	Port   uint64
	Access AccessNet
	Line   int
}

// ObservationVariables are the variables that every observation sets anew: the
// run's scratch folder, and the home and workspace in it. A text may use them
// and may not define them.
var ObservationVariables = []string{"scratch", "home", "workspace"}

// FileError is all the faults of one profile text.
type FileError struct {
	File   string
	Faults jsondoc.Faults
}

// Error has one line per fault, each "file:line: message".
func (e *FileError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		if f.Line > 0 {
			lines[i] = e.File + ":" + f.String()
		} else {
			lines[i] = e.File + ": " + f.String()
		}
	}
	return strings.Join(lines, "\n")
}

// maxText is far more than any policy a person wrote.
const maxText = 1 << 20

// Parse reads a profile text; file names it in errors and its extension tells
// the syntax. The error is a [FileError] with every fault.
func Parse(file string, data []byte) (*Config, error) {
	var faults jsondoc.Faults
	var src source
	if ext := filepath.Ext(file); strings.EqualFold(ext, ".toml") {
		faults.Add(0, "", "landlock policies in TOML are not read; write it as JSON")
	} else {
		src = readJSON(data, &faults)
	}
	c := src.config(file)
	if len(faults) > 0 {
		faults.Sort()
		return nil, &FileError{File: file, Faults: faults}
	}
	return c, nil
}

// source is a profile text as its syntax gives it, not yet understood. Every
// syntax of the format fills one.
type source struct {
	abi       int // 0 when absent or faulty
	abiFaulty bool
	variables []sourceVariable
	rulesets  []sourceRuleset
	paths     []sourcePath
	ports     []sourcePort
}

type sourceVariable struct {
	name     word
	literals []word
}

type sourceRuleset struct{ fs, net, scoped []word }

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
	c := &Config{File: file, ABI: s.abi, Variables: map[string][]string{}}
	for _, v := range s.variables {
		c.define(v)
	}
	for _, r := range s.rulesets {
		c.HandledFS |= rights(s, r.fs, fsVocabulary)
		c.HandledNet |= rights(s, r.net, netVocabulary)
		c.Scoped |= rights(s, r.scoped, scopeVocabulary)
	}
	for _, p := range s.paths {
		access := rights(s, p.access, fsVocabulary)
		for _, w := range p.parents {
			t, err := ParseTemplate(w.text)
			switch {
			case err != nil:
				w.faultf("%v", err)
			case strings.ContainsRune(w.text, 0):
				w.faultf("parent has a NUL byte, which no path can")
			case access != 0: // a group may stand for nothing at a low abi
				c.Paths = append(c.Paths, PathGrant{Parent: t, Access: access, Line: w.line})
			}
		}
	}
	for _, p := range s.ports {
		access := rights(s, p.access, netVocabulary)
		for _, n := range p.ports {
			switch {
			case n.value < 0 || n.value > 65535:
				n.faultf("port %d: want 0 to 65535", n.value)
			case access != 0:
				c.Ports = append(c.Ports, PortGrant{Port: uint64(n.value), Access: access, Line: n.line})
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

// rights is the union of what the words stand for.
func rights[T ~uint64](s *source, words []word, vocab vocabulary[T]) T {
	var set T
	for _, w := range words {
		if bit, ok := lookup(vocab.table, w.text); ok {
			set |= T(bit)
			continue
		}
		group, ok := vocab.group(w.text, s.abi)
		switch {
		case !ok:
			w.faultf("unknown %s %q; %s", vocab.kind, w.text, vocab.hint(w.text))
		case s.abiFaulty: // already reported
		case s.abi == 0:
			w.faultf(`%q depends on the ABI; add "abi" with the version the policy was written for`, w.text)
		case s.abi > LatestABI:
			w.faultf("%q at abi %d holds rights that are not known here; name the rights, or lower abi to %d", w.text, s.abi, LatestABI)
		default:
			set |= group
		}
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
