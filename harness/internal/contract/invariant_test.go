package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

const (
	apply   = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"apply","rc":0}` + "\n"
	applied = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"applied","rc":0}` + "\n"
	exec    = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"exec","rc":-1,"errno":2}` + "\n"
	begin   = `{"tool":"sbpl-apply","stage":"begin"}` + "\n"
)

// fine is a result that contradicts nothing.
func fine() artifact.RuntimeResult {
	return artifact.RuntimeResult{
		Status: "success", Version: 1, MarkerVersion: 2,
		ApplyReport: &artifact.ApplyReport{API: new("sandbox_init"), RC: new(0), ErrClass: new("ok"), ErrClassSource: new("none")},
		RunnerInfo:  &artifact.RunnerInfo{EntrypointSHA256: new("ab"), ToolBuildID: new("ab")},
	}
}

func failed(stage string, rc int) func(*artifact.RuntimeResult) {
	return func(r *artifact.RuntimeResult) { r.Status, r.FailureStage, r.ApplyReport.RC = "errno", &stage, &rc }
}

func TestCheckRow(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*artifact.RuntimeResult)
		stderr string
		want   []string
	}{
		{name: "fine", stderr: apply + applied + "hello\n"},
		{name: "no_markers", stderr: "hello\n"},
		{name: "failed_to_apply", change: failed("apply", -1), stderr: apply},
		{name: "failed_to_start", change: failed("bootstrap", 0), stderr: apply + applied + exec},
		{
			name: "blocked", change: func(r *artifact.RuntimeResult) {
				r.Status, r.FailureStage, r.ApplyReport = "blocked", new("preflight"), nil
			},
		},
		{name: "result_version", change: func(r *artifact.RuntimeResult) { r.Version = 2 }, want: []string{"result_version_unknown"}},
		{name: "marker_version", change: func(r *artifact.RuntimeResult) { r.MarkerVersion = 3 }, want: []string{"marker_version_unknown"}},
		{
			name: "line_version", stderr: strings.ReplaceAll(apply+applied, `version":1`, `version":9`),
			want: []string{"marker_version_unknown"}, // once for all lines of a tool
		},
		{
			name:   "callout_version",
			change: func(r *artifact.RuntimeResult) { r.Callouts = []artifact.Callout{{MarkerVersion: 3}} },
			stderr: `{"tool":"seatbelt-callout","marker_schema_version":3}`,
			want:   []string{"marker_version_unknown"},
		},
		{
			name:   "entitlement_version",
			change: func(r *artifact.RuntimeResult) { r.EntitlementChecks = []artifact.EntitlementCheck{{MarkerVersion: 2}} },
			want:   []string{"marker_version_unknown"},
		},
		{name: "compile_version_is_not_checked", stderr: `{"tool":"sbpl-compile","stage":"compile","marker_schema_version":9}`},
		{name: "applied_alone", stderr: applied, want: []string{"applied_without_apply"}},
		{name: "exec_alone", stderr: exec, want: []string{"exec_without_apply", "exec_without_applied"}},
		{name: "exec_not_applied", stderr: apply + exec, want: []string{"exec_without_applied"}},
		{
			name: "no_report", stderr: apply + applied, change: func(r *artifact.RuntimeResult) { r.ApplyReport = nil },
			want: []string{"markers_without_report"},
		},
		{name: "no_class", change: func(r *artifact.RuntimeResult) { r.ApplyReport.ErrClass = nil }, want: []string{"report_unclassified"}},
		{name: "no_source", change: func(r *artifact.RuntimeResult) { r.ApplyReport.ErrClassSource = nil }, want: []string{"report_unclassified"}},
		{name: "apply_succeeded", change: failed("apply", 0), want: []string{"apply_stage_succeeded"}},
		{name: "apply_went_on", change: failed("apply", -1), stderr: apply + applied, want: []string{"apply_stage_went_on"}},
		{name: "started_unapplied", change: failed("bootstrap", -1), want: []string{"bootstrap_stage_not_applied"}},
		{
			name: "started_unreported", change: func(r *artifact.RuntimeResult) { failed("bootstrap", 0)(r); r.ApplyReport = nil },
			want: []string{"bootstrap_stage_not_applied"},
		},
		{name: "started_without_exec", change: failed("bootstrap", 0), stderr: apply + applied, want: []string{"bootstrap_stage_without_exec"}},
		{name: "build_id", change: func(r *artifact.RuntimeResult) { r.RunnerInfo.ToolBuildID = nil }, want: []string{"build_id_differs"}},
		{
			name: "preflight_ran", change: failed("preflight", 0), stderr: apply,
			want: []string{"preflight_stage_not_blocked", "preflight_stage_applied", "preflight_stage_applied"},
		},
		{name: "stray", stderr: apply + begin, want: []string{"marker_in_stderr"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := fine()
			if tc.change != nil {
				tc.change(&r)
			}
			found := contract.CheckRow("demo:a", &r, &tc.stderr)
			if diff := cmp.Diff(tc.want, codes(t, found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Where tools do not speak on standard error, nothing there is held against a
// row.
func TestCheckRowOfSilentTools(t *testing.T) {
	r := fine()
	if found := contract.CheckRow("demo:a", &r, nil); found != nil {
		t.Errorf("found %v", found)
	}
}

func TestCheckEvent(t *testing.T) {
	const mac, linux = "ventura-13.0-22A380-x86_64-dyld-00ff00", "linux-6.18.0-x86_64-landlock7-425282c6"
	event := func(change func(*artifact.Event)) *artifact.Event {
		r := fine()
		e := &artifact.Event{
			ExpectationID: "demo:a", WorldID: mac, RuntimeStatus: "success", ApplyReport: r.ApplyReport, RunnerInfo: r.RunnerInfo,
			Stderr: new("hello\n"), PolicyLayers: &artifact.PolicyLayers{},
		}
		change(e)
		return e
	}
	for _, tc := range []struct {
		name    string
		change  func(*artifact.Event)
		want    []string
		earlier []string
	}{
		{"fine", func(*artifact.Event) {}, nil, nil},
		{"no_layers", func(e *artifact.Event) { e.PolicyLayers = nil }, []string{"policy_layers_missing"}, nil},
		{"marker", func(e *artifact.Event) { e.Stderr = new(apply) }, []string{"marker_in_stderr"}, []string{"marker_in_stderr"}},
		{"stray", func(e *artifact.Event) { e.Stderr = new(begin) }, []string{"marker_in_stderr"}, []string{"marker_in_stderr"}},
		{"forged", func(e *artifact.Event) { e.Stderr, e.WorldID = new(begin+apply), linux }, nil, nil},
		{
			"stage", func(e *artifact.Event) { e.FailureStage, e.ApplyReport.ErrClass = new("apply"), nil },
			[]string{"report_unclassified", "apply_stage_succeeded"}, []string{"report_unclassified", "apply_stage_succeeded"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, codes(t, contract.CheckEvent(event(tc.change), contract.Current))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.earlier, codes(t, contract.CheckEvent(event(tc.change), contract.Earlier))); diff != "" {
				t.Errorf("of an earlier run (-want +got):\n%s", diff)
			}
		})
	}
}

func codes(t *testing.T, found []contract.Violation) []string {
	var got []string
	for _, v := range found {
		if v.ExpectationID != "demo:a" || !strings.Contains(v.Error(), `"demo:a": `+v.Code+": ") || strings.Contains(v.Error(), "\n") {
			t.Errorf("violation reads %q", v.Error())
		}
		got = append(got, v.Code)
	}
	return slices.Clip(got)
}
