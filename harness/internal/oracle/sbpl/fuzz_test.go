package sbpl

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// Any text gives faults or rules, within limits, the same ones each time; and
// what they and the doubts about them point at is in the text.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		"(version 1)(deny default)(allow file-read* (subpath \"/usr\") (regex #\"^/x\\.y$\"))",
		"(define (f . xs) `(a ,@xs , b))\n(apply allow (f 'signal (literal (param \"X\"))))",
		"(if (car 1) (import \"a\") (error \"x\"))(allow default)",
		"(let loop ((i 0)) (if (< i (param \"Y\")) (loop (+ i 1)))) (do ((i 0 (+ i 1))) ((foo i)) (deny signal (foo)))",
		"(for-each (lambda (p . q) (allow file-write* (require-not (prefix p)) (with report))) (cons \"/a\" x))",
		"(define-macro (m x) x) (m (set! y 1)) (case 1 ((1) (allow)) (else => 2))",
		"(let* ((a (string-append \"a\" 5)) (b a)) (allow signal b) (set-cdr! '(1) a))",
		"(import \"b\") (call/cc 1) (string-set! \"a\" 0 #\\b)",
	} {
		f.Add(text)
	}
	for _, s := range seeds(f) {
		f.Add(s.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := Source{File: "p.sb", Text: text, Params: map[string]string{"X": "/x", "HOME": "/Users/u"}}
		texts := map[string]string{"p.sb": text}
		src.Import = func(from, name string) (string, string, error) {
			if name == "a" {
				texts["again.sb"] = text
				return "again.sb", text, nil
			}
			return "", "", fmt.Errorf("no file %s", name)
		}
		run := func() *Profile {
			m := newMachine(src, filters{known, build})
			m.most = limits{steps: 20_000, text: 1 << 18, depth: 500, rules: 500}
			p, faults := m.compile()
			if (p == nil) != (len(faults) > 0) {
				t.Fatalf("profile %v and faults %v", p, faults)
			}
			return p
		}
		p := run()
		if p == nil {
			return
		}
		if n := len(p.Rules()); n > 500+maxImports {
			t.Errorf("%d rules", n)
		}
		if diff := cmp.Diff(lines(p), lines(run())); diff != "" {
			t.Errorf("the second time: %s", diff)
		}
		within := func(at Place, what string) {
			rows := strings.Split(texts[at.File], "\n")
			if at.Line < 1 || at.Line > len(rows) || at.Column < 1 || at.Column > utf8.RuneCountInString(rows[at.Line-1]) {
				t.Errorf("%s is at %+v, which is not in %q", what, at, texts[at.File])
			}
		}
		doubtful := func(d *Doubt) {
			within(d.Place, d.Form)
			if d.Form == "" || d.Why == "" || strings.ContainsAny(d.Form+d.Why, "\n\r") || !utf8.ValidString(d.Form+d.Why) || len(d.Why) > 4*mostForm {
				t.Errorf("doubt %q", doubtLine(d))
			}
		}
		for _, r := range p.Rules() {
			within(r.Place, r.Text)
			if r.Text == "" || strings.ContainsAny(r.Text, "\n\r") || !utf8.ValidString(r.Text) {
				t.Errorf("text %q", r.Text)
			}
			if r.Doubt != nil {
				doubtful(r.Doubt)
			}
			if d, ok := r.Filter.(*Doubtful); ok {
				doubtful(&d.Doubt)
			}
			if (r.Effect == Unknown) != (r.Ops == nil) || r.Effect == Unknown && r.Doubt == nil {
				t.Errorf("rule %s", ruleLine(r))
			}
		}
	})
}

// What profiles come to in which much is not known: no form of those that the
// language has may bring the model down.
func TestEveryFormInDoubt(t *testing.T) {
	var heads []string
	for name := range specials {
		heads = append(heads, name)
	}
	for name := range builtins {
		heads = append(heads, name)
	}
	for name := range unsupported {
		heads = append(heads, name)
	}
	heads = append(heads, "allow", "deny", "literal", "require-any", "subpath", "foo")
	for _, head := range heads {
		for _, rest := range []string{
			"", " foo", " foo foo", " foo foo foo", " 1", " 1 2", " 1 2 3", ` "a"`, ` "a" "b"`, " ()", " () ()", " ((a)) 1", " ((a 1)) (a)", " ((a 1 (foo))) ((foo a) 1) (foo)", " '(1 2) '(3)",
			" car '(1)", " (lambda x foo) '(1 . 2)", " (lambda x (allow signal)) foo", " x foo", " (x . y) foo", " (allow signal)", " (allow signal) (literal \"/x\")", " . a", " #\\a", " 1.5", " #\"x\" 'signal", " else", " (else)", " 5 (else 1)", " (foo => 1)", " (1 => car)",
		} {
			text := "(" + head + rest + ")\n(allow signal)\n(allow file-read* (" + head + rest + "))"
			m := newMachine(Source{File: "p.sb", Text: text}, filters{known, build})
			m.most = limits{steps: 20_000, text: 1 << 18, depth: 500, rules: 500}
			if p, faults := m.compile(); faults == nil && len(p.Rules()) == 0 {
				t.Errorf("%s leaves no rules behind", text)
			}
		}
	}
}
