package sbpl

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a profile leaves behind: place, effect, operations, filter, and behind a
// question mark what is in doubt about it.
func TestRules(t *testing.T) {
	params := map[string]string{"HOME": "/Users/u", "NET": "TRUE", "NONE": "FALSE"}
	for _, tt := range []struct{ name, text, want string }{
		{"plain", `(version 1)
(deny default)
(allow signal)`, `
2:1 deny default
3:1 allow signal
`},
		{"operations and filters", `(allow file-read* file-write* (literal "/a") (subpath "/b"))`, `
1:1 allow file-read* file-write* (require-any (literal "/a") (subpath "/b"))
`},
		{"composition", `(deny file-write* (require-all (subpath "/a") (require-not (regex #"^/a/\.git" "x")) (vnode-type REGULAR-FILE)))`, `
1:1 deny file-write* (require-all (subpath "/a") (require-not (regex #"^/a/\.git" "x")) (vnode-type REGULAR-FILE))
`},
		{"arguments of filters", `(allow network-outbound (remote tcp "*:80") (target self) (socket-domain 2) (socket-domain #t) (global-name 'x))`, `
1:1 allow network-outbound (require-any (remote tcp "*:80") (target self) (socket-domain 2) (socket-domain #t) (global-name x))
`},
		{"older spellings", `(allow process-exec file-write-mount mach-per-user-lookup frobnicate)`, `
1:1 allow process-exec* file-mount mach-per-user-lookup frobnicate
`},
		{"modifiers", `(deny default (with no-log))
(allow (with report) signal)
(deny (with send-signal SIGKILL) signal (with message "x") (target self))
(allow process-exec (with no-sandbox) (with telemetry no-callout))`, `
1:1 deny default
2:1 allow signal
3:1 deny signal (target self)
4:1 allow process-exec*
`},
		{"modifiers in doubt", `(allow signal (with user-approval))
(allow signal (with no-log frob))
(allow signal (with))
(allow signal (with message))`, `
1:1 allow signal ? p.sb:1:15 (with user-approval): the user is asked
2:1 allow signal ? p.sb:2:15 (with no-log frob): the model does not know the modifier frob
3:1 unknown ? p.sb:3:15 (with): it names no modifier
4:1 unknown ? p.sb:4:15 (with message): message needs an argument
`},
		{"no operation", `(allow)
(deny (literal "/x"))`, `
1:1 unknown ? p.sb:1:1 (allow): it names no operation
2:1 unknown ? p.sb:2:1 (deny (literal "/x")): it names no operation
`},
		{"what no rule takes", `(allow signal #f)
(allow signal "x" (target self))
(allow signal '())
(allow signal (list (target self)))
(allow signal (list 'file-read*))
(allow signal car)`, `
1:1 allow signal ?{p.sb:1:15 #f: #f is no operation, filter or modifier}
2:1 allow signal (require-any ?{p.sb:2:15 "x": "x" is no operation, filter or modifier} (target self))
3:1 allow signal ?{p.sb:3:15 '(): () is no operation, filter or modifier}
4:1 allow signal ?{p.sb:4:15 (list (target self)): (#<filter>) is no operation, filter or modifier}
5:1 unknown ? p.sb:5:15 (list 'file-read*): (file-read*) is no operation, filter or modifier
6:1 allow signal ?{p.sb:6:15 car: #<function car> is no operation, filter or modifier}
`},
		{"named operations and filters", `(define reads (list file-read* 'file-search))
(define git (subpath "/git"))
(define read file-read-data)
(apply allow (append reads (list git)))
(deny read git)
(define act deny)
(act file-write* git)`, `
4:1 allow file-read* file-search (subpath "/git")
5:1 deny file-read-data (subpath "/git")
7:1 deny file-write* (subpath "/git")
`},
		{"functions", `(define (home path) (subpath (string-append (param "HOME") path)))
(define (reads . filters)
  (apply allow file-read* filters))
(reads (home "/a") (home "/b"))
(define (writes path)
  (allow file-write* (home path))
  (deny file-write* (home (string-append path "/.git"))))
(for-each writes '("/c" "/d"))`, `
3:3 allow file-read* (require-any (subpath "/Users/u/a") (subpath "/Users/u/b"))
6:3 allow file-write* (subpath "/Users/u/c")
7:3 deny file-write* (subpath "/Users/u/c/.git")
6:3 allow file-write* (subpath "/Users/u/d")
7:3 deny file-write* (subpath "/Users/u/d/.git")
`},
		{"mapped filters", `(allow file-read* (apply require-any (map subpath (list "/a" "/b"))))
(apply deny file-read* (map (lambda (p) (regex (string-append "^" (regex-quote p)))) '("/c.d")))`, `
1:1 allow file-read* (require-any (subpath "/a") (subpath "/b"))
2:1 deny file-read* (regex "^/c\\.d")
`},
		{"parameters", `(define (param-true? name) (let ((v (param name))) (and v (string=? v "TRUE"))))
(if (param-true? "NET") (allow network*))
(if (param-true? "NONE") (allow signal) (deny signal))
(when (param "EXTRA") (allow file-read* (subpath (param "EXTRA"))))
(cond ((param "EXTRA") (allow mach-lookup)) ((param "HOME") (allow mach-register)))`, `
2:25 allow network*
3:41 deny signal
5:61 allow mach-register
`},
		{"parameters that are not set", `(allow file-read* (subpath (param "CWD")) (literal "/x"))
(define cwd (string-append (param "CWD") "/"))
(allow file-write* (subpath cwd))
(allow process-exec (require-all (subpath cwd) (require-not (literal (param "CWD")))))
(allow signal)`, `
1:1 allow file-read* (require-any ?{p.sb:1:19 (subpath (param "CWD")): param "CWD" is not set; give --param CWD=…} (literal "/x"))
3:1 allow file-write* ?{p.sb:2:13 (string-append (param "CWD") "/"): param "CWD" is not set; give --param CWD=…}
4:1 allow process-exec* (require-all ?{p.sb:2:13 (string-append (param "CWD") "/"): param "CWD" is not set; give --param CWD=…} (require-not ?{p.sb:4:61 (literal (param "CWD")): param "CWD" is not set; give --param CWD=…}))
5:1 allow signal
`},
		{"filters in doubt", `(allow file-read* (file-mode 4) (frob "x"))
(allow file-read* (literal (car 5)))
(define f (file-mode 4))
(allow file-read* (require-not f))
(allow file-read* (subpath (frob)))`, `
1:1 allow file-read* (require-any ?{p.sb:1:19 (file-mode 4): the model does not know what file-mode the file has} ?{p.sb:1:33 (frob "x"): nothing defines frob})
2:1 allow file-read* ?{p.sb:2:28 (car 5): 5 is no pair}
4:1 allow file-read* (require-not ?{p.sb:3:11 (file-mode 4): the model does not know what file-mode the file has})
5:1 allow file-read* ?{p.sb:5:28 (frob): nothing defines frob}
`},
		{"statements in doubt", `(allow signal)
(frob "x")
(string-append "a" 5)
frob
(begin (car 1) (allow mach-lookup))
(define (f) (car 1) (deny mach-lookup))
(f)
(version 9)`, `
1:1 allow signal
2:1 unknown ? p.sb:2:1 (frob "x"): nothing defines frob
3:1 unknown ? p.sb:3:1 (string-append "a" 5): 5 is no string
4:1 unknown ? p.sb:4:1 frob: nothing defines frob
5:8 unknown ? p.sb:5:8 (car 1): 1 is no pair
5:16 allow mach-lookup
6:13 unknown ? p.sb:6:13 (car 1): 1 is no pair
6:21 deny mach-lookup
8:1 unknown ? p.sb:8:1 (version 9): the model knows the versions 1, 2 and 3
`},
		{"statements in doubt in a filter's function", `(define (f) (define y (frob)) (subpath "/x"))
(allow signal)
(allow file-read* (f))`, `
2:1 allow signal
1:23 unknown ? p.sb:1:23 (frob): nothing defines frob
3:1 allow file-read* (subpath "/x")
`},
		{"operations in doubt", `(define x (car 5))
(allow x (literal "/x"))
(allow file-read* x)
(define y (frob))
(allow file-read* y)`, `
2:1 unknown ? p.sb:1:11 (car 5): 5 is no pair
3:1 unknown ? p.sb:1:11 (car 5): 5 is no pair
4:11 unknown ? p.sb:4:11 (frob): nothing defines frob
5:1 unknown ? p.sb:4:11 (frob): nothing defines frob
`},
		{"conditions in doubt", `(if (car 1) (allow signal) (deny signal))
(when (car 1) (allow mach-lookup))
(unless (car 1) (allow mach-lookup))
(cond ((param "EXTRA") (allow mach-register)) ((car 1) (allow mach-lookup)) (else (deny mach-lookup)))
(case (car 1) ((1) (allow sysctl-read)) ((2) (deny sysctl-read)))
(and (car 1) (allow ipc*))
(or (car 1) (deny ipc*))
(allow file-read* (if (car 1) (literal "/a") (literal "/b")))
(allow signal)`, `
1:13 allow signal ? p.sb:1:5 (car 1): 1 is no pair
1:28 deny signal ? p.sb:1:5 (car 1): 1 is no pair
2:15 allow mach-lookup ? p.sb:2:7 (car 1): 1 is no pair
3:17 allow mach-lookup ? p.sb:3:9 (car 1): 1 is no pair
4:56 allow mach-lookup ? p.sb:4:48 (car 1): 1 is no pair
4:83 deny mach-lookup ? p.sb:4:48 (car 1): 1 is no pair
5:20 allow sysctl-read ? p.sb:5:7 (car 1): 1 is no pair
5:46 deny sysctl-read ? p.sb:5:7 (car 1): 1 is no pair
6:14 allow ipc* ? p.sb:6:6 (car 1): 1 is no pair
7:13 deny ipc* ? p.sb:7:5 (car 1): 1 is no pair
8:1 allow file-read* ?{p.sb:8:23 (car 1): 1 is no pair}
9:1 allow signal
`},
		{"conditions in doubt inside of each other", `(define x "/a")
(define y "/a")
(if (car 1)
  (if (cdr 2) (begin (set! x "/b") (allow signal)) (allow mach-lookup)))
(allow file-read* (literal x))
(allow file-read* (literal y))`, `
4:36 allow signal ? p.sb:3:5 (car 1): 1 is no pair
4:52 allow mach-lookup ? p.sb:3:5 (car 1): 1 is no pair
5:1 allow file-read* ?{p.sb:3:5 (car 1): 1 is no pair}
6:1 allow file-read* (literal "/a")
`},
		{"lists in doubt", `(for-each (lambda (p) (allow file-read* (subpath p)) (allow signal)) (cons "/a" (cdr 5)))
(apply allow file-read* (cons (literal "/x") (cdr 5)))
(allow file-read* (apply require-any (map subpath (cons "/a" (cdr 5)))))`, `
1:23 allow file-read* (subpath "/a")
1:54 allow signal
1:23 allow file-read* ?{p.sb:1:81 (cdr 5): 5 is no pair} ? p.sb:1:81 (cdr 5): 5 is no pair
1:54 allow signal ? p.sb:1:81 (cdr 5): 5 is no pair
1:23 allow file-read* ?{p.sb:1:81 (cdr 5): 5 is no pair} ? p.sb:1:81 (cdr 5): 5 is no pair
1:54 allow signal ? p.sb:1:81 (cdr 5): 5 is no pair
2:1 unknown ? p.sb:2:46 (cdr 5): 5 is no pair
3:1 allow file-read* (require-any (subpath "/a") ?{p.sb:3:62 (cdr 5): 5 is no pair})
`},
		{"loops in doubt", `(do ((i 0 (+ i 1))) ((> i (car 1)) (deny signal)) (allow signal))
(define (loop i) (if (car i) (begin (allow mach-lookup) (loop i))))`, `
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:36 deny signal ? p.sb:1:27 (car 1): 1 is no pair
1:51 allow signal ? p.sb:1:27 (car 1): 1 is no pair
1:27 unknown ? p.sb:1:27 (car 1): 1 is no pair
`},
		{"rules within a filter", `(define (f) (deny signal (target self)))
(with-filter (literal "/x")
  (allow file-read*)
  (with-filter (foo) (allow file-write* (subpath "/y") (subpath "/z")) (f))
  (car 1))
(allow signal)
(with-filter)`, `
3:3 allow file-read* (require-all (literal "/x"))
4:22 allow file-write* (require-all (literal "/x") ?{p.sb:4:16 (foo): nothing defines foo} (require-any (subpath "/y") (subpath "/z")))
1:13 deny signal (require-all (literal "/x") ?{p.sb:4:16 (foo): nothing defines foo} (target self))
5:3 unknown ? p.sb:5:3 (car 1): 1 is no pair
6:1 allow signal
7:1 unknown ? p.sb:7:1 (with-filter): with-filter needs 1 or more forms
`},
		{"macros", `(define-macro (reads p) (list 'allow 'file-read* p))
(allow signal)
(reads (literal "/x"))
(define (f) (reads (literal "/y")))
(f)`, `
2:1 allow signal
3:1 unknown ? p.sb:1:1 (define-macro (reads p) (list 'allow 'file-read* p)): the model does not run macros
4:13 unknown ? p.sb:1:1 (define-macro (reads p) (list 'allow 'file-read* p)): the model does not run macros
`},
		{"error", `(allow signal)
(if (not (param "CWD")) (error "CWD is missing"))
(allow default)`, `
1:1 allow signal
2:25 unknown ? p.sb:2:25 (error "CWD is missing"): the profile fails here: CWD is missing
`},
		{"error that may be", `(if (car 1) (error "no"))
(allow default)`, `
2:1 allow default
1:13 unknown ? p.sb:1:13 (error "no"): the profile fails here: no
`},
		{"what may change anything", `(allow signal)
(string-set! "a" 0 #\b)
(allow default)`, `
1:1 allow signal
2:1 unknown ? p.sb:2:1 (string-set! "a" 0 #\b): the model does not change strings
`},
		{"own names", `(define (allow . x) 1)
(define (subpath x) (literal x))
(allow signal)
(deny file-read* (subpath "/x"))`, `
4:1 deny file-read* (literal "/x")
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := compileLines(t, Source{File: "p.sb", Text: tt.text, Params: params})
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	if p, faults := Compile(Source{File: "p.sb", Text: "(allow"}); p != nil || len(faults) != 1 || faults[0].Line != 1 {
		t.Errorf("Compile = %v, %v", p, faults)
	}
}

func TestRuleText(t *testing.T) {
	p, _ := Compile(Source{File: "p.sb", Text: "(allow  file-read*\n\t(literal \"/x\")) ; why\n(deny file-read* " + strings.Repeat(`(literal "/a") `, 100) + ")"})
	rules := p.Rules()
	if got := rules[0].Text; got != `(allow file-read* (literal "/x"))` {
		t.Errorf("Text = %q", got)
	}
	if got := rules[1].Text; len(got) > mostText+10 || !strings.HasSuffix(got, "…") {
		t.Errorf("Text of %d bytes: %q", len(got), got)
	}
}
