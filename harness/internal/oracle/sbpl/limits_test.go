package sbpl

import (
	"runtime"
	"strings"
	"testing"
)

// A profile that never ends, or would fill the memory, is stopped: what it left
// behind until then stands, and behind it that there may be anything.
func TestStopped(t *testing.T) {
	const steps = "stopped after 100000 steps"
	for _, tt := range []struct{ name, text, why string }{
		{"do", "(do () (#f))", steps},
		{"loop", "(let loop () (loop))", steps},
		{"mutual calls", "(define (a) (b)) (define (b) (a)) (a)", steps},
		{"recursion", "(define (f x) (+ 1 (f x))) (f 1)", "stopped at 1000 forms inside of each other"},
		{"recursion by map", "(define (f x) (map f (list x))) (f 1)", "stopped at 1000 forms inside of each other"},
		{"recursion by apply", "(define (f . x) (apply f x) 1) (f 1)", "stopped at 1000 forms inside of each other"},
		{"doubling string", `(let loop ((s "0123456789")) (loop (string-append s s)))`, "stopped after 2097152 bytes of strings"},
		{"many strings", `(define s (make-string 100000 #\x)) (let loop ((l '())) (loop (cons (string-copy s) l)))`, "stopped after 2097152 bytes of strings"},
		{"long filters", `(define s (make-string 100000 #\x)) (do () (#f) (allow file-read* (literal s)))`, "stopped after 2097152 bytes of strings"},
		{"long regexes", `(define s (make-string 10000 #\x)) (do () (#f) (allow file-read* (regex s)))`, "stopped after 2097152 bytes of strings"},
		{"growing list", "(let loop ((l '())) (loop (cons l l)))", steps},
		{"doubling list", "(let loop ((l '(1 2 3))) (loop (append l l)))", steps},
		{"equal lists", "(define l (let loop ((i 0) (l '())) (if (= i 40) l (loop (+ i 1) (cons l l))))) (equal? l (list-tail (list l l) 1)) (equal? l `,l) (equal? (cons 1 l) (cons 1 l)) (equal? (list l) (list l))", steps},
		{"deep lists", "(define (nest n l) (if (= n 0) l (nest (- n 1) (list l)))) (equal? (nest 2000 '()) (nest 2000 '()))", "stopped at lists 1000 deep"},
		{"failures", "(do ((l '() (cons (car l) l))) (#f))", steps},
		{"functions", "(let loop ((l '())) (loop (cons (lambda (x) l) l)))", steps},
		{"rules", "(do () (#f) (allow signal))", "stopped after 5000 rules"},
		{"rules in doubt", "(do () (#f) (allow file-read* (foo (list 1))))", steps},
		{"many filters", "(define l (let loop ((i 0) (l '())) (if (= i 1000) l (loop (+ i 1) (cons (literal \"/x\") l))))) (do () (#f) (apply allow 'file-read* l))", steps},
		{"branches in doubt", "(define (f) (if (car 1) (f) (f)) (if (car 1) (f) (f))) (f)", ""},
		{"do in doubt", "(do ((i 0 (+ i 1))) ((< i (car 1))) (allow signal))", ""},
		{"doubling filter", `(let loop ((x (literal "/a"))) (loop (require-any x x)))`, steps},
		{"doubling filter in others", `(let loop ((x (literal "/a"))) (loop (require-all (require-not x) (require-not x))))`, steps},
		{"large filter of many rules", `(define x (apply require-any (map literal (string->list (make-string 1000 #\a))))) (do () (#f) (allow file-read* x))`, steps},
		{"functions over a list", `(define l (string->list (make-string 10000 #\x))) (do () (#f) (map char? l))`, steps},
		{"comparison of long strings", `(define s (make-string 1000000 #\x)) (do () (#f) (string<? s s))`, steps},
		{"search for a long string", `(define s (make-string 1000000 #\x)) (define t (string-append "y" s)) (do () (#f) (member s (list t t t)))`, steps},
		{"regexes", `(do () (#f) (allow file-read* (regex #"^/a")))`, steps},
		{"many names in the way", "(let* (" + strings.Repeat("(a 1)", 10_000) + ") (do () (#f) car))", steps},
		{"chain of functions", "(let loop ((i 0) (f car)) (if (= i 10000) (do () (#f) (foo f)) (loop (+ i 1) (lambda () (f)))))", steps},
		{"changes of what may run", "(define (f) (g)) (define (g) (f) (foo (f))) (do () (#f) (foo (f)))", steps},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m := newMachine(Source{File: "p.sb", Text: "(allow default)\n" + tt.text}, filters{known, build})
			m.most = limits{steps: 100_000, text: 2 << 20, depth: 1_000, rules: 5_000}
			p, faults := m.compile()
			runtime.ReadMemStats(&after)
			if faults != nil {
				t.Fatal(faults)
			}
			rules := p.Rules()
			if len(rules) == 0 || ruleLine(rules[0]) != "1:1 allow default" {
				t.Errorf("%d rules, which do not begin with the default", len(rules))
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
				t.Errorf("used %d MiB", used>>20)
			}
			if tt.why == "" {
				return // it ends by itself
			}
			last := rules[len(rules)-1]
			if last.Effect != Unknown || last.Ops != nil || last.Doubt == nil || last.Doubt.Why != tt.why || last.Line != 2 {
				t.Errorf("the last rule is %s, not one that was %s", ruleLine(last), tt.why)
			}
		})
	}
}

func TestAmple(t *testing.T) {
	p, _ := Compile(Source{File: "p.sb", Text: "(do ((i 0 (+ i 1))) ((= i 10000)) (allow file-read* (literal (number->string i)))) (let loop () (loop))"})
	rules := p.Rules()
	if n := len(rules); n != 10001 {
		t.Errorf("%d rules", n)
	}
	if last := rules[len(rules)-1]; last.Doubt == nil || last.Doubt.Why != "stopped after 1000000 steps" {
		t.Errorf("the last rule is %s", ruleLine(last))
	}
}
