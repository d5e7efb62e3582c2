package sbpl

// anyOf holds when one of its filters does.
type anyOf []Filter

func (f anyOf) match(s *subject) (truth, *Doubt) {
	var doubt *Doubt
	for _, one := range f {
		switch t, d := one.match(s); {
		case t == yes:
			return yes, nil
		case t == maybe && doubt == nil:
			doubt = d
		}
	}
	if doubt != nil {
		return maybe, doubt
	}
	return no, nil
}

// allOf holds when each of its filters does.
type allOf struct {
	form    string
	filters []Filter
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
}

func (f *negation) match(s *subject) (truth, *Doubt) {
	t, d := f.filter.match(s)
	return t.not(), d
}

// reason is the form for which a filter matches, "" when there is none to show.
func reason(f Filter, s *subject) string {
	switch f := f.(type) {
	case anyOf:
		for _, one := range f {
			if t, _ := one.match(s); t == yes {
				return reason(one, s)
			}
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
