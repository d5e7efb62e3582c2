package harness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest"
)

// observeBy runs a plan by hand: step is called with the lane before each of its
// observations.
func observeBy(t *testing.T, c *harness.Compiled, step func(harness.Lane)) *harness.Result {
	t.Helper()
	run, err := harness.Start(c, harness.Params{Out: filepath.Join(t.TempDir(), "out"), Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}()
	session, err := run.Join()
	if err != nil {
		t.Fatal(err)
	}
	ev := harness.Evidence{Selection: harness.SelectionOf(c, "")}
	for i := range c.Profiles {
		p := &c.Profiles[i]
		for j := range p.Scenarios {
			for _, lane := range harness.AllLanes() {
				if p.Scenarios[j].Lanes.Has(lane) {
					step(lane)
					ev.Observations = append(ev.Observations, session.Observe(t.Context(), lane, p, &p.Scenarios[j]))
				}
			}
		}
	}
	if pre := session.Measured(); pre != nil {
		ev.Preflights = append(ev.Preflights, *pre)
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
	if w := session.WitnessReport(); w != nil {
		ev.Witnesses = append(ev.Witnesses, *w)
	}
	res, err := run.Finish(ev)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func readEvents(t *testing.T, res *harness.Result) []artifact.Event {
	t.Helper()
	b, err := bundle.Load(res.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Read(artifact.RuntimeEventsFile)
	if err != nil {
		t.Fatal(err)
	}
	var events []artifact.Event
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	return events
}

// Allowed under the policy and denied without it: no policy can do that. The
// world changed between the lanes, for real, and the run says that its lanes
// contradict each other instead of choosing one.
func TestLanesContradict(t *testing.T) {
	needLinux(t)
	tool := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{
		Policy: `{"ruleset": [{"handledAccessFs": ["make_block"]}]}`,
		Probes: []harnesstest.Probe{{Operation: "fs.execute", Target: tool, Lanes: map[string]bool{"oracle": false}}},
	}}})
	res := observeBy(t, c, func(lane harness.Lane) {
		mode := os.FileMode(0o600) // not even root executes that
		if lane == harness.LaneScenario {
			mode = 0o755
		}
		if err := os.Chmod(tool, mode); err != nil {
			t.Fatal(err)
		}
	})
	id := c.Profiles[0].Scenarios[0].ExpectationID
	if !slices.Equal(res.Contradictions, []string{id}) || res.Status != harness.StatusPartial {
		t.Errorf("status %s, contradictions %q, want partial and %q", res.Status, res.Contradictions, id)
	}
	if err := res.Contradiction(); err == nil || !strings.Contains(err.Error(), id) {
		t.Errorf("error %v", err)
	}
	events := readEvents(t, res)
	if len(events) != 1 || *events[0].Actual != "allow" {
		t.Fatalf("events %+v", events)
	}
	layers := events[0].PolicyLayers
	if layers.Attribution != "contradiction" || layers.EffectiveDecision != "unknown" || layers.PlatformPolicy.Decision != "deny" {
		t.Errorf("policy layers %+v", layers)
	}
}

// A suite compiled by a newer build may ask for what this one cannot attempt: it
// is unsupported, never run as something else.
func TestUnsupportedOperation(t *testing.T) {
	needLinux(t)
	c := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Operation: "fs.read_file", Target: "/etc/passwd", Expected: "deny", Lanes: map[string]bool{"oracle": false}},
		{Operation: "fs.read_file", Target: "/etc/passwd", Expected: "deny", Lanes: map[string]bool{"oracle": false}},
	}}}})
	c.Profiles[0].Scenarios[0].Operation = "fs.resolve_unix"
	c.Profiles[0].Scenarios[1].Syscall = "openat3"
	res := observeBy(t, c, func(harness.Lane) {})
	for _, lane := range []harness.Lane{harness.LaneBaseline, harness.LaneScenario} {
		if n := res.Counts[lane]; n.Unsupported != 2 || n.Observed() != 2 {
			t.Errorf("%s lane: %+v, want 2 unsupported", lane, n.LaneCounts)
		}
	}
	if !slices.Contains(res.Reasons, "scenario_blocked") {
		t.Errorf("reasons %q", res.Reasons)
	}
	for _, e := range readEvents(t, res) {
		if e.Actual != nil || e.RuntimeStatus != "blocked" || *e.FailureKind != "operation_unsupported" || *e.FailureStage != "preflight" {
			t.Errorf("event %+v: want no decision and the kind", e)
		}
	}
}
