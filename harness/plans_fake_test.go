//go:build !darwin && seatbelt_fake

package harness_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd/launchdtest"
)

// Whole plans, of those whose targets need no folders that only a Mac has. What the
// stand-in decides the model foretold, and what nobody decided says why.
func TestSeatbeltPlans(t *testing.T) {
	for _, id := range []string{"lifecycle-lockdown", "runtime-frontiers"} {
		t.Run(id, func(t *testing.T) {
			c, err := harness.CompilePlan(harness.Source{}, "../plans/"+id+"/plan.json")
			if err != nil {
				t.Fatal(err)
			}
			l := launchdtest.New(t)
			t.Setenv(channel.EnvFakeLaunchd, l.Dir())
			res, err := harness.RunCompiled(t.Context(), c, harness.Params{
				Out: t.TempDir(), Channel: harness.ChannelSpec{Name: harness.ChannelClean},
				Progress: func(obs *harness.Observation) {
					if obs.Actual == "" && obs.Reason == "" {
						t.Errorf("%s lane: %s: %s, and nothing says why", obs.Lane, obs.ExpectationID, short(obs))
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if v, err := bundle.ValidateDeep(res.RunDir); err != nil || !v.OK() {
				t.Errorf("ValidateDeep = %+v, %v", v, err)
			}
			if !res.Promotable {
				t.Errorf("not promotable: %q", res.Reasons)
			}
			if len(res.Contradictions) > 0 || len(res.Disagreements) > 0 {
				t.Errorf("contradictions %q, disagreements %q", res.Contradictions, res.Disagreements)
			}
			if n := res.Counts[harness.LaneScenario]; n.Allowed == 0 || n.Denied == 0 || n.Blocked+n.Broken+n.Mismatches > 0 || res.OracleAgreement.Compared != n.Matches {
				t.Errorf("counts %+v, agreement %+v", n, res.OracleAgreement)
			}
		})
	}
}
