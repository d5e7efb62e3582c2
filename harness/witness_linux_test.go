package harness

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/witness"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// needAudit turns the kernel's audit log on for the test, and skips where it
// cannot be had.
func needAudit(t *testing.T) {
	t.Helper()
	sw, err := witness.Enable()
	var none *witness.Unavailable
	switch {
	case errors.As(err, &none):
		t.Skipf("no audit log here: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		var changed *witness.ChangedError
		if err := sw.Restore(); err != nil && !errors.As(err, &changed) {
			t.Error(err)
		}
	})
}

// A process on the host takes a domain under the name that the next observation's
// will have, and is denied something: its record is not taken for the worker's.
func TestForgedWitness(t *testing.T) {
	needAudit(t)
	facts, err := world.Survey()
	if err != nil {
		t.Fatal(err)
	}
	if facts.LandlockABI == 0 {
		t.Skipf("no Landlock in world %s: %s", facts.ID(), facts.LandlockReason)
	}
	c := &Compiled{PlanID: "forged", Lanes: LaneSet{Scenario: true}, Profiles: []CompiledProfile{{
		ID:             "p",
		CompiledPolicy: CompiledPolicy{Path: "p.json", Mode: ModeLandlock, Text: `{"ruleset": [{"handledAccessFs": ["read_file"]}]}`},
		Scenarios: []Scenario{{
			ExpectationID: "p:read", Name: "read", Operation: "fs.read_file", Target: "/etc/passwd", Expected: Deny, Lanes: LaneSet{Scenario: true},
		}},
	}}}
	s, err := Join(c, Ticket{RunID: "r", WorldID: facts.ID(), Channel: channel.SpawnClean, Scratch: t.TempDir(), ProbeTimeout: DefaultProbeTimeout, Witness: WitnessAuto}, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p, sc := &c.Profiles[0], &c.Profiles[0].Scenarios[0]
	honest := s.Observe(t.Context(), LaneScenario, p, sc)
	if honest.Outcome != Denied || honest.Witness == nil || honest.Witness.Intended == nil || !*honest.Witness.Intended {
		t.Fatalf("%+v, witness %+v: want it denied and witnessed", honest, honest.Witness)
	}

	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	next := s.ear.prefix + strconv.FormatInt(int64(s.seq)+1, 36)
	landlock.Throwaway(func() {
		held, _, err := landlock.Hold([]landlock.Ruleset{{HandledFS: landlock.ReadFile}}, "")
		if err != nil {
			t.Error(err)
			return
		}
		defer held.Close()
		if _, err := held.Apply("", landlock.Options{Tag: next}); err != nil {
			t.Error(err)
		}
		if f, err := os.Open(secret); err == nil {
			f.Close()
			t.Error("the imitation was not denied anything")
		}
	})
	forged := s.Observe(t.Context(), LaneScenario, p, sc)
	if forged.Outcome != Broken || forged.FailureKind != "witness_forged" || forged.Witness != nil {
		t.Errorf("%+v, witness %+v: want it broken", forged, forged.Witness)
	}
	if again := s.Observe(t.Context(), LaneScenario, p, sc); again.Outcome != Denied {
		t.Errorf("the next one: %+v", again)
	}
}
