package mapping

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// ImpactMapFile is the artifact of a bundle that says which of its mismatches are
// known and allowed: {"metadata": {"allowed_tags": […]}, <expectation_id>:
// {"tags": […]}, …}.
const ImpactMapFile = "impact_map.json"

// impactMap says which mismatches are known and allowed: by expectation, with
// tags that must all be among the allowed ones. A nil map allows none.
type impactMap struct {
	digest  bundle.Digest // of its bytes
	allowed []string
	tags    map[string][]string // by expectation; sorted, each once
}

// readImpactMap reads the impact map of a bundle.
func readImpactMap(b *bundle.Bundle) (*impactMap, error) {
	data, err := b.Read(ImpactMapFile)
	if err != nil {
		return nil, err
	}
	m, err := parseImpactMap(data)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %s: %w", b.Dir, ImpactMapFile, err)
	}
	return m, nil
}

func parseImpactMap(data []byte) (*impactMap, error) {
	var doc artifact.Ordered[json.RawMessage]
	if err := artifact.Decode(data, &doc); err != nil {
		return nil, err
	}
	m := &impactMap{digest: bundle.DigestOf(data), tags: map[string][]string{}}
	for _, entry := range doc {
		var value struct {
			AllowedTags []string `json:"allowed_tags"`
			Tags        []string `json:"tags"`
		}
		if err := artifact.Decode(entry.Value, &value); err != nil {
			return nil, fmt.Errorf("%.140q: %w", entry.Key, err)
		}
		for _, tag := range slices.Concat(value.AllowedTags, value.Tags) {
			if err := artifact.CheckID("tag", tag); err != nil {
				return nil, fmt.Errorf("%.140q: %w", entry.Key, err)
			}
		}
		if entry.Key == "metadata" {
			m.allowed = unique(value.AllowedTags)
		} else {
			m.tags[entry.Key] = unique(value.Tags)
		}
	}
	return m, nil
}

// allows reports whether a mismatch of the expectation is allowed, with its tags.
func (m *impactMap) allows(expectationID string) (tags []string, allowed bool) {
	if m == nil {
		return nil, false
	}
	tags = m.tags[expectationID]
	for _, tag := range tags {
		if _, known := slices.BinarySearch(m.allowed, tag); !known {
			return tags, false
		}
	}
	return tags, len(tags) > 0
}

// commonImpactMap is the impact map of all sources together: nil when none names
// one. Two maps would allow and refuse the same mismatch.
func commonImpactMap(sources []*source) (*impactMap, error) {
	var first *source
	for _, src := range sources {
		switch {
		case src.impact == nil:
		case first == nil:
			first = src
		case first.impact.digest != src.impact.digest:
			return nil, fmt.Errorf("packets %s and %s name impact maps that differ: promote them apart, or run both with one map", first.name, src.name)
		}
	}
	if first == nil {
		return nil, nil
	}
	return first.impact, nil
}
