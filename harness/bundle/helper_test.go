package bundle_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

const (
	linuxWorld = "linux-6.18.0-x86_64-landlock7-0123abcd"
	macWorld   = "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5"
)

func options(id string) bundle.Options {
	return bundle.Options{
		RunID: id, WorldID: linuxWorld, Channel: "spawn_clean", PlanID: "demo.v1", PlanDigest: strings.Repeat("ab", 32),
		Now: func() time.Time { return time.UnixMicro(1767459285_070000) },
	}
}

// run is a whole run's documents; tests change what they are about.
type run struct {
	opts      bundle.Options
	manifest  *bundle.RunManifest
	summary   *bundle.Summary
	preflight string // of the manifest; empty: null
	artifacts []string
	expect    []string
	status    bundle.Status
	fail      error // instead of Commit
}

func newRun(id string) *run {
	o := options(id)
	vacuous := 0
	return &run{
		opts: o,
		manifest: &bundle.RunManifest{
			SchemaVersion: bundle.SchemaManifest, RunID: id, WorldID: o.WorldID, Channel: o.Channel, PlanID: o.PlanID, PlanDigest: o.PlanDigest,
			CompiledDigest: strings.Repeat("cd", 32), RepoRootContext: ".", OutputRoot: "out/" + id, WorldPinned: artifact.Null[string](), World: json.RawMessage(`{"os":"linux"}`),
			Selection: &bundle.Selection{Planned: 3, Run: 3, ByLane: map[string]bundle.Count{"scenario": {Planned: 3, Run: 3}}},
			Toolchain: &bundle.Toolchain{Version: "v1.2.3", Go: "go1.26", BinarySHA256: strings.Repeat("ef", 32)},
		},
		summary: &bundle.Summary{
			SchemaVersion: bundle.SchemaSummary, WorldID: o.WorldID, RunID: id, Status: bundle.StatusOK, PlanID: o.PlanID, PlanDigest: o.PlanDigest,
			Channel: o.Channel, Lanes: bundle.SummaryLanes{{Key: "baseline", Value: true}, {Key: "scenario", Value: true}, {Key: "oracle"}}, MismatchCounts: map[string]int{},
			OutcomeCounts: map[string]map[string]int{"scenario": {"allowed": 2, "denied": 1}, "baseline": {"allowed": 3}}, Vacuous: &vacuous,
		},
		preflight: `{"sandbox_check_self": {"source": "landlock_layer_count", "sandboxed": false, "layers": 0}, "status": "ok", "apply_ok": true}`,
		artifacts: []string{"expected_matrix.json", "runtime_results.json", "runtime_events.normalized.json", "baseline_results.json"},
		status:    bundle.StatusOK,
	}
}

// observe sets how often a lane had an outcome, with what goes with it.
func (r *run) observe(lane, outcome string, times int) {
	r.summary.OutcomeCounts[lane][outcome] = times
	n := len(outcomes(r.summary.OutcomeCounts["scenario"]))
	planned := max(n, len(outcomes(r.summary.OutcomeCounts["baseline"])))
	r.manifest.Selection = &bundle.Selection{
		Planned: planned, Run: n, Skipped: planned - n,
		ByLane: map[string]bundle.Count{"scenario": {Planned: planned, Run: n, Skipped: planned - n}},
	}
	if lane != "scenario" {
		return
	}
	if times > 0 && decided[outcome] == nil {
		r.end(bundle.StatusPartial)
	}
}

func (r *run) end(status bundle.Status) { r.status, r.summary.Status = status, status }

// observeNothing takes the artifacts of both lanes with what was observed.
func (r *run) observeNothing() {
	r.artifacts = r.artifacts[:1]
	r.summary.OutcomeCounts = map[string]map[string]int{}
	r.manifest.Selection = &bundle.Selection{}
}

// write makes the run folder and returns it.
func (r *run) write(t testing.TB, out string) string {
	t.Helper()
	st, err := bundle.Create(out, r.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	document := func(name, schema string, v any) {
		t.Helper()
		data, err := canon.Marshal(v, canon.Indented)
		must(err)
		must(st.Write(name, &schema, data))
	}
	if r.manifest != nil {
		if r.preflight != "" {
			r.manifest.ApplyPreflight = &bundle.PreflightRecord{Path: "apply_preflight.json", Record: json.RawMessage(r.preflight)}
		}
		document(bundle.ManifestFile, bundle.SchemaManifest, r.manifest)
	}
	if r.summary != nil {
		r.summary.Channel = r.opts.Channel
	}
	docs := r.documents(t)
	for _, name := range r.artifacts {
		must(st.Write(name, nil, []byte(docs[name])))
	}
	if r.summary != nil {
		document(bundle.SummaryFile, bundle.SchemaSummary, r.summary)
	}
	st.Expect(r.expect...)
	if r.fail != nil {
		must(st.Fail(r.fail))
	} else {
		must(st.Commit(r.status))
	}
	return st.Dir()
}

func read(t testing.TB, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func put(t testing.TB, text string, path ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(path...), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func replaceIn(t testing.TB, old, new string, path ...string) {
	t.Helper()
	text := read(t, path...)
	if !strings.Contains(text, old) {
		t.Fatalf("%s does not hold %q:\n%s", filepath.Join(path...), old, text)
	}
	put(t, strings.ReplaceAll(text, old, new), path...)
}

// sealAnew gives the index the digests of what now lies in the folder, as a
// forger would who changes a document and the index with it.
func sealAnew(t testing.TB, dir string) {
	t.Helper()
	var index bundle.Index
	if err := json.Unmarshal([]byte(read(t, dir, bundle.IndexFile)), &index); err != nil {
		t.Fatal(err)
	}
	for i := range index.Artifacts {
		data := read(t, dir, filepath.Base(index.Artifacts[i].Path))
		index.Artifacts[i].FileSize = int64(len(data))
		index.Artifacts[i].SHA256 = bundle.DigestOf([]byte(data))
	}
	data, err := canon.Marshal(index, canon.Indented)
	if err != nil {
		t.Fatal(err)
	}
	put(t, string(data), dir, bundle.IndexFile)
}

// referenceBundles finds real bundles kept beside the repository.
func referenceBundles(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
	root := filepath.Join(dir, "..", "shared", "reference-bundles")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no real bundles to compare with: %v", err)
	}
	return root
}
