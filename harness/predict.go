package harness

import "fmt"

// models are the models of the engines, for the oracle lane. They attempt nothing,
// and ask this host for nothing but what Landlock's looks up of its files.
type models struct {
	landlock *landlockModel // made for the first question
	seatbelt *seatbeltModel // likewise
}

// predict fills in the oracle lane. A model that does not know leaves the lane
// unsupported: unknown is no decision. Which world the plan is pinned to, and
// which channel the run has, make no difference.
func (s *Session) predict(obs *Observation, p *CompiledProfile, sc *Scenario) {
	switch p.Mode {
	case ModeLandlock:
		s.predictLandlock(obs, p, sc)
	case ModeSBPL:
		s.predictSeatbelt(obs, p, sc)
	case ModeBlob:
		blocked(obs, Unsupported, "model_unavailable", fmt.Sprintf("mode %q is a compiled profile, and the model of Seatbelt reads a text: give the profile as mode %q", p.Mode, ModeSBPL))
	default:
		blocked(obs, Unsupported, "model_unavailable", fmt.Sprintf("this build has no model of mode %q", p.Mode))
	}
}

// conclude reads the decision of a model, whatever its engine.
func conclude(obs *Observation, decision, reason string) {
	switch Decision(decision) {
	case Allow:
		obs.Outcome, obs.Actual = Allowed, Allow
	case Deny:
		obs.Outcome, obs.Actual = Denied, Deny
	default:
		blocked(obs, Unsupported, "model_unknown", "the model does not know: "+reason)
	}
}
