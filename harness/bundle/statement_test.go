package bundle_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// events is a runtime_events.normalized.json of rows.
func events(rows ...string) map[string]string {
	return map[string]string{artifact.RuntimeEventsFile: "[" + strings.Join(rows, ",") + "]"}
}

// newAttested is a run whose three scenarios went as expected.
func newAttested(id string) *run {
	r := newRun(id)
	r.texts = events(
		eventRow("demo:a", "allow", "allow", "allow"),
		eventRow("demo:b", "allow", "allow", "unknown"),
		eventRow("demo:c", "deny", "deny", "process_policy"),
	)
	r.manifest.Toolchain = &bundle.Toolchain{Version: "v1.2.3", Go: "go1.26", BinarySHA256: strings.Repeat("ef", 32)}
	return r
}

// predicate is what a test looks at of a statement.
type predicate struct {
	Result                                string
	PassedTests, WarnedTests, FailedTests []string
}

func readStatement(t *testing.T, packet string) *predicate {
	t.Helper()
	data, err := os.ReadFile(bundle.StatementPath(packet))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Predicate predicate }
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return &doc.Predicate
}

func TestStatementSaysNoMoreThanTheEvidence(t *testing.T) {
	const a, b, c = "scenario:demo:a", "scenario:demo:b", "scenario:demo:c"
	third := func(expected, actual, attribution string) func(*run) {
		return func(r *run) {
			r.texts = events(
				eventRow("demo:a", "allow", "allow", "allow"),
				eventRow("demo:b", "allow", "allow", "unknown"),
				eventRow("demo:c", expected, actual, attribution),
			)
		}
	}
	none := []string{}
	all := predicate{"PASSED", []string{a, b, c}, none, none}
	but := func(result string) *predicate { return &predicate{result, all.PassedTests, none, none} }
	tests := map[string]struct {
		change func(*run)
		want   *predicate // nil: no statement
	}{
		"all_passed":         {func(*run) {}, &all},
		"denied_anyway":      {third("deny", "deny", "platform_policy"), &predicate{"WARNED", []string{a, b}, []string{c}, none}},
		"denied_by_whom":     {third("deny", "deny", "unknown"), &predicate{"WARNED", []string{a, b}, []string{c}, none}},
		"contradiction":      {third("allow", "allow", "contradiction"), &predicate{"FAILED", []string{a, b}, none, []string{c}}},
		"mismatch":           {third("deny", "allow", "allow"), &predicate{"FAILED", []string{a, b}, none, []string{c}}},
		"undecided":          {third("deny", "", "unknown"), &predicate{"FAILED", []string{a, b}, none, []string{c}}},
		"blocked_is_no_test": {third("deny", "blocked", "unknown"), &predicate{"WARNED", []string{a, b}, none, none}},
		"blocked_and_counted": {func(r *run) {
			third("deny", "blocked", "unknown")(r)
			r.summary.OutcomeCounts["scenario"]["blocked"] = 1
			r.summary.Status, r.status = bundle.StatusPartial, bundle.StatusPartial
		}, &predicate{"WARNED", []string{a, b}, none, none}},
		"match_without_a_decision": {func(r *run) {
			r.texts = events(strings.Replace(eventRow("demo:a", "allow", "allow", "allow"), `"actual": "allow"`, `"actual": null`, 1))
		}, &predicate{"FAILED", none, none, []string{a}}},
		"decision_without_a_match": {func(r *run) {
			r.texts = events(strings.Replace(eventRow("demo:a", "allow", "allow", "allow"), `"match": true`, `"match": null`, 1))
		}, &predicate{"FAILED", none, none, []string{a}}},
		"allowed_with_an_errno": {func(r *run) {
			r.texts = events(strings.Replace(eventRow("demo:a", "allow", "allow", "allow"), "success", "errno", 1))
		}, &predicate{"FAILED", none, none, []string{a}}},
		"expected_nothing": {func(r *run) {
			r.texts = events(strings.ReplaceAll(eventRow("demo:a", "allow", "allow", "allow"), `"allow"`, `"perhaps"`))
		}, &predicate{"FAILED", none, none, []string{a}}},

		"nothing_run": {func(r *run) {
			r.texts = events()
			r.summary.OutcomeCounts["scenario"] = nil
		}, &predicate{"FAILED", none, none, none}},
		"lane_off": {func(r *run) { r.artifacts = []string{"expected_matrix.json"} }, &predicate{"FAILED", none, none, none}},
		"dry": {func(r *run) {
			r.status, r.manifest.DryRun, r.summary.DryRun, r.summary.Status = bundle.StatusDry, true, true, bundle.StatusDry
			r.artifacts = []string{"expected_matrix.json"}
		}, &predicate{"FAILED", none, none, none}},
		"dry_with_events": {func(r *run) { r.manifest.DryRun = true }, but("FAILED")},

		"direct":            {func(r *run) { r.opts.Channel, r.manifest.Channel = "direct", "direct" }, but("WARNED")},
		"pinned_elsewhere":  {func(r *run) { r.manifest.WorldPinned = artifact.Some("linux-other") }, but("WARNED")},
		"blocked_elsewhere": {func(r *run) { r.summary.OutcomeCounts["scenario"]["unsupported"] = 1 }, but("WARNED")},
		"part_of_the_plan":  {func(r *run) { r.manifest.Selection.ByLane["scenario"] = bundle.Count{Planned: 4, Run: 3, Skipped: 1} }, but("WARNED")},
		"more_than_planned": {func(r *run) { r.manifest.Selection.ByLane["scenario"] = bundle.Count{Planned: 2, Run: 2} }, but("WARNED")},
		"selection_unsaid":  {func(r *run) { r.manifest.Selection = nil }, but("WARNED")},
		"oracle_disagrees":  {func(r *run) { r.summary.Status, r.status = bundle.StatusPartial, bundle.StatusPartial }, but("WARNED")},
		"broken_baseline":   {func(r *run) { r.summary.OutcomeCounts["baseline"]["broken"] = 1 }, but("FAILED")},
		"confined": {func(r *run) {
			r.preflight = `{"sandbox_check_self": {"sandboxed": true, "layers": 1}, "apply_ok": true}`
		}, but("FAILED")},
		"apply_failed": {func(r *run) { r.preflight = `{"sandbox_check_self": {"sandboxed": false}, "apply_ok": false}` }, but("FAILED")},
		"no_preflight": {func(r *run) { r.preflight = "" }, but("FAILED")},
		"no_summary":   {func(r *run) { r.summary = nil }, but("FAILED")},

		"run_failed":      {func(r *run) { r.fail = errors.New("worker lost") }, nil},
		"no_manifest":     {func(r *run) { r.manifest = nil }, nil},
		"not_ours":        {func(r *run) { r.manifest.CompiledDigest = "" }, nil},
		"events_no_list":  {func(r *run) { r.texts[artifact.RuntimeEventsFile] = `{}` }, nil},
		"events_cut":      {func(r *run) { r.texts[artifact.RuntimeEventsFile] = `[{"expectation_id": "x"},` }, nil},
		"events_trailing": {func(r *run) { r.texts[artifact.RuntimeEventsFile] += "[]" }, nil},
		"events_twice": {func(r *run) {
			row := eventRow("demo:a", "allow", "allow", "allow")
			r.texts = events(row, row)
		}, nil},
		"event_without_id": {func(r *run) { r.texts = events(eventRow("", "allow", "allow", "allow")) }, nil},
		"event_of_text":    {func(r *run) { r.texts = events(`"x"`) }, nil},
		"event_deep":       {func(r *run) { r.texts = events(strings.Repeat("[", 1<<20)) }, nil},
		"event_huge": {func(r *run) {
			r.texts = events(`{"stdout": "` + strings.Repeat("x", 17<<20) + `"}`)
		}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "out")
			r := newAttested("r1")
			tt.change(r)
			dir := r.write(t, out)
			path := filepath.Join(out, "packet.json")
			p, err := bundle.Emit(dir, path, false)
			if err != nil {
				t.Fatal(err)
			}
			got := readStatement(t, path)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("predicate (-want +got):\n%s", diff)
			}
			if got != nil && got.Result == "PASSED" && !p.Promotability.PromotableDecisionStage {
				t.Errorf("PASSED over %v", p.Promotability.Reasons)
			}
			v, err := bundle.VerifyPacket(path, "")
			if err != nil || v.OK() != (r.fail == nil) {
				t.Errorf("VerifyPacket = %+v, %v", v, err)
			}
			if v.OK() && (v.Statement != "") != (tt.want != nil) {
				t.Errorf("VerifyPacket sees the statement %q", v.Statement)
			}
		})
	}
}

func TestStatementText(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newAttested("r1").write(t, out)
	path := filepath.Join(out, "promotion_packet.json")
	if _, err := bundle.Emit(out, path, true); err != nil {
		t.Fatal(err)
	}
	digest := func(name ...string) string { return bundle.DigestOf([]byte(read(t, name...))).String() }
	want := `{
  "_type": "https://in-toto.io/Statement/v1",
  "subject": [
    {
      "name": "promotion_packet.json",
      "digest": {
        "sha256": "` + digest(path) + `"
      }
    },
    {
      "name": "r1/artifact_index.json",
      "digest": {
        "sha256": "` + digest(dir, bundle.IndexFile) + `"
      }
    }
  ],
  "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
  "predicate": {
    "result": "PASSED",
    "configuration": [
      {
        "name": "plan:demo.v1",
        "digest": {
          "rtgenPlan": "` + strings.Repeat("ab", 32) + `"
        }
      },
      {
        "name": "compiled:demo.v1",
        "digest": {
          "rtgenCompiled": "` + strings.Repeat("cd", 32) + `"
        }
      },
      {
        "name": "expected_matrix.json",
        "digest": {
          "sha256": "` + digest(dir, "expected_matrix.json") + `"
        }
      },
      {
        "name": "run_manifest.json",
        "digest": {
          "sha256": "` + digest(dir, bundle.ManifestFile) + `"
        },
        "annotations": {
          "channel": "spawn_clean",
          "runId": "r1",
          "worldId": "` + linuxWorld + `"
        }
      },
      {
        "name": "binary",
        "digest": {
          "sha256": "` + strings.Repeat("ef", 32) + `"
        },
        "annotations": {
          "go": "go1.26",
          "version": "v1.2.3"
        }
      }
    ],
    "passedTests": [
      "scenario:demo:a",
      "scenario:demo:b",
      "scenario:demo:c"
    ],
    "warnedTests": [],
    "failedTests": []
  }
}`
	got := read(t, out, "promotion_packet.intoto.json")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
	if _, err := bundle.Emit(out, path, true); err != nil {
		t.Fatal(err)
	}
	if again := read(t, out, "promotion_packet.intoto.json"); again != got {
		t.Errorf("the same bundle gives other bytes:\n%s", cmp.Diff(got, again))
	}
}

// A statement never lies beside a packet that it is not about.
func TestStaleStatementGoes(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	newAttested("r1").write(t, out)
	path := filepath.Join(out, "packet.json")
	if _, err := bundle.Emit(out, path, true); err != nil {
		t.Fatal(err)
	}
	if readStatement(t, path) == nil {
		t.Fatal("no statement to become stale")
	}
	r := newAttested("r2")
	r.texts[artifact.RuntimeEventsFile] = `{}`
	r.write(t, out)
	if _, err := bundle.Emit(out, path, true); err != nil {
		t.Fatal(err)
	}
	if got := readStatement(t, path); got != nil {
		t.Errorf("beside the packet of r2 still lies %+v", got)
	}
}

func TestStatementPath(t *testing.T) {
	for packet, want := range map[string]string{
		"x/promotion_packet.json": "x/promotion_packet.intoto.json",
		"x/foo.json":              "x/foo.intoto.json",
		"x/foo":                   "x/foo.intoto.json",
		"x.json/foo.JSON":         "x.json/foo.JSON.intoto.json",
	} {
		if got := bundle.StatementPath(packet); got != want {
			t.Errorf("StatementPath(%q) = %q, want %q", packet, got, want)
		}
	}
}
