package sbpl

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// Random programs come to the same as in another Scheme: TinyScheme, which the
// one of macOS descends from, and Guile.
func TestAgainstScheme(t *testing.T) {
	for _, judge := range []struct {
		command []string
		lacks   []string // functions that it is not asked for
	}{
		// The string-ref of TinyScheme 1.42 takes no index on a 64-bit host.
		{[]string{"tinyscheme", "-1"}, []string{"string=?", "string<?", "string>?", "string-ref", "string->list", "list->string", "equal?", "member", "assoc"}},
		{[]string{"guile", "--no-auto-compile", "-s"}, nil},
	} {
		name := judge.command[0]
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("no Scheme to ask: %v", err)
			}
			g := &generator{Rand: rand.New(rand.NewPCG(1, 2))}
			var programs, answers []string
			var file strings.Builder
			unknown := 0
			for len(programs) < 500 {
				text := g.any(4)
				if slices.ContainsFunc(judge.lacks, func(f string) bool { return strings.Contains(text, f) }) {
					continue
				}
				answer, ok := answered(t, text)
				if !ok {
					unknown++
					continue
				}
				programs, answers = append(programs, text), append(answers, answer)
				fmt.Fprintf(&file, "(write %s) (newline)\n", text)
			}
			path := filepath.Join(t.TempDir(), "programs.scm")
			if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(judge.command[0], append(judge.command[1:], path)...).CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got := strings.Split(string(out), "\n")
			different := 0
			for i, program := range programs {
				if i >= len(got) || got[i] != answers[i] {
					t.Errorf("%s\nmodel: %s\n%s: %s", program, answers[i], name, got[min(i, len(got)-1)])
					if different++; different == 5 {
						break
					}
				}
			}
			t.Logf("%d programs, %d more that the model cannot evaluate", len(programs), unknown)
		})
	}
}

// answered is what the model makes of a program; false: it cannot evaluate it.
func answered(t *testing.T, text string) (string, bool) {
	t.Helper()
	forms, faults := sbpl.Read(text)
	if faults != nil {
		t.Fatalf("%s: %v", text, faults)
	}
	m := newMachine(Source{File: "p.sb"}, writtenFilters)
	v := m.eval(&forms[0], &scope{file: "p.sb", program: m.program})
	var b strings.Builder
	write(&b, v, math.MaxInt)
	return b.String(), len(m.briefs) == 0 // every doubt shows its form
}

// generator writes programs of a type. Most of them can be evaluated.
type generator struct {
	*rand.Rand
	ints, lists, texts []string // names that are bound
	bound              int
}

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// in writes a body in which a name is bound.
func (g *generator) in(names *[]string, body func(name string) string) string {
	before := len(*names)
	g.bound++
	name := fmt.Sprintf("v%d", g.bound)
	*names = append(*names, name)
	text := body(name)
	*names = (*names)[:before]
	return text
}

func (g *generator) any(n int) string {
	switch g.IntN(9) {
	case 0:
		return g.bool(n)
	case 1:
		return g.text(n)
	case 2:
		return g.list(n)
	case 3:
		return fmt.Sprintf("(list %s %s %s '%s %s)", g.int(n-1), g.bool(n-1), g.text(n-1), g.symbol(), g.list(n-1))
	case 4:
		return fmt.Sprintf("(assv %s (list (cons %s %s) (list %s '%s)))", g.int(1), g.int(1), g.text(n-1), g.int(1), g.symbol())
	case 5:
		return fmt.Sprintf("`(a ,%s ,@%s (b . ,%s) \"c\")", g.int(n-1), g.list(n-1), g.bool(n-1))
	case 6:
		return fmt.Sprintf("(%s '%s '(a b c d))", pick(g, "memq", "member"), g.symbol())
	case 7:
		return fmt.Sprintf("(cond (%s %s) (%s => (lambda (x) x)) (else '%s))", g.bool(n-1), g.any(n-1), g.list(n-1), g.symbol())
	}
	return g.int(n)
}

func (g *generator) symbol() string { return pick(g, "a", "b", "c", "file-read*", "x-y") }

func (g *generator) int(n int) string {
	if n <= 0 {
		if len(g.ints) > 0 && g.IntN(2) == 0 {
			return pick(g, g.ints...)
		}
		return fmt.Sprint(g.IntN(21) - 10)
	}
	n--
	i := func() string { return g.int(n) }
	switch g.IntN(18) {
	case 0:
		return fmt.Sprintf("(+ %s %s %s)", i(), i(), i())
	case 1:
		return fmt.Sprintf("(%s %s %s)", pick(g, "-", "*", "quotient", "remainder", "modulo", "max", "min"), i(), i())
	case 2:
		return fmt.Sprintf("(%s %s)", pick(g, "abs", "-"), i())
	case 3:
		return fmt.Sprintf("(length %s)", g.list(n))
	case 4:
		return fmt.Sprintf("(string-length %s)", g.text(n))
	case 5:
		return fmt.Sprintf("(%s %s)", pick(g, "car", "cadr", "caddr"), g.list(n))
	case 6:
		return fmt.Sprintf("(if %s %s %s)", g.bool(n), i(), i())
	case 7:
		first := i()
		return g.in(&g.ints, func(x string) string {
			return fmt.Sprintf("(%s ((%s %s)) %s)", pick(g, "let", "let*", "letrec"), x, first, i())
		})
	case 8:
		args := i() + " " + i()
		return g.in(&g.ints, func(x string) string {
			return g.in(&g.lists, func(rest string) string {
				return fmt.Sprintf("((lambda (%s . %s) %s) %s)", x, rest, i(), args)
			})
		})
	case 9:
		return fmt.Sprintf("(let loop ((i %d) (sum %s)) (if (= i 0) sum (loop (- i 1) %s)))", g.IntN(6), i(),
			g.in(&g.ints, func(string) string { g.ints[len(g.ints)-1] = "sum"; return i() }))
	case 10:
		return fmt.Sprintf("(do ((i 0 (+ i 1)) (sum 0 (+ sum i))) ((>= i %d) (+ sum %s)) %s)", g.IntN(6), i(), i())
	case 11:
		return fmt.Sprintf("(apply %s %s %s)", pick(g, "+", "*", "-"), i(), g.list(n))
	case 12:
		return fmt.Sprintf("(case %s ((0 1 2) %s) ((3 4) %s) (else %s))", i(), i(), i(), i())
	case 13:
		return fmt.Sprintf("(cond (%s %s) (%s %s) (else %s))", g.bool(n), i(), g.bool(n), i(), i())
	case 14:
		first := i()
		return g.in(&g.ints, func(x string) string {
			return fmt.Sprintf("(let () (define %s %s) (define (f y) (+ y %s)) (set! %s (f %s)) %s)", x, first, x, x, i(), i())
		})
	case 15:
		return fmt.Sprintf("(letrec ((even (lambda (n) (if (= n 0) %s (odd (- n 1))))) (odd (lambda (n) (if (= n 0) %s (even (- n 1)))))) (even %d))", i(), i(), g.IntN(9))
	case 16:
		return fmt.Sprintf("(/ (* 6 %s) 3)", i())
	}
	return fmt.Sprintf("(list-ref %s %d)", g.list(n), g.IntN(3))
}

func (g *generator) bool(n int) string {
	if n <= 0 {
		return pick(g, "#t", "#f")
	}
	n--
	switch g.IntN(9) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", pick(g, "=", "<", ">", "<=", ">=", "eqv?"), g.int(n), g.int(n))
	case 2:
		return fmt.Sprintf("(%s %s %s)", pick(g, "and", "or"), g.bool(n), g.bool(n))
	case 3:
		return fmt.Sprintf("(not %s)", g.any(n))
	case 4:
		return fmt.Sprintf("(%s %s)", pick(g, "null?", "pair?", "list?", "string?", "symbol?", "number?", "procedure?"), g.any(n))
	case 5:
		return fmt.Sprintf("(%s %s %s)", pick(g, "string=?", "string<?", "string>?"), g.text(n), g.text(n))
	case 6:
		return fmt.Sprintf("(equal? %s %s)", g.list(n), g.list(n))
	case 7:
		return fmt.Sprintf("(%s %s)", pick(g, "zero?", "positive?", "negative?", "even?", "odd?"), g.int(n))
	}
	return fmt.Sprintf("(eq? '%s '%s)", g.symbol(), g.symbol())
}

func (g *generator) text(n int) string {
	if n <= 0 {
		if len(g.texts) > 0 && g.IntN(2) == 0 {
			return pick(g, g.texts...)
		}
		return pick(g, `""`, `"a"`, `"/private/tmp"`, `"a b"`)
	}
	n--
	switch g.IntN(7) {
	case 0:
		return fmt.Sprintf("(string-append %s %s)", g.text(n), g.text(n))
	case 1:
		return fmt.Sprintf("(substring %s %d %d)", g.text(n), g.IntN(2), g.IntN(3))
	case 2:
		return fmt.Sprintf("(number->string %s)", g.int(n))
	case 3:
		return fmt.Sprintf("(symbol->string '%s)", g.symbol())
	case 4:
		first := g.text(n)
		return g.in(&g.texts, func(x string) string { return fmt.Sprintf("(let ((%s %s)) %s)", x, first, g.text(n)) })
	case 5:
		return fmt.Sprintf("(list->string (reverse (string->list %s)))", g.text(n))
	}
	return fmt.Sprintf("(if %s %s %s)", g.bool(n), g.text(n), g.text(n))
}

func (g *generator) list(n int) string {
	if n <= 0 {
		if len(g.lists) > 0 && g.IntN(2) == 0 {
			return pick(g, g.lists...)
		}
		return pick(g, "'()", "'(1 2 3)", "'(4 5)")
	}
	n--
	switch g.IntN(10) {
	case 0:
		return fmt.Sprintf("(list %s %s %s)", g.int(n), g.int(n), g.int(n))
	case 1:
		return fmt.Sprintf("(cons %s %s)", g.int(n), g.list(n))
	case 2:
		return fmt.Sprintf("(append %s %s)", g.list(n), g.list(n))
	case 3:
		return fmt.Sprintf("(reverse %s)", g.list(n))
	case 4:
		return fmt.Sprintf("(%s %s)", pick(g, "cdr", "cddr"), g.list(n))
	case 5:
		return g.in(&g.ints, func(x string) string {
			return fmt.Sprintf("(map (lambda (%s) %s) %s)", x, g.int(n), pick(g, "'(1 2 3)", "'()", "(list 7 8)"))
		})
	case 6:
		return fmt.Sprintf("(let ((l '())) (for-each (lambda (x) (set! l (cons (+ x %s) l))) %s) l)", g.int(n), g.list(n))
	case 7:
		return fmt.Sprintf("(when %s %s)", "#t", g.list(n))
	case 8:
		return fmt.Sprintf("(list-tail %s %d)", g.list(n), g.IntN(2))
	}
	return fmt.Sprintf("`(%d ,%s ,@%s)", g.IntN(9), g.int(n), g.list(n))
}
