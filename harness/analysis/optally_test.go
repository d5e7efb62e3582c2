package analysis_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// What one operation's rows add up to.
func TestOpTally(t *testing.T) {
	type rows = []artifact.Event
	const op = "fs.read_file"
	match, mismatch := row(op, "s1", "deny", "deny"), row(op, "s2", "deny", "allow")
	undecided := row(op, "s3", "deny", "")
	noExpectation := row(op, "s4", "", "allow")
	noExpectation.Match = nil
	falseWithout := undecided // a mismatch, by its own word, of a decision that nobody saw
	falseWithout.Match = new(false)
	unobserved := row(op, "s5", "deny", "deny")
	unobserved.IntendedOpWitnessed = new(false)
	witnessed := row(op, "s6", "deny", "deny")
	witnessed.IntendedOpWitnessed = new(true)
	atProbe := row(op, "s7", "deny", "deny")
	atProbe.FailureStage, atProbe.FailureKind = new("probe"), new("probe_nonzero_exit")
	strange := row(op, "s8", "deny", "deny")
	strange.FailureStage = new("teardown")
	apply := blocked(row(op, "s9", "deny", ""), "apply", "sandbox_init_failed")
	// It has a decision that counts for nothing: the operation was never reached.
	bootstrap := row(op, "s10", "deny", "allow")
	bootstrap.FailureStage, bootstrap.IntendedOpWitnessed = new("bootstrap"), new(false)
	preflight := blocked(row(op, "s11", "deny", ""), "preflight", "")

	type sums struct {
		Probes, Matches, Mismatches, WithBlocked, Blocked, Unobserved, Undecided, Examples, Details int
		Coverage                                                                                    analysis.Health
	}
	tests := map[string]struct {
		rows rows
		want sums
	}{
		"match":                   {rows{match}, sums{Probes: 1, Matches: 1, WithBlocked: 1, Examples: 1, Coverage: "ok"}},
		"mismatch":                {rows{mismatch}, sums{Probes: 1, Mismatches: 1, WithBlocked: 1, Examples: 1, Details: 1, Coverage: "partial"}},
		"both":                    {rows{match, mismatch}, sums{Probes: 2, Matches: 1, Mismatches: 1, WithBlocked: 2, Examples: 2, Details: 1, Coverage: "partial"}},
		"undecided":               {rows{undecided}, sums{Probes: 1, WithBlocked: 1, Undecided: 1, Examples: 1, Coverage: "brittle"}},
		"undecided_and_match":     {rows{undecided, match}, sums{Probes: 2, Matches: 1, WithBlocked: 2, Undecided: 1, Examples: 2, Coverage: "partial"}},
		"undecided_says_mismatch": {rows{falseWithout}, sums{Probes: 1, WithBlocked: 1, Undecided: 1, Examples: 1, Coverage: "brittle"}},
		"no_expectation":          {rows{noExpectation}, sums{Probes: 1, WithBlocked: 1, Examples: 1, Coverage: "partial"}},
		"unobserved":              {rows{unobserved}, sums{WithBlocked: 1, Unobserved: 1, Coverage: "brittle"}},
		"unobserved_and_match":    {rows{unobserved, match}, sums{Probes: 1, Matches: 1, WithBlocked: 2, Unobserved: 1, Examples: 1, Coverage: "ok"}},
		"witnessed":               {rows{witnessed}, sums{Probes: 1, Matches: 1, WithBlocked: 1, Examples: 1, Coverage: "ok"}},
		"failed_at_probe":         {rows{atProbe, strange}, sums{Probes: 2, Matches: 2, WithBlocked: 2, Examples: 2, Coverage: "ok"}},
		"blocked":                 {rows{apply, bootstrap, preflight}, sums{WithBlocked: 3, Blocked: 3, Coverage: "brittle"}},
		"blocked_and_match":       {rows{apply, match}, sums{Probes: 1, Matches: 1, WithBlocked: 2, Blocked: 1, Examples: 1, Coverage: "ok"}},
		"more_than_five":          {rows{mismatch, mismatch, mismatch, mismatch, mismatch, match}, sums{Probes: 6, Matches: 1, Mismatches: 5, WithBlocked: 6, Examples: 5, Details: 5, Coverage: "partial"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := analysis.BuildOpSummary(tt.rows, analysis.OpSummaryOptions{})
			if err != nil || len(s.Ops) != 1 {
				t.Fatalf("BuildOpSummary = %v, %v", s, err)
			}
			r := s.Ops[0].Value
			got := sums{r.Probes, r.Matches, r.Mismatches, r.ProbesWithBlocked, r.Blocked.Total, r.Unobserved, r.Undecided, len(r.Examples), len(r.MismatchDetails), r.CoverageStatus}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("sums (-want +got):\n%s", diff)
			}
		})
	}

	s, err := analysis.BuildOpSummary(rows{falseWithout}, analysis.OpSummaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if example := s.Ops[0].Value.Examples[0]; example.Match != nil || example.Actual != nil {
		t.Errorf("the example of what nobody saw says actual %v, match %v", example.Actual, example.Match)
	}
	s, err = analysis.BuildOpSummary(rows{apply, bootstrap, preflight}, analysis.OpSummaryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := analysis.BlockedCounts{
		Total: 3, ByStage: map[string]int{"apply": 1, "bootstrap": 1, "preflight": 1}, ByKind: map[string]int{"sandbox_init_failed": 1},
	}
	if diff := cmp.Diff(want, s.Ops[0].Value.Blocked); diff != "" {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
}

// The bytes of a summary: the order of operations, keys and scenarios, and what
// is left out where there is none.
func TestOpSummaryText(t *testing.T) {
	mismatch := row("net.connect_tcp", "b", "deny", "allow")
	mismatch.Target = ""
	late := row("net.connect_tcp", "a", "deny", "deny")
	ids, err := analysis.LoadVocabulary(put(t, `{"ops": [{"name": "fs.read_file", "id": 0}]}`, t.TempDir(), "ops.json"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := analysis.BuildOpSummary([]artifact.Event{mismatch, row("fs.read_file", "c", "deny", ""), late, late}, analysis.OpSummaryOptions{
		Vocabulary: ids,
		Inputs:     []string{"out/e.json"}, InputHashes: analysis.Hashes{"out/e.json": "00"}, SourceJobs: []string{"test"}, Notes: "n<>",
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "new", "folder", "ops.json")
	if err := s.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(opSummaryText), read(t, file)); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	whole, err := artifact.Encode(s, artifact.Indented)
	if err != nil || string(whole) != read(t, file) {
		t.Errorf("entry by entry it is not what it is as a whole: %v\n%s", err, whole)
	}
}

const opSummaryText = `
{
  "meta": {
    "world_id": "linux-6.18.0-x86_64-landlock7-0123abcd",
    "schema_version": "runtime-mapping.v0.1",
    "runtime_log_schema": "runtime_log_schema.v0.1.json",
    "status": "partial",
    "tier": "mapped",
    "source_jobs": [
      "test"
    ],
    "notes": "n<>",
    "inputs": [
      "out/e.json"
    ],
    "input_hashes": {
      "out/e.json": "00"
    }
  },
  "ops": {
    "net.connect_tcp": {
      "op_name": "net.connect_tcp",
      "op_id": null,
      "world_id": "linux-6.18.0-x86_64-landlock7-0123abcd",
      "probes": 3,
      "matches": 2,
      "mismatches": 1,
      "probes_including_blocked": 3,
      "blocked": {
        "total": 0,
        "by_stage": {},
        "by_kind": {}
      },
      "unobserved": 0,
      "examples": [
        {
          "scenario_id": "b",
          "expectation_id": "b",
          "expected": "deny",
          "actual": "allow",
          "match": false
        },
        {
          "scenario_id": "a",
          "expectation_id": "a",
          "expected": "deny",
          "actual": "deny",
          "match": true
        },
        {
          "scenario_id": "a",
          "expectation_id": "a",
          "expected": "deny",
          "actual": "deny",
          "match": true
        }
      ],
      "scenarios": [
        "a",
        "b"
      ],
      "mismatch_details": [
        {
          "scenario_id": "b",
          "expectation_id": "b",
          "expected": "deny",
          "actual": "allow",
          "target": null
        }
      ],
      "coverage_status": "partial"
    },
    "fs.read_file": {
      "op_name": "fs.read_file",
      "op_id": 0,
      "world_id": "linux-6.18.0-x86_64-landlock7-0123abcd",
      "probes": 1,
      "matches": 0,
      "mismatches": 0,
      "probes_including_blocked": 1,
      "blocked": {
        "total": 0,
        "by_stage": {},
        "by_kind": {}
      },
      "unobserved": 0,
      "examples": [
        {
          "scenario_id": "c",
          "expectation_id": "c",
          "expected": "deny",
          "actual": null,
          "match": null
        }
      ],
      "scenarios": [
        "c"
      ],
      "coverage_status": "brittle",
      "undecided": 1
    }
  }
}
`

// One document speaks of one world.
func TestOpTallyRefuses(t *testing.T) {
	good := row("fs.read_file", "s", "deny", "deny")
	other := good
	other.WorldID = macWorld
	noScenario := good
	noScenario.ScenarioID = ""
	maybe := row("fs.read_file", "s", "deny", "perhaps")
	for name, tt := range map[string]struct {
		world string
		rows  []artifact.Event
		says  []string
	}{
		"rows_of_two_worlds": {"", []artifact.Event{good, other}, []string{linuxWorld, macWorld}},
		"not_the_given":      {macWorld, []artifact.Event{good}, []string{linuxWorld, macWorld}},
		"no_scenario":        {"", []artifact.Event{noScenario}, []string{"scenario_id"}},
		"no_decision_word":   {"", []artifact.Event{maybe}, []string{`"s"`, "perhaps"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := analysis.BuildOpSummary(tt.rows, analysis.OpSummaryOptions{WorldID: tt.world})
			if err == nil {
				t.Fatalf("BuildOpSummary = %+v", s)
			}
			for _, word := range tt.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("the error lacks %q: %v", word, err)
				}
			}
		})
	}
}

// Ids are those of the world's own vocabulary when none is given; a world of no
// known system has none.
func TestOpSummaryIDs(t *testing.T) {
	seatbelt := row("file-read*", "s", "deny", "deny")
	seatbelt.WorldID = macWorld
	nowhere := row("fs.read_file", "s", "deny", "deny")
	nowhere.WorldID = "plan9-4"
	for _, e := range []artifact.Event{row("fs.read_file", "s", "deny", "deny"), seatbelt, nowhere, row("fs.dream", "s", "deny", "deny")} {
		var want *int
		if v, err := analysis.VocabularyOf(e.WorldID); err == nil {
			if id, ok := v.ID(e.Operation); ok {
				want = &id
			}
		}
		if known := e.WorldID != nowhere.WorldID && e.Operation != "fs.dream"; known != (want != nil) {
			t.Fatalf("%s of %s has the id %v", e.Operation, e.WorldID, want)
		}
		s, err := analysis.BuildOpSummary([]artifact.Event{e}, analysis.OpSummaryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Ops[0].Value.OpID); diff != "" {
			t.Errorf("op_id of %s (-want +got):\n%s", e.Operation, diff)
		}
	}
}

// A summary that was given out does not change when more is added.
func TestOpTallySummarySoFar(t *testing.T) {
	tally := analysis.NewOpTally(linuxWorld, nil)
	add := func(e artifact.Event) {
		t.Helper()
		if err := tally.Add(&e); err != nil {
			t.Fatal(err)
		}
	}
	text := func(s *analysis.OpSummary) string {
		t.Helper()
		data, err := artifact.Encode(s, artifact.Indented)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if got := tally.Summary(analysis.NewMeta(macWorld)); len(got.Ops) != 0 || got.Meta.WorldID != linuxWorld {
		t.Errorf("an empty summary is %+v", got)
	}
	add(row("fs.read_file", "s0", "deny", "allow"))
	add(blocked(row("fs.read_file", "s0", "deny", ""), "apply", "k"))
	early := tally.Summary(analysis.NewMeta(""))
	before := text(early)
	for i := range 9 {
		add(row("fs.read_file", fmt.Sprint("t", i), "deny", "allow"))
		add(blocked(row("fs.read_file", fmt.Sprint("u", i), "deny", ""), "apply", "k"))
	}
	if diff := cmp.Diff(before, text(early)); diff != "" {
		t.Errorf("the earlier summary changed (-before +after):\n%s", diff)
	}
	if late := tally.Summary(analysis.NewMeta("")); late.Ops[0].Value.Probes != 10 || late.Ops[0].Value.Blocked.Total != 10 {
		t.Errorf("the later summary has %+v", late.Ops[0].Value)
	}
}
