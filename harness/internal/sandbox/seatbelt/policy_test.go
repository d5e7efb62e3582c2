package seatbelt_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness/internal/marker"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// Nothing applied is not taken for a policy.
func TestApplyNothing(t *testing.T) {
	for _, p := range []*seatbelt.Policy{{}, {Text: "\n "}, {Blob: []byte{}}} {
		if r := seatbelt.Apply(p); r.RC == 0 || r.API != p.API() || r.Text != "the policy is empty" {
			t.Errorf("%+v: %+v", p, r)
		}
	}
}

// The call that applies a policy, and how evidence reads the end of each.
func TestPolicyAPI(t *testing.T) {
	for _, tt := range []struct {
		policy seatbelt.Policy
		api    string
		class  string // of a second policy, when the library says so in words
	}{
		{seatbelt.Policy{Text: "(version 1)"}, "sandbox_init", marker.ClassConfined},
		{seatbelt.Policy{Text: "(version 1)", Parameters: map[string]string{}}, "sandbox_init", marker.ClassConfined},
		{seatbelt.Policy{Text: "(version 1)", Parameters: map[string]string{"A": ""}}, "sandbox_init_with_parameters", marker.ClassConfined},
		{seatbelt.Policy{Blob: []byte{0}}, "sandbox_apply", marker.ClassEPERM},
		{seatbelt.Policy{Blob: []byte{}}, "sandbox_apply", marker.ClassEPERM},
	} {
		api := tt.policy.API()
		if api != tt.api {
			t.Errorf("%+v: %s", tt.policy, api)
		}
		if class, _ := marker.Classify(&api, new(-1), new(1), new("already under a sandbox")); class != tt.class {
			t.Errorf("%s: class %s, want %s", api, class, tt.class)
		}
	}
}
