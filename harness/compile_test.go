package harness_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
)

// What could only fail at run time is refused at compile, all of it at once,
// each fault with its file, line and id.
func TestCompileFaults(t *testing.T) {
	read := func(p harnesstest.Probe) harnesstest.Probe {
		if p.Operation == "" {
			p.Operation = "fs.read_file"
		}
		if p.Target == "" {
			p.Target = "/dev/null"
		}
		p.Name = "x"
		return p
	}
	for _, tt := range []struct {
		name   string
		policy string
		probe  harnesstest.Probe
		want   []string // in the errors' lines, in order
	}{
		{name: "none", want: nil},
		{name: "unknown_operation", probe: harnesstest.Probe{Operation: "fs.raed_file"},
			want: []string{`registry/probes.json:3: probe "p1:x": unknown operation "fs.raed_file", did you mean "fs.read_file"?`}},
		{name: "unknown_variant", probe: harnesstest.Probe{Syscall: "creat"},
			want: []string{`registry/probes.json:3: probe "p1:x": operation "fs.read_file" has no syscall variant "creat"; it has [openat open openat2 creat_rdonly held]`}},
		{name: "unknown_capability", probe: harnesstest.Probe{Capabilities: []string{"landlock.abi>4"}},
			want: []string{`registry/probes.json:3: probe "p1:x": unknown capability "landlock.abi>4", did you mean "landlock.abi>=4"?`}},
		{name: "two_at_once", probe: harnesstest.Probe{Operation: "teleport", Capabilities: []string{"magic"}},
			want: []string{`probe "p1:x": unknown operation "teleport"`, `probe "p1:x": unknown capability "magic"`}},
		{name: "unknown_right", policy: strings.Replace(harnesstest.Workspace, "abi.read_write", "red_file", 1),
			want: []string{`profiles/1.json:4: `}},
		{name: "policy_is_no_json", policy: "(version 1)", want: []string{`profiles/1.json:1: `}},
		{name: "undefined_variable", policy: strings.Replace(harnesstest.Workspace, "${workspace}", "${worksapce}", 1),
			want: []string{`profiles/1.json:4: `}},
		{name: "policy_and_probe", policy: "(version 1)", probe: harnesstest.Probe{Operation: "teleport"},
			want: []string{`probe "p1:x": unknown operation "teleport"`, `profiles/1.json:1: `}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := harness.CompilePlan(harness.Source{}, harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{
				{Policy: tt.policy, Probes: []harnesstest.Probe{read(tt.probe)}},
			}}))
			got := faultsOf(t, err)
			if len(got) != len(tt.want) {
				t.Fatalf("faults %q, want %d", got, len(tt.want))
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("fault %q, want %q in it", got[i], want)
				}
			}
		})
	}
}

// Expectation ids name scenarios, so two of one id do not compile.
func TestCompileSameExpectation(t *testing.T) {
	plan := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{
		{ID: "one", Probes: []harnesstest.Probe{{Name: "x", Operation: "fs.read_file", Target: "/dev/null"}}},
		{ID: "two", Probes: []harnesstest.Probe{{Name: "y", Operation: "fs.read_file", Target: "/dev/null"}}},
	}})
	profiles := filepath.Join(filepath.Dir(plan), "registry", "profiles.json")
	edit(t, profiles, `"two:y"`, `"one:x"`)
	_, err := harness.CompilePlan(harness.Source{}, plan)
	want := profiles + `:15: profile "two": expectation id "one:x" is already in profile "one": give each profile its own probe, or the probes their own expectation_id`
	if diff := cmp.Diff([]string{want}, faultsOf(t, err)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// A mode without an engine here, a driver nobody has and a profile nobody wrote
// are named where they stand.
func TestCompileFaultsOfEntries(t *testing.T) {
	for _, tt := range []struct{ name, file, old, new, want string }{
		{"mode", "registry/profiles.json", `"mode": "landlock"`, `"mode": "seccomp"`,
			`registry/profiles.json:3: profile "p1": mode "seccomp" has no engine in this build; it has one for "landlock"`},
		{"driver", "registry/probes.json", `"name": "x"`, `"name": "x", "driver": "magic"`,
			`registry/probes.json:3: probe "p1:x": unknown driver "magic"; this build drives every operation itself, remove it`},
		{"profile", "plan.json", `"p1"`, `"p2"`,
			`unknown profile "p2"`},
		{"policy_file", "registry/profiles.json", `profiles/1.json`, `profiles/2.json`,
			`registry/profiles.json:3: profile "p1": profile_path: "profiles/2.json" is neither in the plan's folder nor under the root; create it or correct the path`},
		{"preflight_file", "plan.json", `"plan_id"`, `"apply_preflight_profile": "none.json", "plan_id"`,
			`plan.json:2: apply_preflight_profile: "none.json" is neither in the plan's folder nor under the root; create it or correct the path`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{
				{Probes: []harnesstest.Probe{{Name: "x", Operation: "fs.read_file", Target: "/dev/null"}}},
			}})
			edit(t, filepath.Join(filepath.Dir(plan), tt.file), tt.old, tt.new)
			_, err := harness.CompilePlan(harness.Source{}, plan)
			got := faultsOf(t, err)
			if len(got) != 1 || !strings.Contains(got[0], tt.want) {
				t.Errorf("faults %q, want %q", got, tt.want)
			}
		})
	}
}

// edit replaces a text of a file, once.
func edit(t testing.TB, file, old, new string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s has no %q:\n%s", file, old, data)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The compiled digest covers everything a run depends on, the plan digest the
// plan alone.
func TestCompiledDigest(t *testing.T) {
	for _, tt := range []struct {
		name, file, old, new string
		plan, compiled       bool // what changes
	}{
		{"nothing", "plan.json", "{", "{ ", false, false},
		{"expectation", "registry/probes.json", `"expected": "deny"`, `"expected": "allow"`, false, true},
		{"policy", "profiles/small.json", `"abi.read_execute"`, `"abi.read_write"`, false, true},
		{"policy_layout", "profiles/small.json", "{", "{ ", false, true}, // its text is what is applied
		{"fixture", "registry/probes.json", `"content": "x\n"`, `"content": "y\n"`, false, true},
		{"lanes", "plan.json", `"oracle": true`, `"oracle": false`, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("../testdata/small")); err != nil {
				t.Fatal(err)
			}
			plan := filepath.Join(dir, "plan.json")
			before, err := harness.CompilePlan(harness.Source{}, plan)
			if err != nil {
				t.Fatal(err)
			}
			edit(t, filepath.Join(dir, tt.file), tt.old, tt.new)
			after, err := harness.CompilePlan(harness.Source{}, plan)
			if err != nil {
				t.Fatal(err)
			}
			if changed := before.PlanDigest != after.PlanDigest; changed != tt.plan {
				t.Errorf("plan digest changed: %v", changed)
			}
			if changed := before.CompiledDigest != after.CompiledDigest; changed != tt.compiled {
				t.Errorf("compiled digest changed: %v", changed)
			}
			// A suite of the plan before is stale exactly when it would run
			// something else.
			err = harness.CheckFresh(before, plan)
			if stale := errors.Is(err, harness.ErrStale); stale != tt.compiled {
				t.Errorf("CheckFresh = %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "run rtgen compile --plan "+plan) {
				t.Errorf("error %q does not name the fix", err)
			}
		})
	}
}

func TestCheckFreshWithoutPlan(t *testing.T) {
	c := small(t)
	if err := harness.CheckFresh(c, filepath.Join(t.TempDir(), "plan.json")); err != nil {
		t.Errorf("far from its repository a suite is stale: %v", err)
	}
	broken := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(broken, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := harness.CheckFresh(c, broken); err == nil || !strings.Contains(err.Error(), `the plan of suite "small" no longer compiles`) {
		t.Errorf("CheckFresh with a plan that does not compile = %v", err)
	}
	// A file where a folder of the path should be: the plan is not there either.
	if err := harness.CheckFresh(c, filepath.Join(broken, "plan.json")); err != nil {
		t.Errorf("far from its repository a suite is stale: %v", err)
	}
}
