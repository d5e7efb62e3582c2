package bundle_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

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
	const p0, p1, p2 = "scenario:proof:p0", "scenario:proof:p1", "scenario:proof:p2"
	none := []string{}
	all := predicate{"PASSED", []string{p0, p1, p2}, none, none}
	but := func(result string) *predicate { return &predicate{result, all.PassedTests, none, none} }
	third := func(outcome string) func(*run) {
		return func(r *run) {
			r.observe("scenario", "denied", 0)
			r.observe("scenario", outcome, r.summary.OutcomeCounts["scenario"][outcome]+1)
		}
	}
	attribution := func(i int, whose string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeEventsFile, func(e *[]artifact.Event) { (*e)[i].PolicyLayers.Attribution = whose })
		}
	}
	event := func(change func(*artifact.Event)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeEventsFile, func(e *[]artifact.Event) { change(&(*e)[0]) })
		}
	}
	text := func(doc string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			put(t, doc, dir, artifact.RuntimeEventsFile)
			sealAnew(t, dir)
		}
	}
	honest := func(*run) {}
	direct := func(r *run) { r.opts.Channel, r.manifest.Channel = "direct", "direct" }
	tests := map[string]struct {
		change func(*run)
		forge  func(t *testing.T, dir string) // may be nil
		want   *predicate                     // nil: no statement
	}{
		"all_passed": {honest, nil, &all},
		"denied_anyway": {func(r *run) {
			r.observe("baseline", "allowed", 2)
			r.observe("baseline", "denied", 1)
			r.summary.Vacuous = new(1)
		}, nil, &predicate{"WARNED", []string{p0, p1}, []string{p2}, none}},
		"denied_by_whom":      {func(r *run) { r.observe("baseline", "allowed", 2) }, nil, &predicate{"WARNED", []string{p0, p1}, []string{p2}, none}},
		"said_by_nobody":      {honest, attribution(2, "unknown"), &predicate{"WARNED", []string{p0, p1}, []string{p2}, none}},
		"contradiction":       {honest, attribution(1, "contradiction"), &predicate{"FAILED", []string{p0, p2}, none, []string{p1}}},
		"mismatch":            {func(r *run) { third("allowed")(r); r.end(bundle.StatusPartial) }, expectDenied, &predicate{"FAILED", []string{p0, p1}, none, []string{p2}}},
		"undecided":           {third("undecided"), nil, &predicate{"FAILED", []string{p0, p1}, none, []string{p2}}},
		"blocked_is_no_test":  {third("blocked"), nil, &predicate{"WARNED", []string{p0, p1}, none, none}},
		"unsupported_as_well": {func(r *run) { r.observe("scenario", "unsupported", 1) }, nil, but("WARNED")},

		"nothing_run": {func(r *run) {
			r.observe("scenario", "allowed", 0)
			r.observe("scenario", "denied", 0)
		}, nil, &predicate{"FAILED", none, none, none}},
		"lane_off": {(*run).observeNothing, nil, &predicate{"FAILED", none, none, none}},
		"dry": {func(r *run) {
			r.observeNothing()
			r.end(bundle.StatusDry)
			r.manifest.DryRun, r.summary.DryRun = true, true
		}, nil, &predicate{"FAILED", none, none, none}},
		"dry_with_events": {func(r *run) { r.manifest.DryRun = true }, nil, but("FAILED")},

		"direct":           {direct, nil, but("WARNED")},
		"pinned_elsewhere": {func(r *run) { r.manifest.WorldPinned = artifact.Some("linux-other") }, nil, but("WARNED")},
		"part_of_the_plan": {func(r *run) {
			r.manifest.Selection = &bundle.Selection{Planned: 4, Run: 3, Skipped: 1, ByLane: map[string]bundle.Count{"scenario": {Planned: 4, Run: 3, Skipped: 1}}}
		}, nil, but("WARNED")},
		"selection_unsaid": {func(r *run) { r.manifest.Selection = nil }, nil, but("WARNED")},
		"oracle_disagrees": {func(r *run) { r.end(bundle.StatusPartial) }, nil, but("WARNED")},
		"broken_baseline":  {func(r *run) { r.observe("baseline", "broken", 1) }, nil, but("FAILED")},
		"confined": {func(r *run) {
			r.preflight = `{"sandbox_check_self": {"sandboxed": true, "layers": 1}, "apply_ok": true}`
		}, nil, but("FAILED")},
		"apply_failed": {func(r *run) { r.preflight = `{"sandbox_check_self": {"sandboxed": false}, "apply_ok": false}` }, nil, but("FAILED")},
		"no_preflight": {func(r *run) { r.preflight = "" }, nil, but("FAILED")},
		"no_summary":   {func(r *run) { r.summary = nil }, nil, but("FAILED")},

		"run_failed":  {func(r *run) { r.fail = errors.New("worker lost") }, nil, nil},
		"no_manifest": {func(r *run) { r.manifest = nil }, nil, nil},
		"no_matrix":   {func(r *run) { r.artifacts = r.artifacts[1:] }, nil, nil},
		"not_ours":    {func(r *run) { r.manifest.CompiledDigest = "" }, nil, nil},
		// Another reason speaks against these, too.
		"disagrees_over_direct": {direct, event(func(e *artifact.Event) { e.Actual, e.Match = new("deny"), new(false) }), nil},
		"no_list_over_direct":   {direct, text(`{}`), nil},
		"counted_and_no_event": {honest, func(t *testing.T, dir string) {
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OutcomeCounts["scenario"]["unsupported"] = 1 })
		}, nil},
	}
	contradictions := map[string]struct {
		change func(*run)
		forge  func(t *testing.T, dir string)
	}{
		"blocked_uncounted": {third("blocked"), func(t *testing.T, dir string) {
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) {
				s.OutcomeCounts["scenario"] = map[string]int{"allowed": 2, "denied": 1}
			})
		}},
		"allowed_with_an_errno": {honest, func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeResultsFile, func(r *artifact.RuntimeResults) { (*r)[0].Value.Probes[0].RuntimeResult.Status = "errno" })
			event(func(e *artifact.Event) { e.RuntimeStatus = "errno" })(t, dir)
		}},
		"a_lane_is_gone": {honest, func(t *testing.T, dir string) {
			edit(t, dir, bundle.ManifestFile, func(m *bundle.RunManifest) {
				m.Selection.ByLane["oracle"] = bundle.Count{Planned: 3, Run: 3}
				m.Selection.Planned, m.Selection.Run = 6, 6
			})
		}},
		"counts_below_nothing": {honest, func(t *testing.T, dir string) {
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) {
				s.OutcomeCounts["scenario"]["blocked"], s.OutcomeCounts["scenario"]["unsupported"] = -1, 1
			})
		}},
		"counts_what_is_not": {honest, func(t *testing.T, dir string) {
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OutcomeCounts["baseline"]["hung"] = 5 })
		}},
		"denied_and_not_applied": {honest, func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeResultsFile, func(r *artifact.RuntimeResults) {
				(*r)[0].Value.Probes[2].RuntimeResult.ApplyReport = &artifact.ApplyReport{RC: new(-1)}
			})
		}},
		"match_without_a_decision": {honest, event(func(e *artifact.Event) { e.Actual = nil })},
		"decision_without_a_match": {honest, event(func(e *artifact.Event) { e.Match = nil })},
		"expected_nothing":         {honest, event(func(e *artifact.Event) { e.Actual, e.Expected = new("perhaps"), "perhaps" })},
		"another_decision":         {honest, event(func(e *artifact.Event) { e.Actual, e.Match = new("deny"), new(false) })},
		"more_than_planned": {func(r *run) {
			r.manifest.Selection = &bundle.Selection{Planned: 2, Run: 2, ByLane: map[string]bundle.Count{"scenario": {Planned: 2, Run: 2}}}
		}, nil},
		"events_no_list": {honest, text(`{}`)},
		"events_cut":     {honest, text(`[{"expectation_id": "x"},`)},
		"events_trailing": {honest, func(t *testing.T, dir string) {
			put(t, read(t, dir, artifact.RuntimeEventsFile)+"[]", dir, artifact.RuntimeEventsFile)
			sealAnew(t, dir)
		}},
		"events_twice": {honest, func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeEventsFile, func(e *[]artifact.Event) { *e = append(*e, (*e)[2]) })
		}},
		"event_without_id": {honest, event(func(e *artifact.Event) { e.ExpectationID = "" })},
		"event_of_text":    {honest, text(`["x"]`)},
		"event_deep":       {honest, text(`[` + strings.Repeat("[", 1<<20) + `]`)},
		"event_huge":       {honest, event(func(e *artifact.Event) { e.Stdout = new(strings.Repeat("x", 17<<20)) })},
	}
	check := func(t *testing.T, change func(*run), forge func(*testing.T, string), want *predicate, holds bool) *bundle.Packet {
		t.Helper()
		out := filepath.Join(t.TempDir(), "out")
		r := newRun("r1")
		change(r)
		dir := r.write(t, out)
		if forge != nil {
			forge(t, dir)
		}
		path := filepath.Join(out, "packet.json")
		p, err := bundle.Emit(dir, path, false)
		if err != nil {
			t.Fatal(err)
		}
		got := readStatement(t, path)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("predicate (-want +got):\n%s", diff)
		}
		if got != nil && got.Result == "PASSED" && !p.Promotability.PromotableDecisionStage {
			t.Errorf("PASSED over %v", p.Promotability.Reasons)
		}
		v, err := bundle.VerifyPacket(path, "")
		if err != nil || v.OK() != holds || !slices.Equal(v.Reasons, p.Promotability.Reasons) {
			t.Errorf("VerifyPacket = %+v, %v", v, err)
		}
		if v.OK() && (v.Statement != "") != (want != nil) {
			t.Errorf("VerifyPacket sees the statement %q", v.Statement)
		}
		return p
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := check(t, tt.change, tt.forge, tt.want, name != "run_failed")
			if slices.Contains(p.Promotability.Reasons, bundle.IntegrityUnverified) {
				t.Errorf("an honest bundle is not: %v", p.Promotability.Reasons)
			}
		})
	}
	for name, tt := range contradictions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := check(t, tt.change, tt.forge, nil, false)
			if !slices.Contains(p.Promotability.Reasons, bundle.IntegrityUnverified) {
				t.Errorf("reasons %v", p.Promotability.Reasons)
			}
		})
	}
}

// expectDenied makes the last scenario, which was allowed, one that should not
// have been.
func expectDenied(t *testing.T, dir string) {
	edit(t, dir, artifact.ExpectedMatrixFile, func(m *artifact.ExpectedMatrix) { m.Profiles[0].Value.Probes[2].Expected = "deny" })
	edit(t, dir, artifact.RuntimeResultsFile, func(r *artifact.RuntimeResults) {
		p := &(*r)[0].Value.Probes[2]
		p.Expected, p.Match = "deny", new(false)
	})
	edit(t, dir, artifact.RuntimeEventsFile, func(e *[]artifact.Event) { (*e)[2].Expected, (*e)[2].Match = "deny", new(false) })
}

func TestStatementText(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newRun("r1").write(t, out)
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
      "scenario:proof:p0",
      "scenario:proof:p1",
      "scenario:proof:p2"
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
	newRun("r1").write(t, out)
	path := filepath.Join(out, "packet.json")
	if _, err := bundle.Emit(out, path, true); err != nil {
		t.Fatal(err)
	}
	if readStatement(t, path) == nil {
		t.Fatal("no statement to become stale")
	}
	dir := newRun("r2").write(t, out)
	put(t, `{}`, dir, artifact.RuntimeEventsFile)
	sealAnew(t, dir)
	if _, err := bundle.Emit(out, path, false); err != nil {
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
		"x/foo":                   "x/foo.intoto", // that of foo.json is foo.intoto.json
		"x.json/foo.JSON":         "x.json/foo.JSON.intoto",
	} {
		if got := bundle.StatementPath(packet); got != want {
			t.Errorf("StatementPath(%q) = %q, want %q", packet, got, want)
		}
	}
}
