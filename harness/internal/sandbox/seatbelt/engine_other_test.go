//go:build !darwin && !seatbelt_fake

package seatbelt_test

import (
	"errors"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// Where there is no Seatbelt nothing passes for an answer of it.
func TestElsewhere(t *testing.T) {
	if err := seatbelt.Available(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("available: %v", err)
	}
	for _, p := range []*seatbelt.Policy{{Text: "(version 1)(allow default)"}, {Text: "x", Parameters: map[string]string{"A": "b"}}, {Blob: []byte{1}}} {
		if r := seatbelt.Apply(p); r.RC == 0 || r.API != p.API() || r.Text == "" {
			t.Errorf("apply: %+v", r)
		}
	}
	if confined, err := seatbelt.Confined(); confined || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("confined: %v, %v", confined, err)
	}
	if a := seatbelt.Check(seatbelt.Question{Operation: "process-fork"}); a.Decision != "error" || a.RC == 0 || a.Err == "" {
		t.Errorf("check: %+v", a)
	}
	if blob, err := seatbelt.Compile("(version 1)(allow default)", nil); blob != nil || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("compile: %v, %v", blob, err)
	}
}
