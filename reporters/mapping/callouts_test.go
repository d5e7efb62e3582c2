package mapping

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

func TestCalloutRow(t *testing.T) {
	blockedAt := &artifact.Event{
		ProfileID: "p", ScenarioID: "s", Operation: "file-read*", Target: "/t", FailureStage: new("apply"), FailureKind: new("k"),
	}
	sum := func(text string) *string { return new(bundle.DigestOf([]byte(text)).String()) }
	tests := []struct {
		name    string
		event   *artifact.Event
		callout artifact.Callout
		want    CalloutRow
	}{
		{"all of it", &artifact.Event{ProfileID: "p", ScenarioID: "s", ExpectationID: "e", Operation: "file-read*", Target: "/t"}, artifact.Callout{
			Stage: "pre_syscall", Operation: "file-write*", FilterType: new(1), FilterTypeName: new("path"), CheckType: new(2), VarargsCount: new(3),
			Argument: new("/a"), NoReport: new(true), NoReportReason: new("r"), TokenStatus: new("ok"), TokenMachKR: new(4), RC: new(5), Errno: new(6), Decision: "deny",
		}, CalloutRow{
			ExpectationID: new("e"), Operation: "file-write*", Argument: new("/a"), ArgumentSHA256: sum("/a"), CalloutStage: new("pre_syscall"), CalloutDecision: new("deny"),
			CalloutRC: new(5), CalloutErrno: new(6), CalloutNoReport: new(true), CalloutNoReportReason: new("r"), CalloutFilterType: new(1), CalloutFilterTypeName: new("path"),
			CalloutCheckType: new(2), CalloutVarargsCount: new(3), CalloutTokenStatus: new("ok"), CalloutTokenMachKR: new(4),
		}},
		{"nothing of it, blocked", blockedAt, artifact.Callout{}, CalloutRow{
			Operation: "file-read*", Argument: new("/t"), ArgumentSHA256: sum("/t"), FailureStage: new("apply"), FailureKind: new("k"),
		}},
		{"empty argument", blockedAt, artifact.Callout{Argument: new("")}, CalloutRow{
			Operation: "file-read*", Argument: new(""), FailureStage: new("apply"), FailureKind: new("k"),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCallouts(&set{world: "w"})
			tt.event.Callouts = []artifact.Callout{tt.callout}
			if err := c.observe(nil, tt.event); err != nil {
				t.Fatal(err)
			}
			want := tt.want
			want.WorldID, want.ProfileID, want.ScenarioID, want.Target, want.ResultSource = "w", "p", "s", new("/t"), "oracle_sandbox_check"
			if diff := cmp.Diff(want, c.events[0].row("w", &c.events[0].callouts[0])); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCalloutCounts(t *testing.T) {
	c := newCallouts(new(set))
	e := &artifact.Event{Operation: "op", Callouts: []artifact.Callout{
		{Decision: "allow", Stage: "a", FilterType: new(7)}, {Decision: "deny", Stage: "a", FilterType: new(7), FilterTypeName: new("seven")},
		{Decision: "error", Operation: "other", FilterTypeName: new("")}, {Decision: "deny", FilterType: new(0)},
	}}
	if err := c.observe(nil, e); err != nil {
		t.Fatal(err)
	}
	want := CalloutCounts{
		Total: 4, ByDecision: map[string]int{"allow": 1, "deny": 2, "error": 1}, ByOperation: map[string]int{"op": 3, "other": 1},
		ByStage: map[string]int{"a": 2}, ByFilterType: map[string]int{"7": 1, "seven": 1, "0": 1},
	}
	if diff := cmp.Diff(want, c.counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// A document without rows is one all the same, and its nulls are kept.
func TestCalloutsWithout(t *testing.T) {
	w := newWorkshop(t)
	s := w.make(w.set("maps", w.packet("out", onePlan("one"))))
	if s.Callouts.Rows == nil || len(s.Callouts.Rows) != 0 || s.Callouts.Counts.Total != 0 {
		t.Errorf("callouts %+v", s.Callouts)
	}
}

// sharedBundles finds the reference bundles that may lie beside the repository.
func sharedBundles(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "reference-bundles"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no reference bundles beside the repository: %v", err)
	}
	return dir
}

// The sandbox's answers in runs of the reference system, which asks before and
// after, come out as they went in.
func TestCalloutsOfReferenceBundles(t *testing.T) {
	bundles, err := filepath.Glob(filepath.Join(sharedBundles(t), "*", "*", bundle.IndexFile))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, index := range bundles {
		b, err := bundle.Load(filepath.Dir(index))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		c := newCallouts(&set{world: b.WorldID(), sources: []*source{{name: "packet.json", bundle: b, place: "run"}}})
		want := 0
		err = b.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
			return artifact.ReadEvents(r, func(e *artifact.Event) error {
				want += len(e.Callouts)
				return c.observe(nil, e)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, CalloutOracleFile)
		if err := c.write(file); err != nil {
			t.Fatal(err)
		}
		checkSchema(t, file, "runtime-tools.runtime_callout_oracle.v0.1")
		doc := read[CalloutOracle](t, file)
		if len(doc.Rows) != want || doc.Counts.Total != want {
			t.Errorf("%s: %d rows, counts %+v, want %d", b.Dir, len(doc.Rows), doc.Counts, want)
		}
		for _, row := range doc.Rows {
			if row.CalloutDecision == nil || row.CalloutStage == nil || row.CalloutFilterTypeName == nil || row.ArgumentSHA256 == nil {
				t.Errorf("%s: row %+v", b.Dir, row)
			}
		}
		rows += want
	}
	if rows == 0 {
		t.Error("no bundle has any")
	}
}
