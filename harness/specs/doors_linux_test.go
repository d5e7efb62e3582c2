package specs_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/specs"
	"github.com/rtgen/rtgen/reporters"
)

var clean = harness.ChannelSpec{Name: harness.ChannelClean}

func workspacePlan(t testing.TB) *harness.Compiled {
	t.Helper()
	c, err := harness.CompilePlan(harness.Source{}, filepath.Join(repository(t), "plans", "agent-workspace", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inProcess is the door of rtgen run.
func inProcess(t testing.TB, c *harness.Compiled, out string) (passed bool, res *harness.Result, err error) {
	t.Helper()
	params := harness.Params{Out: out, Channel: clean}
	run, err := harness.Start(c, params)
	if err != nil {
		t.Fatal(err)
	}
	b := &reporters.Bundle{}
	passed, err = specs.RunInProcess(run, params, discard, b)
	return passed, b.Result, err
}

// Behind every door is the same engine: each decides the same, serial and
// parallel, and every bundle can be promoted.
func TestDoorsAgree(t *testing.T) {
	c := workspacePlan(t)
	suite, ginkgo := workspaceSuite(t), ginkgoCommand(t)
	var want map[string]string
	for _, door := range []struct {
		name string
		run  func(t *testing.T, out string)
	}{
		{"RunPlan", func(t *testing.T, out string) {
			if _, err := harness.RunCompiled(t.Context(), c, harness.Params{Out: out, Channel: clean}); err != nil {
				t.Fatal(err)
			}
		}},
		{"RunInProcess", func(t *testing.T, out string) {
			if passed, res, err := inProcess(t, c, out); !passed || err != nil {
				t.Fatalf("passed %v: %v, %+v", passed, err, res)
			}
		}},
		{"go_test", func(t *testing.T, out string) {
			pass(t, t.TempDir(), environ("RTGEN_OUT="+out), suite)
		}},
		{"ginkgo_parallel", func(t *testing.T, out string) {
			text := pass(t, t.TempDir(), environ("RTGEN_OUT="+out), ginkgo, "--procs=2", "--no-color", suite)
			if !strings.Contains(text, "Running in parallel across 2 processes") {
				t.Errorf("it did not run in parallel:\n%s", text)
			}
		}},
		{"ginkgo_parallel_shuffled", func(t *testing.T, out string) {
			pass(t, t.TempDir(), environ("RTGEN_OUT="+out), ginkgo, "--procs=2", "--randomize-all", "--seed=7", suite)
		}},
	} {
		t.Run(door.name, func(t *testing.T) {
			out := t.TempDir()
			door.run(t, out)
			got := decisions(t, out)
			if want == nil {
				want = got
			}
			if len(got) < 3*40 {
				t.Errorf("%d decisions", len(got))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("decisions (-first door +this one):\n%s", diff)
			}
			b, err := harness.LoadBundle(out)
			if err != nil {
				t.Fatal(err)
			}
			sel := b.Manifest.Selection
			if sel == nil || sel.Run != sel.Planned || sel.Skipped != 0 || sel.LabelFilter != "" {
				t.Errorf("selection %+v", sel)
			}
			if b.Manifest.CompiledDigest != c.CompiledDigest.String() {
				t.Errorf("compiled digest %s, want %s", b.Manifest.CompiledDigest, c.CompiledDigest)
			}
			if _, err := bundle.Emit(out, filepath.Join(out, "again.json"), true); err != nil {
				t.Errorf("it cannot be promoted: %v", err)
			}
			if _, err := os.Stat(filepath.Join(out, "promotion_packet.json")); err != nil {
				t.Error(err)
			}
		})
	}
}

// A run takes note of what its filter left out.
func TestLabelFilter(t *testing.T) {
	suite, c := workspaceSuite(t), workspacePlan(t)
	reads := 0
	for _, p := range c.Profiles {
		for _, s := range p.Scenarios {
			if s.Operation == "fs.read_file" && s.Lanes.Baseline {
				reads++
			}
		}
	}
	planned := c.Specs()
	all := planned[harness.LaneBaseline] + planned[harness.LaneScenario] + planned[harness.LaneOracle]
	for _, tt := range []struct {
		filter     string
		lane       harness.Lane
		n          int
		promotable bool
	}{
		{"scenario", harness.LaneScenario, planned[harness.LaneScenario], true},
		{"baseline && op:fs.read_file", harness.LaneBaseline, reads, false},
		{"oracle && plan:agent-workspace", harness.LaneOracle, planned[harness.LaneOracle], false},
	} {
		t.Run(tt.filter, func(t *testing.T) {
			out := t.TempDir()
			pass(t, t.TempDir(), environ("RTGEN_OUT="+out), suite, "--ginkgo.label-filter="+tt.filter)
			b, err := harness.LoadBundle(out)
			if err != nil {
				t.Fatal(err)
			}
			sel := b.Manifest.Selection
			if sel.LabelFilter != tt.filter || sel.Planned != all || sel.Run != tt.n || sel.Skipped != all-tt.n || tt.n == 0 {
				t.Errorf("selection %+v: want %d of %d", sel, tt.n, all)
			}
			for lane, n := range sel.ByLane {
				want := 0
				if lane == string(tt.lane) {
					want = tt.n
				}
				if n.Run != want || n.Planned != planned[harness.Lane(lane)] || n.Skipped != n.Planned-n.Run {
					t.Errorf("%s lane: %+v, want %d run", lane, n, want)
				}
			}
			packet, err := bundle.Emit(out, filepath.Join(out, "again.json"), false)
			if err != nil {
				t.Fatal(err)
			}
			if got := packet.Promotability; got.PromotableDecisionStage != tt.promotable {
				t.Errorf("promotable %v: %v", got.PromotableDecisionStage, got.Reasons)
			}
		})
	}
	t.Run("nothing_left", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "out")
		pass(t, t.TempDir(), environ("RTGEN_OUT="+out), suite, "--ginkgo.label-filter=no-such-label")
		if _, err := os.Stat(out); err == nil {
			t.Errorf("a run without specs leaves %v", runs(t, out))
		}
		text := fail(t, t.TempDir(), environ("RTGEN_OUT="+out, "RTGEN_REQUIRE_EVIDENCE=1"), suite, "--ginkgo.label-filter=no-such-label")
		if !strings.Contains(text, "no spec of the scenario lane was run and evidence is required") {
			t.Errorf("required evidence that nobody asked for: %s", text)
		}
	})
	for _, lane := range []harness.Lane{harness.LaneOracle, harness.LaneBaseline} {
		t.Run("required_of_"+string(lane), func(t *testing.T) {
			env := environ("RTGEN_OUT="+filepath.Join(t.TempDir(), "out"), "RTGEN_REQUIRE_EVIDENCE=1")
			text := fail(t, t.TempDir(), env, suite, "--ginkgo.label-filter="+string(lane))
			if !strings.Contains(text, "no spec of the scenario lane was run and evidence is required") {
				t.Errorf("what is no observation is evidence: %s", text)
			}
		})
	}
}

// A red spec is red behind every door, and its evidence is kept all the same.
func TestFailingSpec(t *testing.T) {
	plan := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "wrong", Operation: "fs.read_file", Target: "/dev/null", Expected: "allow"},
		{Name: "right", Operation: "fs.read_file", Target: "/dev/null", Expected: "deny"},
	}}}})
	c, err := harness.CompilePlan(harness.Source{}, plan)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	passed, res, err := inProcess(t, c, out)
	if passed || err != nil || res == nil {
		t.Fatalf("passed %v, %+v, %v", passed, res, err)
	}
	if res.Status != harness.StatusPartial || len(res.Failures) != 2 || !strings.HasPrefix(res.Failures[0], "registry/probes.json:3: scenario lane: p1:wrong: expected allow, observed deny: openat(") {
		t.Errorf("status %s, failures %q", res.Status, res.Failures)
	}
	want := map[string]string{
		"baseline:p1:wrong": "allow", "scenario p1:wrong": "deny", "oracle p1:wrong": "deny",
		"baseline:p1:right": "allow", "scenario p1:right": "deny", "oracle p1:right": "deny",
	}
	if diff := cmp.Diff(want, decisions(t, out)); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	// It may be called again, and one run's failures are not the next one's.
	if passed, _, err := inProcess(t, workspacePlan(t), t.TempDir()); !passed || err != nil {
		t.Errorf("the run after a failed one: passed %v, %v", passed, err)
	}
}

// Blocked scenarios are skips on a laptop, and failures where evidence is
// required.
func TestRequireEvidence(t *testing.T) {
	lacks := "uid!=0"
	if os.Geteuid() != 0 {
		lacks = "uid==0"
	}
	c, err := harness.CompilePlan(harness.Source{}, harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "a", Operation: "fs.read_file", Target: "/dev/null", Expected: "deny", Capabilities: []string{lacks}},
	}}}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, require := range []bool{false, true} {
		params := harness.Params{Out: t.TempDir(), Channel: clean, RequireEvidence: require}
		run, err := harness.Start(c, params)
		if err != nil {
			t.Fatal(err)
		}
		b := &reporters.Bundle{}
		passed, err := specs.RunInProcess(run, params, discard, b)
		if err != nil || passed == require || b.Result.Promotable {
			t.Errorf("with RequireEvidence %v: passed %v, %v, promotable %v", require, passed, err, b.Result.Promotable)
		}
	}
}

// A suite's options come from its flags, else from the environment; what cannot
// be read stops it before it writes.
func TestSuiteOptions(t *testing.T) {
	suite := workspaceSuite(t)
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		want string // in what it prints; empty: it passes
		id   string
	}{
		{name: "environment", env: []string{"RTGEN_RUN_ID=e1", "RTGEN_CHANNEL=clean"}, id: "e1"},
		{name: "flag_wins", env: []string{"RTGEN_RUN_ID=e1", "RTGEN_CHANNEL=telepathy"}, args: []string{"-rt.run-id=f1", "-rt.channel=direct"}, id: "f1"},
		{name: "bad_duration", env: []string{"RTGEN_PROBE_TIMEOUT=soon"}, want: `RTGEN_PROBE_TIMEOUT="soon" is no duration, write e.g. 10s`},
		{name: "bad_boolean", env: []string{"RTGEN_REQUIRE_EVIDENCE=maybe"}, want: `RTGEN_REQUIRE_EVIDENCE="maybe" is no boolean, write 1 or 0`},
		{name: "bad_channel", env: []string{"RTGEN_CHANNEL=telepathy"}, want: `unknown channel "telepathy"`},
		{name: "bad_lock", args: []string{"-rt.lock=maybe"}, want: `unknown lock mode "maybe"`},
		{name: "bad_run_id", args: []string{"-rt.run-id=../x"}, want: `run id "../x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			env := environ(append(tt.env, "RTGEN_OUT="+out)...)
			args := append(tt.args, "--ginkgo.label-filter=scenario")
			if tt.want == "" {
				pass(t, t.TempDir(), env, suite, args...)
				if diff := cmp.Diff([]string{tt.id}, runs(t, out)); diff != "" {
					t.Errorf("runs (-want +got):\n%s", diff)
				}
				return
			}
			if text := fail(t, t.TempDir(), env, suite, args...); !strings.Contains(text, tt.want) {
				t.Errorf("it says\n%swant %q", text, tt.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Errorf("it leaves %v", runs(t, out))
			}
		})
	}
}

// Ginkgo's own JUnit report has one case per spec, each under its own name, and
// says which run it belongs to; in parallel runs too.
func TestGinkgoJUnit(t *testing.T) {
	suite, ginkgo := workspaceSuite(t), ginkgoCommand(t)
	want := 0
	for _, n := range workspacePlan(t).Specs() {
		want += n
	}
	for name, args := range map[string][]string{
		"serial":   {suite, "--ginkgo.junit-report=junit.xml"},
		"parallel": {ginkgo, "--procs=2", "--junit-report=junit.xml", suite},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pass(t, dir, environ("RTGEN_OUT="+filepath.Join(dir, "evidence"), "RTGEN_RUN_ID=junit-run"), args[0], args[1:]...)
			data, err := os.ReadFile(filepath.Join(dir, "junit.xml"))
			if err != nil {
				t.Fatal(err)
			}
			var doc struct {
				Cases []struct {
					Name string `xml:"name,attr"`
				} `xml:"testsuite>testcase"`
			}
			if err := xml.Unmarshal(data, &doc); err != nil {
				t.Fatal(err)
			}
			names := map[string]bool{}
			for _, c := range doc.Cases {
				if names[c.Name] && strings.HasPrefix(c.Name, "[It]") {
					t.Errorf("two cases are called %q", c.Name)
				}
				names[c.Name] = true
			}
			its := 0
			for name := range names {
				if strings.HasPrefix(name, "[It]") {
					its++
				}
			}
			if its != want {
				t.Errorf("%d cases for %d specs", its, want)
			}
			if !strings.Contains(string(data), "run_id=junit-run") {
				t.Error("the report does not name its run")
			}
		})
	}
}
