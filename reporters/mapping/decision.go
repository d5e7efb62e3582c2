package mapping

import (
	"errors"
	"fmt"
)

// decision is what somebody saw a policy decide.
type decision uint8

const (
	unseen decision = iota
	allowed
	denied
)

func decisionOf(text string) decision {
	switch text {
	case "allow":
		return allowed
	case "deny":
		return denied
	}
	return unseen
}

// MarshalJSON writes "allow" or "deny", and null for what nobody saw.
func (d decision) MarshalJSON() ([]byte, error) {
	switch d {
	case unseen:
		return []byte("null"), nil
	case allowed:
		return []byte(`"allow"`), nil
	case denied:
		return []byte(`"deny"`), nil
	}
	return nil, errors.New("mapping: a decision that is none")
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *decision) UnmarshalJSON(data []byte) error {
	for _, known := range []decision{unseen, allowed, denied} {
		if text, _ := known.MarshalJSON(); string(text) == string(data) {
			*d = known
			return nil
		}
	}
	return fmt.Errorf("want \"allow\", \"deny\" or null, not %.80s", data)
}
