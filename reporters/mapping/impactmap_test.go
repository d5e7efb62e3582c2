package mapping

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

const impactText = `{"metadata": {"allowed_tags": ["known", "other"], "by": "x"}, "e:one": {"tags": ["other", "known", "known"], "why": "y"}, "e:two": {"tags": ["known", "odd"]}, "e:none": {"tags": []}}`

func TestImpactMapAllows(t *testing.T) {
	m, err := parseImpactMap([]byte(impactText))
	if err != nil {
		t.Fatal(err)
	}
	untold, err := parseImpactMap([]byte(`{"e:one": {"tags": ["known"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, id string
		m        *impactMap
		tags     []string
		allowed  bool
	}{
		{"all tags allowed", "e:one", m, []string{"known", "other"}, true},
		{"one tag is not", "e:two", m, []string{"known", "odd"}, false},
		{"no tags", "e:none", m, nil, false},
		{"not in the map", "e:new", m, nil, false},
		{"metadata is no expectation", "metadata", m, nil, false},
		{"no tag is allowed", "e:one", untold, []string{"known"}, false},
		{"no map", "e:one", nil, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tags, allowed := tt.m.allows(tt.id); !slices.Equal(tags, tt.tags) || allowed != tt.allowed {
				t.Errorf("allows(%q) = %q, %v, want %q, %v", tt.id, tags, allowed, tt.tags, tt.allowed)
			}
		})
	}
}

func TestImpactMapRefuses(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"list":             {`[]`, "want an object"},
		"null":             {`null`, "object"},
		"entry twice":      {`{"e": {"tags": ["a"]}, "e": {"tags": []}}`, "comes twice"},
		"entry is a list":  {`{"e": ["a"]}`, `"e"`},
		"tags is text":     {`{"e": {"tags": "a"}}`, "want an array"},
		"tag is a number":  {`{"e": {"tags": [1]}}`, "want a string"},
		"tag is empty":     {`{"e": {"tags": [""]}}`, "tag is empty"},
		"allowed is empty": {`{"metadata": {"allowed_tags": [""]}}`, `"metadata": tag is empty`},
		"data after":       {`{} {}`, "after"},
		"tags twice":       {`{"e": {"tags": ["a"], "tags": ["b"]}}`, "twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := parseImpactMap([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parseImpactMap(%s) = %v, want an error with %q", tt.text, err, tt.want)
			}
		})
	}
}

func TestCommonImpactMap(t *testing.T) {
	w := newWorkshop(t)
	of := func(plan, impact string) *source {
		spec := made.BundleSpec{PlanID: plan, Profiles: []made.Profile{{ID: plan, Probes: []made.Probe{probe("a", "fs.read_file", made.Allow, made.Allow)}}}}
		if impact != "" {
			spec.Impact = json.RawMessage(impact)
		}
		return w.source(w.packet(plan, spec))
	}
	none, one, same, other := of("none", ""), of("one", impactText), of("same", impactText), of("other", `{}`)
	if m, err := commonImpactMap([]*source{none}); m != nil || err != nil {
		t.Errorf("of no map: %v, %v", m, err)
	}
	if m, err := commonImpactMap([]*source{none, one, same}); m != one.impact || err != nil {
		t.Errorf("of one map, named twice: %v, %v", m, err)
	}
	_, err := commonImpactMap([]*source{one, none, other})
	if err == nil || !strings.Contains(err.Error(), one.name) || !strings.Contains(err.Error(), other.name) {
		t.Errorf("of two maps: %v, want an error with both packets", err)
	}
}

func FuzzImpactMap(f *testing.F) {
	f.Add([]byte(impactText))
	f.Add([]byte(`{"metadata": {"allowed_tags": []}}`))
	f.Add([]byte(`{"e": {"tags": ["a", "a"]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseImpactMap(data)
		if err != nil {
			return
		}
		for id := range m.tags {
			tags, allowed := m.allows(id)
			if allowed && len(tags) == 0 || !slices.IsSorted(tags) {
				t.Errorf("allows(%q) = %q, %v", id, tags, allowed)
			}
			for _, tag := range tags {
				if allowed && !slices.Contains(m.allowed, tag) {
					t.Errorf("%q is allowed with tag %q, allowed are %q", id, tag, m.allowed)
				}
			}
		}
	})
}
