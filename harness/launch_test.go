package harness_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/schema"
)

// jobs are a worker that did not come forward, and one that did.
func jobs() []*harness.LaunchReport {
	text := `[
{"label": "rtgen.runtime.run-1.p2", "run_id": "run-1", "domain": "user/501", "domain_reason": "gui_domain_unavailable", "session_types": ["Background"],
 "plist_path": "/private/tmp/rtgen-launchd.501/rtgen.runtime.run-1.p2/rtgen.runtime.run-1.p2.plist", "launchctl_cmds": [{"argv": ["/bin/launchctl", "print", "gui/501"], "rc": 112,
 "stdout_path": null, "stderr_path": null, "stderr": "Could not find domain\n"}], "log_show": {"argv": ["/usr/bin/log", "show"], "rc": 0, "stdout_path": null, "stderr_path": null, "stdout": "Timestamp\n"},
 "bootstrap_failure": {"classification": "bootstrap_failed", "rc": 5}, "plist": "<plist/>\n", "program": "/Users/u/suite.test", "error": "job rtgen.runtime.run-1.p2: bootstrap_failed", "left_behind": "a folder"},
{"label": "rtgen.runtime.run-1", "run_id": "run-1", "domain": "gui/501", "domain_reason": "gui_domain_available", "session_types": ["Aqua"],
 "plist_path": "/private/tmp/rtgen-launchd.501/rtgen.runtime.run-1/rtgen.runtime.run-1.plist", "launchctl_cmds": [], "log_show": {"argv": [], "rc": -1, "stdout_path": null, "stderr_path": null, "stderr": "ended\n"},
 "bootstrap_failure": {"classification": "plist_invalid", "rc": 109}, "plist": "<plist/>\n",
 "staged": {"from": "/Users/u/Documents/suite.test", "to": "/private/tmp/rtgen-launchd.501/rtgen.runtime.run-1/worker", "reason": "it lies below /Users/u/Documents",
 "sha256": "` + strings.Repeat("ab", 32) + `"}, "program": "/Users/u/Documents/suite.test", "pid": 4711, "error": "e", "left_behind": "a job"}]`
	list, err := harness.ParseLaunch(text)
	if err != nil {
		panic(err)
	}
	return list
}

// What launchd was asked goes into the bundle, and whoever reads the run's status
// finds it.
func TestLaunchDiagnostics(t *testing.T) {
	needLinux(t)
	const golden = "schema/testdata/launchctl_diagnostics.json"
	for _, failed := range []bool{false, true} {
		run, err := harness.Start(small(t), harness.Params{Out: t.TempDir(), RunID: "run-1"})
		if err != nil {
			t.Fatal(err)
		}
		ev := harness.Evidence{Selection: harness.SelectionOf(run.Compiled(), ""), Launches: jobs()}
		if failed {
			ev.Err, ev.ErrStage = os.ErrClosed, "interrupted"
		}
		res, err := run.Finish(ev)
		if cerr := run.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		if want := []string{"rtgen.runtime.run-1.p2: a folder", "rtgen.runtime.run-1: a job"}; !slices.Equal(res.LeftBehind, want) {
			t.Errorf("left behind %q, want %q", res.LeftBehind, want)
		}
		v, err := harness.ValidateBundleDeep(run.Dir())
		if err != nil || !v.OK() {
			t.Errorf("failed %v: findings %+v, %v", failed, v.Findings, err)
		}
		b, err := harness.OpenBundleUnverified(run.Dir())
		if err != nil {
			t.Fatal(err)
		}
		data, err := b.Read("launchctl_diagnostics.json")
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(golden, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(data)); diff != "" {
			t.Errorf("launchctl_diagnostics.json (-want +got); -update writes it anew:\n%s", diff)
		}
		if found, err := schema.Validate("runtime-tools.launchctl_diagnostics.v0.1", data); err != nil || len(found) > 0 {
			t.Errorf("schema: %v, %v", found, err)
		}
		for name, want := range map[string]string{
			"run_status.json":     `"launchctl_diagnostics": "` + b.Dir[strings.LastIndex(b.Dir[:strings.LastIndex(b.Dir, "/")], "/")+1:] + `/launchctl_diagnostics.json"`,
			"artifact_index.json": `"schema_version": "runtime-tools.launchctl_diagnostics.v0.1"`,
			"run_manifest.json":   "\"stage_used\": true,\n  \"stage_root\": \"/private/tmp/rtgen-launchd.501/rtgen.runtime.run-1\"",
		} {
			data, err := b.Read(name)
			if err != nil || !strings.Contains(string(data), want) {
				t.Errorf("failed %v: %s has not %s: %v\n%s", failed, name, want, err, data)
			}
		}
	}
}

func TestParseLaunch(t *testing.T) {
	for _, text := range []string{"", "{}", "[null]", `[{"label": 1}]`} {
		if list, err := harness.ParseLaunch(text); err == nil || !strings.HasPrefix(err.Error(), "launch report: ") {
			t.Errorf("%q: %v, %v", text, list, err)
		}
	}
}
