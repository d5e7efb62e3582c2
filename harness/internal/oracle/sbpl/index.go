package sbpl

import (
	"slices"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// index finds the rules of one operation that may match an object. Positions
// are those of the profile's rules, ascending in each list.
type index struct {
	exact map[string][]int32 // by the one key they match
	under map[string][]int32 // by the folder they match at and below
	heads map[string][]int32 // by what the keys they match begin with
	sizes []int              // how long heads are, ascending
	parts map[string][]int32 // by what the keys they match have in them
	spans []int              // how long parts are, ascending
	rest  []int32            // may match anything
	but   []exception        // may match anything but what a filter does
	all   []int32            // all of the above
	// floor is what decides where none of those does: positions of which the last
	// that is sure decides. None: denied.
	floor []int32
	// isDefault says that the floor is the profile's default.
	isDefault bool
}

// newIndex builds the index of an operation.
func newIndex(rules []Rule, operation string) *index {
	ix := emptyIndex()
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
		if about(&rules[i]) {
			ix.all = append(ix.all, int32(i))
		}
	}
	ix.fill(func(i int32) Filter { return rules[i].Filter })
	return ix
}

func emptyIndex() *index {
	return &index{exact: map[string][]int32{}, under: map[string][]int32{}, heads: map[string][]int32{}, parts: map[string][]int32{}}
}

// fill puts all positions where their filters say.
func (ix *index) fill(filter func(int32) Filter) {
	c := chooser{counts: map[key]int{}, excluded: map[key]int{}}
	for _, i := range ix.all {
		c.count(filter(i))
	}
	for _, i := range ix.all {
		ix.add(filter(i), i, &c)
	}
	ix.sizes, ix.spans = lengths(ix.heads), lengths(ix.parts)
}

func lengths(m map[string][]int32) []int {
	var all []int
	for text := range m {
		if !slices.Contains(all, len(text)) {
			all = append(all, len(text))
		}
	}
	slices.Sort(all)
	return all
}

// exception is a filter with the positions that do not match where it does.
type exception struct {
	filter    *pathFilter
	key       key
	positions []int32
}

// mostExceptions bounds what is looked at before any rule is.
const mostExceptions = 32

func (ix *index) add(f Filter, at int32, c *chooser) {
	keys, _, ok := c.choose(f)
	if !ok {
		ix.addRest(f, at, c)
		return
	}
	for _, k := range keys {
		m := [...]map[string][]int32{exactly: ix.exact, below: ix.under, from: ix.heads, holding: ix.parts}[k.reach]
		if list := m[k.text]; len(list) == 0 || list[len(list)-1] != at {
			m[k.text] = append(list, at)
		}
	}
}

func (ix *index) addRest(f Filter, at int32, c *chooser) {
	if filter, k := c.exclude(f); filter != nil {
		i := slices.IndexFunc(ix.but, func(e exception) bool { return e.key == k })
		if i < 0 && len(ix.but) < mostExceptions {
			i = len(ix.but)
			ix.but = append(ix.but, exception{filter: filter, key: k})
		}
		if i >= 0 {
			ix.but[i].positions = append(ix.but[i].positions, at)
			return
		}
	}
	ix.rest = append(ix.rest, at)
}

// candidates adds the lists of positions that may match an object to lists.
func (ix *index) candidates(lists [][]int32, s *subject) [][]int32 {
	put := func(list []int32) {
		if len(list) > 0 {
			lists = append(lists, list)
		}
	}
	if s.opaque != "" {
		return append(lists, ix.all)
	}
	put(ix.rest)
	for i := range ix.but {
		if t, _ := ix.but[i].filter.match(s); t != yes {
			put(ix.but[i].positions)
		}
	}
	put(ix.exact[s.key])
	for _, size := range ix.sizes {
		if size > len(s.key) {
			break
		}
		put(ix.heads[s.key[:size]])
	}
	for _, size := range ix.spans {
		for i := 0; i+size <= len(s.key); i++ {
			put(ix.parts[s.key[i:i+size]])
		}
	}
	if s.path == "" || len(ix.under) == 0 {
		return lists
	}
	for i := range len(s.key) {
		if s.key[i] == '/' {
			put(ix.under[s.key[:i]])
		}
	}
	if s.key != "/" {
		put(ix.under[s.key])
	}
	return lists
}

// next takes the last position of all lists; false: there is none left.
func next(lists [][]int32) (int32, bool) {
	best, last := -1, int32(-1)
	for i, list := range lists {
		if n := len(list); n > 0 && list[n-1] > last {
			best, last = i, list[n-1]
		}
	}
	if best < 0 {
		return 0, false
	}
	lists[best] = lists[best][:len(lists[best])-1]
	return last, true
}
