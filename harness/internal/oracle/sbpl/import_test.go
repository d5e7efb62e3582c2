package sbpl

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// files is a folder of profiles.
type files map[string]string

func (fs files) read(from, name string) (string, string, error) {
	text, ok := fs[name]
	if !ok {
		return "", "", fmt.Errorf("no such file,\nasked for by %s", from)
	}
	return name, text, nil
}

func TestImport(t *testing.T) {
	deep := files{}
	for i := range 30 {
		deep[fmt.Sprint(i)] = fmt.Sprintf("(import \"%d\")\n(allow signal)", i+1)
	}
	for _, tt := range []struct {
		name, text string
		files      files
		want       string
	}{
		{"rules and names", "(import \"a.sb\")\n(allow file-read* (home \"x\"))\n(deny signal)", files{
			"a.sb": "(allow signal)\n(import \"b.sb\")", "b.sb": "\n(define (home p) (literal (string-append \"/h/\" p)))\n(allow mach-lookup (frob))",
		}, `
a.sb:1:1 allow signal
b.sb:3:1 allow mach-lookup ?{b.sb:3:20 (frob): nothing defines frob}
p.sb:2:1 allow file-read* (literal "/h/x")
p.sb:3:1 deny signal
`},
		{"functions keep their file", "(import \"a.sb\")\n(f)", files{"a.sb": "(define (f)\n  (allow signal))"}, "\na.sb:2:3 allow signal\n"},
		{"twice", `(import "a.sb") (import "a.sb")`, files{"a.sb": "(allow signal)"}, "\na.sb:1:1 allow signal\na.sb:1:1 allow signal\n"},
		{"missing", "(allow signal)\n(import \"a.sb\")\n(deny signal)", nil, `
p.sb:1:1 allow signal
p.sb:2:1 unknown ? p.sb:2:1 (import "a.sb"): no such file, asked for by p.sb
p.sb:3:1 deny signal
`},
		{"no Scheme", `(import "a.sb")`, files{"a.sb": "(allow"}, `
p.sb:1:1 unknown ? p.sb:1:1 (import "a.sb"): a.sb:1:1: this ( is never closed; add a )
`},
		{"mutual", `(import "a.sb")`, files{"a.sb": `(import "b.sb") (allow signal)`, "b.sb": `(import "a.sb") (import "p.sb")`}, `
b.sb:1:1 unknown ? b.sb:1:1 (import "a.sb"): a.sb imports itself
b.sb:1:17 unknown ? b.sb:1:17 (import "p.sb"): no such file, asked for by b.sb
a.sb:1:17 allow signal
`},
		{"itself", `(import "p.sb")`, files{"p.sb": ""}, `
p.sb:1:1 unknown ? p.sb:1:1 (import "p.sb"): p.sb imports itself
`},
		{"not a name", `(import (param "X"))`, nil, `
p.sb:1:1 unknown ? p.sb:1:1 (import (param "X")): param "X" is not set; give --param X=…
`},
		{"not as a statement", `(define x (import "a.sb"))`, nil, `
p.sb:1:11 unknown ? p.sb:1:11 (import "a.sb"): no such file, asked for by p.sb
`},
		{"of a name in doubt", `(define x (import (car 1)))`, nil, `
p.sb:1:11 unknown ? p.sb:1:19 (car 1): 1 is no pair
`},
		{"in doubt", `(if (car 1) (import "a.sb")) (allow file-read* (literal x))`, files{"a.sb": `(define x "/x") (allow signal)`}, `
a.sb:1:17 allow signal ? p.sb:1:5 (car 1): 1 is no pair
p.sb:1:30 allow file-read* ?{p.sb:1:5 (car 1): 1 is no pair}
`},
		{"errors end all", "(import \"a.sb\")\n(allow signal)", files{"a.sb": `(error "x")`}, `
a.sb:1:1 unknown ? a.sb:1:1 (error "x"): the profile fails here: x
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, faults := newMachine(Source{File: "p.sb", Text: tt.text, Import: tt.files.read}, writtenFilters).compile()
			if faults != nil {
				t.Fatal(faults)
			}
			got := "\n"
			for _, r := range p.Rules() {
				got += r.File + ":" + ruleLine(r) + "\n"
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("deep", func(t *testing.T) {
		p, _ := newMachine(Source{File: "p.sb", Text: `(import "0")`, Import: deep.read}, writtenFilters).compile()
		if got := p.Rules()[0].Doubt; got == nil || got.File != "15" || got.Why != "imports nest deeper than 16" {
			t.Errorf("the first rule is in doubt for %+v", got)
		}
	})
	t.Run("many", func(t *testing.T) {
		p, _ := newMachine(Source{File: "p.sb", Text: `(do () (#f) (import "a"))`, Import: files{"a": "(allow signal)"}.read}, writtenFilters).compile()
		if got := p.Rules()[maxImports].Doubt; got == nil || got.Why != "it is more than 100 imports" {
			t.Errorf("rule %d is in doubt for %+v", maxImports, got)
		}
	})
	t.Run("from nowhere", func(t *testing.T) {
		want := "1:1 unknown ? p.sb:1:1 (import \"a.sb\"): there is nowhere to import \"a.sb\" from\n"
		if got := compileLines(t, Source{File: "p.sb", Text: `(import "a.sb")`}); got != want {
			t.Errorf("got %s", got)
		}
	})
	t.Run("error on several lines", func(t *testing.T) {
		p, _ := newMachine(Source{File: "p.sb", Text: `(import "a")`, Import: func(string, string) (string, string, error) {
			return "", "", errors.New("one\ntwo")
		}}, writtenFilters).compile()
		if why := p.Rules()[0].Doubt.Why; why != "one two" {
			t.Errorf("in doubt for %q", why)
		}
	})
}
