package op

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// index finds an operation by its name and by each of its aliases.
var index = func() map[string]*Op {
	m := make(map[string]*Op)
	add := func(name string, o *Op) {
		if _, taken := m[name]; taken {
			panic("bug: op table: two operations are called " + name)
		}
		m[name] = o
	}
	for i := range table {
		o := &table[i]
		add(o.Name, o)
		for _, a := range o.Aliases {
			add(a, o)
		}
	}
	return m
}()

// Lookup returns the operation with that name or alias. The Op is shared: do
// not change it.
func Lookup(name string) (*Op, bool) {
	o, ok := index[name]
	return o, ok
}

// All returns every operation, sorted by name.
func All() []Op { return slices.Clone(table) }

// Variant returns the variant with that name; "" means the default.
func (o *Op) Variant(name string) (*Variant, bool) {
	if name == "" {
		return &o.Variants[0], true
	}
	for i := range o.Variants {
		if o.Variants[i].Name == name {
			return &o.Variants[i], true
		}
	}
	return nil, false
}

// VariantNames returns the names of the variants, the default first.
func (o *Op) VariantNames() []string {
	names := make([]string, len(o.Variants))
	for i, v := range o.Variants {
		names[i] = v.Name
	}
	return names
}

// Nearest returns the operation name or alias that name was most likely meant
// to be, or "" when nothing is close.
func Nearest(name string) string {
	if name == "" {
		return ""
	}
	var known []string
	for i := range table {
		for _, k := range append([]string{table[i].Name}, table[i].Aliases...) {
			if _, right, _ := strings.Cut(k, "."); right == name {
				return k // the prefix was left out
			}
			known = append(known, k)
		}
	}
	return nearest.Word(name, known)
}

// resolve finds what a request asks for; the text says why it cannot be
// attempted and how to mend it.
func resolve(req Request) (*Op, *Variant, string) {
	o, ok := Lookup(req.Op)
	if !ok {
		text := fmt.Sprintf("unknown operation %q", req.Op)
		if near := Nearest(req.Op); near != "" {
			text += fmt.Sprintf("; did you mean %q?", near)
		}
		return nil, nil, text
	}
	v, ok := o.Variant(req.Syscall)
	if !ok {
		return nil, nil, fmt.Sprintf("operation %s has no syscall %q; it has %s",
			o.Name, req.Syscall, strings.Join(o.VariantNames(), ", "))
	}
	switch {
	case req.Target == "":
		return nil, nil, o.Name + " needs a target"
	case v.TwoPaths && req.Source == "":
		return nil, nil, o.Name + " needs a source in the probe's fixture"
	case strings.IndexByte(req.Target, 0) >= 0 || strings.IndexByte(req.Source, 0) >= 0:
		return nil, nil, "a path cannot hold a NUL byte"
	}
	if text := v.CheckTarget(req.Target); text != "" {
		return nil, nil, o.Name + " " + text
	}
	return o, v, ""
}
