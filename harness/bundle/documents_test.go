package bundle_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// theProfile is the one of a run's documents. Tests look for "of" in it.
const theProfile = "proof"

// documents are the artifacts that go with the run's summary: a scenario for
// each observation that it counts.
func (r *run) documents(t testing.TB) map[string]string {
	t.Helper()
	id, world := r.opts.RunID, r.opts.WorldID
	counts := map[string]map[string]int{"scenario": {"allowed": 2, "denied": 1}, "baseline": {"allowed": 3}}
	if r.summary != nil && r.summary.OutcomeCounts != nil {
		counts = r.summary.OutcomeCounts
	}
	var matrix []artifact.MatrixProbe
	var results []artifact.ResultsProbe
	var events []artifact.Event
	baseline := artifact.BaselineResults{SchemaVersion: artifact.SchemaBaselineResults, WorldID: world, RunID: id, Results: []artifact.BaselineRow{}}
	for i, outcome := range outcomes(counts["baseline"]) {
		row := artifact.BaselineRow{
			Name: fmt.Sprintf("baseline:%s:p%d", theProfile, i), ProfileID: theProfile, ProbeName: fmt.Sprint("p", i),
			Operation: "fs.read_file", Target: "/t", Command: []string{}, Status: decided[outcome],
		}
		if outcome == "undecided" {
			row.Stdout = new("")
		}
		baseline.Results = append(baseline.Results, row)
	}
	observed := outcomes(counts["scenario"])
	for i := range max(len(observed), len(baseline.Results)) {
		outcome := ""
		if i < len(observed) {
			outcome = observed[i]
		}
		actual, status := decided[outcome], map[string]string{"allowed": "success", "blocked": "blocked", "unsupported": "blocked"}[outcome]
		expected := "deny"
		var match *bool
		if actual != nil {
			expected, match = *actual, new(true)
		}
		status = cmp.Or(status, "errno")
		p := artifact.MatrixProbe{Name: fmt.Sprint("p", i), Operation: "fs.read_file", Target: "/t", Expected: expected, ExpectationID: fmt.Sprintf("%s:p%d", theProfile, i)}
		row := artifact.ResultsProbe{
			Name: p.Name, ExpectationID: p.ExpectationID, Operation: p.Operation, Path: p.Target, Expected: expected, Actual: actual, Match: match,
			RuntimeResult: artifact.RuntimeResult{Status: status, Version: 1, MarkerVersion: 2}, Command: []string{},
		}
		if outcome == "broken" {
			row.Error, row.ErrorKind = new("worker lost"), new("worker_lost")
		}
		layers := &artifact.PolicyLayers{
			EffectiveDecision: "unknown",
			PlatformPolicy:    artifact.PlatformPolicy{Decision: "unknown", Source: "baseline_missing"},
			ProcessPolicy:     artifact.ProcessPolicy{Decision: "unknown", Status: status},
		}
		if actual != nil {
			layers.EffectiveDecision, layers.ProcessPolicy.Decision = *actual, *actual
		}
		if i < len(baseline.Results) {
			layers.PlatformPolicy.Source = "baseline"
			if s := baseline.Results[i].Status; s != nil {
				layers.PlatformPolicy.Decision, layers.PlatformPolicy.Status = *s, s
			}
		}
		layers.Attribution = cmp.Or(attributed[layers.PlatformPolicy.Decision+" "+layers.ProcessPolicy.Decision], "unknown")
		if matrix = append(matrix, p); outcome == "" { // not selected
			continue
		}
		results = append(results, row)
		events = append(events, artifact.Event{
			Actual: actual, ExpectationID: p.ExpectationID, Expected: expected, Match: match, Operation: p.Operation, PolicyLayers: layers,
			ProbeName: p.Name, ProfileID: theProfile, RunID: id, RuntimeStatus: status, ScenarioID: p.ExpectationID, Target: p.Target, WorldID: world,
		})
	}
	oracle := artifact.OracleResults{SchemaVersion: artifact.SchemaOracleResults, WorldID: world, RunID: id, Results: []artifact.OracleRow{}}
	for i, outcome := range outcomes(counts["oracle"]) {
		row := artifact.OracleRow{
			WorldID: world, RunID: id, ExpectationID: fmt.Sprintf("%s:p%d", theProfile, i), Stage: new(artifact.ModelStage), API: new(artifact.ModelAPI),
			Operation: new("fs.read_file"), Argument: new("/t"), Decision: decided[outcome], Prediction: &artifact.Prediction{Model: "landlock"},
		}
		if row.Decision == nil {
			row.Decision, row.Error = new("error"), new("unknown")
		}
		oracle.Results = append(oracle.Results, row)
	}
	if r.summary != nil && r.summary.ScenarioCount == 0 {
		r.summary.ProfileCount, r.summary.ScenarioCount = 1, len(matrix)
	}
	docs := map[string]string{"mismatch_packets.jsonl": "\n"}
	for name, v := range map[string]any{
		"expected_matrix.json": artifact.ExpectedMatrix{WorldID: world, Profiles: artifact.Ordered[artifact.MatrixProfile]{{Key: theProfile, Value: artifact.MatrixProfile{
			Blob: "p.json", Mode: "landlock", Probes: append([]artifact.MatrixProbe{}, matrix...)}}}},
		"runtime_results.json": artifact.RuntimeResults{{Key: theProfile, Value: artifact.ResultsProfile{
			Status: "ok", Probes: append([]artifact.ResultsProbe{}, results...), SchemaVersion: artifact.SchemaRuntimeResults, RunID: id}}},
		"runtime_events.normalized.json": append([]artifact.Event{}, events...),
		"baseline_results.json":          baseline,
		"oracle_results.json":            oracle,
		"path_witnesses.json":            artifact.PathWitnesses{SchemaVersion: artifact.SchemaPathWitnesses, WorldID: world, RunID: id, Records: []artifact.PathWitness{}},
		"fixtures.json":                  artifact.Fixtures{SchemaVersion: artifact.SchemaFixtures, WorldID: world, RunID: id, Records: []artifact.FixtureRecord{}},
	} {
		data, err := canon.Marshal(v, canon.Indented)
		if err != nil {
			t.Fatal(err)
		}
		docs[name] = string(data)
	}
	return docs
}

// attributed is whose a decision is, by those without and with the policy; else
// it is unknown.
var attributed = map[string]string{"allow allow": "allow", "allow deny": "process_policy", "deny deny": "platform_policy"}

var decided = map[string]*string{"allowed": new("allow"), "denied": new("deny")}

func outcomes(counts map[string]int) []string {
	var list []string
	for _, outcome := range []string{"allowed", "denied", "undecided", "blocked", "unsupported", "broken"} {
		for range counts[outcome] {
			list = append(list, outcome)
		}
	}
	return list
}

// edit changes a document as a forger would who seals it anew.
func edit[T any](t testing.TB, dir, name string, change func(*T)) {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(read(t, dir, name)), &v); err != nil {
		t.Fatal(err)
	}
	change(&v)
	data, err := canon.Marshal(v, canon.Indented)
	if err != nil {
		t.Fatal(err)
	}
	put(t, string(data), dir, name)
	sealAnew(t, dir)
}
