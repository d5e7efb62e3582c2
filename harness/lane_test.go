package harness_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness"
)

func TestLaneSet(t *testing.T) {
	all := harness.LaneSet{Baseline: true, Scenario: true, Oracle: true}
	for _, lane := range harness.AllLanes() {
		if (harness.LaneSet{}).Has(lane) || !all.Has(lane) {
			t.Errorf("%s: of none %v, of all %v", lane, (harness.LaneSet{}).Has(lane), all.Has(lane))
		}
		only := all.Only(lane)
		for _, other := range harness.AllLanes() {
			if only.Has(other) != (other == lane) {
				t.Errorf("only %s has %s: %v", lane, other, only.Has(other))
			}
		}
		if got := (harness.LaneSet{}).Only(lane); got != (harness.LaneSet{}) {
			t.Errorf("only %s of none is %+v: a lane that is off was turned on", lane, got)
		}
	}
	if all.Has("teapot") || all.Only("teapot") != (harness.LaneSet{}) {
		t.Error("an unknown lane is on")
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"workspace-rw", "workspace-ro", "no-tcp"}
	for id, want := range map[string]string{
		"workspace-rv":    `, did you mean "workspace-rw"?`,
		"WORKSPACE-RO":    `, did you mean "workspace-ro"?`,
		"no_tcp":          `, did you mean "no-tcp"?`,
		"something else!": "",
		"":                "",
	} {
		if got := harness.DidYouMean(id, known); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", id, got, want)
		}
	}
}
