package bundle_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

func TestPromotability(t *testing.T) {
	// A macOS run as the reference system makes them: no key of ours.
	mac := func(r *run) {
		r.opts.WorldID, r.opts.Channel = macWorld, "launchd_clean"
		*r.manifest = bundle.RunManifest{
			SchemaVersion: bundle.SchemaManifest, RunID: r.opts.RunID, WorldID: macWorld, Channel: "launchd_clean",
			PlanID: r.opts.PlanID, PlanDigest: r.opts.PlanDigest,
		}
		r.summary.WorldID, r.summary.OutcomeCounts, r.summary.Vacuous = macWorld, nil, nil
		r.preflight = `{"sandbox_check_self": {"source": "sandbox_check", "error": "libsystem_sandbox not found"}, "apply_ok": true}`
	}
	channel := func(name string) func(*run) {
		return func(r *run) { r.opts.Channel, r.manifest.Channel = name, name }
	}
	outcome := func(lane, outcome string) func(*run) {
		return func(r *run) { r.observe(lane, outcome, 1) }
	}
	both := func(changes ...func(*run)) func(*run) {
		return func(r *run) {
			for _, change := range changes {
				change(r)
			}
		}
	}
	none := func(*testing.T, string) {}
	preflight := func(record string) func(*run) { return func(r *run) { r.preflight = record } }
	// A macOS run of ours, of one worker.
	ownMac := func(worker string) func(*run) {
		return func(r *run) {
			counts, pinned := r.summary.OutcomeCounts, r.manifest.WorldPinned
			mac(r)
			r.summary.OutcomeCounts, r.manifest.WorldPinned = counts, pinned
			r.preflight = `{"sandbox_check_self": {"source": "sandbox_check", "rc": 0, "sandboxed": false}, "apply_ok": true, "workers": [` + worker + `]}`
		}
	}
	type reasons = []bundle.Reason
	tests := []struct {
		name   string
		change func(*run)
		damage func(t *testing.T, dir string)
		want   reasons
	}{
		{"promotable", func(*run) {}, none, reasons{}},
		{"promotable_systemd", channel("systemd_clean"), none, reasons{}},
		{"promotable_mac", mac, none, reasons{}},
		{"promotable_own_mac", ownMac(`{"canary": "ok"}`), none, reasons{}},
		{"own_mac_confined", ownMac(`{"sandboxed": true, "canary": "ok"}`), none, reasons{bundle.AlreadySandboxed}},
		{"own_mac_not_asked", ownMac(`{"sandboxed_error": "no sandbox_check", "canary": "ok"}`), none, reasons{bundle.AlreadySandboxed}},
		{"own_mac_of_no_pin", both(ownMac(`{"canary": "ok"}`), func(r *run) { r.manifest.WorldPinned = artifact.Opt[string]{} }), none, reasons{bundle.WorldMismatch}},
		{"own_mac_of_nothing", both(ownMac(`{"canary": "ok"}`), func(r *run) { r.summary.OutcomeCounts["scenario"] = nil }), none, reasons{bundle.ArtifactsMissing}},
		{"own_mac_blocked", both(ownMac(`{"canary": "ok"}`), outcome("scenario", "blocked")), none, reasons{bundle.ScenarioBlocked}},
		{"mismatch_is_evidence", func(r *run) {
			r.status, r.summary.Status = bundle.StatusPartial, bundle.StatusPartial
			r.summary.MismatchCounts["unexpected_allow"] = 2
			r.summary.OutcomeCounts["scenario"] = map[string]int{"allowed": 1, "denied": 1, "undecided": 1}
		}, none, reasons{}},
		{"stranger_is_no_reason", func(*run) {}, func(t *testing.T, dir string) { put(t, "", dir, "notes.txt") }, reasons{}},
		{"pinned_here", func(r *run) { r.manifest.WorldPinned = artifact.Some(linuxWorld) }, none, reasons{}},

		{"direct", channel("direct"), none, reasons{bundle.NotCleanChannel}},
		{"launchd_on_linux", channel("launchd_clean"), none, reasons{bundle.NotCleanChannel}},
		{"spawn_clean_on_mac", both(mac, channel("spawn_clean")), none, reasons{bundle.NotCleanChannel}},
		{"no_preflight", preflight(""), none, reasons{bundle.ApplyPreflightMissing}},
		{"preflight_null", preflight("null"), none, reasons{bundle.ApplyPreflightMissing}},
		{"preflight_no_object", preflight("[]"), none, reasons{bundle.ApplyPreflightMissing}},
		{"apply_failed", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": false}`), none, reasons{bundle.ApplyFailed}},
		{"apply_unknown", preflight(`{"sandbox_check_self": {"sandboxed": false}}`), none, reasons{bundle.ApplyFailed}},
		{"worker_confined", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": true, "workers": [{"layers": 0, "canary": "ok"}, {"layers": 3, "canary": "ok"}]}`),
			none, reasons{bundle.AlreadySandboxed}},
		{"worker_not_counted", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": true, "workers": [{"layers_error": "x", "canary": "ok"}]}`),
			none, reasons{bundle.AlreadySandboxed}},
		{"worker_canary", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": true, "workers": [{"canary": "it was allowed"}]}`), none, reasons{bundle.ApplyFailed}},
		{"canary", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": true, "canary": {"result": "failed"}}`), none, reasons{bundle.ApplyFailed}},
		{"apply_rc", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": true, "apply_report": {"rc": -1}}`), none, reasons{bundle.ApplyFailed}},
		{"apply_stage", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": true, "failure_stage": "apply"}`), none, reasons{bundle.ApplyFailed}},
		{"apply_status", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_ok": true, "status": "error"}`), none, reasons{bundle.ApplyFailed}},
		{"sandboxed", preflight(`{"sandbox_check_self": {"sandboxed": true}, "apply_ok": true}`), none, reasons{bundle.AlreadySandboxed}},
		{"layers", preflight(`{"sandbox_check_self": {"sandboxed": false, "layers": 2}, "apply_ok": true}`), none, reasons{bundle.AlreadySandboxed}},
		{"not_measured", preflight(`{"sandbox_check_self": {"error": "x"}, "apply_ok": true}`), none, reasons{bundle.AlreadySandboxed}},
		{"measured_as_text", preflight(`{"sandbox_check_self": {"sandboxed": "false"}, "apply_ok": true}`), none, reasons{bundle.AlreadySandboxed}},
		{"apply_says_sandboxed", preflight(`{"sandbox_check_self": {"sandboxed": false}, "apply_report": {"err_class": "already_sandboxed"}, "apply_ok": false}`),
			none, reasons{bundle.AlreadySandboxed, bundle.ApplyFailed}},
		{"sandboxed_by_case_mac", both(mac, preflight(`{"sandbox_check_self": {"sandboxed": true, "Sandboxed": false}, "apply_ok": true}`)), none, reasons{bundle.AlreadySandboxed}},
		{"sandboxed_mac", both(mac, preflight(`{"sandbox_check_self": {"rc": 1, "sandboxed": true}, "apply_ok": true}`)), none, reasons{bundle.AlreadySandboxed}},

		{"failed", func(r *run) { r.fail = errors.New("worker lost") }, none, reasons{bundle.BundleFailed}},
		{"failed_status", func(r *run) { r.status = bundle.StatusFailed }, none, reasons{bundle.BundleFailed}},
		{"summary_failed", func(r *run) { r.summary.Status = bundle.StatusFailed }, none, reasons{bundle.BundleFailed}},
		{"incomplete", func(r *run) { r.fail, r.expect = errors.New("worker lost"), []string{"fixtures.json"} }, none,
			reasons{bundle.BundleFailed, bundle.BundleIncomplete}},
		{"index_partial", func(*run) {}, func(t *testing.T, dir string) {
			replaceIn(t, `"status": "ok"`, `"status": "partial"`, dir, bundle.IndexFile)
		}, reasons{bundle.BundleIncomplete}},
		{"dry", func(r *run) {
			r.status, r.manifest.DryRun, r.summary.DryRun, r.summary.Status = bundle.StatusDry, true, true, bundle.StatusDry
		}, none, reasons{bundle.DryRun}},
		{"dry_by_summary_alone", func(r *run) { r.summary.Status = bundle.StatusDry }, none, reasons{bundle.DryRun}},
		{"no_results", func(r *run) { r.artifacts = r.artifacts[:1] }, none, reasons{bundle.ArtifactsMissing}},
		{"no_summary", func(r *run) { r.summary = nil }, none, reasons{bundle.ArtifactsMissing}},
		{"no_counts", func(r *run) { r.summary.OutcomeCounts = nil }, none, reasons{bundle.ArtifactsMissing}},
		{"nothing_observed", func(r *run) { r.summary.OutcomeCounts["scenario"] = nil }, none, reasons{bundle.ArtifactsMissing}},
		{"no_manifest", func(r *run) { r.manifest = nil }, none, reasons{bundle.ManifestMissing}},

		{"pinned_elsewhere", func(r *run) { r.manifest.WorldPinned = artifact.Some("linux-5.15.0-x86_64-landlock1-ffffffff") }, none, reasons{bundle.WorldMismatch}},
		{"pin_not_said", func(r *run) { r.manifest.WorldPinned = artifact.Opt[string]{} }, none, reasons{bundle.WorldMismatch}},
		{"blocked", outcome("scenario", "blocked"), none, reasons{bundle.ScenarioBlocked}},
		{"unsupported", outcome("scenario", "unsupported"), none, reasons{bundle.ScenarioBlocked}},
		{"blocked_baseline", outcome("baseline", "blocked"), none, reasons{}},
		{"broken", outcome("scenario", "broken"), none, reasons{bundle.EvidenceBroken}},
		{"broken_baseline", outcome("baseline", "broken"), none, reasons{bundle.EvidenceBroken}},

		{"digest_drift", func(*run) {}, func(t *testing.T, dir string) { replaceIn(t, "of", "fo", dir, "baseline_results.json") },
			reasons{bundle.IntegrityUnverified}},
		{"results_drift", func(*run) {}, func(t *testing.T, dir string) { replaceIn(t, "of", "fo", dir, "runtime_results.json") },
			reasons{bundle.IntegrityUnverified, bundle.ArtifactsMissing}},
		// What an unverified manifest says is nobody's word, for or against.
		{"manifest_drift", func(*run) {}, func(t *testing.T, dir string) { replaceIn(t, "spawn_clean", "spawn_dirty", dir, bundle.ManifestFile) },
			reasons{bundle.IntegrityUnverified}},
		{"not_indexed", func(*run) {}, func(t *testing.T, dir string) {
			replaceIn(t, "out/r1/runtime_results.json", "elsewhere/r2/runtime_results.json", dir, bundle.IndexFile)
		}, reasons{bundle.IntegrityUnverified, bundle.ArtifactsMissing}},
		{"no_status", func(*run) {}, func(t *testing.T, dir string) { remove(t, dir, bundle.StatusFile) },
			reasons{bundle.IntegrityUnverified, bundle.RunStatusMissing}},
		{"no_index", func(*run) {}, func(t *testing.T, dir string) { remove(t, dir, bundle.IndexFile) },
			reasons{bundle.IntegrityUnverified, bundle.ArtifactsMissing}},
		{"in_progress", func(*run) {}, func(t *testing.T, dir string) {
			remove(t, dir, bundle.IndexFile)
			remove(t, dir, bundle.ManifestFile)
			replaceIn(t, `"complete"`, `"in_progress"`, dir, bundle.StatusFile)
		}, reasons{bundle.BundleInProgress, bundle.IntegrityUnverified, bundle.ArtifactsMissing, bundle.ManifestMissing}},
	}
	seen := map[bundle.Reason]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			r := newRun("r1")
			tt.change(r)
			dir := r.write(t, out)
			tt.damage(t, dir)
			path := filepath.Join(out, "promotion_packet.json")
			p, err := bundle.Emit(dir, path, false)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, p.Promotability.Reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if p.Promotability.PromotableDecisionStage != (len(tt.want) == 0) {
				t.Errorf("promotable = %v with %v", p.Promotability.PromotableDecisionStage, tt.want)
			}
			for _, reason := range tt.want {
				seen[reason] = true
			}
			loaded, err := bundle.LoadPacket(path)
			if err != nil || !slices.Equal(loaded.Promotability.Reasons, tt.want) {
				t.Errorf("LoadPacket = %+v, %v", loaded, err)
			}
			// What loads gives the same, and what is relied on must.
			if b, err := bundle.Load(dir); err == nil {
				if diff := cmp.Diff(p.Promotability, b.Promotability()); diff != "" {
					t.Errorf("Bundle.Promotability (-emitted +got):\n%s", diff)
				}
			} else if len(tt.want) == 0 {
				t.Errorf("promotable, and Load = %v", err)
			}
			if b, err := loaded.OpenPromotable(); (err == nil) != (len(tt.want) == 0) {
				t.Errorf("OpenPromotable = %v, %v", b, err)
			}

			strict := filepath.Join(t.TempDir(), "strict.json")
			_, err = bundle.Emit(dir, strict, true)
			_, written := os.Lstat(strict)
			var not *bundle.NotPromotableError
			switch {
			case len(tt.want) == 0 && (err != nil || written != nil):
				t.Errorf("strict Emit = %v, file %v", err, written)
			case len(tt.want) > 0 && (!errors.As(err, &not) || !slices.Equal(not.Reasons, tt.want) || !errors.Is(written, fs.ErrNotExist)):
				t.Errorf("strict Emit = %v, file %v, want a *NotPromotableError with %v and no file", err, written, tt.want)
			}
		})
	}
	for _, reason := range []bundle.Reason{
		bundle.ManifestMissing, bundle.RunStatusMissing, bundle.BundleInProgress, bundle.NotCleanChannel, bundle.ApplyPreflightMissing,
		bundle.AlreadySandboxed, bundle.ApplyFailed, bundle.IntegrityUnverified, bundle.BundleFailed, bundle.BundleIncomplete,
		bundle.ArtifactsMissing, bundle.WorldMismatch, bundle.ScenarioBlocked, bundle.EvidenceBroken, bundle.DryRun,
	} {
		if !seen[reason] {
			t.Errorf("no row gives %s", reason)
		}
	}
}

func TestPacketText(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r := newRun("r1")
	r.artifacts = append(r.artifacts, "path_witnesses.json", "fixtures.json", "mismatch_packets.jsonl")
	dir := r.write(t, out)
	path := filepath.Join(out, "promotion_packet.json")
	p, err := bundle.Emit(out, path, true)
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "schema_version": "runtime-tools.promotion_packet.v0.2",
  "run_manifest": "r1/run_manifest.json",
  "expected_matrix": "r1/expected_matrix.json",
  "runtime_results": "r1/runtime_results.json",
  "runtime_events": "r1/runtime_events.normalized.json",
  "baseline_results": "r1/baseline_results.json",
  "mismatch_packets": "r1/mismatch_packets.jsonl",
  "summary": "r1/summary.json",
  "promotability": {
    "promotable_decision_stage": true,
    "reasons": [],
    "gating_inputs": {
      "channel": "spawn_clean",
      "apply_preflight_present": true,
      "apply_ok": true,
      "sandbox_check_self": {
        "source": "landlock_layer_count",
        "sandboxed": false,
        "layers": 0
      }
    }
  },
  "path_witnesses": "r1/path_witnesses.json",
  "fixtures": "r1/fixtures.json",
  "run_id": "r1",
  "world_id": "` + linuxWorld + `",
  "artifact_index": {
    "path": "r1/artifact_index.json",
    "sha256": "` + bundle.DigestOf([]byte(read(t, dir, bundle.IndexFile))).String() + `"
  },
  "selection": {
    "planned": 3,
    "run": 3,
    "skipped": 0,
    "label_filter": "",
    "by_lane": {
      "scenario": {
        "planned": 3,
        "run": 3,
        "skipped": 0
      }
    }
  }
}`
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Errorf("packet (-want +got):\n%s", diff)
	}
	if got := p.Path(p.RunManifest); got != filepath.Join(dir, bundle.ManifestFile) {
		t.Errorf("Path = %s", got)
	}
	left, err := filepath.Glob(filepath.Join(out, ".*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestPacketAndBundleMoveTogether(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	newRun("r1").write(t, out)
	if _, err := bundle.Emit(out, filepath.Join(out, "p.json"), true); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(out, moved); err != nil {
		t.Fatal(err)
	}
	p, err := bundle.LoadPacket(filepath.Join(moved, "p.json"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := p.Open(); err != nil || b.Dir != filepath.Join(moved, "r1") {
		t.Errorf("Open = %v, %v", b, err)
	}

	// Beside the bundle, not above it: absolute.
	away := filepath.Join(t.TempDir(), "sub", "p.json")
	if p, err = bundle.Emit(moved, away, true); err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(moved, "r1", bundle.ManifestFile); p.RunManifest != want {
		t.Errorf("run_manifest = %s, want %s", p.RunManifest, want)
	}
	if _, err := p.Open(); err != nil {
		t.Error(err)
	}

	// Committed anew under the same name.
	if err := os.RemoveAll(filepath.Join(moved, "r1")); err != nil {
		t.Fatal(err)
	}
	r := newRun("r1")
	r.summary.MismatchCounts["unexpected_allow"] = 1
	r.write(t, moved)
	var bad *bundle.IntegrityError
	if _, err := p.Open(); !errors.As(err, &bad) {
		t.Errorf("Open of a bundle made anew = %v, want an *IntegrityError", err)
	}
}

func TestEmitWithoutBundle(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "p.json")
	if _, err := bundle.Emit(dir, path, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Emit = %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("packet file: %v, want none", err)
	}
	out := filepath.Join(dir, "out")
	newRun("r1").write(t, out)
	put(t, "", dir, "file")
	if _, err := bundle.Emit(out, filepath.Join(dir, "file", "p.json"), false); err == nil {
		t.Error("Emit below a file gave no error")
	}
}

func TestLoadPacketRefuses(t *testing.T) {
	good := `{"schema_version": "runtime-tools.promotion_packet.v0.2", "run_manifest": "m", "expected_matrix": "e", "runtime_results": "r",
 "runtime_events": "v", "promotability": {"promotable_decision_stage": true, "reasons": []}}`
	tests := map[string]struct {
		old, new string
		ok       bool
	}{
		"as_it_is":          {"", "", true},
		"older":             {"runtime-tools.promotion_packet.v0.2", "hardened-runtime.promotion_packet.v0.1", true},
		"newer_key":         {`"runtime_results"`, `"added_later": 1, "runtime_results"`, true},
		"no_schema":         {`"schema_version"`, `"schema"`, false},
		"other_document":    {"promotion_packet", "summary", false},
		"other_family":      {"runtime-tools.", "someone.", false},
		"major":             {"v0.2", "v1.0", false},
		"no_results":        {`"runtime_results": "r"`, `"runtime_results": ""`, false},
		"no_promotability":  {`"promotability"`, `"promotable"`, false},
		"null_promotable":   {"true", "null", false},
		"text_promotable":   {"true", `"true"`, false},
		"contradiction":     {`"reasons": []`, `"reasons": ["bundle_failed"]`, false},
		"promotable_twice":  {`"promotable_decision_stage": true`, `"promotable_decision_stage": false, "promotable_decision_stage": true`, false},
		"two_verdicts":      {`"promotability"`, `"Promotability": {"promotable_decision_stage": false}, "promotability"`, false},
		"two_verdicts_fold": {`"schema_version"`, `"\u017fchema_version": "x", "schema_version"`, false},
		"trailing":          {`"reasons": []}}`, `"reasons": []}} {}`, false},
		"empty":             {good, "", false},
		"array":             {good, "[]", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "p.json")
			put(t, strings.ReplaceAll(good, tt.old, tt.new), path)
			if tt.old == "" {
				put(t, good, path)
			}
			p, err := bundle.LoadPacket(path)
			if (err == nil) != tt.ok {
				t.Errorf("LoadPacket = %+v, %v, want ok %v", p, err, tt.ok)
			}
		})
	}
}

func TestReferencePromotability(t *testing.T) {
	root := filepath.Join(referenceBundles(t), "anchor-filter-map.iokit-class")
	real, err := bundle.LoadPacket(filepath.Join(root, "anchor-filter-map.iokit-class.promotion_packet.json"))
	if err != nil {
		t.Fatal(err)
	}
	ours, err := bundle.Emit(root, filepath.Join(t.TempDir(), "p.json"), true)
	if err != nil {
		t.Fatal(err)
	}
	text := func(p bundle.Promotability) string {
		out, err := canon.Marshal(p, canon.Indented)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if diff := cmp.Diff(text(real.Promotability), text(ours.Promotability)); diff != "" {
		t.Errorf("promotability (-real +ours):\n%s", diff)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(read(t, root, "anchor-filter-map.iokit-class.promotion_packet.json")), &raw); err != nil {
		t.Fatal(err)
	}
	mine, err := json.Marshal(ours)
	if err != nil {
		t.Fatal(err)
	}
	for key := range raw {
		if !strings.Contains(string(mine), `"`+key+`":`) {
			t.Errorf("our packet lacks %s", key)
		}
	}
}
