package analysis_test

import (
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

// What is written is what Close returns.
func TestCut(t *testing.T) {
	rows := []artifact.Event{
		row("fs.read_file", "p:read/a", "deny", "deny"),
		row("fs.write_file", "p:write", "deny", "allow"),
		row("fs.read_file", "p:read/a", "deny", "deny"),
		blocked(row("fs.write_file", "p:b", "deny", ""), "apply", "k"),
	}
	dir := t.TempDir()
	c := cut(t, analysis.CutOptions{Dir: dir, Place: "cuts", Matrix: matrix(rows...), SourceJobs: []string{"x"}}, rows...)
	statuses := map[string]analysis.Health{}
	for _, s := range c.Scenarios.Scenarios {
		statuses[s.Key] = s.Value.Results.Status
	}
	want := map[string]analysis.Health{"p:read/a": analysis.HealthOK, "p:write": analysis.HealthBrittle, "p:b": analysis.HealthBlocked}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if trace := read(t, dir, "traces/p_read_a.jsonl"); strings.Count(trace, "\n") != 2 {
		t.Errorf("the trace of a scenario seen twice:\n%s", trace)
	}
}
