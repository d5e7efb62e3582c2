package sbpl

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// machine runs a profile.
type machine struct {
	source Source
	filters
	most  limits
	rules []Rule
	last  []Rule // about everything, behind all others
	// program are the names that have a value everywhere.
	program map[string]value

	// supposed is the outermost condition in doubt of a branch that is run in
	// case it holds, and level is how many there are.
	supposed *Doubt
	level    int
	// quiet: a rule or filter asks for the value, and takes what nothing defines
	// for a filter that may hold.
	quiet bool

	also []Arg // the filters that all rules must match, too

	at      *form // what is being evaluated
	in      *scope
	depth   int
	steps   int
	passed  int // names in searches, less than a step
	bytes   int
	files   []string // those that are being imported, the profile first
	imports int
	stopped *doubt // nothing more is evaluated
	briefs  map[briefKey]string
}

// filters is the seam to what the language has of filters.
type filters struct {
	known func(name string) bool
	build func(name string, at Place, args []Arg) (Filter, error)
}

func newMachine(src Source, f filters) *machine {
	return &machine{
		source: src, filters: f, most: ample,
		program: map[string]value{}, files: []string{src.File}, briefs: map[briefKey]string{},
	}
}

// run evaluates the forms of a file one after the other.
func (m *machine) run(file string, forms []form) {
	s := &scope{file: file, program: m.program}
	for i := range forms {
		if m.stopped != nil {
			return
		}
		m.discard(m.eval(&forms[i], s))
	}
}

// eval evaluates a form.
func (m *machine) eval(f *form, s *scope) value {
	quiet := m.quiet
	v := m.force(tail{f, s})
	m.quiet = quiet
	return v
}

// force evaluates what is still to be evaluated of a value.
func (m *machine) force(v value) value {
	m.depth++
	for {
		t, ok := v.(tail)
		if !ok {
			break
		}
		m.at, m.in = t.f, t.s
		if m.depth > m.most.depth {
			m.stop("stopped at %d forms inside of each other", m.most.depth)
		}
		if !m.spend(1) {
			v = m.stopped
			break
		}
		v = m.step(t.f, t.s)
	}
	m.depth--
	return v
}

func (m *machine) step(f *form, s *scope) value {
	if !m.spend((len(f.Text) + len(f.Head())) / bytesAStep) {
		return m.stopped
	}
	switch f.Kind {
	case sbpl.Symbol:
		return m.lookup(f, s)
	case sbpl.List:
		if len(f.Items) == 0 {
			return m.doubt(f, s, "() is no application of a function")
		}
		return m.list(f, s)
	case sbpl.Quote:
		return m.quotation(f, s)
	default:
		v, err := m.datum(f)
		if err != nil {
			return m.doubt(f, s, err.Error())
		}
		return v
	}
}

// lookup gives the value of a name.
func (m *machine) lookup(f *form, s *scope) value {
	name := f.Text
	if in, v := m.find(s, name); in != nil {
		return v
	}
	if fn := function(name); fn != nil {
		return fn
	}
	switch {
	case seatbelt.Known(name):
		// An operation, whatever else may bear the name.
	case m.known(name):
		return maker(name)
	case specials[name] != nil:
		return m.doubt(f, s, name+" is no value")
	}
	return &unbound{Place: place(f, s), name: name}
}

// function gives what the language itself has under a name, nil if nothing.
func function(name string) value {
	switch name {
	case "allow":
		return ruler(Allow)
	case "deny":
		return ruler(Deny)
	}
	if b := builtins[name]; b != nil {
		return b
	}
	return nil
}

// list evaluates a list, which is a special form or an application. What it
// comes to may still have to be forced.
func (m *machine) list(f *form, s *scope) value {
	head := &f.Items[0]
	var fn value
	if head.Kind != sbpl.Symbol {
		fn = m.eval(head, s)
	} else if in, v := m.find(s, head.Text); in != nil {
		fn = v
	} else if run := specials[head.Text]; run != nil {
		if !m.spend(len(f.Items) / namesAStep) { // however many of them it evaluates
			return m.stopped
		}
		v, err := run(m, f, s)
		if err != nil {
			return m.unrunnable(m.doubt(f, s, err.Error()), f, s)
		}
		return v
	} else if fn = function(head.Text); fn == nil {
		if !m.known(head.Text) {
			return m.unresolved(head.Text, f, s)
		}
		fn = maker(head.Text)
	}
	if d, ok := fn.(*doubt); ok {
		return m.inapplicable(d, f, s)
	}
	quiet := m.quiet
	switch fn.(type) {
	case ruler, maker:
		m.quiet = true
	}
	args := make([]value, len(f.Items)-1)
	for i := range args {
		args[i] = m.eval(&f.Items[i+1], s)
	}
	m.quiet = quiet
	return m.apply(fn, args, f, s)
}

// apply applies a function. What it comes to may still have to be forced.
func (m *machine) apply(fn value, args []value, f *form, s *scope) value {
	switch fn := fn.(type) {
	case *closure:
		return m.enter(fn, args, f, s)
	case *builtin:
		return m.builtin(fn, args, f, s)
	case ruler:
		return m.rule(Decision(fn), args, f, s)
	case maker:
		return m.condition(string(fn), args, f, s)
	case *doubt:
		return m.inapplicable(fn, f, s)
	case *unbound:
		return m.unresolved(fn.name, f, s)
	}
	return m.doubt(f, s, show(fn)+" is no function")
}

// enter evaluates the body of a function.
func (m *machine) enter(fn *closure, args []value, f *form, s *scope) value {
	named := fn.takes.names
	if len(args) < len(named) || len(args) > len(named) && fn.takes.rest == "" {
		why := fmt.Sprintf("%s takes %d arguments, not %d", show(fn), len(named), len(args))
		return m.unrunnable(m.doubt(f, s, why), f, s)
	}
	in := m.within(fn.in)
	for i, name := range named {
		in.names = append(in.names, binding{name, args[i]})
	}
	if rest := fn.takes.rest; rest != "" {
		m.spend(len(args))
		in.names = append(in.names, binding{rest, list(args[len(named):], nothing{})})
	}
	m.quiet = false
	return m.body(fn.body, in)
}

func (m *machine) builtin(fn *builtin, args []value, f *form, s *scope) value {
	switch n := len(args); {
	case n < fn.least || fn.most >= 0 && n > fn.most:
		return m.doubt(f, s, fmt.Sprintf("%s does not take %d arguments", fn.name, n))
	case !fn.takes:
		for _, arg := range args {
			if d := m.inDoubt(arg); d != nil {
				return d
			}
			if is[nowhere](arg) {
				return m.doubt(f, s, "an argument has no value")
			}
		}
	}
	for _, arg := range args {
		if !m.look(arg) {
			return m.stopped
		}
	}
	v, err := fn.run(site{m, f, s}, args)
	if err != nil {
		return m.doubt(f, s, err.Error())
	}
	return v
}

// body evaluates forms one after the other; the value is that of the last.
func (m *machine) body(forms []form, s *scope) value {
	if len(forms) == 0 {
		return nowhere{}
	}
	for i := range forms[:len(forms)-1] {
		m.discard(m.eval(&forms[i], s))
	}
	return tail{&forms[len(forms)-1], s}
}
