package sbpl

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

var listFunctions = []builtin{
	{name: "cons", least: 2, most: 2, takes: true, run: func(_ site, args []value) (value, error) {
		return &pair{args[0], args[1]}, nil
	}},
	{name: "list", least: 0, most: -1, takes: true, run: func(_ site, args []value) (value, error) {
		return list(args, nothing{}), nil
	}},
	{name: "length", least: 1, most: 1, run: func(c site, args []value) (value, error) {
		values, d, err := c.list(args[0])
		if d != nil || err != nil {
			return d.orNil(), err
		}
		return int64(len(values)), nil
	}},
	{name: "append", least: 0, most: -1, takes: true, run: appendLists},
	{name: "reverse", least: 1, most: 1, run: func(c site, args []value) (value, error) {
		values, d, err := c.list(args[0])
		if d != nil || err != nil {
			return d.orNil(), err
		}
		slices.Reverse(values)
		return list(values, nothing{}), nil
	}},
	{name: "list-ref", least: 2, most: 2, run: func(c site, args []value) (value, error) {
		rest, err := c.tail(args[0], args[1])
		if err != nil || is[*doubt](rest) {
			return rest, err
		}
		return head(rest)
	}},
	{name: "list-tail", least: 2, most: 2, run: func(c site, args []value) (value, error) { return c.tail(args[0], args[1]) }},
	{name: "map", least: 2, most: -1, takes: true, run: func(c site, args []value) (value, error) {
		return c.each(args[0], args[1:])
	}},
	{name: "for-each", least: 2, most: -1, takes: true, run: func(c site, args []value) (value, error) {
		v, err := c.each(args[0], args[1:])
		for err == nil {
			p, ok := v.(*pair)
			if !ok {
				break
			}
			c.m.discard(p.car)
			v = p.cdr
		}
		return nowhere{}, err
	}},
	// What a list is changed to is not followed: it is not known from then on.
	{name: "set-car!", least: 2, most: 2, takes: true, run: change(func(p *pair, d *doubt) { p.car = d })},
	{name: "set-cdr!", least: 2, most: 2, takes: true, run: change(func(p *pair, d *doubt) { p.cdr = d })},
}

// orNil makes no value of no doubt.
func (d *doubt) orNil() value {
	if d == nil {
		return nil
	}
	return d
}

// list takes a list that ends in (). The doubt is why it is not known.
func (c site) list(v value) ([]value, *doubt, error) {
	values, end := items(v)
	c.m.spend(len(values))
	if d := c.m.inDoubt(end); d != nil {
		return nil, d, nil
	}
	switch {
	case is[nothing](end):
		return values, nil, nil
	case is[*pair](v):
		return nil, nil, errImproper
	}
	return nil, nil, mistaken(v, "list")
}

func appendLists(c site, args []value) (value, error) {
	if len(args) == 0 {
		return nothing{}, nil
	}
	last := len(args) - 1
	all := args[last]
	for i := last - 1; i >= 0; i-- {
		values, end := items(args[i])
		c.m.spend(len(values))
		d := c.m.inDoubt(end)
		switch {
		case d != nil:
			all = list(values, d)
		case is[nothing](end):
			all = list(values, all)
		default:
			return nil, mistaken(args[i], "list")
		}
	}
	return all, nil
}

// tail is the list without its first n.
func (c site) tail(v, n value) (value, error) {
	skip, err := wholeNumber(n, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	for range skip {
		if d := c.m.inDoubt(v); d != nil {
			return d, nil
		}
		p, ok := v.(*pair)
		if !ok {
			return nil, fmt.Errorf("the list has fewer than %d elements", skip)
		}
		v = p.cdr
	}
	c.m.spend(skip)
	return v, nil
}

// each applies a function to the first elements of lists, then to the second,
// and gives the list of what it comes to. Where it is not known how many there
// are, once and once again stands for any number of times: what the second run
// finds is what any later one would.
func (c site) each(fn value, lists []value) (value, error) {
	var results []value
	lists = slices.Clone(lists)
	for c.m.spend(1 + len(lists)) {
		args := make([]value, len(lists))
		var unknown *doubt
		for i, l := range lists {
			switch l := l.(type) {
			case *pair:
				args[i], lists[i] = l.car, l.cdr
			case nothing:
				if i == 0 {
					return list(results, nothing{}), nil
				}
				return nil, errors.New("the first list is longer than another")
			default:
				if unknown = c.m.inDoubt(l); unknown == nil {
					return nil, mistaken(l, "list")
				}
				args[i] = &doubt{Doubt: unknown.Doubt, told: true}
			}
		}
		if unknown != nil {
			c.m.either(unknown, c.f, c.s, func() value {
				c.m.discard(c.call(fn, args...))
				return c.call(fn, args...)
			})
			return list(results, &doubt{Doubt: unknown.Doubt, told: true}), nil
		}
		results = append(results, c.call(fn, args...))
	}
	return c.m.stopped, nil
}

func change(set func(*pair, *doubt)) func(site, []value) (value, error) {
	return func(c site, args []value) (value, error) {
		if d := c.m.inDoubt(args[0]); d != nil {
			return d, nil
		}
		p, ok := args[0].(*pair)
		if !ok {
			return nil, mistaken(args[0], "pair")
		}
		d := c.m.doubt(c.f, c.s, "the model does not follow changes of lists")
		d.told = true
		set(p, d)
		return nowhere{}, nil
	}
}

// listSearches look for a value: its place in a list, or the pair that begins
// with it.
var listSearches = []builtin{
	search("memq", eqTest, false), search("memv", eqvTest, false), search("member", equalTest, false),
	search("assq", eqTest, true), search("assv", eqvTest, true), search("assoc", equalTest, true),
}

func eqTest(_ site, a, b value) (value, error)    { return same(a, b) }
func eqvTest(_ site, a, b value) (value, error)   { return alike(a, b) }
func equalTest(c site, a, b value) (value, error) { return c.m.equal(a, b, 0) }

func search(name string, equal func(c site, a, b value) (value, error), pairs bool) builtin {
	return builtin{name: name, least: 2, most: 2, run: func(c site, args []value) (value, error) {
		rest := args[1]
		for c.m.spend(1) {
			p, ok := rest.(*pair)
			if !ok {
				break
			}
			var found value = p
			key := p.car
			if pairs {
				found = p.car
				entry, ok := p.car.(*pair)
				switch {
				case ok:
					key = entry.car
				case c.m.inDoubt(p.car) == nil:
					return nil, mistaken(p.car, "pair")
				}
			}
			if d := c.m.inDoubt(key); d != nil {
				return d, nil
			}
			if !c.m.look(key) {
				break
			}
			v, err := equal(c, args[0], key)
			if err != nil || is[*doubt](v) {
				return v, err
			}
			if v == true {
				return found, nil
			}
			rest = p.cdr
		}
		if d := c.m.inDoubt(rest); d != nil {
			return d, nil
		}
		if !is[nothing](rest) {
			return nil, mistaken(args[1], "list")
		}
		return false, nil
	}}
}

func head(v value) (value, error) {
	p, ok := v.(*pair)
	if !ok {
		return nil, mistaken(v, "pair")
	}
	return p.car, nil
}

// accessors are car, cdr and what they are combined to, up to cddddr.
func accessors() []builtin {
	var table []builtin
	paths := []string{""}
	for range 4 {
		var longer []string
		for _, p := range paths {
			longer = append(longer, "a"+p, "d"+p)
		}
		for _, p := range longer {
			table = append(table, builtin{name: "c" + p + "r", least: 1, most: 1, run: func(c site, args []value) (value, error) {
				return c.access(args[0], p)
			}})
		}
		paths = longer
	}
	return table
}

// access takes the last step of a path first, as its letters are read.
func (c site) access(v value, path string) (value, error) {
	for step := range strings.SplitSeq(reversed(path), "") {
		if d := c.m.inDoubt(v); d != nil {
			return d, nil
		}
		p, ok := v.(*pair)
		switch {
		case !ok:
			return nil, mistaken(v, "pair")
		case step == "a":
			v = p.car
		default:
			v = p.cdr
		}
	}
	return v, nil
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
