package evidence_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

func oneRow(t *testing.T, run evidence.Run, o evidence.Observation) artifact.ResultsProbe {
	t.Helper()
	docs, _, err := evidence.Derive(run, []evidence.Observation{o})
	if err != nil {
		t.Fatal(err)
	}
	var results artifact.RuntimeResults
	if err := json.Unmarshal(document(t, docs, resultsFile).Data, &results); err != nil {
		t.Fatal(err)
	}
	return results[0].Value.Probes[0]
}

// A launcher applies its policy itself and may say no by exit code alone.
func TestRowDeniedByExitCode(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	run.Matrix.Profiles[0].Mode = "launcher"
	row := oneRow(t, run, observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Denied, func(o *evidence.Observation) {
		o.Command, o.ExitCode = []string{"bwrap", "true"}, new(-31)
	}))
	if r := row.RuntimeResult; r.Errno != nil || *r.FailureKind != "probe_nonzero_exit" || *r.FailureStage != "probe" || r.ApplyReport != nil {
		t.Errorf("runtime_result %+v, want no errno, probe_nonzero_exit and no apply report", r)
	}
	if code, ok := row.ExitCode.Get(); !ok || code != -31 {
		t.Errorf("exit_code %d, %v; want -31", code, ok)
	}
}

// What a broken attempt left behind is kept, and makes no decision.
func TestRowBrokenKeepsOutput(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	row := oneRow(t, run, observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Broken, applied, because("probe_timeout", ""), func(o *evidence.Observation) {
		o.Command, o.ExitCode, o.Stderr = []string{"sleep", "9"}, new(-9), "half a li"
	}))
	if row.Actual != nil || row.Match != nil {
		t.Errorf("actual %v, match %v from a timeout", row.Actual, row.Match)
	}
	if code, ok := row.ExitCode.Get(); !ok || code != -9 || row.Stdout != nil || *row.Stderr != "half a li" || len(row.Command) != 2 {
		t.Errorf("exit_code %d, stdout %v, stderr %v, command %q; want what was left", code, row.Stdout, row.Stderr, row.Command)
	}
	if *row.Error != "probe_timeout" || *row.ErrorKind != "probe_timeout" {
		t.Errorf("error %q, error_kind %q; want the kind where no reason was given", *row.Error, *row.ErrorKind)
	}
}

// An attempt to apply that failed without an errno still says how it is known.
func TestRowApplyFailedWithoutErrno(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	for text, want := range map[string]string{"rules do not resolve": "errbuf_present", "": "none"} {
		row := oneRow(t, run, observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Broken, because("apply_failed", ""), func(o *evidence.Observation) {
			o.FailureStage = evidence.StageApply
			o.Apply = &evidence.ApplyReport{API: "landlock_add_rule", RC: -1, ErrClass: "unknown", ErrText: text}
		}))
		if got := *row.RuntimeResult.ApplyReport.ErrClassSource; got != want {
			t.Errorf("err_class_source %q with text %q, want %q", got, text, want)
		}
	}
}

// The baseline's output is cut after 200 characters, not bytes.
func TestBaselineOutputIsCut(t *testing.T) {
	run := testRun(readProbe("f", evidence.Allow))
	docs, _, err := evidence.Derive(run, []evidence.Observation{
		observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Allowed, func(o *evidence.Observation) {
			o.Stdout, o.Stderr = strings.Repeat("é", 201), strings.Repeat("x", 200)
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	var baseline artifact.BaselineResults
	if err := json.Unmarshal(document(t, docs, baselineFile).Data, &baseline); err != nil {
		t.Fatal(err)
	}
	row := baseline.Results[0]
	if *row.Stdout != strings.Repeat("é", 200) || *row.Stderr != strings.Repeat("x", 200) {
		t.Errorf("stdout has %d bytes, stderr %d; want 400 and 200", len(*row.Stdout), len(*row.Stderr))
	}
}

// A caller that cannot keep a document ends the derivation.
func TestDeriveEachStops(t *testing.T) {
	run := testRun(readProbe("f", evidence.Allow))
	full, made := errors.New("disk full"), 0
	_, err := evidence.DeriveEach(run, nil, func(evidence.Document) error {
		made++
		return full
	})
	if !errors.Is(err, full) || made != 1 {
		t.Errorf("error %v after %d documents, want %v after 1", err, made, full)
	}
}

// Each observation carries the hygiene of the very worker that made it.
func TestHygieneIsTheWorkersOwn(t *testing.T) {
	run := testRun(readProbe("f", evidence.Allow), readProbe("g", evidence.Allow), readProbe("h", evidence.Allow), readProbe("i", evidence.Allow))
	run.Channel = "direct"
	at := func(id string, w *evidence.Worker) evidence.Observation {
		return observe(run, evidence.LaneScenario, "demo:rw:"+id, evidence.Allowed, called("/scratch/ws/"+id), applied,
			func(o *evidence.Observation) { o.Worker = w })
	}
	blocked := observe(run, evidence.LaneScenario, "demo:rw:i", evidence.Blocked, because("capability_missing", "no"))
	pipe := []evidence.Descriptor{{FD: 5, To: "/var/log/agent.log"}, {FD: 7, To: "pipe:[4711]"}}
	docs, _, err := evidence.Derive(run, []evidence.Observation{
		at("f", &evidence.Worker{Inherited: pipe, Sandboxed: true}),
		at("g", &evidence.Worker{}),
		at("h", &evidence.Worker{Left: []evidence.Descriptor{{FD: 9, To: "/etc/passwd"}}}),
		blocked,
	})
	if err != nil {
		t.Fatal(err)
	}
	var events []artifact.Event
	if err := json.Unmarshal(document(t, docs, eventsFile).Data, &events); err != nil {
		t.Fatal(err)
	}
	model, timing := "self_apply", "pre_syscall"
	yes, no := true, false
	for i, want := range []artifact.ResourceHygiene{
		{ApplyModel: &model, ApplyTiming: &timing, PreexistingSandboxSuspected: &yes, PassFDs: []int{5, 7}, PreopenHints: []string{"5 -> /var/log/agent.log", "7 -> pipe:[4711]"}, CloseFDs: &no, PreopenDetected: &yes},
		{ApplyModel: &model, ApplyTiming: &timing, PreexistingSandboxSuspected: &no, PassFDs: []int{}, PreopenHints: []string{}, CloseFDs: &no, PreopenDetected: &no},
		{ApplyModel: &model, ApplyTiming: &timing, PreexistingSandboxSuspected: &no, PassFDs: []int{}, PreopenHints: []string{"9 -> /etc/passwd, left by an earlier probe"}, CloseFDs: &no, PreopenDetected: &yes},
		{PassFDs: []int{}, PreopenHints: []string{}, CloseFDs: &no, PreopenDetected: &no},
	} {
		if diff := cmp.Diff(&want, events[i].ResourceHygiene); diff != "" {
			t.Errorf("%s (-want +got):\n%s", events[i].ProbeName, diff)
		}
	}
}
