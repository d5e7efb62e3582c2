package sbpl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// written is a filter as it was asked for, which shows what the run of a
// profile hands over.
type written string

func (written) match(*subject) (truth, *Doubt) { return maybe, &Doubt{} }

var writtenFilters = filters{
	known: func(name string) bool {
		return slices.Contains(strings.Fields(`literal subpath prefix regex global-name target vnode-type
			remote socket-domain file-mode require-any require-all require-not`), name)
	},
	build: func(name string, _ Place, args []Arg) (Filter, error) {
		var b strings.Builder
		b.WriteString("(" + name)
		for _, arg := range args {
			switch arg.Kind {
			case ArgString:
				fmt.Fprintf(&b, " %q", arg.Text)
			case ArgRegex:
				b.WriteString(` #"` + arg.Text + `"`)
			case ArgFilter, ArgDoubt:
				if strings.HasPrefix(name, "require-") {
					b.WriteString(" " + filterLine(arg.Filter))
					continue
				}
				return nil, errors.New(name + " takes no filter")
			default:
				b.WriteString(" " + arg.Text)
			}
		}
		b.WriteByte(')')
		if name == "file-mode" {
			return nil, errors.New("the model does not know what file-mode the file has")
		}
		return written(b.String()), nil
	},
}

func filterLine(f Filter) string {
	switch f := f.(type) {
	case *Doubtful:
		return "?{" + doubtLine(&f.Doubt) + "}"
	case written:
		return string(f)
	}
	return fmt.Sprintf("%T", f)
}

func doubtLine(d *Doubt) string {
	return fmt.Sprintf("%s:%d:%d %s: %s", d.File, d.Line, d.Column, d.Form, d.Why)
}

func ruleLine(r Rule) string {
	line := fmt.Sprintf("%d:%d %s", r.Line, r.Column, strings.Join(append([]string{string(r.Effect)}, r.Ops...), " "))
	if r.Filter != nil {
		line += " " + filterLine(r.Filter)
	}
	if r.Doubt != nil {
		line += " ? " + doubtLine(r.Doubt)
	}
	return line
}

// lines are the rules of a profile, one a line.
func lines(p *Profile) string {
	var b strings.Builder
	for _, r := range p.Rules() {
		b.WriteString(ruleLine(r) + "\n")
	}
	return b.String()
}

func compileLines(t *testing.T, src Source) string {
	t.Helper()
	p, faults := newMachine(src, writtenFilters).compile()
	if faults != nil {
		t.Fatal(faults)
	}
	return lines(p)
}
