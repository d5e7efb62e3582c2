package harness_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/schema"
	"github.com/rtgen/rtgen/registries"
)

// inventoried is a tree with one of everything: a plan built from a template of
// the tree, the registry that the index has, its suite, a run and its packet. It
// is made with the real thing once and copied for every test.
type inventoried struct {
	t   *testing.T
	dir string
	run string // the run's id
}

const planPath = "plans/small/plan.json"

func newInventoried(t *testing.T) *inventoried {
	t.Helper()
	needLinux(t)
	dir := tree(t, map[string]string{
		"go.mod":                     "module scratch\n",
		"plans/templates/small.json": `{"schema_version": "runtime-tools.plan_template.v0.1", "template_id": "small", "folder": "testdata/small"}`,
		"registries/index.json": `{"schema_version": "runtime-tools.registry_index.v0.1", "registries": [
  {"id": "small", "probes": "plans/small/registry/probes.json", "profiles": "plans/small/registry/profiles.json"}
]}`,
	})
	if err := os.CopyFS(filepath.Join(dir, "testdata/small"), os.DirFS(filepath.Join(repository(t), "testdata/small"))); err != nil {
		t.Fatal(err)
	}
	v := &inventoried{t: t, dir: dir}
	if _, err := (harness.Source{Root: dir}).BuildPlanFromTemplate("small", v.file("plans/small"), harness.BuildOptions{SkipExpectedMatrix: true}); err != nil {
		t.Fatal(err)
	}
	v.compile()
	v.run = v.rerun()
	v.emit("out/small/promotion_packet.json")
	return v
}

func (v *inventoried) file(name string) string { return filepath.Join(v.dir, filepath.FromSlash(name)) }

func (v *inventoried) compile() {
	v.t.Helper()
	c, err := harness.CompilePlan(harness.Source{Root: v.dir}, v.file(planPath))
	if err != nil {
		v.t.Fatal(err)
	}
	files, err := harness.GenerateSuite(c, planPath, "../../"+planPath)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, f := range files {
		v.write("suites/small/"+f.Name, string(f.Data))
	}
}

func (v *inventoried) rerun() string {
	v.t.Helper()
	res, err := harness.RunPlan(v.t.Context(), v.file(planPath), harness.Params{Out: v.file("out/small"), Channel: clean})
	if err != nil {
		v.t.Fatal(err)
	}
	return res.RunID
}

func (v *inventoried) emit(to string) {
	v.t.Helper()
	if _, err := harness.EmitPromotionPacket(v.file("out/small"), v.file(to), true); err != nil {
		v.t.Fatal(err)
	}
}

func (v *inventoried) write(name, content string) {
	v.t.Helper()
	if err := os.MkdirAll(filepath.Dir(v.file(name)), 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(v.file(name), []byte(content), 0o644); err != nil {
		v.t.Fatal(err)
	}
}

// edit replaces what stands in a file; it must stand there.
func (v *inventoried) edit(name, old, new string) {
	v.t.Helper()
	data := readFile(v.t, v.file(name))
	if !bytes.Contains(data, []byte(old)) {
		v.t.Fatalf("%s has no %q:\n%.2000s", name, old, data)
	}
	v.write(name, strings.Replace(string(data), old, new, 1))
}

func (v *inventoried) remove(name string) {
	v.t.Helper()
	if err := os.RemoveAll(v.file(name)); err != nil {
		v.t.Fatal(err)
	}
}

func (v *inventoried) move(from, to string) {
	v.t.Helper()
	if err := os.MkdirAll(filepath.Dir(v.file(to)), 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.Rename(v.file(from), v.file(to)); err != nil {
		v.t.Fatal(err)
	}
}

// again is a copy of the tree. Bundles and packets may be moved together.
func (v *inventoried) again(t *testing.T) *inventoried {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(dir, os.DirFS(v.dir)); err != nil {
		t.Fatal(err)
	}
	return &inventoried{t: t, dir: dir, run: v.run}
}

// inventory is the tree's, which must be what its schema says.
func (v *inventoried) inventory() *harness.RuntimeInventory {
	v.t.Helper()
	out := filepath.Join(v.t.TempDir(), "inventory.json")
	doc, err := harness.BuildRuntimeInventory(v.dir, out)
	if err != nil {
		v.t.Fatal(err)
	}
	checkInventory(v.t, v.dir, readFile(v.t, out))
	return doc
}

// checkInventory holds a document against its schema, and its paths against the
// tree: each is relative, and leads to something unless it is said to be gone.
func checkInventory(t *testing.T, root string, data []byte) {
	t.Helper()
	found, err := schema.Validate(harness.InventorySchema, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("line %d: %s: %s", f.Line, f.ID, f.Msg)
	}
	if bytes.Contains(data, []byte(root)) {
		t.Errorf("it has the absolute path of the root:\n%s", data)
	}
	var doc harness.RuntimeInventory
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range doc.InRepo {
		paths = append(paths, p.Paths...)
		for _, f := range p.Files {
			paths = append(paths, f.Path)
		}
	}
	for _, f := range doc.Stale {
		paths = append(paths, f.Path)
	}
	for _, p := range doc.Plans {
		paths = append(append(paths, p.Path), p.Suites...)
	}
	for _, o := range doc.Bundles {
		paths = append(append(paths, o.Path), o.Packets...)
		for _, r := range o.Runs {
			paths = append(paths, path.Join(o.Path, r.ID))
		}
	}
	for _, name := range paths {
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name))); err != nil || path.IsAbs(name) {
			t.Errorf("path %q: %v", name, err)
		}
	}
}

// codes are the findings as "code path", sorted.
func codes(doc *harness.RuntimeInventory) []string {
	list := []string{}
	for _, f := range doc.Stale {
		list = append(list, f.Code+" "+f.Path)
	}
	slices.Sort(list)
	return list
}

// A tree in which everything is as it should be has nothing stale, and the
// inventory says what covers what.
func TestInventory(t *testing.T) {
	v := newInventoried(t)
	doc := v.inventory()
	if len(doc.Stale) > 0 || doc.IsStale() {
		t.Errorf("stale: %+v", doc.Stale)
	}
	plan := doc.Plans[0]
	if plan.State != "proven_here" || plan.Runs != 1 || plan.LastRun == nil || plan.LastRun.RunID != v.run || plan.Scenarios != 4 || plan.Specs["oracle"] != 4 {
		t.Errorf("plan %+v, last run %+v", plan, plan.LastRun)
	}
	if diff := cmp.Diff([]string{"suites/small"}, plan.Suites); diff != "" || doc.Suites[0].State != "fresh" {
		t.Errorf("suites of the plan (-want +got):\n%s%+v", diff, doc.Suites[0])
	}
	if r := doc.Registries[0]; len(doc.Registries) != 1 || !r.InIndex || !slices.Equal(r.Plans, []string{planPath}) || len(r.UnusedProbes)+len(r.UnusedProfiles) > 0 {
		t.Errorf("registries %+v", r)
	}
	if p := doc.Packets[0]; p.State != "holds" || !p.Promotable || !p.Here || p.PlanID != "small" || p.Bundle != "out/small/"+v.run {
		t.Errorf("packet %+v", p)
	}
	seen := map[string]string{}
	for _, op := range doc.Coverage.Operations {
		data, err := json.Marshal(op.Observed)
		if err != nil {
			t.Fatal(err)
		}
		seen[op.Name] = string(data)
	}
	want := map[string]string{"fs.make_reg": `{"allow":0,"deny":1}`, "fs.read_file": `{"allow":1,"deny":1}`, "fs.write_file": `{"allow":1,"deny":0}`}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
	if u := doc.Coverage.Uncovered; !slices.Contains(u, "net.connect_tcp") || slices.Contains(u, "fs.read_file") {
		t.Errorf("uncovered %v", u)
	}
}

// Nothing but what changed changes: the document that was written into the tree
// is no part of it.
func TestInventoryIsRepeatable(t *testing.T) {
	v := newInventoried(t)
	var first []byte
	for range 3 {
		if _, err := harness.BuildRuntimeInventory(v.dir, v.file("inventory.json")); err != nil {
			t.Fatal(err)
		}
		data := readFile(t, v.file("inventory.json"))
		if first == nil {
			first = data
		}
		if diff := cmp.Diff(string(first), string(data)); diff != "" {
			t.Fatalf("(-first +later):\n%s", diff)
		}
	}
}

// This repository is kept clean: whoever adds a plan adds its suite, and nobody
// leaves a registry, probe or profile behind that nothing uses.
func TestInventoryOfThisRepository(t *testing.T) {
	tree(t, nil) // the environment says nothing about where data is
	root := repository(t)
	out := filepath.Join(t.TempDir(), "inventory.json")
	doc, err := harness.BuildRuntimeInventory(root, out)
	if err != nil {
		t.Fatal(err)
	}
	checkInventory(t, root, readFile(t, out))
	for _, f := range doc.Stale {
		kind, _, _ := strings.Cut(f.Code, "_")
		// What was run here is nobody else's, and may go on while this is looked at.
		evidence := kind == "bundle" || kind == "packet" || kind == "mapping" || f.Code == "plan_never_run_here"
		if !evidence && !slices.Contains(strings.Split(f.Path, "/"), "out") {
			t.Errorf("%s %s: %s", f.Code, f.Path, f.Message)
		}
	}
	for _, s := range doc.Suites {
		if s.State != "fresh" {
			t.Errorf("suite %s is %s: %s", s.Path, s.State, s.Detail)
		}
	}
	if len(doc.Plans) < 17 || len(doc.Suites) != len(doc.Plans) || len(doc.InRepo) < 17 {
		t.Errorf("%d plans, %d suites, %d parts", len(doc.Plans), len(doc.Suites), len(doc.InRepo))
	}
	for _, p := range doc.Plans {
		// No Linux applies a Seatbelt profile.
		if p.ID == "hardened-runtime" && strings.HasPrefix(doc.WorldID, "linux-") && p.State != "elsewhere" {
			t.Errorf("plan %s is %s", p.Path, p.State)
		}
	}
	if len(doc.Coverage.Uncovered) > 0 {
		t.Errorf("no plan covers %v", doc.Coverage.Uncovered)
	}
}

// The codes of the help are those that the schema knows, each once.
func TestInventoryCodes(t *testing.T) {
	var doc struct {
		Defs struct {
			Finding struct {
				Properties struct {
					Code struct {
						Enum []string `json:"enum"`
					} `json:"code"`
				} `json:"properties"`
			} `json:"tree_finding"`
		} `json:"$defs"`
	}
	data, err := registries.FS.ReadFile("schemas/inventory.v0.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, c := range harness.InventoryCodes() {
		if known = append(known, c.Code); c.Summary == "" {
			t.Errorf("%s has no summary", c.Code)
		}
	}
	if diff := cmp.Diff(doc.Defs.Finding.Properties.Code.Enum, known); diff != "" {
		t.Errorf("codes (-schema +table):\n%s", diff)
	}
}
