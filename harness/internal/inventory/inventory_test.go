package inventory

import (
	"bytes"
	"errors"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

const here, elsewhere = "linux-6-x86_64-landlock7-00000000", "linux-5-x86_64-landlock1-00000000"

func openTree(t testing.TB, files map[string]string) *Tree {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

// A run is of an older plan only if it is of none that the tree has under its id,
// and that can be told.
func TestCompare(t *testing.T) {
	one, two, none := bundle.Digest{1}, bundle.Digest{2}, bundle.Digest{}
	now := &Plan{Digest: one, CompiledDigest: one}
	for _, tt := range []struct {
		name           string
		plan, compiled bundle.Digest // of the run
		plans          []*Plan
		want           Comparison
	}{
		{"same", one, one, []*Plan{now}, PlanSame},
		{"another_plan", two, one, []*Plan{now}, PlanOlder},
		{"another_registry", one, two, []*Plan{now}, PlanOlder},
		{"run_of_the_reference", one, none, []*Plan{now}, PlanSame},
		{"run_that_does_not_say", none, none, []*Plan{now}, PlanUnproved},
		{"plan_does_not_load", one, one, []*Plan{{}}, PlanUnproved},
		{"plan_does_not_compile", one, one, []*Plan{{Digest: one}}, PlanUnproved},
		{"another_plan_that_does_not_compile", two, one, []*Plan{{Digest: one}}, PlanOlder},
		{"no_plan", one, one, nil, PlanGone},
		{"one_of_two", one, one, []*Plan{{Digest: two, CompiledDigest: two}, now}, PlanSame},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (&Run{PlanDigest: tt.plan, CompiledDigest: tt.compiled}).compare(tt.plans); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// What was seen in another world proves nothing here, and in a world that cannot
// be told nothing is said to have been run or not.
func TestPlanStates(t *testing.T) {
	d := bundle.Digest{1}
	run := func(world string, standing bundle.Standing) *Run {
		return &Run{ID: "r", Standing: standing, WorldID: world, PlanID: "p", PlanDigest: d, CompiledDigest: d}
	}
	for _, tt := range []struct {
		name  string
		world string
		plan  Plan
		runs  []*Run
		want  PlanState
		codes []string
	}{
		{"never", here, Plan{}, nil, PlanNeverRun, []string{codePlanNeverRunHere}},
		{"here", here, Plan{}, []*Run{run(here, bundle.StandingCommitted)}, PlanRun, nil},
		{"in_another_world", here, Plan{}, []*Run{run(elsewhere, bundle.StandingCommitted)}, PlanNeverRun, []string{codePlanNeverRunHere}},
		{"dry", here, Plan{}, []*Run{run(here, bundle.StandingDry)}, PlanNeverRun, []string{codePlanNeverRunHere}},
		{"failed", here, Plan{}, []*Run{run(here, bundle.StandingFailed)}, PlanNeverRun, []string{codePlanNeverRunHere}},
		{"of_another_system", here, Plan{Elsewhere: true}, nil, PlanElsewhere, nil},
		{"world_unknown", UnknownWorld, Plan{}, []*Run{run(UnknownWorld, bundle.StandingCommitted)}, PlanUnknown, nil},
		{"does_not_load", here, Plan{Error: "line 1\nline 2"}, nil, PlanUnloadable, []string{codePlanUnloadable}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.plan
			p.Path, p.ID, p.Digest, p.CompiledDigest, p.Suites = "plan.json", "p", d, d, []string{"suites/p"}
			for _, r := range tt.runs {
				r.Here = isHere(r.WorldID, tt.world)
			}
			doc := &Document{WorldID: tt.world, Plans: []*Plan{&p}, Bundles: []*Out{{Path: "out", Runs: tt.runs}}}
			openTree(t, nil).Judge(doc, nil)
			var codes []string
			for _, f := range doc.Stale {
				codes = append(codes, f.Code)
			}
			if diff := cmp.Diff(tt.codes, codes); p.State != tt.want || diff != "" {
				t.Errorf("%s, want %s; codes (-want +got):\n%s", p.State, tt.want, diff)
			}
		})
	}
}

// A plan that cannot be run here covers nothing of this system, whatever names
// for its operations the systems share.
func TestUncovered(t *testing.T) {
	doc := &Document{WorldID: here, Plans: []*Plan{
		{Path: "a/plan.json", PerOp: map[string]int{"fs.execute": 1}},
		{Path: "b/plan.json", PerOp: map[string]int{"file-read*": 1}, Elsewhere: true},
		{Path: "c/plan.json", PerOp: map[string]int{"file-write*": 1}},
	}}
	openTree(t, nil).cover(doc)
	uncovered := doc.Coverage.Uncovered
	for name, want := range map[string]bool{"fs.execute": false, "fs.write_file": false, "fs.read_file": true, "fs.read_dir": true} {
		if got := slices.Contains(uncovered, name); got != want {
			t.Errorf("%s: uncovered is %t, want %t", name, got, want)
		}
	}
	doc.WorldID = UnknownWorld
	openTree(t, nil).cover(doc)
	if c := doc.Coverage; c.Vocabulary != "" || len(c.Uncovered) > 0 || len(c.Operations) != 3 {
		t.Errorf("in a world that cannot be told: %+v", c)
	}
}

func TestHits(t *testing.T) {
	tree := openTree(t, map[string]string{
		"harness/a.go":           "landlock_restrict_self and seccomp",
		"harness/bundle/b.go":    "artifact_index.json",
		"harness/bundle2/c.go":   "seccomp",
		"elsewhere.txt":          "strace",
		"without.txt":            "nothing",
		"harness/out/d.txt":      "seccomp",
		"vendor/e.txt":           "seccomp",
		".git/f":                 "seccomp",
		"a/node_modules/b/g.txt": "seccomp",
		"h.bin":                  "seccomp\x00",
		"large.txt":              "seccomp" + strings.Repeat(" ", maxText),
		"inventory.json":         `{"schema_version": "` + Schema + `", "x": "seccomp"}`,
	})
	found, err := tree.Walk()
	if err != nil {
		t.Fatal(err)
	}
	items, others := tree.Hits(found)
	got := map[string][]string{}
	for _, item := range items {
		for _, hit := range item.Files {
			got[item.ID+" "+hit.Path] = hit.Keywords
		}
	}
	for _, hit := range others {
		got[hit.Path] = hit.Keywords
	}
	want := map[string][]string{
		"harness harness/a.go":         {"landlock_restrict_self", "seccomp"},
		"bundles harness/bundle/b.go":  {"artifact_index.json"},
		"harness harness/bundle2/c.go": {"seccomp"},
		"elsewhere.txt":                {"strace"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(items) != 2 {
		t.Errorf("parts that are not there: %+v", items)
	}
}

func TestWalkIsBounded(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{"a", "b", "c", "d"} {
		files[name] = ""
	}
	tree := openTree(t, files)
	if _, err := tree.walk(5); err != nil {
		t.Errorf("five files and folders: %v", err)
	}
	var large *TooLargeError
	if _, err := tree.walk(4); !errors.As(err, &large) {
		t.Errorf("more than it may have: %v", err)
	}
}

// What people wrote down by hand is in order.
func TestTables(t *testing.T) {
	if !slices.IsSorted(Keywords()) {
		t.Error("keywords are not sorted")
	}
	tiers := []string{tierDecision, tierApply, tierTracing, tierMapping, tierTooling, tierLogs}
	last := ""
	for _, p := range knownParts() {
		if p.ID <= last || !slices.Contains(tiers, p.EvidenceTier) || p.Description == "" {
			t.Errorf("part %+v after %q", p, last)
		}
		last = p.ID
	}
	last = ""
	for _, e := range Tools() {
		if e.ID <= last || !strings.HasPrefix(e.URL, "https://") || e.Relevance == "" {
			t.Errorf("tool %+v after %q", e, last)
		}
		last = e.ID
	}
}

// Whatever stands in a suite's files, what is read of them is a plan's path and
// ids, and the path is in plainest form.
func FuzzSuite(f *testing.F) {
	f.Add([]byte("// Code generated by rtgen compile --plan plans/a/plan.json; DO NOT EDIT.\n\nPlan: \"../../plans/a/plan.json\",\n"), []byte(`{"plan_id": "a"}`))
	f.Add([]byte("// Code generated by rtgen compile --plan /; DO NOT EDIT.\n"), []byte(`{`))
	f.Add([]byte("Plan: \"\\xff\\u0000\","), []byte(``))
	f.Fuzz(func(t *testing.T, source, compiled []byte) {
		s := parseSuite("s", compiled, source)
		if s.Plan != "" && path.Clean(s.Plan) != s.Plan {
			t.Errorf("plan %q", s.Plan)
		}
		if _, err := canon.Marshal(s, canon.Indented); err != nil {
			t.Errorf("it cannot be written: %v", err)
		}
	})
}

// An index of mappings is read or refused, and leads to nothing outside.
func FuzzMapping(f *testing.F) {
	digest := strings.Repeat("0", 64)
	f.Add([]byte(`{"schema_version": "rtgen.mapping_index.v0.1", "sets": [{"world_id": "w", "path": "."}], "packets": [{"path": "p.json", "sha256": "` + digest + `"}], "files": [`))
	f.Add([]byte(`{"schema_version": "rtgen.mapping_index.v0.1", "sets": [{"path": "../x"}]}`))
	f.Add([]byte(`{"schema_version": "rtgen.mapping_index.v0.1", "sets": [{"path": "."}], "packets": [{"path": "/etc/passwd", "sha256": "` + digest + `"}]}`))
	f.Add([]byte(`[]`))
	tree := openTree(f, nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		index, err := readMappingIndex(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, set := range index.sets {
			if !filepath.IsLocal(filepath.FromSlash(set.Path)) {
				t.Errorf("set %q", set.Path)
			}
		}
		for _, p := range index.packets {
			row := tree.mappedPacket(p)
			if row.Path != "" && !filepath.IsLocal(filepath.FromSlash(row.Path)) || row.State == "same" {
				t.Errorf("packet %+v", row)
			}
		}
	})
}
