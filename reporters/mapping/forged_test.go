package mapping

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// forgery is a bundle that somebody changed who wants the mappings to claim what
// nobody saw; every digest in it holds.
type forgery struct {
	spec   made.BundleSpec
	events func(events map[string]*artifact.Event, all []artifact.Event) []artifact.Event
	matrix [2]string // replaced in the matrix
	deep   bool

	refused string // what the error says; empty: it is promoted
	tells   string // else, a line of the mappings
}

var forgeries = map[string]forgery{
	"untouched": {tells: "scenario agent:files:odd brittle: null, uncovered"},

	// What contradicts itself.
	"match_without_actual": {events: change("agent:files:odd", func(e *artifact.Event) { e.Match = new(true) }), refused: "match is true"},
	"match_of_another":     {events: change("agent:files:leak", func(e *artifact.Event) { e.Match = new(true) }), refused: "match is true"},
	"mismatch_of_the_same": {events: change("agent:files:in", func(e *artifact.Event) { e.Match = new(false) }), refused: "match is false"},
	"mismatch_left_out":    {events: change("agent:files:leak", func(e *artifact.Event) { e.Match = nil }), refused: "match is null"},
	"unknown_decision":     {events: change("agent:files:odd", func(e *artifact.Event) { e.Actual = new("maybe") }), refused: `"maybe"`},
	"decision_of_one_side": {events: change("agent:files:odd", decide("deny")), refused: "policy_layers"},
	"decision_deep": {events: change("agent:files:odd", func(e *artifact.Event) {
		decide("deny")(e)
		e.PolicyLayers.ProcessPolicy.Decision = "deny"
	}), deep: true, refused: "no packet passed"},

	// What is of something else.
	"unexpected":      {events: rename("agent:files:in", "agent:files:never"), refused: "agent:files:never"},
	"another_world":   {events: change("agent:files:in", func(e *artifact.Event) { e.WorldID = otherLinux }), refused: "world_id"},
	"another_run":     {events: change("agent:files:in", func(e *artifact.Event) { e.RunID = "run-other" }), refused: "run_id"},
	"another_op":      {events: change("agent:files:in", func(e *artifact.Event) { e.Operation = "fs.execute" }), refused: "operation"},
	"another_target":  {events: change("agent:files:in", func(e *artifact.Event) { e.Target = "/" }), refused: "target"},
	"another_profile": {events: change("agent:files:in", func(e *artifact.Event) { e.ProfileID = "agent:net" }), refused: "profile_id"},
	"another_scenario": {
		events: change("agent:files:in", func(e *artifact.Event) { e.ScenarioID = "agent:files:odd" }), refused: "agent:files:odd",
	},
	"expected_as_seen": {events: change("agent:files:leak", func(e *artifact.Event) { e.Expected, e.Match = "allow", new(true) }), refused: "expected"},
	"twice": {events: func(_ map[string]*artifact.Event, all []artifact.Event) []artifact.Event {
		return append(all, all[0])
	}, refused: "twice"},
	"instead_of_another": {events: func(events map[string]*artifact.Event, all []artifact.Event) []artifact.Event {
		odd := *events["agent:files:in"]
		odd.ExpectationID, odd.ScenarioID = "agent:files:unrun", "agent:files:unrun"
		return append(all, odd)
	}, refused: "agent:files:unrun"},
	"matrix_expects_what_was_seen": {matrix: [2]string{
		"\"target\": \"/home/leak\",\n          \"expected\": \"deny\"", "\"target\": \"/home/leak\",\n          \"expected\": \"allow\"",
	}, refused: "expected"},
	"matrix_twice":       {matrix: [2]string{`"expectation_id": "agent:net:call"`, `"expectation_id": "agent:files:in"`}, refused: "no packet passed"},
	"matrix_other_world": {matrix: [2]string{made.LinuxWorld, otherLinux}, refused: "no packet passed"},

	// What is what it says, and no decision.
	"decision_of_another_right": {
		events: change("agent:files:run", func(e *artifact.Event) {
			decide("deny")(e)
			e.PolicyLayers.ProcessPolicy.Decision = "deny"
		}), tells: "scenario agent:files:run brittle: null, uncovered",
	},
	"decision_before_the_probe": {spec: macWorld, events: change("mac:closed:gate", func(e *artifact.Event) {
		decide("allow")(e)
		e.PolicyLayers.ProcessPolicy.Decision = "allow"
	}), tells: "scenario mac:closed:gate blocked: null, uncovered"},
}

// change is a change of one event.
func change(id string, of func(*artifact.Event)) func(map[string]*artifact.Event, []artifact.Event) []artifact.Event {
	return func(events map[string]*artifact.Event, all []artifact.Event) []artifact.Event {
		of(events[id])
		return all
	}
}

// rename gives an event the ids of another scenario.
func rename(id, to string) func(map[string]*artifact.Event, []artifact.Event) []artifact.Event {
	return change(id, func(e *artifact.Event) { e.ExpectationID, e.ScenarioID = to, to })
}

// decide makes up a decision, and that it is the expected one.
func decide(decision string) func(*artifact.Event) {
	return func(e *artifact.Event) { e.Actual, e.Match = &decision, new(true) }
}

func TestForgeries(t *testing.T) {
	for name, f := range forgeries {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			if f.spec.Profiles == nil {
				f.spec = firstWorld
			}
			packet := makeBundle(t, filepath.Join(root, "bundle"), f.spec)
			f.forge(t, packet)
			out := filepath.Join(root, "mappings")
			_, err := Promote(Options{Packets: []string{packet}, Out: out, Root: root, Deep: f.deep})
			if f.refused != "" {
				if err == nil || !strings.Contains(err.Error(), f.refused) {
					t.Errorf("Promote = %v, want an error that says %q", err, f.refused)
				}
				if _, err := os.Stat(filepath.Join(out, IndexFile)); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("there are mappings: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if told := tell(t, setOf(t, out, f.spec.WorldID)); !slices.Contains(strings.Split(told, "\n"), f.tells) {
				t.Errorf("the mappings do not tell %q:\n%s", f.tells, told)
			}
		})
	}
}

func (f *forgery) forge(t *testing.T, packet string) {
	t.Helper()
	var err error
	switch {
	case f.events != nil:
		err = made.ForgeEvents(packet, func(all []artifact.Event) []artifact.Event {
			events := map[string]*artifact.Event{}
			for i := range all {
				events[all[i].ExpectationID] = &all[i]
			}
			return f.events(events, all)
		})
	case f.matrix[0] != "":
		err = made.Forge(packet, artifact.ExpectedMatrixFile, func(data []byte) ([]byte, error) {
			if !bytes.Contains(data, []byte(f.matrix[0])) {
				t.Errorf("the matrix has no %q:\n%s", f.matrix[0], data)
			}
			return bytes.ReplaceAll(data, []byte(f.matrix[0]), []byte(f.matrix[1])), nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Models and callouts are never observations: of a run in which nothing else
// spoke, the mappings know nothing, or there are none.
func TestNothingButPredictions(t *testing.T) {
	silent := func(spec made.BundleSpec) made.BundleSpec {
		profiles := []made.Profile{}
		for _, p := range spec.Profiles {
			p.Probes = slices.Clone(p.Probes)
			for i := range p.Probes {
				probe := &p.Probes[i]
				probe.Scenario, probe.Baseline, probe.Oracle, probe.Callouts = "", "", made.Seen(probe.Expected), nil
			}
			profiles = append(profiles, p)
		}
		spec.Profiles = profiles
		return spec
	}
	root := t.TempDir()
	linux := makeBundle(t, filepath.Join(root, "linux"), silent(firstWorld))
	says(t, linux, true)
	out := filepath.Join(root, "linux-mappings")
	if _, err := Promote(Options{Packets: []string{linux}, Out: out, Root: root}); err == nil {
		t.Error("mappings were made of a Linux run in which nobody observed anything")
	}
	mac := makeBundle(t, filepath.Join(root, "mac"), silent(macWorld))
	out = filepath.Join(root, "mac-mappings")
	if _, err := Promote(Options{Packets: []string{mac}, Out: out, Root: root}); err != nil {
		t.Fatal(err)
	}
	told := tell(t, setOf(t, out, made.MacWorld))
	for _, word := range []string{"ok", "allow", "deny", "covered_ok"} {
		if slices.Contains(strings.FieldsFunc(told, func(r rune) bool { return strings.ContainsRune(" ,:;\n", r) }), word) {
			t.Errorf("the mappings say %q:\n%s", word, told)
		}
	}
}

// says makes a packet say whether it may be relied on.
func says(t *testing.T, packet string, promotable bool) {
	t.Helper()
	p := read[bundle.Packet](t, packet)
	p.Promotability.PromotableDecisionStage, p.Promotability.Reasons = promotable, []bundle.Reason{}
	data, err := artifact.Encode(p, artifact.Indented)
	if err == nil {
		err = os.WriteFile(packet, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Two packets of one run count it once.
func TestOneRunTwice(t *testing.T) {
	root := t.TempDir()
	packet := makeBundle(t, filepath.Join(root, "bundle"), secondWorld)
	again := filepath.Join(filepath.Dir(packet), "again.json")
	data, err := os.ReadFile(packet)
	if err == nil {
		err = os.WriteFile(again, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(root, "mappings")
	p, err := Promote(Options{Packets: []string{packet, again, packet}, Out: out, Root: root})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rejected) != 2 || p.Rejected[0].Reasons[0] != MergeConflict || p.Rejected[1].Reasons[0] != DuplicatePacket {
		t.Errorf("rejected %+v", p.Rejected)
	}
	if told := tell(t, setOf(t, out, otherLinux)); !strings.Contains(told, "op fs.write_file ok: 2 probes of 2,") {
		t.Error(told)
	}
}
