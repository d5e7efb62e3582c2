package analysis_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// matrix expects what rows made by row are about.
func matrix(rows ...artifact.Event) *artifact.ExpectedMatrix {
	m := &artifact.ExpectedMatrix{WorldID: linuxWorld}
	var p artifact.MatrixProfile
	for _, r := range rows {
		p.Probes = append(p.Probes, artifact.MatrixProbe{
			Name: "n-" + r.ScenarioID, Operation: r.Operation, Target: r.Target, Expected: r.Expected, ExpectationID: r.ExpectationID,
		})
	}
	m.Profiles = artifact.Ordered[artifact.MatrixProfile]{{Key: "p", Value: p}}
	return m
}

// cut cuts rows into dir.
func cut(t testing.TB, o analysis.CutOptions, rows ...artifact.Event) *analysis.Cut {
	t.Helper()
	c, err := analysis.NewCutWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := c.Add(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	done, err := c.Close()
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// cutDocuments are the documents of a cut with the names of their schemas.
var cutDocuments = map[string]string{
	analysis.EventsIndexFile: "events_index", analysis.ScenariosFile: "scenarios", analysis.OpsFile: "op_runtime_summary",
	analysis.IndexesFile: "runtime_indexes", analysis.CutManifestFile: "runtime_manifest",
}

// someRows have a row of every class.
func someRows() []artifact.Event {
	unobserved := row("fs.read_file", "p:elsewhere", "deny", "deny")
	unobserved.IntendedOpWitnessed = new(false)
	contrary := row("fs.write_file", "p:contrary", "allow", "deny")
	contrary.FailureStage, contrary.FailureKind, contrary.Stderr = new("probe"), new("probe_errno"), new("no\n")
	return []artifact.Event{
		row("fs.read_file", "p:read/a", "deny", "deny"),
		contrary,
		row("fs.read_file", "p:read/a", "deny", "deny"),
		blocked(row("fs.write_file", "p:gate", "deny", ""), "apply", "sandbox_init_failed"),
		unobserved,
		row("fs.read_file", "p:undecided", "deny", ""),
		row("fs.read_file", "p:read/a", "deny", "allow"),
	}
}

func TestCut(t *testing.T) {
	rows, dir := someRows(), t.TempDir()
	m := matrix(rows[0], rows[1], rows[3])
	m.Profiles[0].Value.Probes[2].ExpectationID = "" // known by its operation and target alone
	rows[3].ExpectationID = "p|fs.write_file|/t"
	m.Profiles[0].Value.Family = new("small")
	c := cut(t, analysis.CutOptions{Dir: dir, Place: "out/cuts", Matrix: m, Vocabulary: vocabulary(t, linuxWorld)}, rows...)
	for file, name := range cutDocuments {
		valid(t, name, read(t, dir, file))
	}
	for _, want := range []struct{ file, text string }{
		{"events_index.json", `"p:read/a": [
      "out/cuts/traces/p_read_a.jsonl"
    ],
    "p:contrary": [`},
		{"scenarios.json", `"by_family": {
      "small": {
        "total": 7,`},
		{"scenarios.json", `"p:contrary": {
      "world_id": "linux-6.18.0-x86_64-landlock7-0123abcd",
      "profile_id": "p",
      "expectations": [
        {
          "expectation_id": "p:contrary",
          "profile_id": "p",
          "operation": "fs.write_file",
          "target": "/t",
          "expected": "allow",
          "probe_name": "n-p:contrary"
        }
      ],
      "results": {
        "total": 1,
        "matches": 0,
        "mismatches": 1,
        "unobserved": 0,
        "total_including_blocked": 1,
        "blocked": {
          "total": 0,
          "by_stage": {},
          "by_kind": {}
        },
        "status": "brittle"
      },
      "mismatches": [
        {
          "expectation_id": "p:contrary",
          "expected": "allow",
          "actual": "deny",
          "operation": "fs.write_file",
          "target": "/t",
          "failure_stage": "probe",
          "failure_kind": "probe_errno",
          "mismatch_type": "unexpected_deny",
          "violation_summary": null,
          "stderr": "no\n"
        }
      ],
      "impact": null,
      "scenario_id": "p:contrary"
    }`},
		{"scenarios.json", `"expectations": [
        {
          "expectation_id": "p|fs.write_file|/t",
          "profile_id": "p",`},
		{"scenarios.json", `"expectations": [
        {
          "expectation_id": "p:undecided"
        }
      ],`},
		{"ops.json", `"fs.read_file": {
      "op_name": "fs.read_file",
      "op_id": 2,`},
		{"runtime_indexes.json", `"op_to_scenarios": {
    "fs.read_file": [
      "p:read/a"
    ],
    "fs.write_file": [
      "p:contrary",
      "p:gate"
    ]
  },`},
		{"runtime_manifest.json", `"events_index": "out/cuts/events_index.json",
  "scenarios": "out/cuts/scenarios.json",
  "ops": "out/cuts/ops.json"
}`},
		{"traces/p_gate.jsonl", `{"world_id": "linux-6.18.0-x86_64-landlock7-0123abcd", "profile_id": "p", "run_id": "", "operation": "fs.write_file", "target": "/t", "expectation_id": "p|fs.write_file|/t", "scenario_id": "p:gate", "probe_name": "", "expected": "deny", "runtime_status": "", "failure_stage": "apply", "failure_kind": "sandbox_init_failed"}
`},
	} {
		if got := read(t, dir, want.file); !strings.Contains(got, want.text) {
			t.Errorf("%s:\n%s\nwant in it:\n%s", want.file, got, want.text)
		}
	}
	statuses := map[string]analysis.Health{}
	for _, s := range c.Scenarios.Scenarios {
		statuses[s.Key] = s.Value.Results.Status
	}
	want := map[string]analysis.Health{
		"p:read/a": "partial", "p:contrary": "brittle", "p:gate": "blocked", "p:elsewhere": "brittle", "p:undecided": "brittle",
	}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if trace := read(t, dir, "traces/p_read_a.jsonl"); strings.Count(trace, "\n") != 3 {
		t.Errorf("the trace of a scenario seen three times:\n%s", trace)
	}
}

// A line of a trace has every key that an observation may have, in the order of
// the format.
func TestTraceKeys(t *testing.T) {
	event := reflect.TypeFor[artifact.Event]()
	var keys []string
	for i := range event.NumField() {
		key, _, _ := strings.Cut(event.Field(i).Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if diff := cmp.Diff(keys, slices.Sorted(slices.Values(analysis.TraceKeys))); diff != "" {
		t.Errorf("keys of an observation (-event +trace):\n%s", diff)
	}
}

// A cut into a folder that has one replaces its documents and the traces of what
// occurs again; of what does not, the traces stay and nothing names them. Notes
// stay and are pointed to, and the story of the old cut goes.
func TestCutAgain(t *testing.T) {
	dir := t.TempDir()
	o := analysis.CutOptions{Dir: dir, Place: "c", WorldID: linuxWorld}
	cut(t, o, row("op", "a", "deny", "deny"), row("op", "b", "deny", "deny"))
	put(t, "told of the first", dir, analysis.StoryFile)
	if err := analysis.AppendDivergences(filepath.Join(dir, analysis.DivergencesFile), linuxWorld, analysis.Divergence{Operation: "op", ScenarioID: "a", Note: "n"}); err != nil {
		t.Fatal(err)
	}
	cut(t, o, row("op", "a", "deny", "allow"))
	if trace := read(t, dir, "traces/a.jsonl"); strings.Count(trace, "\n") != 1 || !strings.Contains(trace, `"actual": "allow"`) {
		t.Errorf("the trace of a: %s", trace)
	}
	if trace := read(t, dir, "traces/b.jsonl"); !strings.Contains(trace, `"scenario_id": "b"`) {
		t.Errorf("the trace of b: %s", trace)
	}
	if index := read(t, dir, analysis.EventsIndexFile); strings.Contains(index, `"b"`) {
		t.Errorf("the index names b: %s", index)
	}
	if m := read(t, dir, analysis.CutManifestFile); !strings.Contains(m, `"divergence_annotations": "c/divergence_annotations.json"`) {
		t.Errorf("the manifest: %s", m)
	}
	names := folder(t, dir)
	want := []string{"divergence_annotations.json", "events_index.json", "ops.json", "runtime_indexes.json", "runtime_manifest.json", "scenarios.json", "traces"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// folder lists the names in a folder.
func folder(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// What a cut does not take in. The cut that was there stays, to the byte.
func TestCutRefuses(t *testing.T) {
	a := row("op", "a/b", "deny", "deny")
	other := row("op", "c", "deny", "deny")
	other.WorldID = macWorld
	forged := row("op", "c", "deny", "allow")
	forged.Match = new(true)
	for _, tt := range []struct {
		name string
		e    artifact.Event
		want string
	}{
		{"same_file", row("op", "a:b", "deny", "deny"), `scenarios "a/b" and "a:b": both of their traces would be a_b.jsonl; rename one`},
		{"other_world", other, `of world "` + macWorld + `", in a cut of "` + linuxWorld + `"`},
		{"contradiction", forged, `match is true, and actual is not the expected "deny"`},
		{"no_scenario", row("op", "", "deny", "deny"), `scenario_id is empty`},
		{"long_name", row("op", strings.Repeat("x", 250), "deny", "deny"), `would have 256 bytes, more than 255; shorten the id`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			cut(t, analysis.CutOptions{Dir: dir, WorldID: linuxWorld}, a)
			before := read(t, dir, analysis.ScenariosFile)
			c, err := analysis.NewCutWriter(analysis.CutOptions{Dir: dir, WorldID: linuxWorld})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Add(&a); err != nil {
				t.Fatal(err)
			}
			first := c.Add(&tt.e)
			if first == nil || !strings.Contains(first.Error(), tt.want) {
				t.Errorf("Add: %v, want %q", first, tt.want)
			}
			if _, err := c.Close(); err == nil || err.Error() != first.Error() {
				t.Errorf("Close: %v, want what Add said", err)
			}
			if diff := cmp.Diff(before, read(t, dir, analysis.ScenariosFile)); diff != "" || len(folder(t, dir)) != 6 {
				t.Errorf("the folder has %q, and scenarios.json:\n%s", folder(t, dir), diff)
			}
		})
	}
	if _, err := analysis.NewCutWriter(analysis.CutOptions{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "world_id is empty; give the world that was observed") {
		t.Errorf("a cut of no world: %v", err)
	}
}

// What waits to be written is written before the end too, and is gone after an
// error.
func TestCutOfMany(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	e := row("op", "s", "deny", "deny")
	e.Stdout = new(strings.Repeat("o", 300<<10))
	c, err := analysis.NewCutWriter(analysis.CutOptions{Dir: dir, WorldID: linuxWorld})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		e.ScenarioID = fmt.Sprintf("s%d", i%3)
		if err := c.Add(&e); err != nil {
			t.Fatal(err)
		}
	}
	if names := folder(t, dir); len(names) != 1 {
		t.Errorf("a cut that is not closed has %q, want its staged traces alone", names)
	}
	if c.Add(new(artifact.Event)) == nil {
		t.Error("an empty event was taken in")
	}
	if _, err := c.Close(); err == nil || len(folder(t, dir)) != 0 {
		t.Errorf("Close after an error: %v, and the folder has %q", err, folder(t, dir))
	}

	rows := make([]artifact.Event, 40)
	for i := range rows {
		rows[i] = e
		rows[i].ScenarioID, rows[i].Notes = fmt.Sprintf("s%d", i%3), new(fmt.Sprintf("row %d", i))
	}
	cut(t, analysis.CutOptions{Dir: dir, WorldID: linuxWorld}, rows...)
	var got []string
	for line := range strings.Lines(read(t, dir, "traces/s1.jsonl")) {
		_, note, _ := strings.Cut(line, `"notes": "`)
		note, _, _ = strings.Cut(note, `"`)
		got = append(got, note)
	}
	if len(got) != 13 || got[0] != "row 1" || got[12] != "row 37" {
		t.Errorf("rows of s1: %q", got)
	}
}

// A cut that is given up leaves nothing, and an earlier one as it was.
func TestCutDiscarded(t *testing.T) {
	dir := t.TempDir()
	rows := someRows()
	cut(t, analysis.CutOptions{Dir: dir, Matrix: matrix(rows...)}, rows...)
	before := tree(t, dir)
	c, err := analysis.NewCutWriter(analysis.CutOptions{Dir: dir, Matrix: matrix(rows...)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Add(&rows[0]); err != nil {
		t.Fatal(err)
	}
	if err := c.Discard(); err != nil {
		t.Error(err)
	}
	if _, err := c.Close(); err == nil {
		t.Error("a discarded cut was written")
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// tree is what lies in a folder, by path.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			files[path] = "folder"
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
