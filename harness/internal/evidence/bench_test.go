package evidence_test

import (
	"fmt"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// manyRows is profiles times scenarios in three lanes, mostly as expected: one
// scenario in twenty mismatches, one in fifty is broken.
func manyRows(scenarios, profiles int) (evidence.Run, []evidence.Observation) {
	run := testRun()
	run.Matrix.Profiles = nil
	var obs []evidence.Observation
	for p := range profiles {
		profile := evidence.MatrixProfile{ID: fmt.Sprintf("many:p%d", p), Path: "profiles/p.json", Mode: "landlock"}
		for i := range scenarios / profiles {
			expected := []evidence.Decision{evidence.Allow, evidence.Deny}[i%2]
			profile.Probes = append(profile.Probes, evidence.MatrixProbe{
				Name: fmt.Sprintf("probe-%d", i), Operation: "fs.read_file", OnPath: true, Target: fmt.Sprintf("${workspace}/dir/file-%d.txt", i),
				Expected: expected, ExpectationID: fmt.Sprintf("many:p%d:probe-%d", p, i),
			})
		}
		run.Matrix.Profiles = append(run.Matrix.Profiles, profile)
	}
	n := 0
	for _, profile := range run.Matrix.Profiles {
		for _, probe := range profile.Probes {
			n++
			path := fmt.Sprintf("/tmp/rtgen-scratch/run-1/ws/dir/%s.txt", probe.Name)
			allowed := (probe.Expected == evidence.Allow) != (n%20 == 0)
			o := evidence.Observation{
				Lane: evidence.LaneBaseline, ProfileID: profile.ID, ExpectationID: probe.ExpectationID, ProbeName: probe.Name,
				Operation: probe.Operation, Target: probe.Target, Expected: probe.Expected,
				Outcome: evidence.Allowed, Actual: evidence.Allow, ObservedPath: path,
			}
			called(path)(&o)
			obs = append(obs, o)
			o.Lane = evidence.LaneScenario
			applied(&o)
			switch {
			case n%50 == 0:
				o.Outcome, o.Actual, o.ObservedPath = evidence.Broken, "", ""
				because("probe_timeout", "no answer within 5s")(&o)
			case !allowed:
				o.Outcome, o.Actual, o.ObservedPath = evidence.Denied, evidence.Deny, ""
				failed(13, "EACCES")(&o)
			}
			obs = append(obs, o)
			o = evidence.Observation{
				Lane: evidence.LaneOracle, ProfileID: profile.ID, ExpectationID: probe.ExpectationID, ProbeName: probe.Name,
				Operation: probe.Operation, Target: probe.Target, Expected: probe.Expected, RequestedPath: path,
				Outcome: evidence.Allowed, Actual: evidence.Allow, Oracle: &evidence.Prediction{Decision: "allow", Prediction: artifact.Prediction{Model: "landlock"}},
			}
			if probe.Expected == evidence.Deny {
				o.Outcome, o.Actual, o.Oracle.Decision = evidence.Denied, evidence.Deny, "deny"
			}
			obs = append(obs, o)
		}
	}
	return run, obs
}

// BenchmarkDerive is the whole derivation of 10,000 scenarios in three lanes.
func BenchmarkDerive(b *testing.B) {
	run, obs := manyRows(10_000, 10)
	b.ReportAllocs()
	var size int
	for b.Loop() {
		docs, _, err := evidence.Derive(run, obs)
		if err != nil {
			b.Fatal(err)
		}
		size = 0
		for _, d := range docs {
			size += len(d.Data)
		}
	}
	b.SetBytes(int64(size))
}
