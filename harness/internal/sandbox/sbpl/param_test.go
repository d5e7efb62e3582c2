package sbpl_test

import (
	"slices"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

func TestParams(t *testing.T) {
	for _, tt := range []struct {
		text  string
		names []string
		all   bool
	}{
		{`(version 1)(allow default)`, nil, true},
		{`(allow file-read* (subpath (param "B")) (literal (string-append (param "A") "/x" (param "B"))))`, []string{"A", "B"}, true},
		{`(if (param "A") (allow file*)) ; (param "B")`, []string{"A"}, true},
		{`(allow file-read* (literal "(param \"B\")"))`, nil, true},
		{"(macro (m) `(subpath (param \"A\")))", []string{"A"}, true},
		{`(define (at name) (subpath (param name))) (param "A")`, []string{"A"}, false},
		{`(map param (list "A"))`, nil, false},
		{`(param)`, nil, false},
		{`(param "A" "B")`, nil, false},
		{`(param "A") (import "system.sb")`, []string{"A"}, false},
	} {
		forms, faults := sbpl.Read(tt.text)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		names, all := sbpl.Params(forms)
		if !slices.Equal(names, tt.names) || all != tt.all {
			t.Errorf("%s: %q, all %v, want %q, %v", tt.text, names, all, tt.names, tt.all)
		}
	}
}
