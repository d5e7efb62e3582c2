package harness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

// A finished run has every artifact, and its manifest says what it was.
func TestFinish(t *testing.T) {
	needLinux(t)
	out := filepath.Join(t.TempDir(), "deep", "out") // is made
	res, err := harness.RunPlan(t.Context(), "../testdata/small/plan.json", harness.Params{Out: out, RunID: "run-1", Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	b, err := harness.LoadBundle(out)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"apply_preflight.json", "baseline_results.json", "expected_matrix.generated.json", "expected_matrix.json", "fixtures.json",
		"mismatch_packets.jsonl", "mismatch_summary.json", "oracle_results.json", "path_witnesses.json", "run_manifest.json",
		"run_status.json", "runtime_events.normalized.json", "runtime_results.json", "summary.json", "summary.md",
	}
	if diff := cmp.Diff(want, b.Names()); diff != "" {
		t.Errorf("artifacts (-want +got):\n%s", diff)
	}
	c := small(t)
	m := b.Manifest
	if m.RunID != "run-1" || m.PlanID != "small" || m.Channel != "spawn_clean" || m.WorldID != res.WorldID ||
		m.PlanDigest != c.PlanDigest.String() || m.CompiledDigest != c.CompiledDigest.String() || m.DryRun {
		t.Errorf("manifest %+v", m)
	}
	if m.Selection == nil || m.Selection.Planned != 12 || m.Selection.Run != 12 || m.Selection.Skipped != 0 {
		t.Errorf("selection %+v", m.Selection)
	}
	if m.Toolchain == nil || m.Toolchain.Go != runtime.Version() || len(m.Toolchain.BinarySHA256) != 64 {
		t.Errorf("toolchain %+v", m.Toolchain)
	}
	var facts struct{ OS, Arch string }
	if err := json.Unmarshal(m.World, &facts); err != nil || facts.OS != runtime.GOOS || facts.Arch == "" {
		t.Errorf("world %s: %v", m.World, err)
	}
	if m.ApplyPreflight == nil || !strings.Contains(string(m.ApplyPreflight.Record), `"canary"`) {
		t.Errorf("preflight %+v", m.ApplyPreflight)
	}

	// Whoever holds the result finds the evidence by it.
	if res.RunDir != filepath.Join(out, "run-1") || res.ArtifactIndex != filepath.Join(res.RunDir, "artifact_index.json") || res.Packet != filepath.Join(out, "promotion_packet.json") {
		t.Errorf("result %+v", res)
	}
	for _, file := range []string{res.ArtifactIndex, res.Packet} {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
	if len(res.Table) != 3 || res.Table[0].Profile != "small" || res.Table[0].Specs != 4 {
		t.Errorf("table %+v", res.Table)
	}
	if res.Contradiction() != nil || res.Unavailable != "" || res.Error != "" {
		t.Errorf("result %+v", res)
	}
}

// Evidence that no document can be made of is a failed run with its reason, and
// readers get the run before.
func TestFinishOfImpossibleEvidence(t *testing.T) {
	needLinux(t)
	out := t.TempDir()
	if _, err := harness.RunPlan(t.Context(), "../testdata/small/plan.json", harness.Params{Out: out, RunID: "before", Channel: clean}); err != nil {
		t.Fatal(err)
	}
	packet, err := os.ReadFile(filepath.Join(out, "promotion_packet.json"))
	if err != nil {
		t.Fatal(err)
	}
	run, err := harness.Start(small(t), harness.Params{Out: out, RunID: "run-1", Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	res, err := run.Finish(harness.Evidence{Observations: []harness.Observation{{Lane: "imagined"}}})
	if err == nil || !strings.Contains(err.Error(), "imagined") {
		t.Fatalf("Finish = %+v, %v", res, err)
	}
	v, err := harness.ValidateBundle(run.Dir())
	if err != nil || !v.OK() || v.State != "failed" || v.Status != "failed" {
		t.Errorf("the run folder: %+v, %v", v, err)
	}
	status, err := os.ReadFile(filepath.Join(run.Dir(), "run_status.json"))
	if err != nil || !strings.Contains(string(status), "imagined") {
		t.Errorf("run_status does not say why: %s, %v", status, err)
	}
	if b, err := harness.LoadBundle(out); err != nil || b.RunID() != "before" {
		t.Errorf("LATEST leads to %v, %v", b, err)
	}
	if now, err := os.ReadFile(filepath.Join(out, "promotion_packet.json")); err != nil || string(now) != string(packet) {
		t.Errorf("the packet of the run before was touched: %v", err)
	}
}

// The evidence of a run under direct is kept and cannot be promoted: nobody
// verified what confined its worker's parent.
func TestDirectIsNotPromotable(t *testing.T) {
	needLinux(t)
	res, err := harness.RunPlan(t.Context(), "../testdata/small/plan.json", harness.Params{Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"not_clean_channel"}, res.Reasons); diff != "" || res.Promotable || res.Status != harness.StatusOK {
		t.Errorf("promotable %v, status %s, reasons (-want +got):\n%s", res.Promotable, res.Status, diff)
	}
}

// A part of a plan is evidence of that part, and says of how much.
func TestSelectedRun(t *testing.T) {
	needLinux(t)
	res, err := harness.RunPlan(t.Context(), "../testdata/small/plan.json", harness.Params{
		Out: t.TempDir(), Channel: clean, Select: harness.Selection{Scenarios: []string{"small:read-key"}, Lane: harness.LaneScenario},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := res.Counts[harness.LaneScenario]
	if n.Planned != 4 || n.Run != 1 || n.Skipped != 3 || n.Denied != 1 || n.Matches != 1 || res.Counts[harness.LaneBaseline].Run != 0 {
		t.Errorf("counts %+v", res.Counts)
	}
	b, err := harness.LoadBundle(res.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	if whole := small(t); b.Manifest.CompiledDigest != whole.CompiledDigest.String() {
		t.Errorf("compiled digest %s, the plan's is %s", b.Manifest.CompiledDigest, whole.CompiledDigest)
	}
}
