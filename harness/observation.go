package harness

import (
	"encoding/json"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// Observation is one lane's result for one scenario.
type Observation = evidence.Observation

// Outcome is our reading of one attempt.
type Outcome = evidence.Outcome

// The outcomes. Only Allowed and Denied carry a decision.
const (
	Allowed     = evidence.Allowed
	Denied      = evidence.Denied
	Undecided   = evidence.Undecided
	Blocked     = evidence.Blocked
	Unsupported = evidence.Unsupported
	Broken      = evidence.Broken
)

// Serialise is an observation as it travels: once serialised, in the process
// that made it, it is never re-encoded.
func Serialise(obs *Observation) (string, error) {
	data, err := json.Marshal(obs)
	if err != nil {
		return "", fmt.Errorf("observation of %q: %w", obs.ExpectationID, err)
	}
	return string(data), nil
}

// ParseObservation reads what Serialise wrote.
func ParseObservation(text string) (Observation, error) {
	var obs Observation
	if err := json.Unmarshal([]byte(text), &obs); err != nil {
		return obs, fmt.Errorf("observation: %w", err)
	}
	return obs, nil
}
