package analysis_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// A story has every operation by its id, and all of its scenarios.
func TestStory(t *testing.T) {
	c := staged(t, t.TempDir())
	s := tell(t, c)
	file := filepath.Join(c.Dir, analysis.StoryFile)
	valid(t, "runtime_story", read(t, file))
	if diff := cmp.Diff([]string{"2", "1"}, s.Ops.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	op := s.Ops[0].Value
	if op.OpName != "fs.read_file" || *op.OpID != 2 || op.Probes != 4 || op.Matches != 2 || op.Mismatches != 1 || op.Undecided != 1 || op.CoverageStatus != "partial" {
		t.Errorf("operation %+v", op)
	}
	if entry := string(op.Static.VocabEntry); !strings.Contains(entry, `"fs.read_file"`) {
		t.Errorf("vocab_entry %s", entry)
	}
	var scenarios []string
	for _, s := range op.Scenarios {
		scenarios = append(scenarios, s.ScenarioID)
	}
	if diff := cmp.Diff([]string{"p:elsewhere", "p:read/a", "p:undecided"}, scenarios); diff != "" {
		t.Errorf("scenarios (-want +got):\n%s", diff)
	}
	again, err := analysis.LoadStory(file)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "again.json")
	if err := again.WriteFile(other); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(read(t, file), read(t, other)); diff != "" {
		t.Errorf("a story that was read (-before +after):\n%s", diff)
	}
}

// What is not known is null, and what has no id goes by its name.
func TestStoryOfLittle(t *testing.T) {
	c := cut(t, analysis.CutOptions{Dir: t.TempDir(), WorldID: linuxWorld},
		row("fs.read_file", "a", "deny", "deny"), row("file-read-data", "b", "deny", "deny"), row("no.such.operation", "c", "deny", "deny"))
	v := vocabulary(t, linuxWorld)
	if id, ok := v.ID("file-read-data"); !ok || id != 2 {
		t.Fatalf("file-read-data has the id %d, %v: this test needs two names of one operation", id, ok)
	}
	s, err := analysis.NewStory(c.Ops, &analysis.Scenarios{}, v, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"2", "file-read-data", "no.such.operation"}, s.Ops.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	file := filepath.Join(t.TempDir(), "story.json")
	if err := s.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	valid(t, "runtime_story", read(t, file))
	const unknown = `{
          "scenario_id": "c",
          "profile_id": null,
          "status": null,
          "results": null,
          "expectations": [],
          "mismatches": []
        }`
	if got := read(t, file); !strings.Contains(got, unknown) || !strings.Contains(got, `"vocab_entry": null`) {
		t.Errorf("story %s", got)
	}
}

func TestStoryRefuses(t *testing.T) {
	c := staged(t, t.TempDir())
	v := vocabulary(t, linuxWorld)
	elsewhere := &analysis.Scenarios{Meta: analysis.NewMeta(macWorld)}
	taken := *c.Ops
	taken.Ops = append(taken.Ops[:2:2], artifact.Member[*analysis.OpRecord]{Key: "x", Value: taken.Ops[0].Value}, artifact.Member[*analysis.OpRecord]{Key: "y", Value: taken.Ops[0].Value})
	for _, tt := range []struct {
		name      string
		ops       *analysis.OpSummary
		scenarios *analysis.Scenarios
		v         *analysis.Vocabulary
		world     string
		want      string
	}{
		{"no_vocabulary", c.Ops, c.Scenarios, nil, "", "a story needs a vocabulary"},
		{"two_worlds", c.Ops, elsewhere, v, "", `scenarios.json is of world "` + macWorld + `", and the story of "` + linuxWorld + `"`},
		{"another_world", c.Ops, c.Scenarios, v, macWorld, "ops.json is of world"},
		{"no_world", new(analysis.OpSummary), new(analysis.Scenarios), v, "", "world_id is empty"},
		{"told_twice", &taken, c.Scenarios, v, "", `operation "fs.read_file" would be told twice`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := analysis.NewStory(tt.ops, tt.scenarios, tt.v, tt.world); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// A signature states what was observed, and null for what was not; the reference
// system's habit is to state the expected decision for that.
func TestLegacySignatures(t *testing.T) {
	of := func(e artifact.Event, expectation string) artifact.Event {
		e.ExpectationID = expectation
		return e
	}
	ok, gate := row("op", "s", "deny", "deny"), blocked(row("op", "s", "deny", ""), "apply", "")
	gate.Match = new(false)
	contrary, undecided := row("op", "s", "deny", "allow"), row("op", "s", "deny", "")
	elsewhere := contrary
	elsewhere.IntendedOpWitnessed = new(false)
	for _, tt := range []struct {
		name            string
		rows            []artifact.Event
		ours, reference string // by expectation
	}{
		{"match", []artifact.Event{ok}, `{"s":"deny"}`, `{"s":"deny"}`},
		{"match_and_undecided", []artifact.Event{ok, undecided}, `{"s":"deny"}`, `{"s":"deny"}`},
		{"mismatch", []artifact.Event{contrary}, `{"s":"allow"}`, `{"s":"allow"}`},
		{"undecided", []artifact.Event{undecided}, `{"s":null}`, `{"s":"deny"}`},
		{"blocked", []artifact.Event{blocked(ok, "preflight", "")}, `{"s":null}`, `{"s":"deny"}`},
		{"blocked_mismatch", []artifact.Event{gate}, `{"s":null}`, `{"s":null}`},
		{"elsewhere", []artifact.Event{elsewhere}, `{"s":null}`, `{"s":"allow"}`},
		{"two", []artifact.Event{of(ok, "x"), of(contrary, "y")}, `{"x":"deny","y":"allow"}`, `{"x":"deny","y":"allow"}`},
		{"two_and_one_undecided", []artifact.Event{of(ok, "x"), of(undecided, "y")}, `{"x":null,"y":null}`, `{"x":"deny","y":"deny"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := matrix(tt.rows...)
			c := cut(t, analysis.CutOptions{Dir: t.TempDir(), Matrix: m}, tt.rows...)
			s := tell(t, c)
			for asReference, want := range map[bool]string{false: tt.ours, true: tt.reference} {
				got := map[string]*string{}
				for _, p := range analysis.LegacySignatures(s, asReference).Signatures[0].Value.Probes {
					got[p.ExpectationID] = p.Actual
				}
				text, err := json.Marshal(got)
				if err != nil || string(text) != want {
					t.Errorf("as the reference %v: %s, %v, want %s", asReference, text, err, want)
				}
			}
		})
	}
}

// Both views carry the world and the source, and have a key for everything.
func TestLegacyViews(t *testing.T) {
	e := row("fs.read_file", "s", "deny", "deny")
	s := tell(t, cut(t, analysis.CutOptions{Dir: t.TempDir(), Matrix: matrix(e)}, e))
	for _, tt := range []struct {
		view any
		want string
	}{
		{analysis.LegacySignatures(s, false), `{"metadata":{"world_id":"` + linuxWorld + `","source":"runtime_story","status":"partial"},"signatures":{"s":{"signature_id":"s","profile":"p","operation":"fs.read_file","op_id":2,` +
			`"probes":[{"expectation_id":"s","name":"n-s","target":"/t","expected":"deny","actual":"deny"}]}}}`},
		{analysis.LegacyCoverage(s), `{"metadata":{"world_id":"` + linuxWorld + `","source":"runtime_story","status":"partial"},"coverage":{"fs.read_file":{"op_id":2,"runtime_signatures":["s"],"counts":{"runtime_signatures":1},"coverage_status":"ok"}}}`},
	} {
		got, err := json.Marshal(tt.view)
		if diff := cmp.Diff(tt.want, string(got)); diff != "" || err != nil {
			t.Errorf("view, %v (-want +got):\n%s", err, diff)
		}
	}
}
