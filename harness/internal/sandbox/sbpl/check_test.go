package sbpl_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	op "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"good", `(version 1) (deny default) (allow file-read* file-write* (literal "/x"))`, nil},
		{"modifier first", `(version 1) (deny (with no-log) default) (allow (with report) sysctl-read)`, nil},
		{"rules within", `(version 1) (if (param "X") (begin (allow mach-lookup (global-name "x"))))`, nil},
		{"older names", `(version 1) (allow process-exec iokit-open ipc-posix-shm mach-per-user-lookup)`, nil},
		{"empty", " ; nothing\n", []string{"sbpl-version 1:1: empty; begin with (version 1) and say the default, such as (deny default)"}},
		{"no version", "\n (deny default)", []string{"sbpl-version 2:2: no (version N); begin with (version 1)"}},
		{"version later", "(deny default)\n(version 1)", []string{"warning sbpl-version 2:1: (version 1) comes behind other forms; put it first"}},
		{"version of nothing", "(version)", []string{"sbpl-version 1:1: (version) has no version; write (version 1)"}},
		{"version in words", `(version "1")`, []string{`sbpl-version 1:1: (version "1") has no version; write (version 1)`}},
		{"version 0", "(version 0)", []string{"sbpl-version 1:1: (version 0) has no version; write (version 1)"}},
		{"no lists", "(version 1) allow 'x ()", []string{
			"sbpl-form 1:13: allow does nothing here; remove it, or put it in the rule it belongs to",
			"sbpl-form 1:19: 'x does nothing here; remove it, or put it in the rule it belongs to",
			"sbpl-form 1:22: () does nothing here; remove it",
		}},
		{"no operation", "(version 1)\n(allow)\n(deny (subpath \"/x\"))", []string{
			"sbpl-operation 2:1: (allow) names no operation; add one such as file-read*, or default",
			`sbpl-operation 3:1: (deny (subpath "/x")) names no operation; add one such as file-read*, or default`,
		}},
		{"unknown operation", "(version 1)\n(allow file-read* file-raed-data)\n(when #t (deny frobnicate))", []string{
			`sbpl-operation 2:19: Seatbelt has no operation file-raed-data; did you mean "file-read-data"?`,
			"sbpl-operation 3:16: Seatbelt has no operation frobnicate; name an operation, such as file-read*, or define it",
		}},
		{"unknown operation with an import", "(version 1)\n(import \"system.sb\")\n(allow frobnicate)", []string{
			"warning sbpl-operation 3:8: Seatbelt has no operation frobnicate; unless an imported profile defines it: name an operation, such as file-read*, or define it",
		}},
		{"defined names", `(version 1)
(define reads file-read*) (define (home p) (subpath p)) (define-once once 1) (macro (m form) form)
(let ((a (literal "/x"))) (allow reads a)) (let* loop ((b 1)) (allow reads b loop)) ((lambda (c . d) (allow reads c d once)) 1)`, nil},
		{"much without an operation", "(version 1)(deny " + strings.Repeat("(x)", 1000) + ")", []string{
			"sbpl-operation 1:12: (deny (x) (x) (x) (x) (x) (x) (x) (x) (x) (x) (x) (x) (x) (x… names no operation; add one such as file-read*, or default",
		}},
		{"own allow", "(version 1) (define (allow) 1) (allow)", nil},
		{"quoted", "(version 1) (define x '(allow nonsense)) (define y (quote (allow)))", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			forms, faults := sbpl.Read(tt.text)
			if faults != nil {
				t.Fatal(faults)
			}
			var got []string
			for _, f := range sbpl.Check(forms, op.Known, op.Nearest) {
				text := f.Code + " " + f.String()
				if f.Warning {
					text = "warning " + text
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDenyDefault(t *testing.T) {
	for _, tt := range []struct {
		text  string
		rules []string
		want  bool
	}{
		{"(version 1)\n(deny default)\n", nil, true},
		{"; not (deny default) yet", nil, true}, // words, not meaning
		{"(version 1) (allow default)", nil, false},
		{"(deny  default)", nil, false},
		{"(deny default (with no-log))", nil, false},
		{"", []string{"(allow default)", "\t (deny default (with no-log))"}, true},
		{"", []string{"(deny defaults)"}, true},
		{"", []string{"x (deny default)"}, false},
		{"", nil, false},
	} {
		if got := sbpl.DenyDefault(tt.text, tt.rules); got != tt.want {
			t.Errorf("DenyDefault(%q, %q) = %t, want %t", tt.text, tt.rules, got, tt.want)
		}
	}
}
