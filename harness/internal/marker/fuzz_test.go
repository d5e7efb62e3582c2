package marker_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Whatever a program prints: stripping drops whole lines and nothing else, leaves
// no marker, and has nothing to do a second time.
func FuzzStrip(f *testing.F) {
	for _, lines := range [][]string{
		{}, {""}, {"a"}, {applyOK, "a", applied}, {applyEPERM}, {applyTwice, unlisted}, {execEPERM, foreign, "{"},
		{gate, compiled, callout, check}, {"\r", applied + "\r", "{}"}, {`{"tool":"sbpl-apply","stage":"apply"}`},
	} {
		f.Add(text(lines...))
		f.Add(strings.Join(lines, "\n"))
	}
	f.Fuzz(func(t *testing.T, stderr string) {
		markers := marker.Parse(stderr)
		left := marker.Strip(stderr)
		if len(left) > len(stderr) {
			t.Errorf("grew from %d to %d bytes", len(stderr), len(left))
		}
		if again := marker.Strip(left); again != left {
			t.Errorf("not done at once: %q, then %q", left, again)
		}
		if rest := marker.Parse(left); len(rest) > 0 {
			t.Errorf("%d markers left in %q", len(rest), left)
		}
		if len(markers) == 0 && left != stderr {
			t.Errorf("no markers, and %q became %q", stderr, left)
		}
		if !slices.Equal(marker.Strays(left), marker.Strays(stderr)) {
			t.Errorf("strays of %q are %q, before they were %q", left, marker.Strays(left), marker.Strays(stderr))
		}
		survive(t, stderr, left, len(markers))

		marker.Report(markers)
		marker.LegacyReport(stderr)
		marker.Failure(markers)
		marker.Callouts(markers, marker.PolicyFilters)
		marker.Entitlements(markers)
	})
}

// survive holds the lines left against those there were: all but the markers, in
// order.
func survive(t *testing.T, stderr, left string, markers int) {
	var want []string
	dropped := 0
	for _, line := range strings.Split(strings.TrimSuffix(stderr, "\n"), "\n") {
		if len(marker.Parse(line)) > 0 {
			dropped++
			continue
		}
		want = append(want, line)
	}
	if dropped != markers {
		t.Errorf("%d lines are markers, parsed were %d", dropped, markers)
	}
	if strings.TrimRight(left, "\n") != strings.TrimRight(strings.Join(want, "\n"), "\n") {
		t.Errorf("left %q of %q", left, stderr)
	}
}
