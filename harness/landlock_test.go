package harness_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// sidecars writes a plan whose profiles have the landlock objects given by id,
// and the files beside it. Each profile has one probe of its own.
func sidecars(t *testing.T, files map[string]string, objects map[string]string) string {
	t.Helper()
	var p harnesstest.Plan
	for _, id := range slices.Sorted(maps.Keys(objects)) {
		p.Profiles = append(p.Profiles, harnesstest.Profile{ID: id, Probes: []harnesstest.Probe{
			{Name: "x", Operation: "fs.read_file", Target: "${workspace}/x", Fixture: &fixture.Spec{Tree: []fixture.Node{{Path: "${workspace}/x", Kind: fixture.File}}}},
		}})
	}
	plan := harnesstest.PlanFile(t, p)
	dir := filepath.Dir(plan)
	for id, object := range objects {
		if object != "" {
			own := fmt.Sprintf(`"profile_id": %q,`, id)
			edit(t, filepath.Join(dir, "registry", "profiles.json"), own, own+` "landlock": `+object+",")
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return plan
}

const (
	netTOML   = "[[ruleset]]\nhandled_access_net = ['bind_tcp']\n"
	readJSON  = `{"ruleset": [{"handledAccessFs": ["read_file"]}]}`
	vars2JSON = `{"variable": [{"name": "v", "literal": ["/a"]}], "ruleset": [{"handledAccessFs": ["read_file"]}]}`
)

// The compiled plan holds the texts of every layer, and its digest covers them.
func TestCompileLayers(t *testing.T) {
	files := map[string]string{"a.json": vars2JSON, "net.toml": netTOML, "more.toml": netTOML}
	objects := map[string]string{
		"p1": `{"optional_parents": ["${workspace}"], "compose": ["a.json"], "restrict_flags": ["log_new_exec_on"], "no_new_privs": false,
			"layers": [{"files": ["net.toml", "more.toml"], "restrict_flags": ["log_subdomains_off"]}], "stack": ["p2", "p3"]}`,
		"p2": `{"layers": [{"files": ["net.toml"]}], "stack": ["p3"], "no_new_privs": false}`,
		"p3": `{"compose": ["a.json"], "optional_parents": ["/lib64"], "restrict_flags": ["log_same_exec_off"]}`,
	}
	plan := sidecars(t, files, objects)
	c, err := harness.CompilePlan(harness.Source{}, plan)
	if err != nil {
		t.Fatal(err)
	}
	text := func(file string) harness.CompiledText { return harness.CompiledText{Path: file, Text: files[file]} }
	own := func(n int) harness.CompiledText {
		return harness.CompiledText{Path: fmt.Sprintf("profiles/%d.json", n), Text: harnesstest.Workspace}
	}
	third := harness.CompiledLayer{
		Profile: "p3", Texts: []harness.CompiledText{own(3), text("a.json")}, OptionalParents: []string{"/lib64"}, RestrictFlags: []string{"log_same_exec_off"},
	}
	want := harness.CompiledPolicy{
		Path: "profiles/1.json", Mode: "landlock", Text: harnesstest.Workspace, OptionalParents: []string{"${workspace}"},
		Compose: []harness.CompiledText{text("a.json")}, RestrictFlags: []string{"log_new_exec_on"}, NewPrivs: true,
		Layers: []harness.CompiledLayer{
			{Texts: []harness.CompiledText{text("net.toml"), text("more.toml")}, OptionalParents: []string{"${workspace}"}, RestrictFlags: []string{"log_subdomains_off"}},
			{Profile: "p2", Texts: []harness.CompiledText{own(2)}},
			{Profile: "p2", Texts: []harness.CompiledText{text("net.toml")}},
			third, third,
		},
	}
	if d := cmp.Diff(want, c.Profiles[0].CompiledPolicy, sameCompiled); d != "" {
		t.Errorf("policy (-want +got):\n%s", d)
	}
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := harness.DecodeCompiled(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c, back, sameCompiled); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
	for name := range files {
		file := filepath.Join(filepath.Dir(plan), name)
		if err := os.WriteFile(file, []byte(files[name]+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		changed, err := harness.CompilePlan(harness.Source{}, plan)
		if err != nil || changed.CompiledDigest == c.CompiledDigest {
			t.Errorf("%s changed, and the digest did not: %v", name, err)
		}
		c = changed
	}
}

// A profile without a sidecar compiles to what it did before there was one.
func TestCompileWithoutSidecar(t *testing.T) {
	c, err := harness.CompilePlan(harness.Source{}, sidecars(t, nil, map[string]string{"p1": "", "p2": `{"optional_parents": ["/x"]}`}))
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"compose", "restrict_flags", "layers", "new_privs"} {
		if strings.Contains(string(data), `"`+key+`"`) {
			t.Errorf("the compiled plan has %q, which no profile says", key)
		}
	}
}

func TestCompileLayerFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		files   map[string]string
		objects map[string]string
		want    []string
	}{
		{"missing files", nil, map[string]string{"p1": `{"compose": ["a.json"], "stack": ["p2"]}`, "p2": `{"layers": [{"files": ["b.json"]}]}`}, []string{
			`profile "p1": landlock.compose: "a.json" is neither in the plan's folder nor under the root; create it or correct the path`,
			`profile "p2": landlock.layers[0].files: "b.json" is neither in the plan's folder nor under the root; create it or correct the path`,
		}},
		{"faults of every text", map[string]string{"a.json": `{"abi": 0}`, "b.toml": "x = 1\n"},
			map[string]string{"p1": `{"compose": ["a.json"], "layers": [{"files": ["b.toml", "a.json"]}]}`}, []string{
				`a.json:1: empty configuration; want ruleset, pathBeneath, netPort or variable`,
				`a.json:1: abi: want a Landlock ABI version from 1, got 0`,
				`b.toml:1: x: unknown key; remove it, the keys here are abi, variable, ruleset, path_beneath, net_port`,
				`b.toml:1: empty configuration; want ruleset, path_beneath, net_port or variable`,
			}},
		{"nothing in common", map[string]string{"net.toml": netTOML}, map[string]string{"p1": `{"compose": ["net.toml"]}`}, []string{
			`profiles/1.json: the layer restricts nothing: no right is handled by each of profiles/1.json, net.toml; a layer handles what all its texts do`,
		}},
		{"too many", map[string]string{"a.json": readJSON}, map[string]string{
			"p1": `{"stack": ["p2", "p2"]}`, "p2": `{"stack": ["p3", "p3"]}`, "p3": `{"layers": [` + strings.Repeat(`{"files": ["a.json"]},`, 20) + `{"files": ["a.json"]}]}`,
		}, []string{`profile "p1": has more than 64 layers with those of the profiles it stacks; the kernel takes 16`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := harness.CompilePlan(harness.Source{}, sidecars(t, c.files, c.objects))
			got := faultsOf(t, err)
			if len(got) != len(c.want) {
				t.Fatalf("faults %q, want %d", got, len(c.want))
			}
			for i, want := range c.want {
				if !strings.HasSuffix(got[i], want) {
					t.Errorf("fault %q, want %q at its end", got[i], want)
				}
			}
		})
	}
}

func TestLintPolicies(t *testing.T) {
	plan := sidecars(t, map[string]string{"a.toml": "abi = 1\n[[variable]]\nname = 'idle'\n[[ruleset]]\nhandled_access_fs = ['abi.all']\n"}, map[string]string{
		"p1": `{"optional_parents": ["/never"], "layers": [{"files": ["a.toml"]}]}`, "p2": `{"layers": [{"files": ["a.toml"]}]}`,
	})
	c, err := harness.CompilePlan(harness.Source{}, plan)
	if err != nil {
		t.Fatal(err)
	}
	got, err := harness.LintPolicies(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []harness.Finding{
		{Code: "LL018", Level: "warning", File: "a.toml", Line: 3, Profiles: []string{"p1", "p2"}, Layer: new(1), Message: `variable "idle" is used by no parent; remove it`},
		{Code: "LL017", Level: "warning", File: "registry/profiles.json", Line: c.Profiles[0].Line, Profiles: []string{"p1"}, Layer: new(0),
			Message: `landlock.optional_parents names "/never", which is no parent of its texts; remove it or spell it as the text does`},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	if !got[0].Warns() {
		t.Errorf("finding %+v does not warn", got[0])
	}
}

func TestExplainPolicy(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.toml")
	for file, text := range map[string]string{
		a: `{"abi": 1, "variable": [{"name": "v", "literal": ["/a"]}], "ruleset": [{"handledAccessFs": ["abi.all"]}],
"pathBeneath": [{"allowedAccess": ["read_file"], "parent": ["${workspace}/x", "${v}", "${home}", "/site"]}]}`,
		b: "[[net_port]]\nallowed_access = ['bind_tcp']\nport = [80, 443]\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := harness.ReadPolicy(a, b)
	if err != nil {
		t.Fatal(err)
	}
	e, err := harness.ExplainPolicy(p, 3)
	if err != nil {
		t.Fatal(err)
	}
	if e.ABINeeded != 4 || e.ABIKernel != 3 || e.Lacking != "landlock abi 3, want 4 for [net.bind_tcp]" || !e.NoNewPrivs {
		t.Errorf("explanation %+v", e)
	}
	p80, p443 := uint64(80), uint64(443)
	read := []string{"fs.read_file"}
	layers := []harness.ExplainedLayer{
		{Files: []string{a}, ABI: 1, ABINeeded: 1, RestrictFlags: []string{}, Variables: map[string][]string{"v": {"/a"}}, Rules: []harness.ExplainedRule{
			{Parent: "${home}", Rights: read}, {Parent: "${scratch}", Rights: read}, {Parent: "${workspace}/x", Rights: read}, {Parent: "/a", Rights: read},
		}},
		{Files: []string{b}, ABINeeded: 4, RestrictFlags: []string{}, Variables: map[string][]string{}, Rules: []harness.ExplainedRule{
			{Port: &p80, Rights: []string{"net.bind_tcp"}}, {Port: &p443, Rights: []string{"net.bind_tcp"}},
		}},
	}
	if d := cmp.Diff(layers, e.Layers); d != "" {
		t.Errorf("layers (-want +got):\n%s", d)
	}
	granted := map[string][]string{}
	for _, r := range e.Rights {
		if r.Effective.Limit == "granted" {
			granted[r.Right] = r.Effective.Granted
		}
	}
	wantGranted := map[string][]string{"fs.read_file": {"${home}", "${scratch}", "${workspace}/x", "/a"}, "net.bind_tcp": {"80", "443"}}
	if d := cmp.Diff(wantGranted, granted); d != "" {
		t.Errorf("granted (-want +got):\n%s", d)
	}

	if _, err := harness.ReadPolicy(filepath.Join(dir, "none.json")); !harness.IsInputError(err) {
		t.Errorf("ReadPolicy of no file = %v, want bad input", err)
	}
	p.Mode = harness.ModeSeccomp
	if _, err := harness.LintPolicy(p, 0); err == nil {
		t.Error("a seccomp policy was linted")
	}
	if _, err := harness.ExplainPolicy(p, 0); err == nil {
		t.Error("a seccomp policy was explained")
	}
}

// What the kernel makes of a stack of layers: each narrows, and one too many is
// an honest failure of applying, not a decision.
func TestRunLayers(t *testing.T) {
	needLinux(t)
	allow := `{"ruleset": [{"handledAccessFs": ["read_file"]}], "pathBeneath": [{"allowedAccess": ["read_file"], "parent": ["${workspace}"]}]}`
	deny := "[[ruleset]]\nhandled_access_fs = ['read_file']\n[[path_beneath]]\nallowed_access = ['read_file']\nparent = ['/usr']\n"
	files := map[string]string{"allow.json": allow, "deny.toml": deny}
	many := `{"layers": [` + strings.Repeat(`{"files": ["allow.json"]},`, landlock.MaxLayers-1) + `{"files": ["allow.json"]}]}`
	plan := sidecars(t, files, map[string]string{
		"allowed": `{"layers": [{"files": ["allow.json"]}]}`, "denied": `{"layers": [{"files": ["allow.json"]}], "stack": ["inner"]}`,
		"inner": `{"layers": [{"files": ["deny.toml"]}]}`, "many": many, "privs": `{"no_new_privs": false}`,
	})
	got := map[string]string{}
	res, err := harness.RunPlan(t.Context(), plan, harness.Params{Out: t.TempDir(), Channel: clean, Progress: func(o *harness.Observation) {
		if o.Lane == harness.LaneScenario {
			got[o.ProfileID] = strings.TrimSpace(fmt.Sprintf("%s %s", o.Actual, o.FailureKind))
			if o.Apply != nil {
				got[o.ProfileID] += fmt.Sprintf(" %d", o.Apply.Layers)
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"allowed": "allow 2", "denied": "deny probe_syscall_errno 4", "inner": "deny probe_syscall_errno 2",
		"many": "landlock_restrict_self_failed 16", "privs": "allow 1",
	}
	if err := withoutNoNewPrivs(t); err != nil {
		t.Logf("this process may not leave no_new_privs alone: %v", err)
		want["privs"] = "landlock_restrict_self_failed 0"
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("seen (-want +got):\n%s\nfailures %v", d, res.Failures)
	}
}

// withoutNoNewPrivs says whether the kernel lets this process restrict itself
// with no_new_privs as it is.
func withoutNoNewPrivs(t *testing.T) (err error) {
	h, _, err := landlock.Hold([]landlock.Ruleset{{HandledFS: landlock.MakeSym}}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	landlock.Throwaway(func() { _, err = h.Apply("", landlock.Options{NewPrivs: true}) })
	return err
}
