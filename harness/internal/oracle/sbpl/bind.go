package sbpl

import (
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// define is (define name value) and (define (name parameter…) form…).
func (m *machine) define(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, -1)
	if err != nil {
		return nil, err
	}
	name := assigned(f)
	switch {
	case name == "":
		return nil, errors.New("define needs a name")
	case args[0].Kind == sbpl.List:
		takes, err := parameters(args[0].Items[1:])
		if err != nil {
			return nil, err
		}
		m.spend(len(takes.names))
		m.put(s, name, &closure{name: name, takes: takes, body: args[1:], in: s})
		return nowhere{}, nil
	case len(args) > 2:
		return nil, fmt.Errorf("define gives %s one value", short(name))
	}
	v := value(nothing{})
	if len(args) == 2 {
		v = m.eval(&args[1], s)
	}
	if fn, ok := v.(*closure); ok && fn.name == "" {
		fn.name = name
	}
	m.put(s, name, v)
	return nowhere{}, nil
}

// defineOnce leaves what is defined already as it is.
func (m *machine) defineOnce(f *form, s *scope) (value, error) {
	if in, _ := m.find(s, assigned(f)); in != nil {
		return nowhere{}, nil
	}
	return m.define(f, s)
}

// macro defines a name that can mean anything where it is used.
func (m *machine) macro(f *form, s *scope) (value, error) {
	name := assigned(f)
	if name == "" {
		return nil, errors.New("a macro needs a name")
	}
	d := m.doubt(f, s, "the model does not run macros")
	d.told = true
	m.put(s, name, d)
	return nowhere{}, nil
}

func (m *machine) assign(f *form, s *scope) (value, error) {
	args, err := arguments(f, 2, 2)
	if err != nil {
		return nil, err
	}
	name := assigned(f)
	v := m.eval(&args[1], s)
	in, _ := m.find(s, name)
	if in == nil {
		return nil, fmt.Errorf("nothing defines %s", args[0].Brief(mostForm))
	}
	m.put(in, name, v)
	return nowhere{}, nil
}

func (m *machine) lambda(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, -1)
	if err != nil {
		return nil, err
	}
	var takes params
	switch args[0].Kind {
	case sbpl.Symbol:
		takes.rest = args[0].Text
	case sbpl.List:
		if takes, err = parameters(args[0].Items); err != nil {
			return nil, err
		}
	default:
		return nil, errors.New("the parameters of lambda are a list of names, or one name")
	}
	m.spend(len(takes.names))
	return &closure{takes: takes, body: args[1:], in: s}, nil
}

// parameters reads a b, and a b . rest.
func parameters(forms []form) (params, error) {
	var p params
	for i, f := range forms {
		switch {
		case f.Kind != sbpl.Symbol:
			return p, fmt.Errorf("parameter %s is no name", f.Brief(mostForm))
		case f.Text != ".":
			p.names = append(p.names, f.Text)
		case i != len(forms)-2 || forms[i+1].Kind != sbpl.Symbol:
			return p, errors.New("behind a dot stands one name")
		default:
			p.rest = forms[i+1].Text
			return p, nil
		}
	}
	return p, nil
}

// bindings reads ((name value)…).
func bindings(f *form, least, most int) error {
	if f.Kind != sbpl.List {
		return errors.New("what it binds is a list")
	}
	for _, b := range f.Items {
		if b.Head() == "" || len(b.Items) < least || len(b.Items) > most {
			return fmt.Errorf("%s does not bind a name to a value", b.Brief(mostForm))
		}
	}
	return nil
}

// binder takes the items of let* and letrec: what they bind, and forms.
func binder(f *form) ([]form, error) {
	args, err := arguments(f, 1, -1)
	if err == nil {
		err = bindings(&args[0], 2, 2)
	}
	return args, err
}

func (m *machine) let(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, -1)
	if err != nil {
		return nil, err
	}
	loop := ""
	if args[0].Kind == sbpl.Symbol {
		if loop = args[0].Text; len(args) == 1 {
			return nil, errors.New("let needs what it binds")
		}
		args = args[1:]
	}
	if err := bindings(&args[0], 2, 2); err != nil {
		return nil, err
	}
	in := m.within(s)
	for i := range args[0].Items {
		b := &args[0].Items[i]
		in.names = append(in.names, binding{b.Items[0].Text, m.eval(&b.Items[1], s)})
	}
	if loop == "" {
		return m.body(args[1:], in), nil
	}
	fn := &closure{name: loop, body: args[1:], in: m.within(s)}
	values := make([]value, len(in.names))
	for i, b := range in.names {
		fn.takes.names = append(fn.takes.names, b.name)
		values[i] = b.value
	}
	fn.in.set(loop, fn)
	return m.enter(fn, values, f, s), nil
}

func (m *machine) letSequence(f *form, s *scope) (value, error) {
	args, err := binder(f)
	if err != nil {
		return nil, err
	}
	in := m.within(s)
	for i := range args[0].Items {
		b := &args[0].Items[i]
		v := m.eval(&b.Items[1], in)
		in = m.within(in) // a function that was made sees what was bound before it
		in.set(b.Items[0].Text, v)
	}
	return m.body(args[1:], in), nil
}

func (m *machine) letRec(f *form, s *scope) (value, error) {
	args, err := binder(f)
	if err != nil {
		return nil, err
	}
	in := m.within(s)
	for i := range args[0].Items {
		b := &args[0].Items[i]
		if m.put(in, b.Items[0].Text, m.doubt(b, s, "it is used before it has a value")); m.stopped != nil {
			return m.stopped, nil
		}
	}
	for i := range args[0].Items {
		b := &args[0].Items[i]
		v := m.eval(&b.Items[1], in)
		if fn, ok := v.(*closure); ok && fn.name == "" {
			fn.name = b.Items[0].Text
		}
		if m.put(in, b.Items[0].Text, v); m.stopped != nil {
			return m.stopped, nil
		}
	}
	return m.body(args[1:], in), nil
}

// do is (do ((name first next)…) (end form…) form…).
func (m *machine) do(f *form, s *scope) (value, error) {
	args, err := arguments(f, 2, -1)
	if err != nil {
		return nil, err
	}
	if err := bindings(&args[0], 2, 3); err != nil {
		return nil, err
	}
	if args[1].Kind != sbpl.List || len(args[1].Items) == 0 {
		return nil, errors.New("do needs a list of the condition that ends it and forms")
	}
	in := m.within(s)
	for i := range args[0].Items {
		b := &args[0].Items[i]
		in.names = append(in.names, binding{b.Items[0].Text, m.eval(&b.Items[1], s)})
	}
	return m.rounds(args, in, f, s), nil
}

func (m *machine) rounds(args []form, in *scope, f *form, s *scope) value {
	over := func() value { return m.body(args[1].Items[1:], in) }
	for m.stopped == nil {
		v := m.eval(&args[1].Items[0], in)
		if d := m.unclear(v, f, s); d != nil {
			return m.either(d, f, s, over, func() value { return m.rounds(args, m.round(args, in), f, s) })
		}
		if holds(v) {
			return over()
		}
		in = m.round(args, in)
	}
	return m.stopped
}

// round runs the body of a do once, and binds its names anew.
func (m *machine) round(args []form, in *scope) *scope {
	for i := range args[2:] {
		m.discard(m.eval(&args[i+2], in))
	}
	next := m.within(in.up)
	for i := range args[0].Items {
		if !m.spend(1) {
			break
		}
		b := &args[0].Items[i]
		v := value(nil)
		if _, v = m.find(in, b.Items[0].Text); len(b.Items) == 3 {
			v = m.eval(&b.Items[2], in)
		}
		next.names = append(next.names, binding{b.Items[0].Text, v})
	}
	return next
}
