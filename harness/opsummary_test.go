package harness_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/schema"
)

// What a real run shows of each operation is the same by bundle and by packet,
// and what the schema says.
func TestSummarizeRealRun(t *testing.T) {
	needLinux(t)
	root := t.TempDir()
	res, err := harness.RunPlan(t.Context(), "../testdata/small/plan.json", harness.Params{Out: filepath.Join(root, "out"), Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	options := harness.SummarizeOptions{Root: root}
	byBundle, err := harness.SummarizeOpsFromBundle(filepath.Join(root, "out"), options)
	if err != nil {
		t.Fatal(err)
	}
	byPacket, err := harness.SummarizeOpsFromPacket(filepath.Join(root, "out", "promotion_packet.json"), options)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*harness.OpRuntimeSummary{byBundle, byPacket} {
		file := filepath.Join(t.TempDir(), "ops.json")
		if err := harness.WriteOpRuntimeSummary(s, file); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		findings, err := schema.Validate("runtime-tools.op_runtime_summary.v0.1", data)
		if err != nil || len(findings) > 0 {
			t.Errorf("the summary of run %s: %v, %v", res.RunID, findings, err)
		}
		if want := []string{"fs.read_file", "fs.write_file", "fs.make_reg"}; !slices.Equal(slices.Sorted(slices.Values(s.Ops.Keys())), slices.Sorted(slices.Values(want))) {
			t.Errorf("operations %q, want %q", s.Ops.Keys(), want)
		}
		for _, op := range s.Ops {
			if r := op.Value; r.CoverageStatus != "ok" || r.OpID == nil || r.WorldID != s.Meta.WorldID {
				t.Errorf("%s is %+v", op.Key, r)
			}
		}
	}
}

func TestSummarizeRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(file, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := harness.SummarizeOpsFromPacket(file, harness.SummarizeOptions{}); !harness.IsInputError(err) {
		t.Errorf("what is no packet: %+v, %v, want an InputError", s, err)
	}
	_, err := harness.BuildOpRuntimeSummary([]harness.RuntimeEvent{{}}, harness.OpRuntimeSummaryOptions{})
	if err == nil {
		t.Error("an observation that says nothing was summed up")
	}
	if s, err := harness.SummarizeOpsFromBundle(filepath.Dir(file), harness.SummarizeOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no bundle: %+v, %v", s, err)
	}
}
