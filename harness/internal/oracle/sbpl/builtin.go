package sbpl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// builtins are the functions of the language, by name.
var builtins map[string]*builtin

// The functions call the machine, which looks them up: the table cannot be a
// variable's initial value.
func init() {
	builtins = map[string]*builtin{}
	for _, table := range [][]builtin{profileFunctions, predicates, listFunctions, listSearches, accessors(), textFunctions, charFunctions, numberFunctions} {
		for i, b := range table {
			if builtins[b.name] != nil {
				panic("bug: two functions are called " + b.name)
			}
			builtins[b.name] = &table[i]
		}
	}
}

// profileFunctions are those that concern the profile and its run.
var profileFunctions = []builtin{
	{name: "param", least: 1, most: 1, run: param},
	{name: "import", least: 1, most: 1, run: imports, takes: true},
	{name: "defined?", least: 1, most: 2, run: isDefined},
	{name: "error", least: 0, most: -1, run: fail, takes: true},
	{name: "apply", least: 2, most: -1, run: applyTo, takes: true},
	{name: "display", least: 1, most: 2, run: silent, takes: true},
	{name: "newline", least: 0, most: 1, run: silent, takes: true},
	{name: "write", least: 1, most: 2, run: silent, takes: true},
}

func silent(site, []value) (value, error) { return nowhere{}, nil }

func param(c site, args []value) (value, error) {
	name, err := text(args[0])
	if err != nil {
		return nil, err
	}
	if v, ok := c.m.source.Params[name]; ok {
		return &str{text: v}, nil
	}
	return unset(name), nil
}

// isDefined cannot tell of a name that the model does not know: the system that
// a profile is for may.
func isDefined(c site, args []value) (value, error) {
	name, ok := args[0].(symbol)
	if !ok {
		return nil, mistaken(args[0], "symbol")
	}
	in, _ := c.m.find(c.s, string(name))
	if in != nil || specials[string(name)] != nil || function(string(name)) != nil || c.m.known(string(name)) || seatbelt.Known(string(name)) {
		return true, nil
	}
	return nil, fmt.Errorf("the model does not know whether the system defines %s", short(string(name)))
}

// fail is error: a profile that gets there is none. In a branch that may not be
// run, that is so only if it is.
func fail(c site, args []value) (value, error) {
	var said []string
	for _, arg := range args[:min(len(args), 10)] { // more is not shown
		if s, ok := arg.(*str); ok {
			said = append(said, short(s.text))
			continue
		}
		said = append(said, show(arg))
	}
	d := c.m.doubt(c.f, c.s, "the profile fails here: "+short(strings.Join(said, " ")))
	if c.m.supposed == nil {
		c.m.halt(d)
		return d, nil
	}
	d.told = true
	c.m.last = append(c.m.last, opaque(&d.Doubt))
	return d, nil
}

// call applies a function for a builtin.
func (c site) call(fn value, args ...value) value {
	quiet := c.m.quiet
	v := c.m.force(c.m.apply(fn, args, c.f, c.s))
	c.m.quiet = quiet
	return v
}

func applyTo(c site, args []value) (value, error) {
	last := len(args) - 1
	more, end := items(args[last])
	if !c.m.spend(len(more)) {
		return c.m.stopped, nil
	}
	given := append(append([]value(nil), args[1:last]...), more...)
	if d := c.m.inDoubt(end); d != nil {
		switch fn := args[0].(type) {
		case ruler, maker:
			return c.call(fn, append(given, d)...), nil // d stands for any number of them
		case *builtin:
			return d, nil
		}
		return c.m.inapplicable(d, c.f, c.s), nil
	}
	if _, proper := end.(nothing); !proper {
		return nil, errImproper
	}
	return c.call(args[0], given...), nil
}

var predicates = []builtin{
	predicate("boolean?", func(v value) bool { return v == true || !holds(v) }),
	predicate("char?", is[char]),
	predicate("null?", is[nothing]),
	predicate("number?", func(v value) bool { return is[int64](v) || is[float64](v) }),
	predicate("pair?", is[*pair]),
	predicate("procedure?", func(v value) bool {
		return is[*closure](v) || is[*builtin](v) || is[maker](v) || is[ruler](v)
	}),
	predicate("string?", is[*str]),
	predicate("symbol?", is[symbol]),
	predicate("not", func(v value) bool { return !holds(v) }),
	{name: "list?", least: 1, most: 1, run: func(c site, args []value) (value, error) {
		values, end := items(args[0])
		c.m.spend(len(values))
		if d := c.m.inDoubt(end); d != nil {
			return d, nil
		}
		return is[nothing](end), nil
	}},
	{name: "eq?", least: 2, most: 2, run: func(_ site, args []value) (value, error) { return same(args[0], args[1]) }},
	{name: "eqv?", least: 2, most: 2, run: func(_ site, args []value) (value, error) { return alike(args[0], args[1]) }},
	{name: "equal?", least: 2, most: 2, run: func(c site, args []value) (value, error) {
		return c.m.equal(args[0], args[1], 0)
	}},
}

func is[T any](v value) bool {
	_, ok := v.(T)
	return ok
}

func predicate(name string, test func(value) bool) builtin {
	return builtin{name: name, least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		return test(args[0]), nil
	}}
}

// eqv says whether two values are one object, or the same number or character.
func eqv(a, b value) bool {
	return a == b || isFalse(a) && isFalse(b)
}

func isFalse(v value) bool { return v == false || is[unset](v) }

// same is eq?, alike is eqv?, both as far as that can be told: whether two
// equal strings or numbers are one object depends on how they came to be.
func same(a, b value) (value, error) {
	if a == b && (is[int64](a) || is[float64](a) || is[char](a)) {
		return nil, errors.New("eq? does not tell whether numbers or characters are equal; use eqv?")
	}
	return alike(a, b)
}

func alike(a, b value) (value, error) {
	x, isText := a.(*str)
	if y, both := b.(*str); isText && both && x != y && x.text == y.text {
		return nil, errors.New("it does not tell whether strings are equal; use string=?")
	}
	return eqv(a, b), nil
}

// equal is equal?, of values that are depth lists deep.
func (m *machine) equal(a, b value, depth int) (value, error) {
	if depth > m.most.depth {
		m.stop("stopped at lists %d deep", m.most.depth)
	}
	for m.spend(1) && m.look(a) {
		for _, v := range []value{a, b} {
			if d := m.inDoubt(v); d != nil {
				return d, nil
			}
		}
		x, isPair := a.(*pair)
		y, both := b.(*pair)
		switch {
		case isPair && both:
			if v, err := m.equal(x.car, y.car, depth+1); err != nil || v != true {
				return v, err
			}
			a, b = x.cdr, y.cdr
			continue
		case isPair != both:
			return false, nil
		}
		if s, ok := a.(*str); ok {
			t, ok := b.(*str)
			return ok && s.text == t.text, nil
		}
		return eqv(a, b), nil
	}
	return m.stopped, nil
}

// wholeNumber takes an index or a count.
func wholeNumber(v value, most int) (int, error) {
	n, ok := v.(int64)
	switch {
	case !ok:
		return 0, mistaken(v, "whole number")
	case n < 0 || n > int64(most):
		return 0, fmt.Errorf("%d is not between 0 and %d", n, most)
	}
	return int(n), nil
}
