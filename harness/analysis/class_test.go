package analysis_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

func TestClassOf(t *testing.T) {
	yes, no := new(true), new(false)
	for _, tt := range []struct {
		stage     string
		witnessed *bool
		want      analysis.Class
	}{
		{"", nil, analysis.Counted},
		{"", yes, analysis.Counted},
		{"", no, analysis.Unobserved},
		{"probe", nil, analysis.Counted},
		{"probe", no, analysis.Unobserved},
		{"a_stage_to_come", nil, analysis.Counted},
		{"apply", nil, analysis.Blocked},
		{"bootstrap", nil, analysis.Blocked},
		{"preflight", nil, analysis.Blocked},
		{"Apply", nil, analysis.Counted},
		// Blocked wins.
		{"apply", no, analysis.Blocked},
		{"preflight", yes, analysis.Blocked},
	} {
		e := row("fs.read_file", "s", "deny", "deny")
		e.IntendedOpWitnessed = tt.witnessed
		if tt.stage != "" {
			e.FailureStage = &tt.stage
		}
		if got := analysis.ClassOf(&e); got != tt.want {
			t.Errorf("ClassOf stage %q, witnessed %v = %v, want %v", tt.stage, tt.witnessed, got, tt.want)
		}
		if got := analysis.Observed(&e); got != (tt.want == analysis.Counted) {
			t.Errorf("Observed stage %q, witnessed %v = %v", tt.stage, tt.witnessed, got)
		}
		e.Actual = nil
		if analysis.Observed(&e) {
			t.Errorf("Observed stage %q, witnessed %v, and there is no decision", tt.stage, tt.witnessed)
		}
	}
}

func TestCheckEvent(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*artifact.Event)
		says   string // empty: it is taken
	}{
		"as_it_is":          {func(*artifact.Event) {}, ""},
		"undecided":         {func(e *artifact.Event) { e.Actual, e.Match = nil, nil }, ""},
		"mismatch":          {func(e *artifact.Event) { e.Actual, e.Match = new("allow"), new(false) }, ""},
		"no_world":          {func(e *artifact.Event) { e.WorldID = "" }, "world_id is empty"},
		"no_profile":        {func(e *artifact.Event) { e.ProfileID = "" }, "profile_id is empty"},
		"no_scenario":       {func(e *artifact.Event) { e.ScenarioID = "" }, "scenario_id is empty"},
		"no_operation":      {func(e *artifact.Event) { e.Operation = "" }, "operation is empty"},
		"moves_the_cursor":  {func(e *artifact.Event) { e.Operation = "fs.\x1b[2J" }, "do not print"},
		"no_decision":       {func(e *artifact.Event) { e.Actual = new("") }, "neither"},
		"matches_nothing":   {func(e *artifact.Event) { e.Actual = nil }, "match is true"},
		"matches_the_other": {func(e *artifact.Event) { e.Actual = new("allow") }, "match is true"},
	} {
		t.Run(name, func(t *testing.T) {
			e := row("fs.read_file", "s", "deny", "deny")
			tt.change(&e)
			err := analysis.CheckEvent(&e)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("CheckEvent = %v, want %q", err, tt.says)
			}
		})
	}
}
