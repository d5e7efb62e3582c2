package harness

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Digest is a SHA-256, written as 64 lower-case hex digits. The zero Digest is
// no digest.
type Digest = bundle.Digest

// ParseDigest reads the 64 lower-case hex digits of a digest.
func ParseDigest(s string) (Digest, error) { return bundle.ParseDigest(s) }

// PlanDigest is the identity of a plan: plan_digest in manifests. World, notes
// and whatever the registry says do not count. It is zero for a plan whose
// Controls are no JSON object, which does not load either.
func PlanDigest(p *Plan) Digest {
	identity := struct {
		ApplyPreflightProfile *string         `json:"apply_preflight_profile"`
		Controls              json.RawMessage `json:"controls"`
		Lanes                 LaneFlags       `json:"lanes"`
		PlanID                string          `json:"plan_id"`
		Profiles              []string        `json:"profiles"`
		RegistryID            string          `json:"registry_id"`
		SchemaVersions        struct{}        `json:"schema_versions"` // no plan that loads has any
	}{
		Controls:   json.RawMessage("{}"),
		Lanes:      p.Lanes,
		PlanID:     p.ID,
		Profiles:   p.Profiles,
		RegistryID: p.RegistryID,
	}
	if p.ApplyPreflightProfile != "" {
		identity.ApplyPreflightProfile = &p.ApplyPreflightProfile
	}
	if identity.Lanes == nil {
		identity.Lanes = LaneFlags{}
	}
	if identity.Profiles == nil {
		identity.Profiles = []string{}
	}
	if len(p.Controls) > 0 {
		controls, err := canonicalControls(p.Controls)
		if err != nil {
			return Digest{}
		}
		identity.Controls = controls
	}
	text, err := canon.Marshal(identity, canon.CompactSorted)
	if err != nil {
		return Digest{}
	}
	return sha256.Sum256(text)
}

// canonicalControls is the form controls are kept and digested in: sorted,
// ASCII, and numbers as Python prints what it read.
func canonicalControls(raw json.RawMessage) (json.RawMessage, error) {
	text, err := canon.Transcode(raw, canon.CompactSorted)
	if err != nil {
		return nil, fmt.Errorf("no canonical form: %w", err)
	}
	if text[0] != '{' {
		return nil, errors.New("want an object")
	}
	return pythonNumbers(text)
}

// pythonNumbers rewrites the numbers of canonical JSON text as Python's json
// module prints what it reads: 1e2 is the float 100.0, -0 the integer 0.
func pythonNumbers(text []byte) ([]byte, error) {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		start := i
		switch c := text[i]; {
		case c == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			i++
			out = append(out, text[start:i]...)
		case c == '-' || '0' <= c && c <= '9':
			for i < len(text) && strings.IndexByte("+-.0123456789Ee", text[i]) >= 0 {
				i++
			}
			number, err := pythonNumber(string(text[start:i]))
			if err != nil {
				return nil, err
			}
			out = append(out, number...)
		default:
			i++
			out = append(out, c)
		}
	}
	return out, nil
}

func pythonNumber(literal string) (string, error) {
	const maxDigits = 4300 // sys.int_info.default_max_str_digits: Python reads no longer integer
	if !strings.ContainsAny(literal, ".eE") {
		switch {
		case len(strings.TrimPrefix(literal, "-")) > maxDigits:
			return "", fmt.Errorf("integer of more than %d digits; shorten it", maxDigits)
		case literal == "-0":
			return "0", nil
		}
		return literal, nil
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return "", fmt.Errorf("number %.20s is beyond 64-bit floats; write it as a string", literal)
	}
	text, err := canon.Float(f).MarshalJSON()
	return string(text), err
}
