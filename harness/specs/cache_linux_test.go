package specs_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/specs"
)

// tiny is a plan that takes no time.
func tiny() harnesstest.Plan {
	return harnesstest.Plan{ID: "tiny", Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "a", Operation: "fs.read_file", Target: "/dev/null", Expected: "deny"},
	}}}}
}

// go test never answers an evidence run from its cache, wherever the evidence
// goes.
func TestNeverCached(t *testing.T) {
	dir := module(t, tiny())
	// The go command does not cache a test that looked at files this young.
	age(t, dir)
	for _, tt := range []struct{ name, dir, pkg, out, in string }{
		{"outside_the_module", repository(t), "./suites/agent-workspace", t.TempDir(), "GOFLAGS=-mod=readonly"},
		{"default_out", dir, "./suite", "", "GOFLAGS=-mod=mod"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env, out := environ(tt.in), tt.out
			if out == "" {
				out = filepath.Join(dir, "suite", "out")
			} else {
				env = append(env, "RTGEN_OUT="+out)
			}
			for i := 1; i <= 2; i++ {
				text := pass(t, tt.dir, env, "go", "test", tt.pkg)
				if strings.Contains(text, "(cached)") {
					t.Errorf("run %d is answered from the cache:\n%s", i, text)
				}
				// However long the process takes to end: see keepFromCache.
				marker, err := os.Stat(filepath.Join(tt.dir, tt.pkg, "out", ".uncached"))
				if err != nil || time.Until(marker.ModTime()) < 24*time.Hour {
					t.Errorf("the marker is of %v: %v", marker, err)
				}
				if ids := runs(t, out); len(ids) != i {
					t.Errorf("after %d runs there are %v", i, ids)
				}
			}
		})
	}
}

// age makes everything in a folder an hour old.
func age(t testing.TB, dir string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, then, then)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A test binary runs where there is neither Go nor the repository, and says
// that it runs the same plan.
func TestStandalone(t *testing.T) {
	suite, dir := workspaceSuite(t), t.TempDir()
	alone := filepath.Join(dir, "suite.test")
	copyFile(t, suite, alone)
	pass(t, dir, []string{"PATH="}, alone)
	b, err := harness.LoadBundle(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	c := workspacePlan(t)
	if b.Manifest.CompiledDigest != c.CompiledDigest.String() || b.Manifest.PlanDigest != c.PlanDigest.String() {
		t.Errorf("digests %s and %s, want %s and %s", b.Manifest.PlanDigest, b.Manifest.CompiledDigest, c.PlanDigest, c.CompiledDigest)
	}
	if sel := b.Manifest.Selection; sel.Run != sel.Planned {
		t.Errorf("selection %+v", sel)
	}
	if sha := b.Manifest.Toolchain.BinarySHA256; len(sha) != 64 {
		t.Errorf("the binary's digest is %q", sha)
	}
	// Without the go command there is no cache to keep out of.
	if _, err := os.Stat(filepath.Join(dir, "out", ".uncached")); err == nil {
		t.Error("a run without the go command leaves a marker for its cache")
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	src, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		t.Fatal(err)
	}
	if err := dst.Close(); err != nil {
		t.Fatal(err)
	}
}

// A suite that is not what its plan says refuses to run, leaves no run and
// names what to do.
func TestStaleSuite(t *testing.T) {
	dir := module(t, tiny())
	out := filepath.Join(t.TempDir(), "out")
	env := environ("GOFLAGS=-mod=mod", "RTGEN_OUT="+out)
	plan := filepath.Join(dir, "plan", "registry", "probes.json")
	suite := filepath.Join(dir, "suite", "suite_test.go")
	compiled := filepath.Join(dir, "suite", "compiled.json")
	// The plan may change after the suite was built.
	built := filepath.Join(t.TempDir(), "tiny.test")
	pass(t, dir, env, "go", "test", "-c", "-ldflags=-w", "-o", built, "./suite")
	for _, tt := range []struct{ name, file, old, new, want string }{
		{"plan_changed", plan, `"expected": "deny"`, `"expected": "allow"`, "suite is older than its plan"},
		{"plan_broken", plan, `"expected": "deny"`, `"expected": "deyn"`, `the plan of suite "tiny" no longer compiles`},
		{"compiled_tampered", compiled, `"expected": "deny"`, `"expected": "allow"`, "its digest is"},
		{"header_tampered", suite, `CompiledDigest: "`, `CompiledDigest: "0`, "come from different generations"},
		{"line_removed", suite, `p1.Scenario(`, `_ = p1 //`, "names 0 of its plan's 1 scenarios"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			good, err := os.ReadFile(tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(good), tt.old) {
				t.Fatalf("%s has no %q:\n%s", tt.file, tt.old, good)
			}
			write(t, tt.file, []byte(strings.Replace(string(good), tt.old, tt.new, 1)))
			defer write(t, tt.file, good)
			args := []string{"go", "test", "-vet=off", "-ldflags=-w", "."}
			if tt.file == plan {
				args = []string{built}
			}
			text := fail(t, filepath.Join(dir, "suite"), env, args[0], args[1:]...)
			if !strings.Contains(text, tt.want) || !strings.Contains(text, "compile") {
				t.Errorf("it says\n%swant %q and the fix", text, tt.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Errorf("it leaves %v", runs(t, out))
			}
		})
	}
	// Brought up to date it runs again.
	edited := strings.Replace(string(must(os.ReadFile(plan))), `"/dev/null"`, `"/dev/zero"`, 1)
	write(t, plan, []byte(edited))
	compileSuite(t, dir)
	pass(t, dir, env, "go", "test", "./suite")
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// What a suite's lines say must be what its compiled plan says, one by one and
// in order.
func TestSuiteLines(t *testing.T) {
	plan := tiny()
	plan.Profiles[0].Probes = append(plan.Profiles[0].Probes, harnesstest.Probe{Name: "b", Operation: "fs.read_file", Target: "/dev/zero"})
	c, err := harness.CompilePlan(harness.Source{}, harnesstest.PlanFile(t, plan))
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	header := specs.Header{Plan: "not/there/plan.json", PlanDigest: c.PlanDigest.String(), CompiledDigest: c.CompiledDigest.String()}
	a := func(p *specs.Profile) { p.Scenario("p1:a", "fs.read_file", "/dev/null", "deny") }
	b := func(p *specs.Profile) { p.Scenario("p1:b", "fs.read_file", "/dev/zero", "allow") }
	for _, tt := range []struct {
		name    string
		profile string
		lines   []func(*specs.Profile)
		want    string // in the panic
	}{
		{"as_compiled", "p1", []func(*specs.Profile){a, b}, ""},
		{"other_profile", "p2", nil, `suite tiny has no profile "p2"`},
		{"swapped", "p1", []func(*specs.Profile){b, a}, `scenario "p1:b" is not what the compiled plan says ("p1:a", fs.read_file /dev/null, deny)`},
		{"twice", "p1", []func(*specs.Profile){a, b, b}, `profile "p1" has no scenario after its 2`},
		{"expectation", "p1", []func(*specs.Profile){func(p *specs.Profile) { p.Scenario("p1:a", "fs.read_file", "/dev/null", "allow") }}, "is not what the compiled plan says"},
		{"target", "p1", []func(*specs.Profile){func(p *specs.Profile) { p.Scenario("p1:a", "fs.read_file", "/dev/zero", "deny") }}, "is not what the compiled plan says"},
		{"operation", "p1", []func(*specs.Profile){func(p *specs.Profile) { p.Scenario("p1:a", "fs.write_file", "/dev/null", "deny") }}, "is not what the compiled plan says"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				text := ""
				if r := recover(); r != nil {
					text = fmt.Sprint(r)
				}
				if (text == "") != (tt.want == "") || !strings.Contains(text, tt.want) || text != "" && !strings.Contains(text, "run rtgen compile again") {
					t.Errorf("panic %q, want %q and the fix", text, tt.want)
				}
			}()
			p := specs.Embedded(t, data, header).Profile(tt.profile)
			for _, line := range tt.lines {
				line(p)
			}
		})
	}
}
