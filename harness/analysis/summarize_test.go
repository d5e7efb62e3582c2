package analysis_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
	"github.com/rtgen/rtgen/harness/schema"
)

// oneRun makes a bundle with a match, and with whatever else was seen, in out/
// under root.
func oneRun(t testing.TB, root string, spec made.BundleSpec, seen ...made.Seen) (packet string) {
	t.Helper()
	probe := func(name string, seen made.Seen) made.Probe {
		return made.Probe{Name: name, Operation: "fs.read_file", Target: "/t", Expected: "deny", Scenario: seen, Baseline: made.Allow}
	}
	profile := made.Profile{ID: "p", Probes: []made.Probe{probe("denied", made.Deny)}}
	for _, s := range seen {
		profile.Probes = append(profile.Probes, probe(string(s), s))
	}
	spec.Profiles = []made.Profile{profile}
	packet, err := made.WriteBundle(filepath.Join(root, "out"), spec)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// holds proves that a summary is what its schema says, and that its inputs are
// files under root with the digests that it gives them.
func holds(t *testing.T, root string, s *analysis.OpSummary) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ops.json")
	if err := s.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	valid(t, "op_runtime_summary", read(t, file))
	for _, input := range s.Meta.Inputs {
		if filepath.IsAbs(input) {
			t.Errorf("input %s is not named from the root", input)
		}
		if want := bundle.DigestOf([]byte(read(t, root, input))).String(); s.Meta.InputHashes[input] != want {
			t.Errorf("the hash of %s is %s, want %s", input, s.Meta.InputHashes[input], want)
		}
	}
	if keys := slices.Sorted(maps.Keys(s.Meta.InputHashes)); !slices.Equal(keys, slices.Sorted(slices.Values(s.Meta.Inputs))) {
		t.Errorf("hashes of %q, inputs %q", keys, s.Meta.Inputs)
	}
}

// valid proves that a document is what its schema says.
func valid(t *testing.T, name, doc string) {
	t.Helper()
	findings, err := schema.Validate("runtime-tools."+name+".v0.1", []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Errorf("%s: %s: %s", name, f.ID, f.Msg)
	}
}

func TestSummarizeBundle(t *testing.T) {
	root := t.TempDir()
	packet := oneRun(t, root, made.BundleSpec{}, made.Allow, made.Undecided, made.NotWitnessed, made.Blocked, made.BlockedApply, made.Broken)
	out := filepath.Dir(packet)
	s, err := analysis.SummarizeBundle(out, analysis.SummarizeOptions{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, root, s)
	if diff := cmp.Diff([]string{"out/run-1/runtime_events.normalized.json", "out/run-1/run_manifest.json"}, s.Meta.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if m := s.Meta; m.WorldID != made.LinuxWorld || !slices.Equal(m.SourceJobs, []string{"runtime_bundle"}) || m.Notes != "" || m.Status != analysis.HealthPartial {
		t.Errorf("meta is %+v", m)
	}
	r := s.Ops[0].Value
	got := []int{r.Probes, r.Matches, r.Mismatches, r.Undecided, r.Unobserved, r.Blocked.Total, r.ProbesWithBlocked}
	if diff := cmp.Diff([]int{4, 1, 1, 2, 1, 2, 7}, got); diff != "" || len(s.Ops) != 1 || r.OpID == nil {
		t.Errorf("%d operations, the first with op_id %v and sums (-want +got):\n%s", len(s.Ops), r.OpID, diff)
	}
	if b, err := analysis.SummarizeBundle(filepath.Join(out, "run-1"), analysis.SummarizeOptions{Root: root}); err != nil || !cmp.Equal(s, b) {
		t.Errorf("the run folder gives another summary than the out folder: %v\n%s", err, cmp.Diff(s, b))
	}
	// A bundle of elsewhere is named by its own path.
	if s, err = analysis.SummarizeBundle(out, analysis.SummarizeOptions{Root: t.TempDir()}); err != nil || s.Meta.Inputs[0] != filepath.ToSlash(filepath.Join(out, "run-1", artifact.RuntimeEventsFile)) {
		t.Errorf("from another root: %v, %v", s, err)
	}
}

// What is not what was committed is refused, and taken only when asked for; then
// nothing in the summary reads as if it were evidence.
func TestSummarizeUnverified(t *testing.T) {
	root := t.TempDir()
	packet := oneRun(t, root, made.BundleSpec{})
	run := filepath.Join(filepath.Dir(packet), "run-1")
	good, err := analysis.SummarizeBundle(run, analysis.SummarizeOptions{Root: root})
	if err != nil || good.Ops[0].Value.CoverageStatus != analysis.HealthOK {
		t.Fatalf("the whole bundle: %+v, %v", good, err)
	}
	put(t, read(t, run, artifact.RuntimeResultsFile)+" ", run, artifact.RuntimeResultsFile)
	var bad *bundle.IntegrityError
	if s, err := analysis.SummarizeBundle(run, analysis.SummarizeOptions{Root: root}); !errors.As(err, &bad) {
		t.Errorf("a changed bundle: %+v, %v", s, err)
	}
	unverified := analysis.SummarizeOptions{Root: root, Unverified: true}
	s, err := analysis.SummarizeBundle(run, unverified)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, root, s)
	if !strings.Contains(s.Meta.Notes, "not verified") {
		t.Errorf("the notes do not say that it was not verified: %q", s.Meta.Notes)
	}
	if r := s.Ops[0].Value; s.Meta.Status == analysis.HealthOK || r.CoverageStatus != analysis.HealthPartial || r.Matches != 1 {
		t.Errorf("status %s, operation %+v", s.Meta.Status, r)
	}
	if !cmp.Equal(s.Meta.Inputs, good.Meta.Inputs) || !cmp.Equal(s.Meta.InputHashes, good.Meta.InputHashes) {
		t.Errorf("inputs (-verified +unverified):\n%s", cmp.Diff(good.Meta, s.Meta))
	}

	// The world is the manifest's, else the events'.
	put(t, strings.ReplaceAll(read(t, run, bundle.ManifestFile), made.LinuxWorld, made.MacWorld), run, bundle.ManifestFile)
	if s, err := analysis.SummarizeBundle(run, unverified); !errors.As(err, &bad) || !strings.Contains(err.Error(), made.LinuxWorld) || !strings.Contains(err.Error(), made.MacWorld) {
		t.Errorf("events of another world than the manifest's: %+v, %v", s, err)
	}
	if err := os.Remove(filepath.Join(run, bundle.ManifestFile)); err != nil {
		t.Fatal(err)
	}
	if s, err := analysis.SummarizeBundle(run, unverified); err != nil || s.Meta.WorldID != made.LinuxWorld || len(s.Meta.Inputs) != 1 {
		t.Errorf("without a manifest: %+v, %v", s, err)
	}
	put(t, "[]", run, artifact.RuntimeEventsFile)
	if s, err := analysis.SummarizeBundle(run, unverified); !errors.As(err, &bad) {
		t.Errorf("without a world: %+v, %v", s, err)
	}
	put(t, "[{}", run, artifact.RuntimeEventsFile)
	if s, err := analysis.SummarizeBundle(run, unverified); !errors.As(err, &bad) || strings.Count(err.Error(), artifact.RuntimeEventsFile) != 1 {
		t.Errorf("torn events: %+v, %v", s, err)
	}
	if err := os.Remove(filepath.Join(run, artifact.RuntimeEventsFile)); err != nil {
		t.Fatal(err)
	}
	if s, err := analysis.SummarizeBundle(run, unverified); !errors.As(err, &bad) || !bad.Has(bundle.FileMissing) {
		t.Errorf("without events: %+v, %v", s, err)
	}
}

// A run that observed nothing has nothing to sum up.
func TestSummarizeNothing(t *testing.T) {
	st, err := bundle.Create(filepath.Join(t.TempDir(), "out"), bundle.Options{
		RunID: "r1", WorldID: linuxWorld, Channel: "direct", PlanID: "p", PlanDigest: strings.Repeat("ab", 32), Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Commit(bundle.StatusDry); err != nil {
		t.Fatal(err)
	}
	var bad *bundle.IntegrityError
	if s, err := analysis.SummarizeBundle(st.Dir(), analysis.SummarizeOptions{}); !errors.As(err, &bad) || !bad.Has(bundle.FileMissing) {
		t.Errorf("SummarizeBundle = %+v, %v", s, err)
	}
}

func TestSummarizePacket(t *testing.T) {
	root := t.TempDir()
	packet := oneRun(t, root, made.BundleSpec{})
	options := analysis.SummarizeOptions{Root: root}
	s, err := analysis.SummarizePacket(packet, options)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, root, s)
	if m := s.Meta; !slices.Equal(m.SourceJobs, []string{"promotion_packet"}) || m.Notes != "" {
		t.Errorf("meta is %+v", m)
	}
	if diff := cmp.Diff([]string{"out/promotion_packet.json", "out/run-1/runtime_events.normalized.json"}, s.Meta.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}

	var not *bundle.NotPromotableError
	var bad *bundle.IntegrityError
	var request *bundle.RequestError
	direct := oneRun(t, t.TempDir(), made.BundleSpec{Channel: "direct"})
	if s, err := analysis.SummarizePacket(direct, options); !errors.As(err, &not) {
		t.Errorf("of a channel that is not clean: %+v, %v", s, err)
	}
	s, err = analysis.SummarizePacket(direct, analysis.SummarizeOptions{AllowNonpromotable: true})
	if err != nil || s.Meta.Notes != "not promotable: not_clean_channel" {
		t.Errorf("allowed: %+v, %v", s, err)
	}

	// Somebody who wants to be believed changes the packet alone.
	yes := strings.NewReplacer(`"promotable_decision_stage": false`, `"promotable_decision_stage": true`, "[\n      \"not_clean_channel\"\n    ]", "[]")
	put(t, yes.Replace(read(t, direct)), direct)
	if p, err := bundle.LoadPacket(direct); err != nil || !p.Promotability.PromotableDecisionStage {
		t.Fatalf("the forged packet: %+v, %v", p, err)
	}
	if s, err := analysis.SummarizePacket(direct, options); !errors.As(err, &not) {
		t.Errorf("a forged yes: %+v, %v", s, err)
	}
	if s, err = analysis.SummarizePacket(direct, analysis.SummarizeOptions{AllowNonpromotable: true}); err != nil || s.Meta.Notes != "not promotable: not_clean_channel" {
		t.Errorf("a forged yes, allowed: %+v, %v", s, err)
	}
	// Or an observation, and every digest that follows from it.
	err = made.ForgeEvents(packet, func(events []artifact.Event) []artifact.Event {
		events[0].WorldID = made.MacWorld
		return events
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := analysis.SummarizePacket(packet, options); !errors.As(err, &bad) || !bad.Has(bundle.BadDocument) {
		t.Errorf("an observation of another world: %+v, %v", s, err)
	}
	again := oneRun(t, t.TempDir(), made.BundleSpec{})
	file := filepath.Join(filepath.Dir(again), "run-1", artifact.RuntimeEventsFile)
	put(t, strings.Replace(read(t, file), `"deny"`, `"allow"`, 1), file)
	if s, err := analysis.SummarizePacket(again, options); !errors.As(err, &bad) {
		t.Errorf("a changed bundle: %+v, %v", s, err)
	}
	if s, err := analysis.SummarizePacket(file, options); !errors.As(err, &request) {
		t.Errorf("what is no packet: %+v, %v", s, err)
	}
	if s, err := analysis.SummarizePacket(filepath.Join(root, "nothing.json"), options); !errors.Is(err, os.ErrNotExist) || errors.As(err, &request) {
		t.Errorf("no file: %+v, %v", s, err)
	}
}

// A packet of the older generation names no index, and its paths start from its
// repository.
func TestSummarizePacketFromRepository(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "suites", "notes", "out"), os.DirFS(filepath.Join("..", "bundle", "testdata", "older"))); err != nil {
		t.Fatal(err)
	}
	packet := filepath.Join(root, "suites", "notes", "out", "notes.promotion_packet.json")
	s, err := analysis.SummarizePacket(packet, analysis.SummarizeOptions{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, root, s)
	if !strings.Contains(s.Meta.Notes, "names no artifact index") {
		t.Errorf("the notes do not say what binds packet and bundle: %q", s.Meta.Notes)
	}
	if diff := cmp.Diff([]string{"suites/notes/out/notes.promotion_packet.json", "suites/notes/out/older-run-1/runtime_events.normalized.json"}, s.Meta.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if s, err := analysis.SummarizePacket(packet, analysis.SummarizeOptions{Root: t.TempDir()}); err == nil {
		t.Errorf("from another root: %+v", s)
	}
}

// Bundles that the reference system made, and its packet.
func TestSummarizeReference(t *testing.T) {
	bundles := referenceBundles(t)
	runs, err := filepath.Glob(filepath.Join(bundles, "*", "*", bundle.IndexFile))
	if err != nil || len(runs) != 4 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for _, run := range runs {
		s, err := analysis.SummarizeBundle(filepath.Dir(run), analysis.SummarizeOptions{Root: bundles})
		if err != nil {
			t.Error(err)
			continue
		}
		holds(t, bundles, s)
		for _, op := range s.Ops {
			// What they observed has a decision whenever it counts, so the rules of
			// their own system give the same.
			want := analysis.HealthPartial
			if op.Value.Mismatches == 0 {
				want = analysis.HealthOK
			}
			if r := op.Value; r.Probes == 0 || r.Undecided != 0 || r.OpID == nil || r.CoverageStatus != want {
				t.Errorf("%s: %s is %+v", run, op.Key, r)
			}
		}
	}

	const name = "anchor-filter-map.iokit-class"
	packet := read(t, bundles, name, name+".promotion_packet.json")
	var doc struct {
		RunManifest string `json:"run_manifest"`
	}
	if err := artifact.Decode([]byte(packet), &doc); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	run := filepath.Dir(filepath.FromSlash(doc.RunManifest))
	if err := os.CopyFS(filepath.Join(root, run), os.DirFS(filepath.Join(bundles, name, filepath.Base(run)))); err != nil {
		t.Fatal(err)
	}
	file := put(t, packet, root, "packets", "p.json")
	s, err := analysis.SummarizePacket(file, analysis.SummarizeOptions{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, root, s)
	if r := s.Ops[0].Value; len(s.Ops) != 1 || r.OpName != "iokit-open-service" || r.Probes != 8 || r.Matches != 4 || r.Mismatches != 4 || len(r.MismatchDetails) != 4 {
		t.Errorf("%d operations, the first %+v", len(s.Ops), r)
	}
}
