package jsondoc

import (
	"iter"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// Members is a JSON object being read: keys are asked for by name, and End
// reports those nobody asked for.
type Members struct {
	of      Value
	path    string
	members []member
	asked   []string // keys this reader knows, in the order it asked
}

type member struct {
	key   string
	at    int
	value token
	asked bool
}

// Object reads an object. Keys that stand twice are faults, and the first
// counts. The result is never nil: of a value that is absent or no object, all
// members are absent and nothing more is reported.
func (v Value) Object() *Members {
	if !v.is(Object) {
		return &Members{}
	}
	// A member takes some twenty bytes of text, and most objects have few.
	room := min(1+len(v.res.Raw)/20, 16)
	o := &Members{of: v, path: v.where(), members: make([]member, 0, room), asked: make([]string, 0, room)}
	var seen map[string]int // key to place in members, once there are many
	v.res.forEach(func(key, value gjson.Result) {
		first := -1
		if seen != nil {
			if i, ok := seen[key.Str]; ok {
				first = i
			}
		} else {
			first = o.find(key.Str)
		}
		m := member{key: key.Str, at: key.Index, value: tokenOf(value)}
		if first >= 0 {
			o.at(&m).FaultAs(CodeTwice, "key stands twice, first on line %d; keep one", v.doc.line(o.members[first].at))
			return
		}
		o.members = append(o.members, m)
		switch {
		case seen != nil:
			seen[m.key] = len(o.members) - 1
		case len(o.members) > 32:
			seen = make(map[string]int, 64)
			for i := range o.members {
				seen[o.members[i].key] = i
			}
		}
	})
	return o
}

func (o *Members) find(key string) int {
	for i := range o.members {
		if o.members[i].key == key {
			return i
		}
	}
	return -1
}

func (o *Members) at(m *member) Value {
	return Value{doc: o.of.doc, res: m.value, at: m.at, id: o.of.id, path: o.path, key: m.key, index: isMember}
}

// Opt is the value of key, absent when there is none.
func (o *Members) Opt(key string) Value {
	if o.of.doc == nil {
		return Value{}
	}
	o.asked = append(o.asked, key)
	i := o.find(key)
	if i < 0 {
		return Value{}
	}
	o.members[i].asked = true
	return o.at(&o.members[i])
}

// Need is the value of key; that it is missing is a fault.
func (o *Members) Need(key string) Value {
	v := o.Opt(key)
	if !v.Present() {
		o.of.FaultAs(CodeMissing, "key %q is missing; add it", key)
	}
	return v
}

// Forbid makes the presence of key a fault that says why.
func (o *Members) Forbid(key, why string) {
	if i := o.find(key); i >= 0 {
		o.members[i].asked = true
		o.at(&o.members[i]).FaultAs(CodeUnexpected, "%s", why)
	}
}

// Ignore makes every member count as asked for.
func (o *Members) Ignore() {
	for i := range o.members {
		o.members[i].asked = true
	}
}

// Len is the number of members.
func (o *Members) Len() int { return len(o.members) }

// All yields every member in the order of the file, for objects whose keys are
// data. All members count as asked for.
func (o *Members) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := range o.members {
			m := &o.members[i]
			m.asked = true
			if !yield(m.key, o.at(m)) {
				return
			}
		}
	}
}

// unique is words without repetition, in their order.
func unique(words []string) []string {
	var list []string
	for _, w := range words {
		if !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list
}

// End reports every key that was not asked for.
func (o *Members) End() {
	for i := range o.members {
		m := &o.members[i]
		if m.asked {
			continue
		}
		switch near := nearest.Within(m.key, o.asked, min(2, len(m.key)/2)); {
		case near != "":
			o.at(m).FaultAs(CodeUnexpected, "unknown key; did you mean %q?", near)
		case len(o.asked) == 0:
			o.at(m).FaultAs(CodeUnexpected, "unknown key; remove it")
		default:
			o.at(m).FaultAs(CodeUnexpected, "unknown key; remove it, the keys here are %s", strings.Join(unique(o.asked), ", "))
		}
	}
}
