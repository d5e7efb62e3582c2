//go:build !darwin && seatbelt_fake

package harness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd/launchdtest"
)

func init() { launchdtest.Main() }

// A whole run by launchd_clean: one whose workers come forward, and one that
// launchd will not have, which is a bundle all the same.
func TestLaunchdRun(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []launchdtest.Answer
		status  harness.RunStatus
		pid     bool
		says    string
	}{
		{"comes_forward", nil, harness.StatusOK, true, `"domain_reason": "gui_domain_available"`},
		{
			"refused", []launchdtest.Answer{{Asked: "launchctl bootstrap", RC: 5, Stderr: "Bootstrap failed: 5: Input/output error\n"}},
			harness.StatusPartial, false, `"classification": "bootstrap_failed"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := launchdtest.New(t)
			l.Answers(t, tt.answers...)
			t.Setenv(channel.EnvFakeLaunchd, l.Dir())
			out := t.TempDir()
			c := macPlan(t, harness.CompiledProfile{
				ID:             "p",
				CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n(deny file-read* (subpath \"D/no\"))\n"},
				Scenarios: []harness.Scenario{
					{Name: "read", Operation: "file-read*", Target: "D/yes", Expected: harness.Allow},
					{Name: "read-no", Operation: "file-read*", Target: "D/no/f", Expected: harness.Deny},
				},
			})
			res, err := harness.RunCompiled(t.Context(), c, harness.Params{
				Out: out, RunID: "run-1", Channel: harness.ChannelSpec{Name: harness.ChannelClean},
			})
			if err != nil {
				t.Fatal(err)
			}
			if res.Status != tt.status {
				t.Errorf("status %s, want %s", res.Status, tt.status)
			}
			if v, err := harness.ValidateBundleDeep(out); err != nil || !v.OK() {
				t.Errorf("findings %+v, %v", v, err)
			}
			b, err := harness.LoadBundle(out)
			if err != nil {
				t.Fatal(err)
			}
			if b.Manifest.Channel != "launchd_clean" || !slices.Contains(b.Names(), "launchctl_diagnostics.json") {
				t.Errorf("channel %s, artifacts %q", b.Manifest.Channel, b.Names())
			}
			data, err := b.Read("launchctl_diagnostics.json")
			if err != nil || strings.Contains(string(data), `"pid": `) != tt.pid || !strings.Contains(string(data), tt.says) || strings.Contains(string(data), "left_behind") {
				t.Errorf("launchctl_diagnostics.json: %v\n%s", err, data)
			}
			if res.Promotable != tt.pid {
				t.Errorf("promotable: %v, because of %q", res.Promotable, res.Reasons)
			}
			if !tt.pid {
				pre, err := os.ReadFile(res.RunDir + "/apply_preflight.json")
				if err != nil || !strings.Contains(string(pre), "bootstrap_failed") {
					t.Errorf("apply_preflight.json does not say why: %v\n%s", err, pre)
				}
				if n := strings.Count(string(data), `"bootstrap",`); n != 1 {
					t.Errorf("launchd was asked for a worker %d times", n)
				}
			}
		})
	}
}

// The worker is killed between two observations: what comes then is another's work,
// or nobody's, and launchd is not asked again and again.
func TestLaunchdSecondWorker(t *testing.T) {
	for _, tt := range []struct {
		name    string
		refused bool // the second one
		asked   int  // times in all
	}{{"comes_forward", false, 2}, {"refused", true, 3}} {
		t.Run(tt.name, func(t *testing.T) {
			l := launchdtest.New(t)
			t.Setenv(channel.EnvFakeLaunchd, l.Dir())
			var scenarios []harness.Scenario
			for _, name := range []string{"first", "second", "third", "fourth"} {
				scenarios = append(scenarios, harness.Scenario{Name: name, Operation: "file-read*", Target: "D/f", Expected: harness.Allow, Lanes: harness.LaneSet{Scenario: true}})
			}
			c := macPlan(t, harness.CompiledProfile{
				ID: "p", CompiledPolicy: harness.CompiledPolicy{Text: "(version 1)\n(allow default)\n"}, Scenarios: scenarios,
			})
			killed := false
			seen, res := fakeRun(t, c, harness.Params{
				Channel: harness.ChannelSpec{Name: harness.ChannelClean},
				Progress: func(obs *harness.Observation) {
					if killed || obs.Lane != harness.LaneScenario {
						return
					}
					if tt.refused {
						l.Answers(t, launchdtest.Answer{Asked: "launchctl bootstrap", RC: 5, Stderr: "Bootstrap failed: 5: Input/output error\n"})
					}
					kill(t, l)
					killed = true
				},
			})
			var got []string
			for _, sc := range scenarios {
				got = append(got, short(seen["scenario p:"+sc.Name]))
			}
			want, reasons := []string{"allowed", "allowed", "allowed", "allowed"}, []string{}
			if tt.refused {
				const none = "broken probe worker_launch_failed"
				want, reasons = []string{"allowed", none, none, none}, []string{"evidence_broken"}
			}
			if !slices.Equal(got, want) {
				t.Errorf("observed %q, want %q", got, want)
			}
			if !slices.Equal(res.Reasons, reasons) {
				t.Errorf("reasons %q, want %q", res.Reasons, reasons)
			}
			if n := strings.Count(strings.Join(l.Calls(t), "\n"), "launchctl bootstrap "); n != tt.asked {
				t.Errorf("launchd was asked for a worker %d times, want %d", n, tt.asked)
			}
		})
	}
}

// kill ends the one worker there is, and waits until launchd knows.
func kill(t *testing.T, l *launchdtest.Launchd) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(l.Dir(), "loaded", "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("jobs %q, %v", files, err)
	}
	for state := (struct {
		PID   int
		Ended string
	}{}); state.Ended == ""; time.Sleep(time.Millisecond) {
		data, err := os.ReadFile(files[0])
		if err == nil {
			err = json.Unmarshal(data, &state)
		}
		if err != nil || state.PID == 0 {
			t.Fatalf("%s: %q, %v", files[0], data, err)
		}
		_ = syscall.Kill(state.PID, syscall.SIGKILL) // it may have ended
	}
}
