package harness_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// Every outcome in every lane. What is not listed as passing or skipped fails.
func TestJudge(t *testing.T) {
	const (
		pass = harness.VerdictPass
		fail = harness.VerdictFail
		skip = harness.VerdictSkip
	)
	decided := map[harness.Outcome]harness.Decision{harness.Allowed: harness.Allow, harness.Denied: harness.Deny}
	type row struct {
		outcome  harness.Outcome
		expected harness.Decision
		baseline harness.VerdictKind
		scenario harness.VerdictKind
		oracle   harness.VerdictKind
		required harness.VerdictKind // of the scenario lane when evidence is required
	}
	for _, tt := range []row{
		{harness.Allowed, harness.Allow, pass, pass, pass, pass},
		{harness.Denied, harness.Allow, pass, fail, fail, fail},
		{harness.Allowed, harness.Deny, pass, fail, fail, fail},
		{harness.Denied, harness.Deny, pass, pass, pass, pass},
		{harness.Undecided, harness.Allow, pass, fail, fail, fail},
		{harness.Undecided, harness.Deny, pass, fail, fail, fail},
		{harness.Blocked, harness.Allow, skip, skip, skip, fail},
		{harness.Blocked, harness.Deny, skip, skip, skip, fail},
		{harness.Unsupported, harness.Allow, skip, skip, skip, skip},
		{harness.Broken, harness.Allow, fail, fail, fail, fail},
		{harness.Broken, harness.Deny, fail, fail, fail, fail},
		{"", harness.Allow, fail, fail, fail, fail},
		{"", "", fail, fail, fail, fail},
		{"teapot", harness.Deny, fail, fail, fail, fail},
		// Contradictory data, as a report of another version may hold.
		{harness.Allowed, "", pass, fail, fail, fail},
	} {
		obs := harness.Observation{
			ExpectationID: "p:x", Expected: tt.expected, Outcome: tt.outcome, Actual: decided[tt.outcome],
			FailureKind: "kind", Reason: "why",
		}
		for _, c := range []struct {
			lane    harness.Lane
			require bool
			want    harness.VerdictKind
		}{
			{harness.LaneBaseline, false, tt.baseline}, {harness.LaneScenario, false, tt.scenario}, {harness.LaneOracle, false, tt.oracle},
			{harness.LaneBaseline, true, tt.baseline}, {harness.LaneScenario, true, tt.required}, {harness.LaneOracle, true, tt.oracle},
		} {
			obs.Lane = c.lane
			got := harness.Judge(&obs, c.require)
			if got.Kind != c.want {
				t.Errorf("%s lane, %q, expected %q, evidence required %v: %s (%s), want %s", c.lane, tt.outcome, tt.expected, c.require, got.Kind, got.Text, c.want)
			}
			if (got.Text == "") != (got.Kind == pass) {
				t.Errorf("%s lane, %q: verdict %s says %q", c.lane, tt.outcome, got.Kind, got.Text)
			}
		}
	}
}

// An observation that carries a decision its outcome does not have is judged by
// the outcome: a mishap never passes as a decision.
func TestJudgeBrokenWithDecision(t *testing.T) {
	for _, outcome := range []harness.Outcome{harness.Broken, harness.Undecided} {
		obs := harness.Observation{ExpectationID: "p:x", Lane: harness.LaneScenario, Expected: harness.Deny, Actual: harness.Deny, Outcome: outcome}
		if v := harness.Judge(&obs, false); v.Kind != harness.VerdictFail {
			t.Errorf("%s with actual deny: %+v", outcome, v)
		}
	}
}

func TestJudgeText(t *testing.T) {
	for _, tt := range []struct {
		name string
		obs  harness.Observation
		want string
	}{
		{"denied", harness.Observation{Lane: harness.LaneScenario, Expected: harness.Allow, Outcome: harness.Denied, Actual: harness.Deny, Call: `openat(AT_FDCWD, "/x", O_RDONLY)`, Errno: 13, ErrnoName: "EACCES"},
			`p:x: expected allow, observed deny: openat(AT_FDCWD, "/x", O_RDONLY) = -1 EACCES`},
		{"allowed", harness.Observation{Lane: harness.LaneScenario, Expected: harness.Deny, Outcome: harness.Allowed, Actual: harness.Allow, Call: `truncate("/x", 0)`},
			`p:x: expected deny, observed allow: truncate("/x", 0) succeeded`},
		{"oracle", harness.Observation{Lane: harness.LaneOracle, Expected: harness.Deny, Outcome: harness.Allowed, Actual: harness.Allow, Oracle: &evidence.Prediction{Prediction: artifact.Prediction{Reason: "nothing handles it"}}},
			`p:x: expected deny, the model says allow: nothing handles it`},
		{"undecided", harness.Observation{Lane: harness.LaneScenario, Expected: harness.Deny, Outcome: harness.Undecided, Reason: "ENOENT decides nothing"},
			`p:x: expected deny, nothing was decided: ENOENT decides nothing`},
		{"broken", harness.Observation{Lane: harness.LaneBaseline, Outcome: harness.Broken, FailureKind: "probe_timeout", Reason: "no answer"},
			`p:x: broken (probe_timeout): no answer`},
		{"blocked", harness.Observation{Lane: harness.LaneScenario, Outcome: harness.Blocked, FailureKind: "capability_missing", Reason: "needs root"},
			`blocked (capability_missing): needs root`},
		{"unsupported", harness.Observation{Lane: harness.LaneOracle, Outcome: harness.Unsupported, FailureKind: "model_unknown", Reason: "magic link"},
			`unsupported (model_unknown): magic link`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.obs.ExpectationID = "p:x"
			if got := harness.Judge(&tt.obs, false).Text; got != tt.want {
				t.Errorf("text %q, want %q", got, tt.want)
			}
		})
	}
}
