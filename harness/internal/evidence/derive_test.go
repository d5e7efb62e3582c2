package evidence_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

func names(docs []evidence.Document) []string {
	var list []string
	for _, d := range docs {
		list = append(list, d.Name)
	}
	return list
}

func document(t *testing.T, docs []evidence.Document, name string) evidence.Document {
	t.Helper()
	for _, d := range docs {
		if d.Name == name {
			return d
		}
	}
	t.Fatalf("no %s among %v", name, names(docs))
	return evidence.Document{}
}

func sameDocuments(t *testing.T, want, got []evidence.Document) {
	t.Helper()
	if diff := cmp.Diff(names(want), names(got)); diff != "" {
		t.Fatalf("documents (-want +got):\n%s", diff)
	}
	for i := range want {
		if want[i].Schema != got[i].Schema || !bytes.Equal(want[i].Data, got[i].Data) {
			t.Errorf("%s differs", want[i].Name)
		}
	}
}

// Which documents a run has depends on its lanes alone, and they come in the
// order in which they are to be written.
func TestDocumentSet(t *testing.T) {
	always := []string{"expected_matrix.generated.json", "mismatch_summary.json", "expected_matrix.json", "mismatch_packets.jsonl"}
	tests := []struct {
		name  string
		lanes []evidence.Lane
		dry   bool
		want  []string
	}{
		{"all", []evidence.Lane{evidence.LaneBaseline, evidence.LaneScenario, evidence.LaneOracle}, false, []string{
			"apply_preflight.json", "expected_matrix.generated.json", "runtime_results.json", "mismatch_summary.json",
			"expected_matrix.json", "baseline_results.json", "runtime_events.normalized.json", "oracle_results.json",
			"path_witnesses.json", "fixtures.json", "mismatch_packets.jsonl",
		}},
		{"scenario", []evidence.Lane{evidence.LaneScenario}, false, []string{
			"apply_preflight.json", "expected_matrix.generated.json", "runtime_results.json", "mismatch_summary.json",
			"expected_matrix.json", "runtime_events.normalized.json", "path_witnesses.json", "fixtures.json", "mismatch_packets.jsonl",
		}},
		{"baseline", []evidence.Lane{evidence.LaneBaseline}, false, []string{
			"apply_preflight.json", "expected_matrix.generated.json", "mismatch_summary.json", "expected_matrix.json",
			"baseline_results.json", "path_witnesses.json", "fixtures.json", "mismatch_packets.jsonl",
		}},
		{"oracle", []evidence.Lane{evidence.LaneOracle}, false, []string{
			"apply_preflight.json", "expected_matrix.generated.json", "mismatch_summary.json", "expected_matrix.json",
			"oracle_results.json", "mismatch_packets.jsonl",
		}},
		{"none", nil, false, append([]string{"apply_preflight.json"}, always...)},
		{"dry", []evidence.Lane{evidence.LaneBaseline, evidence.LaneScenario, evidence.LaneOracle}, true, always},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			run := testRun(readProbe("f", evidence.Allow))
			run.Preflight, run.DryRun, run.Lanes = preflightRecord, tc.dry, map[evidence.Lane]bool{}
			var obs []evidence.Observation
			for _, o := range allLanes(run, "f", evidence.Allowed) {
				if !tc.dry && slices.Contains(tc.lanes, o.Lane) {
					obs = append(obs, o)
				}
			}
			for _, lane := range tc.lanes {
				run.Lanes[lane] = true
			}
			docs, _, err := evidence.Derive(run, obs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, names(docs)); diff != "" {
				t.Errorf("documents (-want +got):\n%s", diff)
			}
			generated := document(t, docs, "expected_matrix.generated.json")
			if copied := document(t, docs, "expected_matrix.json"); !bytes.Equal(generated.Data, copied.Data) {
				t.Error("expected_matrix.json is no copy of the generated one")
			}
			packets := string(document(t, docs, "mismatch_packets.jsonl").Data)
			if want := map[bool]string{true: "\n", false: ""}[run.LaneOn(evidence.LaneScenario)]; packets != want {
				t.Errorf("mismatch_packets.jsonl is %q, want %q", packets, want)
			}
			for _, d := range docs {
				if d.Name != "mismatch_packets.jsonl" && bytes.HasSuffix(d.Data, []byte("\n")) {
					t.Errorf("%s ends with a newline", d.Name)
				}
			}
		})
	}
}

// The schema an index lists is the one the document carries.
func TestDocumentSchemas(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	run.Preflight = preflightRecord
	docs, _, err := evidence.Derive(run, allLanes(run, "f", evidence.Allowed))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		var head struct {
			SchemaVersion string `json:"schema_version"`
		}
		if d.Name != "runtime_events.normalized.json" { // an array
			if err := json.Unmarshal(d.Data, &head); err != nil {
				t.Fatalf("%s: %v", d.Name, err)
			}
		}
		if head.SchemaVersion != d.Schema {
			t.Errorf("%s: schema %q, the document says %q", d.Name, d.Schema, head.SchemaVersion)
		}
	}
}

// What is written decodes strictly into the wire structs and comes back byte
// for byte, so the structs describe it wholly and in its order.
func TestDocumentsAreTheWireStructs(t *testing.T) {
	redo := map[string]func([]byte) ([]byte, error){
		"apply_preflight.json":           redo[artifact.ApplyPreflight](canon.Indented),
		"expected_matrix.generated.json": redo[artifact.ExpectedMatrix](canon.Indented),
		"expected_matrix.json":           redo[artifact.ExpectedMatrix](canon.Indented),
		"runtime_results.json":           redo[artifact.RuntimeResults](canon.Indented),
		"mismatch_summary.json":          redo[artifact.MismatchSummary](canon.Indented),
		"baseline_results.json":          redo[artifact.BaselineResults](canon.Indented),
		"runtime_events.normalized.json": redo[[]artifact.Event](canon.IndentedSorted),
		"oracle_results.json":            redo[artifact.OracleResults](canon.Indented),
		"path_witnesses.json":            redo[artifact.PathWitnesses](canon.Indented),
		"fixtures.json":                  redo[artifact.Fixtures](canon.Indented),
		"mismatch_packets.jsonl": func(data []byte) ([]byte, error) {
			packets, err := artifact.ReadMismatchPackets(bytes.NewReader(data))
			if err != nil || len(data) == 0 {
				return data, err
			}
			return canon.MarshalLines(packets, canon.LineSorted)
		},
	}
	for _, tc := range goldenCases() {
		t.Run(tc.name, func(t *testing.T) {
			docs, _, err := evidence.Derive(tc.run, tc.obs(tc.run))
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range docs {
				got, err := redo[d.Name](d.Data)
				if err != nil {
					t.Fatalf("%s: %v", d.Name, err)
				}
				if diff := cmp.Diff(string(d.Data), string(got)); diff != "" {
					t.Errorf("%s (-written +redone):\n%s", d.Name, diff)
				}
			}
		})
	}
}

func redo[T any](style canon.Style) func([]byte) ([]byte, error) {
	return func(data []byte) ([]byte, error) {
		var doc T
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&doc); err != nil {
			return nil, err
		}
		return canon.Marshal(doc, style)
	}
}

// Parallel processes report in any order; the documents do not show it.
func TestDeriveIgnoresOrder(t *testing.T) {
	run, obs := manyRows(40, 5)
	want, wantCounts, err := evidence.Derive(run, obs)
	if err != nil {
		t.Fatal(err)
	}
	shuffle := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		shuffle.Shuffle(len(obs), func(i, j int) { obs[i], obs[j] = obs[j], obs[i] })
		got, counts, err := evidence.Derive(run, obs)
		if err != nil {
			t.Fatal(err)
		}
		sameDocuments(t, want, got)
		if diff := cmp.Diff(wantCounts, counts, cmp.AllowUnexported(evidence.Counts{})); diff != "" {
			t.Fatalf("counts depend on the order of observations:\n%s", diff)
		}
	}
}

// Observations travel as JSON; that must not change what is derived.
func TestObservationsSurviveTheWire(t *testing.T) {
	for _, tc := range goldenCases() {
		t.Run(tc.name, func(t *testing.T) {
			obs := tc.obs(tc.run)
			raw, err := json.Marshal(obs)
			if err != nil {
				t.Fatal(err)
			}
			var back []evidence.Observation
			if err := json.Unmarshal(raw, &back); err != nil {
				t.Fatal(err)
			}
			want, _, err := evidence.Derive(tc.run, obs)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := evidence.Derive(tc.run, back)
			if err != nil {
				t.Fatal(err)
			}
			sameDocuments(t, want, got)
		})
	}
}
