package marker_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// answers are the shapes of callouts that our engine makes: with and without a
// filter, for a path as it is spelled and resolved, kept out of the log or not,
// and not asked at all.
func answers() map[string]artifact.Callout {
	base := func(change func(*artifact.Callout)) artifact.Callout {
		c := artifact.Callout{
			Tool: marker.Callout, MarkerVersion: 2, Stage: "pre_syscall", API: "sandbox_check", Operation: "file-read-data",
			FilterType: new(1), FilterTypeName: new("path"), CheckType: new(0x40000001), VarargsCount: new(1), Argument: new("/tmp/a"),
			Canonicalization: new("raw"), CanonicalFlagUsed: new(false), CanonicalFlagReason: new("not_requested"),
			NoReport: new(true), TokenStatus: new("pid"), TokenMachKR: new(0), RC: new(1), Errno: new(0), Decision: "deny",
		}
		change(&c)
		return c
	}
	return map[string]artifact.Callout{
		"raw": base(func(*artifact.Callout) {}),
		"canonical": base(func(c *artifact.Callout) {
			c.CheckType, c.CanonicalFlagUsed, c.CanonicalFlagReason = new(0x60000001), new(true), nil
		}),
		"no_flag": base(func(c *artifact.Callout) {
			c.Canonicalization, c.CanonicalFlagReason = new("canonical"), new("symbol_missing")
		}),
		"reported": base(func(c *artifact.Callout) {
			c.NoReport, c.NoReportReason, c.CheckType = new(false), new("flag_zero"), new(1)
		}),
		"no_filter": base(func(c *artifact.Callout) {
			c.Operation, c.FilterType, c.FilterTypeName, c.Argument, c.VarargsCount = "process-fork", new(0), new("none"), nil, new(0)
		}),
		"allowed": base(func(c *artifact.Callout) { c.RC, c.Decision = new(0), "allow" }),
		"error": base(func(c *artifact.Callout) {
			c.RC, c.Errno, c.Decision, c.Error = new(-1), new(22), "error", new("EINVAL")
		}),
		"missing": base(func(c *artifact.Callout) {
			c.RC, c.Decision, c.Error, c.NoReport, c.NoReportReason = new(-1), "error", new("no sandbox_check"), new(false), new("function_missing")
		}),
		"odd_text": base(func(c *artifact.Callout) { c.Argument = new("/tmp/\n{\"a\"}\u2028<\u00e9>") }),
	}
}

// What a callout says is the same in a document and on a tool's line.
func TestCalloutRoundTrip(t *testing.T) {
	for name, want := range answers() {
		t.Run(name, func(t *testing.T) {
			printed := calloutLine(&want)
			if diff := cmp.Diff([]artifact.Callout{want}, marker.Callouts(marker.Parse("a\n"+printed+"b\n"), marker.CheckFilters)); diff != "" {
				t.Errorf("from its line (-want +got):\n%s", diff)
			}
			if left := marker.Strip("a\n" + printed + "b\n"); left != "a\nb\n" {
				t.Errorf("stripped: %q", left)
			}
			raw, err := json.Marshal(&want)
			if err != nil {
				t.Fatal(err)
			}
			m, ok := marker.Object(marker.Callout, raw)
			if !ok || !m.Known() {
				t.Fatalf("%s is no marker", raw)
			}
			if diff := cmp.Diff(want, m.Callout(marker.CheckFilters)); diff != "" {
				t.Errorf("from its document (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyRoundTrip(t *testing.T) {
	for _, api := range []string{"sandbox_init", "sandbox_init_with_parameters", "sandbox_apply"} {
		for _, failed := range []artifact.ApplyReport{
			{RC: new(0), Errno: new(0)},
			{RC: new(-1), Errno: new(1)},
			{RC: new(-1), Errno: new(13), ErrBuf: new("no such file")},
			{RC: new(-1), Errno: new(0), ErrBuf: new("line 3: unbound variable")},
			{RC: new(-1), Errno: new(0), ErrBuf: new("The process is Already in a Sandbox")},
			{RC: new(-1), Errno: new(0)},
		} {
			want := failed
			want.API = &api
			marker.FillClass(&want)
			markers := marker.Parse(applyLines(&want, "sbpl", "p.sb", 41))
			if diff := cmp.Diff(&want, marker.Report(markers)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", api, diff)
			}
			stage, kind := marker.Failure(markers)
			if ok := *want.RC == 0; ok != (stage == "") || !ok && kind != marker.ApplyFailure(&want) {
				t.Errorf("%s with rc %d failed at %q, %q", api, *want.RC, stage, kind)
			}
			if _, applied := marker.First(markers, marker.Apply, marker.StageApplied); applied != (*want.RC == 0) {
				t.Errorf("%s with rc %d: applied %v", api, *want.RC, applied)
			}
		}
	}
}

// No text of an answer breaks its line.
func FuzzCalloutLine(f *testing.F) {
	for _, c := range answers() {
		raw, err := json.Marshal(&c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, ok := marker.Object(marker.Callout, raw)
		if !ok {
			return
		}
		want := m.Callout(marker.CheckFilters)
		got := marker.Callouts(marker.Parse(calloutLine(&want)), marker.CheckFilters)
		if diff := cmp.Diff([]artifact.Callout{want}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
