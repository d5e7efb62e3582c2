package seatbelt_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// The policy decides as the canary wants, wherever its folder is and however that
// is spelled.
func TestCanaryPolicy(t *testing.T) {
	for _, dir := range []string{"/private/tmp/c", "/tmp/c", "/var/folders/a b/T", `/Users/me/"quoted\" (literal "/")`} {
		p := seatbelt.CanaryPolicy(dir+"/granted", dir+"/withheld")
		if p.API() != seatbelt.APIInit {
			t.Errorf("%s: %s", dir, p.API())
		}
		profile, faults := sbpl.Compile(sbpl.Source{File: p.Path, Text: p.Text})
		if len(faults) > 0 {
			t.Fatalf("%s: %v\n%s", dir, faults, p.Text)
		}
		for name, want := range map[string]sbpl.Decision{"granted": sbpl.Allow, "withheld": sbpl.Deny} {
			ans := profile.Ask(sbpl.Question{Operation: "file-read*", Target: dir + "/" + name, Syscall: "open"})
			if ans.Decision != want {
				t.Errorf("%s/%s: %s, want %s: %s", dir, name, ans.Decision, want, ans.Reason)
			}
		}
	}
}

func TestJudgeCanary(t *testing.T) {
	whole := seatbelt.Sightings{WithheldAfter: 1}
	for _, tt := range []struct {
		name   string
		change func(*seatbelt.Sightings)
		want   string // empty: the engine works
	}{
		{"works", func(*seatbelt.Sightings) {}, ""},
		{"nothing to withhold", func(s *seatbelt.Sightings) { s.WithheldBefore = 2 }, "before the policy: errno 0 and 2, want none"},
		{"nothing to grant", func(s *seatbelt.Sightings) { s.GrantedBefore = 13 }, "before the policy: errno 13 and 0, want none"},
		{"refused", func(s *seatbelt.Sightings) {
			s.Apply = seatbelt.Report{API: "sandbox_init", RC: -1, Errno: 1, Text: "two\nlines"}
		}, "canary: sandbox_init: two lines"},
		{"refused without a word", func(s *seatbelt.Sightings) {
			s.Apply = seatbelt.Report{API: "sandbox_apply", RC: -1, Errno: 1}
		}, "canary: sandbox_apply: errno 1"},
		{"grants nothing", func(s *seatbelt.Sightings) { s.GrantedAfter = 1 }, "granted file under the policy: errno 1"},
		{"enforces nothing", func(s *seatbelt.Sightings) { s.WithheldAfter = 0 }, "takes policies and does not enforce them"},
		{"another refusal", func(s *seatbelt.Sightings) { s.WithheldAfter = 13 }, "errno 13, want 1 (EPERM)"},
	} {
		s := whole
		tt.change(&s)
		err := seatbelt.JudgeCanary(s)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
