package sbpl

import (
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// doubtSteps is how many steps a doubt takes of those that a profile has: a
// program that does nothing but fail must not fill the memory.
const doubtSteps = 10

// mostWhy is how many bytes of a reason are kept, about.
const mostWhy = 300

func place(f *form, s *scope) Place { return Place{s.file, f.Line, f.Column} }

// briefKey is a form, shortened to a number of bytes.
type briefKey struct {
	f    *form
	most int
}

// brief writes a form, which a loop may ask for often.
func (m *machine) brief(f *form, most int) string {
	key := briefKey{f, most}
	text, ok := m.briefs[key]
	if !ok {
		text = f.Brief(most)
		m.briefs[key] = text
	}
	return text
}

// doubt is the value of a form that cannot be evaluated.
func (m *machine) doubt(f *form, s *scope, why string) *doubt {
	m.steps += doubtSteps
	why = form{Kind: sbpl.Symbol, Text: cut(why, mostWhy)}.Brief(mostWhy)
	return &doubt{Doubt: Doubt{Place: place(f, s), Form: m.brief(f, mostForm), Why: why}}
}

// undefined is a name that nothing defines, where its value is needed.
func (m *machine) undefined(u *unbound) *doubt {
	m.steps += doubtSteps
	return &doubt{Doubt: Doubt{Place: u.Place, Form: short(u.name), Why: meaningless(u.name)}}
}

// meaningless says why a name has no value.
func meaningless(name string) string {
	switch why := unsupported[name].why; {
	case why != "":
		return why
	case seatbelt.Known(name):
		return "the model does not know what value an operation is"
	}
	return "nothing defines " + short(name)
}

// inDoubt returns the doubt that a value is; nil: it is none.
func (m *machine) inDoubt(v value) *doubt {
	switch v := v.(type) {
	case *doubt:
		return v
	case *unbound:
		return m.undefined(v)
	}
	return nil
}

// discard takes the value of a form that is there for its effect: when it is
// not known, neither are the rules it left behind.
func (m *machine) discard(v value) {
	if d := m.inDoubt(v); d != nil {
		m.tell(d)
	}
}

// accounted is a value that decides which rules there are: if it is in doubt,
// so are they, and that is all.
func accounted(v value) value {
	if d, ok := v.(*doubt); ok {
		return &doubt{Doubt: d.Doubt, told: true}
	}
	return v
}

// tell leaves behind that there may be any rule here.
func (m *machine) tell(d *doubt) {
	if !d.told {
		d.told = true
		m.add(opaque(&d.Doubt))
	}
}

// opaque stands for whatever a form that cannot be evaluated leaves behind.
func opaque(d *Doubt) Rule {
	return Rule{Place: d.Place, Text: d.Form, Effect: Unknown, Doubt: d}
}

// unresolved is the application of a name without a value.
func (m *machine) unresolved(name string, f *form, s *scope) value {
	d := m.doubt(f, s, meaningless(name))
	if unsupported[name].halts {
		m.halt(d)
		return d
	}
	return m.inapplicable(d, f, s)
}

// inapplicable is the application of what is in doubt.
func (m *machine) inapplicable(fn *doubt, f *form, s *scope) value {
	d := m.unrunnable(fn, f, s)
	d.applied = true
	return d
}

// unrunnable is a form that may do anything with what it consists of.
func (m *machine) unrunnable(d *doubt, f *form, s *scope) *doubt {
	m.steps += doubtSteps
	here := &doubt{Doubt: d.Doubt}
	if !m.quiet {
		here.told = true
		m.add(Rule{Place: place(f, s), Text: m.brief(f, mostText), Effect: Unknown, Doubt: &here.Doubt})
	}
	m.taint(f, s, &d.Doubt)
	return here
}

// either runs what a form does if a condition holds and what it does if not:
// the condition is in doubt. The rules that are left behind are in doubt, too,
// and so is what is assigned.
func (m *machine) either(d *doubt, f *form, s *scope, branches ...func() value) value {
	if m.level == maxSupposed {
		m.tell(&doubt{Doubt: d.Doubt})
		m.taint(f, s, &d.Doubt)
		return &doubt{Doubt: d.Doubt, told: true}
	}
	outer := m.supposed
	if outer == nil {
		m.supposed = &d.Doubt
	}
	m.level++
	values := make([]value, len(branches))
	for i, run := range branches {
		quiet := m.quiet
		values[i] = m.force(run())
		m.quiet = quiet
	}
	m.level--
	m.supposed = outer
	return merge(&d.Doubt, values)
}

// merge is the value of a form that comes to one of several.
func merge(d *Doubt, values []value) value {
	effect, filters, same, told := true, true, true, true
	for _, v := range values {
		switch v := v.(type) {
		case nothing, nowhere:
			filters = false
		case *condition:
			effect = false
		case *doubt:
			effect, filters = false, false
			told = told && v.told
		default:
			effect, filters = false, false
		}
		same = same && eqv(v, values[0])
	}
	switch {
	case effect:
		return nowhere{}
	case filters:
		return &condition{&Doubtful{*d}}
	case same:
		return values[0]
	}
	return &doubt{Doubt: *d, told: told}
}
