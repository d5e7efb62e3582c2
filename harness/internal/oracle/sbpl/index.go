package sbpl

import (
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// index finds the rules of one operation that may match an object. Positions
// are those of the profile's rules, ascending in each list.
type index struct {
	exact map[string][]int32 // by the one key they match
	under map[string][]int32 // by the folder they match at and below
	heads map[string][]int32 // by what the keys they match begin with
	sizes []int              // how long heads are, ascending
	rest  []int32            // may match anything
	// floor is what decides where none of those does: positions of which the last
	// that is sure decides. None: denied.
	floor []int32
	// isDefault says that the floor is the profile's default.
	isDefault bool
}

// newIndex builds the index of an operation.
func newIndex(rules []Rule, operation string) *index {
	ix := &index{exact: map[string][]int32{}, under: map[string][]int32{}, heads: map[string][]int32{}}
	covers := map[string]bool{}
	about := func(r *Rule) bool {
		return len(r.Ops) == 0 || slices.ContainsFunc(r.Ops, func(name string) bool {
			c, ok := covers[name]
			if !ok {
				c = seatbelt.Covers(name, operation)
				covers[name] = c
			}
			return c
		})
	}
	first := 0
	for i := len(rules) - 1; i >= 0; i-- {
		if r := &rules[i]; r.Filter == nil && r.Doubt == nil && r.Effect != Unknown && about(r) {
			ix.floor, first = []int32{int32(i)}, i+1 // what comes before can never be reached
			break
		}
	}
	if len(ix.floor) == 0 {
		ix.isDefault = true
		for i := range rules {
			if slices.Contains(rules[i].Ops, "default") {
				ix.floor = append(ix.floor, int32(i))
			}
		}
	}
	for i := first; i < len(rules); i++ {
		if r := &rules[i]; about(r) {
			ix.add(r, int32(i))
		}
	}
	for head := range ix.heads {
		if !slices.Contains(ix.sizes, len(head)) {
			ix.sizes = append(ix.sizes, len(head))
		}
	}
	slices.Sort(ix.sizes)
	return ix
}

func (ix *index) add(r *Rule, at int32) {
	keys, ok := []key(nil), false
	if r.Filter != nil {
		keys, ok = keysOf(r.Filter)
	}
	if !ok {
		ix.rest = append(ix.rest, at)
		return
	}
	for _, k := range keys {
		m := map[reach]map[string][]int32{exactly: ix.exact, below: ix.under, from: ix.heads}[k.reach]
		if list := m[k.text]; len(list) == 0 || list[len(list)-1] != at {
			m[k.text] = append(list, at)
		}
	}
}

// key is what an object's key must be for a filter to match, or not to be sure.
type key struct {
	reach reach
	text  string
}

type reach uint8

const (
	exactly reach = iota // the text
	below                // the text, or a path below it
	from                 // begins with the text
)

// keysOf returns the keys that a filter can match; false: it may be any.
func keysOf(f Filter) ([]key, bool) {
	switch f := f.(type) {
	case *literal:
		return []key{{exactly, f.key}}, true
	case *subpath:
		root := strings.TrimRight(f.key, "/")
		return []key{{below, root}}, true
	case *prefix:
		return []key{{from, f.key}}, true
	case *regexFilter:
		return []key{{from, f.head}}, f.head != ""
	case *nameFilter:
		return f.keys()
	case anyOf:
		var all []key
		for _, one := range f {
			keys, ok := keysOf(one)
			if !ok {
				return nil, false
			}
			all = append(all, keys...)
		}
		return all, true
	case *allOf:
		return keysOfAll(f)
	}
	return nil, false
}

// keysOfAll returns the keys of the filter that leaves the fewest objects.
func keysOfAll(f *allOf) (best []key, found bool) {
	// What reaches further comes later, and of the same reach, what is shorter.
	worst := func(keys []key) (reach, int) {
		far, short := exactly, 1<<20
		for _, k := range keys {
			far, short = max(far, k.reach), min(short, len(k.text))
		}
		return far, short
	}
	for _, one := range f.filters {
		keys, ok := keysOf(one)
		if !ok {
			continue
		}
		far, short := worst(keys)
		bestFar, bestShort := worst(best)
		if !found || far == exactly && bestFar != exactly || (far == exactly) == (bestFar == exactly) && short > bestShort {
			best, found = keys, true
		}
	}
	return best, found
}

// keys of a filter that may be unsure of any name are none.
func (f *nameFilter) keys() ([]key, bool) {
	if f.space == "ipc-posix-name" || strings.HasPrefix(f.space, "iokit-") {
		return nil, false
	}
	if f.how == byValue {
		return []key{{exactly, nameKey(f.space, f.value)}}, true
	}
	return []key{{from, nameKey(f.space, f.head)}}, true
}

// candidates are lists of positions that are gone through from the last on.
type candidates struct {
	lists [][]int32
	room  [16][]int32
}

func (ix *index) candidates(c *candidates, s *subject) {
	c.lists = c.room[:0]
	c.put(ix.rest)
	c.put(ix.exact[s.key])
	for _, size := range ix.sizes {
		if size > len(s.key) {
			break
		}
		c.put(ix.heads[s.key[:size]])
	}
	if s.path == "" || len(ix.under) == 0 {
		return
	}
	for i := range len(s.key) {
		if s.key[i] == '/' {
			c.put(ix.under[s.key[:i]])
		}
	}
	if s.key != "/" {
		c.put(ix.under[s.key])
	}
}

func (c *candidates) put(list []int32) {
	if len(list) > 0 {
		c.lists = append(c.lists, list)
	}
}

// next takes the last position of all lists; false: there is none left.
func (c *candidates) next() (int32, bool) {
	best := -1
	for i, list := range c.lists {
		if len(list) > 0 && (best < 0 || list[len(list)-1] > c.lists[best][len(c.lists[best])-1]) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	list := c.lists[best]
	c.lists[best] = list[:len(list)-1]
	return list[len(list)-1], true
}
