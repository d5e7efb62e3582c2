package harness

import "fmt"

// ObservationEntry names the report entry that carries a spec's evidence.
const ObservationEntry = "rtgen.observation"

// PreflightEntry names the report entry that carries a session's preflight.
const PreflightEntry = "rtgen.preflight"

// WitnessEntry names the report entry that carries a session's witness report.
const WitnessEntry = "rtgen.witness"

// VerdictKind says what becomes of a spec.
type VerdictKind string

// The verdicts.
const (
	VerdictPass VerdictKind = "pass"
	VerdictFail VerdictKind = "fail"
	VerdictSkip VerdictKind = "skip"
)

// Verdict is what an observation means for its spec.
type Verdict struct {
	Kind VerdictKind
	Text string // one line for failures and skips
}

// Judge says whether a spec passes. A scenario must have been observed as
// expected, an oracle must not contradict the expectation, a baseline has no
// expectation. Broken fails in every lane; blocked and unsupported are skips,
// and with requireEvidence a blocked scenario fails.
func Judge(obs *Observation, requireEvidence bool) Verdict {
	switch obs.Outcome {
	case Broken:
		return Verdict{VerdictFail, fmt.Sprintf("%s: broken (%s): %s", obs.ExpectationID, obs.FailureKind, obs.Reason)}
	case Blocked:
		if requireEvidence && obs.Lane == LaneScenario {
			return Verdict{VerdictFail, fmt.Sprintf("%s: blocked (%s) and evidence is required: %s", obs.ExpectationID, obs.FailureKind, obs.Reason)}
		}
		return Verdict{VerdictSkip, fmt.Sprintf("blocked (%s): %s", obs.FailureKind, obs.Reason)}
	case Unsupported:
		return Verdict{VerdictSkip, fmt.Sprintf("unsupported (%s): %s", obs.FailureKind, obs.Reason)}
	case Allowed, Denied, Undecided:
	default:
		return Verdict{VerdictFail, fmt.Sprintf("%s: outcome %q is none this build knows", obs.ExpectationID, obs.Outcome)}
	}
	switch {
	case obs.Lane == LaneBaseline:
		return Verdict{Kind: VerdictPass}
	case obs.Outcome == Undecided:
		return Verdict{VerdictFail, fmt.Sprintf("%s: expected %s, nothing was decided: %s", obs.ExpectationID, obs.Expected, obs.Reason)}
	case obs.Actual == obs.Expected && obs.Actual != "":
		return Verdict{Kind: VerdictPass}
	case obs.Lane == LaneOracle:
		return Verdict{VerdictFail, fmt.Sprintf("%s: expected %s, the model says %s: %s", obs.ExpectationID, obs.Expected, obs.Actual, oracleReason(obs))}
	}
	return Verdict{VerdictFail, fmt.Sprintf("%s: expected %s, observed %s: %s", obs.ExpectationID, obs.Expected, obs.Actual, describeCall(obs))}
}

// describeCall is the call and its result as strace prints them.
func describeCall(obs *Observation) string {
	if obs.Errno == 0 {
		return obs.Call + " succeeded"
	}
	return fmt.Sprintf("%s = -1 %s", obs.Call, obs.ErrnoName)
}

func oracleReason(obs *Observation) string {
	if obs.Oracle == nil {
		return ""
	}
	return obs.Oracle.Reason
}
