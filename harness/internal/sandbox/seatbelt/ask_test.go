package seatbelt_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// What sandbox_check is given, and what is said of each flag that it is not given.
func TestPlan(t *testing.T) {
	quiet, canonical := seatbelt.NewFlag(0x40000000, false), seatbelt.NewFlag(0x20000000, false)
	missing, zero := seatbelt.NewFlag(0, true), seatbelt.NewFlag(0, false)
	path := seatbelt.Question{Operation: "file-read-data", FilterType: 1, FilterName: "path", Argument: "/tmp/a"}
	resolved := path
	resolved.Canonical = true
	with := func(q seatbelt.Question, change func(*seatbelt.Question)) seatbelt.Question {
		change(&q)
		return q
	}
	type answer = seatbelt.Answer
	for _, tt := range []struct {
		name            string
		q               seatbelt.Question
		quiet, resolved seatbelt.Flag
		ask             bool
		want            answer // Question, API, RC and Decision aside
	}{
		{"raw", path, quiet, canonical, true, answer{CheckType: 1073741825, Varargs: 1, NoReport: true, CanonicalWhy: "not_requested"}},
		{"canonical", resolved, quiet, canonical, true, answer{CheckType: 0x60000001, Varargs: 1, NoReport: true}},
		{"no filter", seatbelt.Question{Operation: "process-fork"}, quiet, canonical, true, answer{CheckType: 0x40000000, NoReport: true, CanonicalWhy: "not_requested"}},
		{"reports cannot be kept back", path, missing, canonical, true, answer{CheckType: 1, Varargs: 1, NoReportWhy: "symbol_missing", CanonicalWhy: "not_requested"}},
		{"a flag that is none", path, zero, canonical, true, answer{CheckType: 1, Varargs: 1, NoReportWhy: "flag_zero", CanonicalWhy: "not_requested"}},
		{"canonical cannot be asked for", resolved, quiet, missing, false, answer{
			CheckType: 1073741825, Varargs: 1, NoReport: true, CanonicalWhy: "symbol_missing", Err: "this version of macOS has no flag for canonical paths: symbol_missing"}},
		{"canonical is no flag", resolved, quiet, zero, false, answer{
			CheckType: 1073741825, Varargs: 1, NoReport: true, CanonicalWhy: "flag_zero", Err: "this version of macOS has no flag for canonical paths: flag_zero"}},
		{"a canonical name", with(resolved, func(q *seatbelt.Question) { q.FilterType = 2 }), quiet, canonical, false, answer{
			CheckType: 0x40000002, Varargs: 1, NoReport: true, CanonicalWhy: "unsupported_filter_type", Err: "only a path can be asked about as a canonical one"}},
		{"a filter that takes no text", with(path, func(q *seatbelt.Question) { q.FilterType = 11 }), quiet, canonical, false, answer{
			CheckType: 11, NoReportWhy: "unsupported_filter_type", CanonicalWhy: "unsupported_filter_type", Err: "sandbox_check takes no text for filter type 11"}},
		{"a filter that may take a number", with(path, func(q *seatbelt.Question) { q.Doubt = "it may take a number" }), quiet, canonical, false, answer{
			CheckType: 1, NoReportWhy: "unsupported_filter_type", CanonicalWhy: "unsupported_filter_type", Err: "it may take a number"}},
		{"a path that would be cut", with(path, func(q *seatbelt.Question) { q.Argument = "/tmp\x00/a" }), quiet, canonical, false, answer{
			CheckType: 1, NoReportWhy: "invalid_argument", CanonicalWhy: "not_requested", Err: "the question has no operation, or a NUL byte"}},
		{"no operation", with(path, func(q *seatbelt.Question) { q.Operation = "" }), quiet, canonical, false, answer{
			CheckType: 1, NoReportWhy: "invalid_argument", CanonicalWhy: "not_requested", Err: "the question has no operation, or a NUL byte"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ask := seatbelt.Plan(tt.q, tt.quiet, tt.resolved)
			tt.want.Question, tt.want.API, tt.want.RC, tt.want.Decision = tt.q, "sandbox_check", -1, "error"
			if diff := cmp.Diff(tt.want, got); diff != "" || ask != tt.ask {
				t.Errorf("ask %v (-want +got):\n%s", ask, diff)
			}
		})
	}
}

func TestConclude(t *testing.T) {
	for _, tt := range []struct {
		rc, errno, want int
		decision        string
	}{{0, 3, 0, "allow"}, {1, 3, 0, "deny"}, {-1, 22, 22, "error"}, {2, 0, 0, "error"}} {
		a, _ := seatbelt.Plan(seatbelt.Question{Operation: "process-fork"}, seatbelt.Flag{}, seatbelt.Flag{})
		if a.Conclude(tt.rc, tt.errno); a.RC != tt.rc || a.Errno != tt.want || a.Decision != tt.decision {
			t.Errorf("rc %d, errno %d: %+v", tt.rc, tt.errno, a)
		}
	}
}
