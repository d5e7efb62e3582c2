package sbpl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// value is what an expression of a profile comes to: bool, int64, float64,
// symbol, char, nothing, nowhere, or one of the pointers below.
type value any

type (
	symbol  string
	char    rune
	nothing struct{} // ()
	nowhere struct{} // what a form gives that is there for its effect
	// unset is the #f that (param "NAME") gives where there is no NAME.
	unset string
)

// str is a string. Two strings of the same text are not the same object.
type str struct {
	text string
	raw  bool // written as #"…"
}

type pair struct{ car, cdr value }

// closure is a function of the profile.
type closure struct {
	name  string // "" of a lambda
	takes params
	body  []form
	in    *scope
}

// params are the parameters of a function.
type params struct {
	names []string
	rest  string // takes what is left; "" when the function takes no more
}

// builtin is a function of the language.
type builtin struct {
	name        string
	least, most int // arguments; most is -1 for any number
	// run gets no doubts, unless it takes them. The error says in half a sentence
	// why there is no result.
	run   func(c site, args []value) (value, error)
	takes bool
}

// site is an application of a function: where it stands.
type site struct {
	m *machine
	f *form
	s *scope
}

// maker is the name of a filter as a function.
type maker string

// ruler is allow or deny as a function.
type ruler Decision

// condition is a filter that has been built.
type condition struct{ filter Filter }

// modifier is a (with …).
type modifier struct{ doubt *Doubt } // nil: it changes no decision

// unbound is a name that nothing defines. Rules and filters take it as it is
// written, the name of an operation or a constant; to all others it is a doubt.
type unbound struct {
	Place
	name string
}

// doubt is a value that is not known.
type doubt struct {
	Doubt
	// told: what the form may have left behind is accounted for in the rules.
	told bool
	// applied: the form applies what is in doubt, most likely to make a filter.
	applied bool
}

// tail is a form that is still to be evaluated, in place of its value: a
// function that ends by calling another needs no more room for it.
type tail struct {
	f *form
	s *scope
}

// holds says whether a value counts as true. It must not be a doubt.
func holds(v value) bool {
	_, none := v.(unset)
	return v != false && !none
}

// list makes a list of values that ends in last.
func list(values []value, last value) value {
	for i := len(values) - 1; i >= 0; i-- {
		last = &pair{values[i], last}
	}
	return last
}

// items gives the values of a list, and what stands in its end's place: nothing
// in a proper list.
func items(v value) (values []value, end value) {
	for {
		p, ok := v.(*pair)
		if !ok {
			return values, v
		}
		values = append(values, p.car)
		v = p.cdr
	}
}

var errImproper = errors.New("the list does not end in ()")

// text takes a string.
func text(v value) (string, error) {
	s, ok := v.(*str)
	if !ok {
		return "", mistaken(v, "string")
	}
	return s.text, nil
}

// mistaken says that a value is not what is needed.
func mistaken(v value, wanted string) error {
	if name, ok := v.(unset); ok {
		return fmt.Errorf("param %q is not set; give --param %s=…", short(string(name)), short(string(name)))
	}
	return fmt.Errorf("%s is no %s", show(v), wanted)
}

// mostForm is how many bytes of a value or a form a message shows, about.
const mostForm = 80

// show writes a value for a message.
func show(v value) string {
	var b strings.Builder
	write(&b, v, mostForm)
	if b.Len() > mostForm {
		return strings.ToValidUTF8(b.String()[:mostForm], "") + "…"
	}
	return b.String()
}

// short is a name or a text in a message, on one line.
func short(text string) string {
	return form{Kind: sbpl.Symbol, Text: cut(text, mostForm)}.Brief(mostForm)
}

// cut leaves a little more than most bytes of a text: a message is not worth a
// copy of all of it.
func cut(text string, most int) string {
	if len(text)-most > utf8.UTFMax {
		return text[:most+utf8.UTFMax]
	}
	return text
}

// write writes a value as Scheme does, and stops when b is longer than most.
func write(b *strings.Builder, v value, most int) {
	switch v := v.(type) {
	case bool:
		b.WriteString(map[bool]string{true: "#t", false: "#f"}[v])
	case unset:
		b.WriteString("#f")
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case symbol:
		b.WriteString(cut(string(v), most))
	case char:
		b.WriteString(charForm(v).String())
	case nothing:
		b.WriteString("()")
	case *str:
		b.WriteString(form{Kind: sbpl.String, Text: cut(v.text, most)}.Brief(most))
	case *pair:
		writePair(b, v, most)
	case *closure:
		b.WriteString("#<function " + cut(v.name, most) + ">")
	case *builtin:
		b.WriteString("#<function " + v.name + ">")
	case maker:
		b.WriteString("#<filter " + string(v) + ">")
	case ruler:
		b.WriteString("#<function " + string(v) + ">")
	case *condition:
		b.WriteString("#<filter>")
	case *modifier:
		b.WriteString("#<modifier>")
	case *unbound:
		b.WriteString(cut(v.name, most))
	case *doubt:
		b.WriteString("#<unknown>")
	case nowhere:
		b.WriteString("#<unspecified>")
	default:
		panic(fmt.Sprintf("bug: a value of type %T", v))
	}
}

func writePair(b *strings.Builder, p *pair, most int) {
	b.WriteByte('(')
	for b.Len() <= most {
		write(b, p.car, most)
		switch rest := p.cdr.(type) {
		case *pair:
			b.WriteByte(' ')
			p = rest
			continue
		case nothing:
		default:
			b.WriteString(" . ")
			write(b, rest, most)
		}
		b.WriteByte(')')
		return
	}
}
