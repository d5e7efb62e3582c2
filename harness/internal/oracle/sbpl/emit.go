package sbpl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// mostText is how many bytes of a rule are kept, about.
const mostText = 300

// add puts a rule behind all others.
func (m *machine) add(r Rule) {
	if m.stopped != nil {
		return
	}
	if len(m.rules) >= m.most.rules {
		m.stop("stopped after %d rules", m.most.rules)
		return
	}
	if r.Doubt == nil {
		r.Doubt = m.supposed
	}
	m.rules = append(m.rules, r)
}

// rule is what (allow …) and (deny …) do.
func (m *machine) rule(effect Decision, args []value, f *form, s *scope) value {
	r := Rule{Place: place(f, s), Text: m.brief(f, mostText), Effect: effect}
	var any []Arg // the filters
	var open *Doubt
	for i, v := range args {
		at := argument(f, i, len(args))
		switch v := v.(type) {
		case symbol:
			r.Ops = append(r.Ops, seatbelt.KernelName(string(v)))
		case *unbound:
			r.Ops = append(r.Ops, seatbelt.KernelName(v.name))
		case *modifier:
			if r.Doubt == nil {
				r.Doubt = v.doubt
			}
		case *doubt:
			if !v.applied || at.Kind != sbpl.List {
				open = &v.Doubt
				break
			}
			any = append(any, Arg{place(at, s), ArgFilter, "", &Doubtful{v.Doubt}})
		case *condition:
			any = append(any, Arg{place(at, s), ArgFilter, "", v.filter})
		default:
			d := m.doubt(at, s, mistaken(v, "operation, filter or modifier").Error())
			if open == nil && mayNameOperation(v) {
				open = &d.Doubt
			}
			any = append(any, Arg{place(at, s), ArgFilter, "", &Doubtful{d.Doubt}})
		}
	}
	if open == nil && len(r.Ops) == 0 {
		open = &m.doubt(f, s, "it names no operation").Doubt
	}
	switch {
	case open != nil:
		r.Effect, r.Ops, r.Doubt = Unknown, nil, open
	case len(any) == 1:
		r.Filter = any[0].Filter
	case len(any) > 1:
		r.Filter = m.filter("require-any", any, f, s)
	}
	if len(m.also) > 0 && r.Effect != Unknown {
		all := slices.Clone(m.also)
		if r.Filter != nil {
			all = append(all, Arg{r.Place, ArgFilter, "", r.Filter})
		}
		r.Filter = m.filter("require-all", all, f, s)
	}
	m.spend(len(args) + len(m.also))
	if r.Filter != nil {
		m.spend(sizeOf(r.Filter))
	}
	m.add(r)
	return nowhere{}
}

// withFilter is (with-filter filter form…): what the forms allow or deny must
// match the filter, too.
func (m *machine) withFilter(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, -1)
	if err != nil {
		return nil, err
	}
	quiet := m.quiet
	m.quiet = true
	v := m.eval(&args[0], s)
	m.quiet = quiet
	outer := m.also
	m.also = append(slices.Clone(outer), m.arg(v, &args[0], &args[0], s))
	for i := range args[1:] {
		m.discard(m.eval(&args[i+1], s))
	}
	m.also = outer
	return nowhere{}, nil
}

// mayNameOperation says that a rule may be about more operations than it names:
// a list it is given may hold some.
func mayNameOperation(v value) bool {
	values, _ := items(v)
	return slices.ContainsFunc(values, func(v value) bool {
		_, isFilter := v.(*condition)
		return !isFilter
	})
}

// argument is the form that an argument stands in: its own, where the function
// is applied as it is written.
func argument(f *form, i, n int) *form {
	if len(f.Items) == n+1 {
		return &f.Items[i+1]
	}
	return f
}

// condition is what the name of a filter does as a function.
func (m *machine) condition(name string, values []value, f *form, s *scope) value {
	args := make([]Arg, len(values))
	for i, v := range values {
		args[i] = m.arg(v, argument(f, i, len(values)), f, s)
		weight := 1
		if args[i].Kind == ArgRegex || strings.HasSuffix(name, "regex") {
			weight = regexWeight
			m.spend(regexSteps)
		}
		if !m.grow(len(args[i].Text) * weight) {
			return m.stopped
		}
	}
	m.spend(len(values))
	return &condition{m.filter(name, args, f, s)}
}

// filter builds a filter. One that the model cannot evaluate is in doubt, for
// what is in doubt in it if there is such a thing.
func (m *machine) filter(name string, args []Arg, f *form, s *scope) Filter {
	for _, arg := range args {
		if arg.Filter != nil && !m.spend(sizeOf(arg.Filter)) {
			return &Doubtful{m.stopped.Doubt}
		}
	}
	built, err := m.build(name, place(f, s), args)
	if err == nil {
		return built
	}
	for _, arg := range args {
		if arg.Kind == ArgDoubt {
			return arg.Filter
		}
	}
	return &Doubtful{m.doubt(f, s, err.Error()).Doubt}
}

// arg is a value as an argument of the filter that a form makes.
func (m *machine) arg(v value, at, f *form, s *scope) Arg {
	a := Arg{Place: place(at, s)}
	switch v := v.(type) {
	case *str:
		a.Kind, a.Text = ArgString, v.text
		if v.raw {
			a.Kind = ArgRegex
		}
	case symbol:
		a.Kind, a.Text = ArgSymbol, string(v)
	case *unbound:
		a.Kind, a.Text = ArgSymbol, v.name
	case bool:
		a.Kind, a.Text = ArgSymbol, show(v)
	case maker:
		a.Kind, a.Text = ArgSymbol, string(v)
	case int64, float64:
		a.Kind, a.Text = ArgNumber, show(v)
	case *condition:
		a.Kind, a.Filter = ArgFilter, v.filter
	case *doubt:
		a.Kind, a.Filter = ArgDoubt, &Doubtful{v.Doubt}
	default:
		d := m.doubt(f, s, mistaken(v, "argument of a filter").Error())
		a.Kind, a.Filter = ArgDoubt, &Doubtful{d.Doubt}
	}
	return a
}

// modifiers are those that change no decision: what is logged and reported, and
// what becomes of the process. The number is that of their arguments.
var modifiers = map[string]int{
	"deprecated": 0, "no-callout": 0, "no-log": 0, "no-report": 0, "no-sandbox": 0,
	"partial-symbolication": 0, "report": 0, "telemetry": 0, "telemetry-backtrace": 0,
	"message": 1, "send-signal": 1,
}

// undecided are the modifiers that leave the decision to somebody else.
var undecided = map[string]string{
	"user-approval": "the user is asked",
}

// with is (with modifier argument…), which stands in a rule. What it is about
// is not evaluated.
func (m *machine) with(f *form, s *scope) (value, error) {
	if len(f.Items) == 1 {
		return nil, errors.New("it names no modifier")
	}
	for rest := f.Items[1:]; len(rest) > 0; {
		m.spend(1)
		name := rest[0].Text
		n, ok := modifiers[name]
		switch why := undecided[name]; {
		case why != "":
			return &modifier{&m.doubt(f, s, why).Doubt}, nil
		case rest[0].Kind != sbpl.Symbol || !ok:
			why := fmt.Sprintf("the model does not know the modifier %s", rest[0].Brief(mostForm))
			return &modifier{&m.doubt(f, s, why).Doubt}, nil
		case len(rest) <= n:
			return nil, fmt.Errorf("%s needs an argument", name)
		}
		rest = rest[1+n:]
	}
	return &modifier{}, nil
}
