package specs_test

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/specs"
)

func TestMeetExpectation(t *testing.T) {
	for _, tt := range []struct {
		name    string
		obs     harness.Observation
		require bool
		want    bool
		text    string // of the failure
	}{
		{"as_expected", harness.Observation{Lane: harness.LaneScenario, Outcome: harness.Denied, Actual: harness.Deny, Expected: harness.Deny}, false, true, ""},
		{"differs", harness.Observation{ExpectationID: "p:a", Lane: harness.LaneScenario, Outcome: harness.Allowed, Actual: harness.Allow, Expected: harness.Deny, Call: "openat()"}, false, false, "p:a: expected deny, observed allow: openat() succeeded"},
		{"baseline", harness.Observation{Lane: harness.LaneBaseline, Outcome: harness.Allowed, Actual: harness.Allow, Expected: harness.Deny}, false, true, ""},
		{"broken", harness.Observation{ExpectationID: "p:a", Lane: harness.LaneBaseline, Outcome: harness.Broken, FailureKind: "probe_timeout", Reason: "late"}, false, false, "p:a: broken (probe_timeout): late"},
		{"blocked", harness.Observation{Lane: harness.LaneScenario, Outcome: harness.Blocked}, false, true, ""},
		{"blocked_and_required", harness.Observation{Lane: harness.LaneScenario, Outcome: harness.Blocked}, true, false, "evidence is required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var failure string
			g := gomega.NewGomega(func(message string, _ ...int) { failure = message })
			if got := g.Expect(&tt.obs).To(specs.MeetExpectation(tt.require)); got != tt.want {
				t.Errorf("matches %v, want %v", got, tt.want)
			}
			if !strings.Contains(failure, tt.text) || tt.want != (failure == "") {
				t.Errorf("failure %q, want it to say %q", failure, tt.text)
			}
			failure = ""
			if got := g.Expect(&tt.obs).NotTo(specs.MeetExpectation(tt.require)); got == tt.want {
				t.Errorf("the negation also gives %v", got)
			}
			if tt.want && !strings.Contains(failure, "was not to be") {
				t.Errorf("negated failure %q", failure)
			}
		})
	}
	if _, err := specs.MeetExpectation(false).Match("text"); err == nil {
		t.Error("a string is matched against an expectation")
	}
}
