package sbpl

import (
	"math"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// evaluated is the value of the last form, as Scheme writes it; behind a
// question mark, why it has none.
func evaluated(t *testing.T, text string) string {
	t.Helper()
	forms, faults := sbpl.Read(text)
	if faults != nil {
		t.Fatal(faults)
	}
	m := newMachine(Source{File: "p.sb", Params: map[string]string{"X": "TRUE"}}, writtenFilters)
	s := &scope{file: "p.sb", program: m.program}
	var v value = nowhere{}
	for i := range forms {
		v = m.eval(&forms[i], s)
	}
	if d := m.inDoubt(v); d != nil {
		return "?" + d.Why
	}
	var b strings.Builder
	write(&b, v, math.MaxInt)
	return b.String()
}

func TestScheme(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		// What stands for itself.
		{`"a\"b"`, `"a\"b"`}, {`#"a\.b"`, `"a\\.b"`}, {"12", "12"}, {"-1.5", "-1.5"}, {"#o644", "420"}, {"#t", "#t"}, {`#\a`, `#\a`}, {`#\space`, `#\space`},
		{`#\x41`, `#\A`}, {`#\nul`, "?the model does not know the character"}, {"99999999999999999999", "?the model has no such number"},
		// Names.
		{"file-read*", "?the model does not know what value an operation is"}, {"car", "#<function car>"}, {"literal", "#<filter literal>"}, {"allow", "#<function allow>"},
		{"foo", "?nothing defines foo"}, {"if", "?if is no value"}, {"()", "?() is no application of a function"}, {`("a")`, `?"a" is no function`},
		// quote and quasiquote.
		{"'(a . (b c))", "(a b c)"}, {"'(a . b)", "(a . b)"}, {"''a", "(quote a)"}, {"(quote (1 \"x\" #\\a))", `(1 "x" #\a)`}, {"'()", "()"},
		{"(quote)", "?quote needs 1 or more forms"}, {"(quote a b)", "?quote takes no more than 1 forms"},
		{"`(1 ,(+ 1 1) ,@(list 3 4) 5)", "(1 2 3 4 5)"}, {"`(1 . ,(+ 1 1))", "(1 . 2)"}, {"`(1 ,@2)", "(1 . 2)"}, {"(quasiquote (a (unquote (+ 1 2)) (unquote-splicing '(4))))", "(a 3 4)"},
		{"`(1 `(2 ,(3 ,(+ 1 2))))", "(1 (quasiquote (2 (unquote (3 3)))))"},
		{"`(1 `(2 ,(a b)))", "(1 (quasiquote (2 (unquote (a b)))))"}, {"`(1 `(2 ,@(3 ,@(list 4))))", "(1 (quasiquote (2 (unquote-splicing (3 4)))))"}, {"`,(+ 1 2)", "3"}, {"`,@(list 1)", "?,@(list 1) does not stand in a list"}, {",x", "?it stands in no quasiquote"},
		{"`(1 ,@5 2)", "?5 is no list"}, {"(length `(1 ,@foo))", "?nothing defines foo"},
		// Conditions.
		{"(if #t 1 2)", "1"}, {"(if #f 1 2)", "2"}, {"(if '() 1 2)", "1"}, {"(if 0 1 2)", "1"}, {"(if #f 1)", "()"}, {"(if)", "?if needs 2 or more forms"}, {"(if 1 2 3 4)", "?if takes no more than 3 forms"},
		{"(if (allow signal) 1 2)", "?the condition has no value"}, {"(if foo 1 1)", "1"}, {"(if foo 1 2)", "?nothing defines foo"},
		{"(when #t 1 2)", "2"}, {"(when #f 1)", "()"}, {"(unless #f 1 2)", "2"}, {"(unless 1 2)", "()"}, {"(when)", "?when needs 1 or more forms"}, {"(unless)", "?unless needs 1 or more forms"},
		{"(and)", "#t"}, {"(and 1 2)", "2"}, {"(and 1 #f (foo))", "#f"}, {"(or)", "#f"}, {"(or #f 2 (foo))", "2"}, {"(or #f #f)", "#f"}, {"(not 1)", "#f"}, {"(not #f)", "#t"},
		{"(and foo 1)", "?nothing defines foo"}, {"(or foo 1)", "?nothing defines foo"}, {"(and foo #f)", "#f"}, {"(or (car 1) #t)", "?1 is no pair"},
		{"(cond (#f 1) ((= 1 1) 2 3) (else 4))", "3"}, {"(cond (#f 1))", "()"}, {"(cond (#f 1) (else 4))", "4"}, {"(cond (5))", "5"},
		{"(cond ((assv 2 '((1 a) (2 b))) => cadr) (else 0))", "b"}, {"(cond 1)", "?a clause of cond is a list of a condition and forms"},
		{"(cond (foo 1) (else 2))", "?nothing defines foo"}, {"(cond (#f 1) (foo 2) (else 2))", "2"},
		{"(case 3 ((1 2) 'a) ((3 #\\x) 'b 'c))", "c"}, {"(case #\\x ((1 2) 'a) ((3 #\\x) 'b))", "b"}, {"(case 'y ((x) 1))", "()"}, {"(case 'y ((x) 1) (else 2))", "2"},
		{"(case foo ((a) 1) (else 2))", "?nothing defines foo"}, {"(case 1 2)", "?a clause of case is a list of keys and forms"}, {"(case)", "?case needs 1 or more forms"},
		// Names and functions.
		{"(define x 1) (define x (+ x 1)) x", "2"}, {"(define x) x", "()"}, {"(define (f a . b) (list a b)) (f 1 2 3)", "(1 (2 3))"}, {"(define f (lambda (a b) b)) (f 1 2)", "2"}, {"((lambda x x) 1 2)", "(1 2)"},
		{"(define (f) (define y 2) (define (g) (* y 2)) (g)) (f)", "4"}, {"(define (f a) a) (f)", "?#<function f> takes 1 arguments, not 0"}, {"((lambda (a) a) 1 2)", "?#<function > takes 1 arguments, not 2"},
		{"(define)", "?define needs 1 or more forms"}, {"(define 1 2)", "?define needs a name"}, {"(define x 1 2)", "?define gives x one value"}, {"(define (f 1) 2)", "?parameter 1 is no name"}, {"(lambda (a . b c) 1)", "?behind a dot stands one name"},
		{"(lambda 1 2)", "?the parameters of lambda are a list of names, or one name"}, {"(lambda)", "?lambda needs 1 or more forms"}, {"(define (string-append . x) 'mine) (string-append 1)", "mine"}, {"(define (if . x) 'mine) (if 1)", "mine"},
		{"(define-once x 1) (define-once x 2) x", "1"}, {"(define-once (f) 1) (define-once (f) 2) (f)", "1"},
		{"(define x 1) (set! x 5) x", "5"}, {"(set! x 5)", "?nothing defines x"}, {"(set! x)", "?set! needs 2 or more forms"}, {"(define (counter) (let ((n 0)) (lambda () (set! n (+ n 1)) n))) (define c (counter)) (c) (c)", "2"},
		{"(define x 1) (if foo (set! x 2)) x", "?nothing defines foo"}, {"(define x 1) (if foo (let ((x 1)) (set! x 2))) x", "1"}, {"(if foo (define x 2)) x", "?nothing defines foo"}, {"(define x 1) (foo (set! x 2)) x", "?nothing defines foo"},
		{"(define x 1) ((lambda (a) (set! x 2)) 1 2) x", "?#<function > takes 1 arguments, not 2"}, {"(define x 1) (define y (let ((a)) (set! x 2))) x", "?(a) does not bind a name to a value"}, {"(define x 1) (apply foo '()) (map foo '(1)) x", "1"}, {"(define e eval) (e '(set! x 2))", "?the model does not evaluate data"},
		{"(eq? file-read* 'file-read*)", "?the model does not know what value an operation is"}, {"(memq 'signal (list file-read* 'signal))", "?the model does not know what value an operation is"},
		{"(define x 1) (define (bump) (set! x 2)) (foo bump) x", "?nothing defines foo"}, {"(define x 1) (define (bump) x) (foo bump) x", "1"}, {"(define x 1) (define fs (list (list (lambda () (set! x 2))))) (foo fs) x", "?nothing defines foo"},
		{"(let ((x 1) (y 2)) (+ x y))", "3"}, {"(define x 1) (let ((x 2) (y x)) y)", "1"}, {"(let* ((x 1) (x (+ x 1))) x)", "2"}, {"(let* () 5)", "5"}, {"(letrec ((e (lambda (n) (if (= n 0) #t (o (- n 1))))) (o (lambda (n) (if (= n 0) #f (e (- n 1)))))) (e 100))", "#t"},
		{"(letrec ((a b) (b 1)) a)", "?it is used before it has a value"}, {"(let loop ((i 0) (l '())) (if (= i 3) l (loop (+ i 1) (cons i l))))", "(2 1 0)"}, {"(let loop ((i 0)) (if (< i 30000) (loop (+ i 1)) i))", "30000"},
		{"(let 1 2)", "?what it binds is a list"}, {"(let ((1 2)) 3)", "?(1 2) does not bind a name to a value"}, {"(let* ((x)) 3)", "?(x) does not bind a name to a value"}, {"(letrec ((x 1 2)) 3)", "?(x 1 2) does not bind a name to a value"}, {"(let loop)", "?let needs what it binds"},
		{"(do ((i 0 (+ i 1)) (l '() (cons i l)) (k 7)) ((= i 3) (list k l)))", "(7 (2 1 0))"}, {"(do () (#t))", "#<unspecified>"}, {"(do ((i 0)) 1)", "?do needs a list of the condition that ends it and forms"}, {"(begin 1 2)", "2"}, {"(begin)", "#<unspecified>"},
		// Pairs and lists.
		{"(cons 1 2)", "(1 . 2)"}, {"(cons 1 '(2))", "(1 2)"}, {"(car '(1 2))", "1"}, {"(cdr '(1 2))", "(2)"}, {"(cadr '(1 2))", "2"}, {"(cddr '(1 2 3))", "(3)"}, {"(caddr '(1 2 3))", "3"}, {"(cadddr '(1 2 3 4))", "4"}, {"(cdar '((1 . 2)))", "2"}, {"(car '())", "?() is no pair"}, {"(cadr '(1))", "?() is no pair"},
		{"(list)", "()"}, {"(list 1 \"a\")", `(1 "a")`}, {"(length '(1 2 3))", "3"}, {"(length '(1 . 2))", "?the list does not end in ()"}, {"(length 5)", "?5 is no list"}, {"(append)", "()"}, {"(append '(1) '() '(2 3) 4)", "(1 2 3 . 4)"}, {"(append '(1 . 2) '(3))", "?(1 . 2) is no list"},
		{"(reverse '(1 2 3))", "(3 2 1)"}, {"(list-ref '(a b c) 1)", "b"}, {"(list-ref '(a) 1)", "?() is no pair"}, {"(list-tail '(a b c) 2)", "(c)"}, {"(list-tail '(a) 2)", "?the list has fewer than 2 elements"}, {"(list-tail '(a) 'b)", "?b is no whole number"},
		{"(memq 'b '(a b c))", "(b c)"}, {"(memq 'd '(a))", "#f"}, {"(memv 2 '(1 2 3))", "(2 3)"}, {"(memq 2 '(1 2))", "?eq? does not tell whether numbers or characters are equal; use eqv?"}, {`(member "b" '("a" "b"))`, `("b")`}, {`(memv "b" '("b"))`, "?it does not tell whether strings are equal; use string=?"}, {"(memq 'a 5)", "?5 is no list"},
		{"(assq 'b '((a 1) (b 2)))", "(b 2)"}, {"(assv 2 '((1 a) (2 b)))", "(2 b)"}, {`(assoc "b" '(("a" . 1) ("b" . 2)))`, `("b" . 2)`}, {"(assq 'c '((a 1)))", "#f"}, {"(assq 'c '(a))", "?a is no pair"},
		{"(map + '(1 2) '(10 20))", "(11 22)"}, {"(map car '((1) (2)))", "(1 2)"}, {"(map + '(1 2) '(1))", "?the first list is longer than another"}, {"(map + 1)", "?1 is no list"}, {"(define n 0) (for-each (lambda (x) (set! n (+ n x))) '(1 2 3)) n", "6"}, {"(apply + 1 2 '(3 4))", "10"}, {"(apply + '(1 . 2))", "?the list does not end in ()"}, {"(apply car '(1))", "?1 is no pair"},
		{"(define l '(1 2)) (set-car! l 3) l", "(#<unknown> 2)"}, {"(define l '(1 2)) (set-cdr! l l) (car l)", "1"}, {"(define l '(1 2)) (set-cdr! l l) (cadr l)", "?the model does not follow changes of lists"}, {"(set-car! 1 2)", "?1 is no pair"},
		{"(map car (cons '(1) foo))", "(1 . #<unknown>)"}, {"(length (list foo foo))", "2"}, {"(apply + foo)", "?nothing defines foo"}, {"(memq 'a (list 'a foo))", "(a foo)"}, {"(memq 'b (list 'a foo 'b))", "?nothing defines foo"}, {"(append (list 1) foo '(2))", "(1 . #<unknown>)"}, {"(list? foo)", "?nothing defines foo"},
		// Strings, symbols and characters.
		{`(string-append)`, `""`}, {`(string-append "a" #"\b" "c")`, `"a\\bc"`}, {`(string-append "a" 5)`, "?5 is no string"}, {`(string-append "a" (param "Y"))`, `?param "Y" is not set; give --param Y=…`}, {`(string-append (param "X") "!")`, `"TRUE!"`},
		{`(string-length "abc")`, "3"}, {`(string-length "é")`, "2"}, {`(substring "hello" 1 3)`, `"el"`}, {`(substring "hello" 1)`, `"ello"`}, {`(substring "hello" 3 1)`, "?3 is not between 0 and 1"}, {`(substring "hello" 0 6)`, "?6 is not between 0 and 5"}, {`(string-ref "abc" 1)`, `#\b`}, {`(string-ref "" 0)`, "?0 is not between 0 and -1"}, {`(string-ref "é" 0)`, "?the model knows no characters beyond ASCII"},
		{`(string=? "a" "a")`, "#t"}, {`(string=? "a" "b")`, "#f"}, {`(string=? (param "Y") "b")`, `?param "Y" is not set; give --param Y=…`}, {`(string=? "b" (param "Y"))`, `?param "Y" is not set; give --param Y=…`}, {`(string<? "a" "ab")`, "#t"}, {`(string>? "a" "ab")`, "#f"}, {`(string<=? "a" "a")`, "#t"}, {`(string>=? "a" "b")`, "#f"},
		{`(string-copy "a")`, `"a"`}, {`(string #\a #\b)`, `"ab"`}, {`(string 1)`, "?1 is no character"}, {`(make-string 3 #\x)`, `"xxx"`}, {`(make-string 3 1)`, "?1 is no character"}, {`(string->list "ab")`, `(#\a #\b)`}, {`(list->string '(#\a #\b))`, `"ab"`}, {`(list->string 1)`, "?1 is no list"},
		{`(string->symbol "a")`, "a"}, {`(symbol->string 'a)`, `"a"`}, {`(symbol->string "a")`, `?"a" is no symbol`}, {`(string->number "12")`, "12"}, {`(string->number "x")`, "#f"}, {`(string->number "ff" 16)`, "255"}, {`(string->number "1.5")`, "1.5"}, {`(string->number "1" 7)`, "?7 is no base; there are 2, 8, 10 and 16"}, {`(string->number "99999999999999999999")`, "?the model has no such number"}, {`(string->number "-")`, "#f"},
		{`(number->string 255)`, `"255"`}, {`(number->string -255 16)`, `"-ff"`}, {`(number->string 1.5)`, "?the model does not know how macOS writes fractions"}, {`(number->string "1")`, `?"1" is no number`}, {`(regex-quote "/a.b+c")`, `"/a\\.b\\+c"`}, {`(regex-quote 1)`, "?1 is no string"},
		{`(char->integer #\A)`, "65"}, {`(integer->char 65)`, `#\A`}, {`(integer->char 0)`, "?a string cannot hold NUL"}, {`(char=? #\a #\a)`, "#t"}, {`(char=? #\a 1)`, "?1 is no character"},
		// Numbers.
		{"(+)", "0"}, {"(+ 1 2 3)", "6"}, {"(+ 1 0.5)", "1.5"}, {"(+ 1 'a)", "?a is no number"}, {"(- 5)", "-5"}, {"(- 5 1 1)", "3"}, {"(*)", "1"}, {"(* 2 3 4)", "24"}, {"(/ 4 2)", "2"}, {"(/ 1 2)", "0.5"}, {"(/ 2)", "0.5"}, {"(/ 1 0)", "?it divides by zero"},
		{"(+ 9223372036854775807 1)", "?the number is too large for the model"}, {"(- -9223372036854775808 1)", "?the number is too large for the model"}, {"(* 4611686018427387904 2)", "?the number is too large for the model"}, {"(abs -9223372036854775808)", "?the number is too large for the model"}, {"(+ -1 0)", "-1"}, {"(- 1 0)", "1"},
		{"(quotient -7 2)", "-3"}, {"(remainder -7 2)", "-1"}, {"(modulo -7 2)", "1"}, {"(modulo 7 -2)", "-1"}, {"(modulo 6 -2)", "0"}, {"(quotient 1 0)", "?it divides by zero"}, {"(quotient 1.5 1)", "?1.5 is no whole number"}, {"(abs -3)", "3"}, {"(max 1 3 2)", "3"}, {"(min 1 3 2)", "1"}, {"(max 3 2.0)", "3"},
		{"(= 1 1 1)", "#t"}, {"(= 1 1.0)", "#t"}, {"(< 1 2 3)", "#t"}, {"(< 1 3 2)", "#f"}, {"(> 2 1)", "#t"}, {"(<= 1 1)", "#t"}, {"(>= 1 2)", "#f"}, {"(= 1)", "?= does not take 1 arguments"}, {"(< 1 'a)", "?a is no number"}, {"(zero? 0)", "#t"}, {"(positive? 0)", "#f"}, {"(negative? -1)", "#t"}, {"(even? 2)", "#t"}, {"(odd? -3)", "#t"}, {"(even? 1.5)", "?1.5 is no whole number"},
		// Predicates.
		{"(boolean? #f)", "#t"}, {"(boolean? '())", "#f"}, {`(boolean? (param "Y"))`, "#t"}, {"(char? #\\a)", "#t"}, {"(null? '())", "#t"}, {"(null? #f)", "#f"}, {"(number? 1.5)", "#t"}, {"(integer? 2)", "#t"}, {"(integer? 1.5)", "#f"}, {"(pair? '(1))", "#t"}, {"(procedure? car)", "#t"}, {"(procedure? (lambda () 1))", "#t"}, {"(procedure? 'car)", "#f"}, {`(string? "a")`, "#t"}, {`(string? #"a")`, "#t"}, {`(string? (param "Y"))`, "#f"}, {"(symbol? 'a)", "#t"}, {"(list? '(1 2))", "#t"}, {"(list? '(1 . 2))", "#f"},
		{"(eq? 'a 'a)", "#t"}, {"(eq? '() '())", "#t"}, {"(eq? 1 2)", "#f"}, {"(eq? 1 1)", "?eq? does not tell whether numbers or characters are equal; use eqv?"}, {"(eqv? 1 1)", "#t"}, {"(eqv? 1 1.0)", "#f"}, {`(eqv? "a" "a")`, "?it does not tell whether strings are equal; use string=?"}, {`(let ((x "a")) (eq? x x))`, "#t"}, {`(eq? (param "Y") #f)`, "#t"}, {`(equal? '(1 "a" (#\b)) (list 1 "a" (list #\b)))`, "#t"}, {"(equal? '(1 2) '(1 . 2))", "#f"}, {"(equal? (list 1 foo) (list 1 2))", "?nothing defines foo"}, {"(equal? (list 1 foo) (list 2 2))", "#f"},
		// The profile.
		{`(param "X")`, `"TRUE"`}, {`(param "Y")`, "#f"}, {`(and (param "Y") #t)`, "#f"}, {`(if (param "Y") 1 2)`, "2"}, {"(defined? 'file-read*)", "#t"}, {"(define x 1) (defined? 'x)", "#t"}, {"(defined? 'car)", "#t"}, {"(defined? 'if)", "#t"}, {"(defined? 'literal)", "#t"}, {"(defined? 'foo)", "?the model does not know whether the system defines foo"}, {"(defined? 5)", "?5 is no symbol"},
		{`(param 5)`, "?5 is no string"}, {`(error "x" 1)`, "?the profile fails here: x 1"}, {`(display "x")`, "#<unspecified>"}, {"(newline)", "#<unspecified>"}, {"(write 1)", "#<unspecified>"},
		{"(version 1)", "#<unspecified>"}, {"(version 2)", "#<unspecified>"}, {"(version 4)", "?the model knows the versions 1, 2 and 3"}, {"(version)", "?the model knows the versions 1, 2 and 3"}, {"(debug deny)", "#<unspecified>"}, {`(trace "/x")`, "?what a traced profile lets through is up to the release"}, {"(disable-callouts)", "#<unspecified>"}, {"(disable-full-symbolication)", "#<unspecified>"},
		// What the model has not.
		{"(define-macro (m x) x) (m 1)", "?the model does not run macros"}, {"(macro (m form) form) (m 1)", "?the model does not run macros"}, {"(define-syntax m 1) (m 1)", "?the model does not run macros"}, {"(macro)", "?a macro needs a name"}, {"(call/cc (lambda (k) 1))", "?the model has no continuations"}, {"(delay 1)", "?the model has no promises"}, {"(vector 1)", "?the model has no vectors"},
		{"(eval '1)", "?the model does not evaluate data"}, {`(string-set! "a" 0 #\b)`, "?the model does not change strings"}, {`(load "x")`, "?the model loads no files, it imports them"}, {"(dynamic-wind car car car)", "?the model has no continuations"},
	} {
		if got := evaluated(t, tt.text); got != tt.want {
			t.Errorf("%s = %s, want %s", tt.text, got, tt.want)
		}
	}
}
