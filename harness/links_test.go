package harness_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

func TestRuntimeLinks(t *testing.T) {
	src := harness.Source{Root: t.TempDir()}
	if l, err := src.LoadRuntimeLinks(""); !harness.IsInputError(err) {
		t.Errorf("no links: %+v, %v, want an InputError", l, err)
	}
	file := filepath.Join(src.Root, filepath.FromSlash(harness.DefaultLinks))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(`[]`)
	if l, err := src.LoadRuntimeLinks(""); !harness.IsInputError(err) {
		t.Errorf("no object: %+v, %v, want an InputError", l, err)
	}
	write(`{"profiles": {"b": {"profile_id": "b"}, "a": 1}, "expectations": {"x": {"expectation_id": "x", "expected": "deny"}}}`)
	l, err := src.LoadRuntimeLinks("")
	if err != nil {
		t.Fatal(err)
	}
	given, err := harness.LoadRuntimeLinks(file)
	if err != nil || !slices.Equal(harness.ListLinkedProfiles(given), harness.ListLinkedProfiles(l)) {
		t.Errorf("named, it is %+v, %v", given, err)
	}
	if got := harness.ListLinkedProfiles(l); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("profiles %q", got)
	}
	if got := harness.ListLinkedExpectations(l); !slices.Equal(got, []string{"x"}) {
		t.Errorf("expectations %q", got)
	}
	if e := harness.ResolveProfileLink(l, "b"); e == nil || e.Link.ProfileID != "b" || string(e.Raw) != `{"profile_id": "b"}` {
		t.Errorf("profile b is %+v", e)
	}
	if e := harness.ResolveExpectationLink(l, "x"); e == nil || e.Link.Expected != "deny" {
		t.Errorf("expectation x is %+v", e)
	}
	for _, id := range []string{"a", "c"} {
		if e := harness.ResolveProfileLink(l, id); e != nil {
			t.Errorf("profile %s is %+v", id, e)
		}
	}
	if e := harness.ResolveExpectationLink(l, "b"); e != nil {
		t.Errorf("expectation b is %+v", e)
	}
}
