package reporters_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/reporters"
)

func small(t testing.TB) *harness.Compiled {
	t.Helper()
	c, err := harness.CompilePlan(harness.Source{}, "../testdata/small/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// observed is every observation of the plan, as expected; the baseline allows.
func observed(c *harness.Compiled) []harness.Observation {
	var list []harness.Observation
	for _, p := range c.Profiles {
		for _, s := range p.Scenarios {
			for _, lane := range harness.AllLanes() {
				obs := harness.Observation{
					Lane: lane, ProfileID: p.ID, ExpectationID: s.ExpectationID, ProbeName: s.Name,
					Operation: s.Operation, Target: s.Target, Expected: s.Expected,
					Outcome: harness.Allowed, Actual: harness.Allow, Started: 1, Finished: 2,
				}
				if s.Expected == harness.Deny && lane != harness.LaneBaseline {
					obs.Outcome, obs.Actual, obs.Errno, obs.ErrnoName = harness.Denied, harness.Deny, 13, "EACCES"
					obs.FailureStage, obs.FailureKind = "probe", "probe_syscall_errno"
				}
				details := map[harness.Lane]string{
					harness.LaneBaseline: `{}`,
					harness.LaneScenario: `{"apply": {"api": "landlock_restrict_self", "rc": 0, "err_class": "ok", "layers": 1}}`,
					harness.LaneOracle:   fmt.Sprintf(`{"oracle": {"model": "landlock", "decision": %q}}`, obs.Actual),
				}
				if err := json.Unmarshal([]byte(details[lane]), &obs); err != nil {
					panic(err)
				}
				list = append(list, obs)
			}
		}
	}
	return list
}

// spec is a finished spec that carries the text under the name.
func spec(name string, value any) types.SpecReport {
	return types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: "a spec", State: types.SpecStatePassed,
		ReportEntries: types.ReportEntries{{Name: name, Value: types.WrapEntryValue(value)}},
	}
}

// report is what Ginkgo hands over when every spec of the plan has run.
func report(t testing.TB, observations []harness.Observation) types.Report {
	t.Helper()
	r := types.Report{SpecReports: types.SpecReports{{LeafNodeType: types.NodeTypeSynchronizedBeforeSuite}}}
	for i := range observations {
		text, err := harness.Serialise(&observations[i])
		if err != nil {
			t.Fatal(err)
		}
		r.SpecReports = append(r.SpecReports, spec(harness.ObservationEntry, text))
	}
	r.SpecReports[1].ReportEntries = append(r.SpecReports[1].ReportEntries, types.ReportEntry{
		Name: harness.PreflightEntry, Value: types.WrapEntryValue(`{"worker_pid":7,"layers":0,"canary":"ok"}`),
	})
	// Each process says at its end what launchd was asked for its workers.
	for _, text := range []string{`[{"label": "a", "pid": 7}, {"label": "a.w2"}]`, `[{"label": "a.p2"}]`} {
		leave := types.SpecReport{LeafNodeType: types.NodeTypeSynchronizedAfterSuite}
		leave.ReportEntries = types.ReportEntries{{Name: harness.LaunchEntry, Value: types.WrapEntryValue(text)}}
		r.SpecReports = append(r.SpecReports, leave)
	}
	return r
}

func TestCollect(t *testing.T) {
	c := small(t)
	all := observed(c)
	whole := report(t, all)
	for name, r := range map[string]types.Report{"serial": whole, "parallel": wire(t, whole)} {
		t.Run(name, func(t *testing.T) {
			ev, err := reporters.Collect(c, r)
			if err != nil || ev.Err != nil {
				t.Fatal(err, ev.Err)
			}
			if diff := cmp.Diff(all, ev.Observations); diff != "" {
				t.Errorf("observations (-made +collected):\n%s", diff)
			}
			if len(ev.Preflights) != 1 || ev.Preflights[0].WorkerPID != 7 || !ev.Preflights[0].OK() {
				t.Errorf("preflights %+v", ev.Preflights)
			}
			if l := ev.Launches; len(l) != 3 || l[0].PID != 7 || l[1].Label != "a.w2" || l[2].Label != "a.p2" {
				t.Errorf("launches %+v", l)
			}
			if ev.Selection.Planned != len(all) {
				t.Errorf("planned %d, want %d", ev.Selection.Planned, len(all))
			}
		})
	}
}

// wire is a report after it went from one process to another.
func wire(t testing.TB, r types.Report) (back types.Report) {
	t.Helper()
	data, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(data, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// A report that is not whole is no evidence of a whole run.
func TestCollectFaults(t *testing.T) {
	c := small(t)
	good := func() types.Report { return report(t, observed(c)) }
	for _, tt := range []struct {
		name   string
		report func() types.Report
		err    string // the report cannot be read
		runErr string // it can, and the run did not reach its end
		stage  string
	}{
		{name: "process_lost", report: func() types.Report {
			r := good()
			r.SpecReports = slices.Delete(r.SpecReports, 3, 4)
			return r
		}, runErr: "the report has 11 of the 12 specs of the suite: a test process was lost", stage: "exception"},
		{name: "nothing_ran", report: func() types.Report { return types.Report{} },
			runErr: "the report has 0 of the 12 specs of the suite: a test process was lost", stage: "exception"},
		{name: "interrupted", report: func() types.Report {
			r := good()
			r.SpecialSuiteFailureReasons = []string{"Interrupted by User"}
			return r
		}, runErr: "suite: Interrupted by User", stage: "interrupted"},
		{name: "entry_is_no_text", report: func() types.Report {
			r := good()
			r.SpecReports[3] = spec(harness.ObservationEntry, map[string]int{"a": 1})
			return r
		}, err: `report entry "rtgen.observation" of spec "a spec" is no text`},
		{name: "preflight_is_no_text", report: func() types.Report {
			r := good()
			r.SpecReports[3] = spec(harness.PreflightEntry, 7)
			return r
		}, err: `report entry "rtgen.preflight" of spec "a spec" is no text`},
		{name: "observation_is_no_json", report: func() types.Report {
			r := good()
			r.SpecReports[3] = spec(harness.ObservationEntry, "{")
			return r
		}, err: "observation: "},
		{name: "preflight_is_no_json", report: func() types.Report {
			r := good()
			r.SpecReports[3] = spec(harness.PreflightEntry, "[]")
			return r
		}, err: "preflight: "},
		{name: "launch_is_no_json", report: func() types.Report {
			r := good()
			r.SpecReports[3] = spec(harness.LaunchEntry, "{}")
			return r
		}, err: "launch report: "},
		{name: "other_entries", report: func() types.Report {
			r := good()
			r.SpecReports[3].ReportEntries = append(r.SpecReports[3].ReportEntries, types.ReportEntry{Name: "mine", Value: types.WrapEntryValue(7)})
			return r
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ev, err := reporters.Collect(c, tt.report())
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if err != nil {
				return
			}
			if (ev.Err == nil) != (tt.runErr == "") || ev.Err != nil && ev.Err.Error() != tt.runErr || ev.ErrStage != tt.stage {
				t.Errorf("the run: %v in stage %q, want %q in %q", ev.Err, ev.ErrStage, tt.runErr, tt.stage)
			}
		})
	}
}

func startRun(t testing.TB, c *harness.Compiled) *harness.Run {
	t.Helper()
	run, err := harness.Start(c, harness.Params{Out: t.TempDir(), RunID: "r1", Channel: harness.ChannelSpec{Name: harness.ChannelClean}})
	if err != nil {
		t.Skipf("no run here: %v", err)
	}
	t.Cleanup(func() { _ = run.Close() })
	return run
}

func TestBundle(t *testing.T) {
	c := small(t)
	run := startRun(t, c)
	var console strings.Builder
	b := &reporters.Bundle{Console: &console}
	if err := b.Report(run, report(t, observed(c))); err != nil {
		t.Fatal(err)
	}
	if b.Result == nil || b.Result.Status != harness.StatusOK || b.Result.RunID != "r1" || !b.Result.Promotable {
		t.Errorf("result %+v", b.Result)
	}
	if want := "\nrun r1: ok, bundle " + run.Dir() + ", packet " + run.PacketPath() + "\n"; console.String() != want {
		t.Errorf("it says %q, want %q", console.String(), want)
	}
	if _, err := harness.LoadBundle(run.Out()); err != nil {
		t.Error(err)
	}
}

// A report that cannot be read closes the run as failed; nothing is committed.
func TestBundleOfBadReport(t *testing.T) {
	c := small(t)
	run := startRun(t, c)
	b := &reporters.Bundle{}
	bad := types.Report{SpecReports: types.SpecReports{spec(harness.ObservationEntry, "{")}}
	if err := b.Report(run, bad); err == nil || b.Result != nil {
		t.Errorf("Report = %v, result %+v", err, b.Result)
	}
	if v, err := harness.ValidateBundle(run.Dir()); err != nil || v.State != bundle.StateFailed {
		t.Errorf("the run folder: %+v, %v", v, err)
	}
	if _, err := os.Lstat(filepath.Join(run.Out(), "LATEST")); err == nil {
		t.Error("LATEST leads to it")
	}
}

// Observations that cannot be of this plan are refused, not left out.
func TestBundleOfStrangers(t *testing.T) {
	c := small(t)
	for name, change := range map[string]func([]harness.Observation) []harness.Observation{
		"unknown_scenario": func(o []harness.Observation) []harness.Observation {
			o[0].ExpectationID = "small:stranger"
			return o
		},
		"twice": func(o []harness.Observation) []harness.Observation {
			o[1] = o[0]
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := startRun(t, c)
			if err := (&reporters.Bundle{}).Report(run, report(t, change(observed(c)))); err == nil {
				t.Error("the bundle is committed")
			}
			if _, err := harness.LoadBundle(run.Dir()); err == nil {
				t.Error("the bundle loads")
			}
		})
	}
}

// Allowed under the policy and denied without it cannot be: the evidence is
// kept, and the suite is red.
func TestBundleContradiction(t *testing.T) {
	c := small(t)
	run := startRun(t, c)
	all := observed(c)
	for i := range all {
		if obs := &all[i]; obs.Lane == harness.LaneBaseline && obs.ExpectationID == "small:read-inside" {
			obs.Outcome, obs.Actual, obs.Errno, obs.ErrnoName = harness.Denied, harness.Deny, 13, "EACCES"
		}
	}
	b := &reporters.Bundle{}
	err := b.Report(run, report(t, all))
	var contradiction *harness.ContradictionError
	if !errors.As(err, &contradiction) || len(contradiction.Scenarios) != 1 || contradiction.Scenarios[0] != "small:read-inside" {
		t.Errorf("Report = %v", err)
	}
	if b.Result == nil || b.Result.Status != harness.StatusPartial {
		t.Errorf("result %+v", b.Result)
	}
	if _, err := harness.LoadBundle(run.Dir()); err != nil {
		t.Error(err)
	}
}
