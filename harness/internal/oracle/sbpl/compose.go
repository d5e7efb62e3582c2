package sbpl

import "sync"

// anyOf holds when one of its filters does.
type anyOf struct {
	filters []Filter
	size    int
	index   func() *index // of many filters, as of rules; nil: they are few
}

// fewFilters are looked at one after the other.
const fewFilters = 16

func newAny(filters []Filter) *anyOf {
	f := &anyOf{size: sizeOf(filters...)}
	for _, one := range filters {
		if inner, ok := one.(*anyOf); ok {
			f.filters = append(f.filters, inner.filters...)
		} else {
			f.filters = append(f.filters, one)
		}
	}
	if len(f.filters) > fewFilters {
		f.index = sync.OnceValue(func() *index {
			ix := emptyIndex()
			for i := range f.filters {
				ix.all = append(ix.all, int32(i))
			}
			ix.fill(func(i int32) Filter { return f.filters[i] })
			return ix
		})
	}
	return f
}

func (f *anyOf) match(s *subject) (truth, *Doubt) {
	t, doubt, _ := f.find(s)
	return t, doubt
}

// find returns what match does, and the filter for which it is yes.
func (f *anyOf) find(s *subject) (t truth, doubt *Doubt, found Filter) {
	look := func(one Filter) bool {
		switch t, d := one.match(s); {
		case t == yes:
			found = one
		case t == maybe && doubt == nil:
			doubt = d
		}
		return found != nil
	}
	if f.index == nil {
		for _, one := range f.filters {
			if look(one) {
				return yes, nil, found
			}
		}
	} else {
		var room [16][]int32
		for _, list := range f.index().candidates(room[:0], s) {
			for _, i := range list {
				if look(f.filters[i]) {
					return yes, nil, found
				}
			}
		}
	}
	if doubt != nil {
		return maybe, doubt, nil
	}
	return no, nil, nil
}

// allOf holds when each of its filters does.
type allOf struct {
	form    string
	filters []Filter
	size    int
}

func (f *allOf) match(s *subject) (truth, *Doubt) {
	var doubt *Doubt
	for _, one := range f.filters {
		switch t, d := one.match(s); {
		case t == no:
			return no, nil
		case t == maybe && doubt == nil:
			doubt = d
		}
	}
	if doubt != nil {
		return maybe, doubt
	}
	return yes, nil
}

// negation holds when its filter does not.
type negation struct {
	form   string
	filter Filter
	size   int
}

func (f *negation) match(s *subject) (truth, *Doubt) {
	t, d := f.filter.match(s)
	return t.not(), d
}

// sizeOf is how many filters there are in filters, themselves included: one
// that is there twice is matched twice.
func sizeOf(filters ...Filter) int {
	n := len(filters)
	for _, f := range filters {
		switch f := f.(type) {
		case *anyOf:
			n += f.size
		case *allOf:
			n += f.size
		case *negation:
			n += f.size
		}
	}
	return n
}

// reason is the form for which a filter matches, "" when there is none to show.
func reason(f Filter, s *subject) string {
	switch f := f.(type) {
	case *anyOf:
		if _, _, one := f.find(s); one != nil {
			return reason(one, s)
		}
	case *allOf:
		return f.form
	case *negation:
		return f.form
	case interface{ written() string }:
		return f.written()
	}
	return "its filter"
}
