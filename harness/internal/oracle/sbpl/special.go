package sbpl

import (
	"errors"
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// special evaluates a list whose items are not all evaluated. The error says in
// half a sentence why it cannot be.
type special func(m *machine, f *form, s *scope) (value, error)

// specials are the special forms. Those that only say how a sandbox behaves,
// apart from its decisions, do nothing.
var specials map[string]special

func init() {
	specials = map[string]special{
		"and": (*machine).and, "begin": begin, "case": (*machine).choose, "cond": (*machine).cond,
		"define": (*machine).define, "define-once": (*machine).defineOnce, "do": (*machine).do,
		"define-macro": (*machine).macro, "macro": (*machine).macro, "define-syntax": (*machine).macro,
		"if": (*machine).branch, "lambda": (*machine).lambda, "let": (*machine).let, "let*": (*machine).letSequence,
		"letrec": (*machine).letRec, "or": (*machine).or, "quasiquote": (*machine).quasi, "quote": (*machine).quote,
		"set!": (*machine).assign, "unless": (*machine).unless, "when": (*machine).when, "with": (*machine).with, "with-filter": (*machine).withFilter,
		"version": (*machine).version,
		"debug":   inert, "disable-callouts": inert, "disable-full-symbolication": inert,
	}
}

// unsupported are the names that Scheme or a profile has and the model has not.
var unsupported = map[string]struct {
	why   string
	halts bool // it may change what has been evaluated before
}{
	"call-with-current-continuation": {why: "the model has no continuations"},
	"call/cc":                        {why: "the model has no continuations"},
	"cons-stream":                    {why: "the model has no promises"},
	"delay":                          {why: "the model has no promises"},
	"dynamic-wind":                   {why: "the model has no continuations"},
	"eval":                           {why: "the model does not evaluate data", halts: true},
	"force":                          {why: "the model has no promises"},
	"let-syntax":                     {why: "the model does not run macros"},
	"letrec-syntax":                  {why: "the model does not run macros"},
	"list->vector":                   {why: "the model has no vectors"},
	"load":                           {why: "the model loads no files, it imports them", halts: true},
	"make-vector":                    {why: "the model has no vectors"},
	"string-fill!":                   {why: "the model does not change strings", halts: true},
	"string-set!":                    {why: "the model does not change strings", halts: true},
	"trace":                          {why: "what a traced profile lets through is up to the release", halts: true},
	"vector":                         {why: "the model has no vectors"},
}

func inert(*machine, *form, *scope) (value, error) { return nowhere{}, nil }

// arguments are the items behind the head of a form that must have some number
// of them; most is -1 for any number.
func arguments(f *form, least, most int) ([]form, error) {
	args := f.Items[1:]
	switch {
	case len(args) < least:
		return nil, fmt.Errorf("%s needs %d or more forms", f.Head(), least)
	case most >= 0 && len(args) > most:
		return nil, fmt.Errorf("%s takes no more than %d forms", f.Head(), most)
	}
	return args, nil
}

func (m *machine) version(f *form, s *scope) (value, error) {
	if len(f.Items) == 2 {
		if n, ok := f.Items[1].Int(); ok && 1 <= n && n <= 3 {
			return nowhere{}, nil
		}
	}
	return nil, errors.New("the model knows the versions 1, 2 and 3")
}

func (m *machine) quote(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, 1)
	if err != nil {
		return nil, err
	}
	return m.datum(&args[0])
}

func begin(m *machine, f *form, s *scope) (value, error) {
	return m.body(f.Items[1:], s), nil
}

func (m *machine) branch(f *form, s *scope) (value, error) {
	args, err := arguments(f, 2, 3)
	if err != nil {
		return nil, err
	}
	then := func() value { return tail{&args[1], s} }
	otherwise := func() value { return nothing{} }
	if len(args) == 3 {
		otherwise = func() value { return tail{&args[2], s} }
	}
	return m.decide(m.eval(&args[0], s), f, s, then, otherwise), nil
}

func (m *machine) when(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, -1)
	if err != nil {
		return nil, err
	}
	return m.decide(m.eval(&args[0], s), f, s,
		func() value { return m.body(args[1:], s) }, func() value { return nothing{} }), nil
}

func (m *machine) unless(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, -1)
	if err != nil {
		return nil, err
	}
	return m.decide(m.eval(&args[0], s), f, s,
		func() value { return nothing{} }, func() value { return m.body(args[1:], s) }), nil
}

// unclear returns the doubt of a condition that has one; nil: it holds or not.
func (m *machine) unclear(condition value, f *form, s *scope) *doubt {
	if is[nowhere](condition) {
		return m.doubt(f, s, "the condition has no value")
	}
	return m.inDoubt(condition)
}

// decide runs what comes of a condition: both branches where it is in doubt.
func (m *machine) decide(condition value, f *form, s *scope, then, otherwise func() value) value {
	if d := m.unclear(condition, f, s); d != nil {
		return m.either(d, f, s, then, otherwise)
	}
	if holds(condition) {
		return then()
	}
	return otherwise()
}

func (m *machine) and(f *form, s *scope) (value, error) {
	return m.until(false, f.Items[1:], f, s), nil
}

func (m *machine) or(f *form, s *scope) (value, error) {
	return m.until(true, f.Items[1:], f, s), nil
}

// until evaluates forms up to the first of which it is end whether it holds.
func (m *machine) until(end bool, rest []form, f *form, s *scope) value {
	for i := range rest {
		if i == len(rest)-1 {
			return tail{&rest[i], s}
		}
		v := m.eval(&rest[i], s)
		if d := m.unclear(v, f, s); d != nil {
			on := func() value { return m.until(end, rest[i+1:], f, s) }
			if end {
				return m.either(d, f, s, func() value { return accounted(v) }, on)
			}
			return m.either(d, f, s, on, func() value { return false })
		}
		if holds(v) == end {
			return v
		}
	}
	return !end
}

func (m *machine) cond(f *form, s *scope) (value, error) {
	for i := range f.Items[1:] {
		if clause := &f.Items[i+1]; clause.Kind != sbpl.List || len(clause.Items) == 0 {
			return nil, errors.New("a clause of cond is a list of a condition and forms")
		}
	}
	return m.clauses(f.Items[1:], f, s), nil
}

func (m *machine) clauses(rest []form, f *form, s *scope) value {
	if len(rest) == 0 {
		return nothing{}
	}
	test, forms := &rest[0].Items[0], rest[0].Items[1:]
	if isElse(test) {
		return m.body(forms, s)
	}
	v := m.eval(test, s)
	return m.decide(v, f, s, func() value {
		switch {
		case len(forms) == 0:
			return accounted(v)
		case len(forms) == 2 && forms[0].Kind == sbpl.Symbol && forms[0].Text == "=>":
			return m.apply(m.eval(&forms[1], s), []value{v}, &rest[0], s)
		}
		return m.body(forms, s)
	}, func() value { return m.clauses(rest[1:], f, s) })
}

func isElse(f *form) bool { return f.Kind == sbpl.Symbol && f.Text == "else" }

// choose is case.
func (m *machine) choose(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, -1)
	if err != nil {
		return nil, err
	}
	keys := make([][]value, len(args))
	for i := range args[1:] {
		clause := &args[i+1]
		if clause.Kind != sbpl.List || len(clause.Items) == 0 || clause.Items[0].Kind != sbpl.List && !isElse(&clause.Items[0]) {
			return nil, errors.New("a clause of case is a list of keys and forms")
		}
		for j := range clause.Items[0].Items {
			key, err := m.datum(&clause.Items[0].Items[j])
			if err != nil {
				return nil, err
			}
			keys[i+1] = append(keys[i+1], key)
		}
	}
	v := m.eval(&args[0], s)
	if d := m.inDoubt(v); d != nil {
		var branches []func() value
		complete := false
		for i := range args[1:] {
			branches = append(branches, func() value { return m.body(args[i+1].Items[1:], s) })
			complete = complete || isElse(&args[i+1].Items[0])
		}
		if !complete {
			branches = append(branches, func() value { return nothing{} })
		}
		return m.either(d, f, s, branches...), nil
	}
	for i := range args[1:] {
		clause := &args[i+1]
		if isElse(&clause.Items[0]) || slices.ContainsFunc(keys[i+1], func(key value) bool { return eqv(key, v) }) {
			return m.body(clause.Items[1:], s), nil
		}
	}
	return nothing{}, nil
}
