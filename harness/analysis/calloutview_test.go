package analysis_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// each hands over rows as often as it is asked.
func each(rows ...artifact.Event) func(func(*artifact.Event) error) error {
	return func(row func(*artifact.Event) error) error {
		for i := range rows {
			if err := row(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

var calloutOptions = analysis.CalloutViewOptions{Meta: analysis.NewMeta("", "runtime_bundle")}

type calloutDocument struct {
	Meta   analysis.Meta          `json:"meta"`
	Counts analysis.CalloutCounts `json:"counts"`
	Rows   []analysis.CalloutRow  `json:"rows"`
}

// calloutView is the view as it was written, held against its schema.
func calloutView(t *testing.T, observations func(func(*artifact.Event) error) error, o analysis.CalloutViewOptions) *calloutDocument {
	t.Helper()
	var out bytes.Buffer
	view, err := analysis.WriteCalloutVsSyscall(&out, observations, o)
	if err != nil {
		t.Fatal(err)
	}
	validates(t, "runtime-tools.callout_vs_syscall.v0.1", "callout_vs_syscall.json", out.Bytes())
	doc := new(calloutDocument)
	if err := json.Unmarshal(out.Bytes(), doc); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc.Counts, view.Counts); diff != "" {
		t.Errorf("counts (-written +returned):\n%s", diff)
	}
	if len(doc.Rows) != doc.Counts.Total {
		t.Errorf("%d rows, and a total of %d", len(doc.Rows), doc.Counts.Total)
	}
	return doc
}

// asked is a callout at a stage: "pre_syscall deny" of the row's own operation and
// target.
func asked(e artifact.Event, answers ...string) artifact.Event {
	for _, answer := range answers {
		stage, decision, _ := strings.Cut(answer, " ")
		e.Callouts = append(e.Callouts, artifact.Callout{
			Tool: "seatbelt-callout", Stage: stage, Operation: e.Operation, Argument: &e.Target, Decision: decision,
		})
	}
	return e
}

func ended(e artifact.Event, status string, errno int) artifact.Event {
	e.RuntimeStatus = status
	if errno != 0 {
		e.Errno = &errno
	}
	return e
}

func TestCalloutCategories(t *testing.T) {
	lookup := row("mach-lookup", "s", "deny", "deny")
	lookup.WorldID = macWorld
	ok, perm, noent := ended(lookup, "success", 0), ended(lookup, "errno", 1), ended(lookup, "errno", 2)
	elsewhere := asked(perm, "pre_syscall deny")
	elsewhere.Target = "another"
	nothing := asked(perm, "pre_syscall deny")
	nothing.Callouts[0].Argument = nil
	family := asked(perm, "pre_syscall deny")
	family.Callouts[0].Operation = "mach*"
	untargeted := asked(perm, "pre_syscall deny")
	untargeted.Target = ""
	other := asked(perm, "pre_syscall deny")
	other.IntendedOpWitnessed = new(false)
	refused := ended(lookup, "errno", 0)
	refused.ProbeDetails = []byte(`{"return":{"kind":"kern_return_t","value":1100}}`)
	unknown := ended(lookup, "errno", 0)
	unknown.ProbeDetails = []byte(`{"return":{"kind":"kern_return_t","value":1102}}`)
	expanded := asked(perm, "pre_syscall deny")
	expanded.Target, expanded.RequestedPath = "${workspace}/f", &perm.Target
	for _, tt := range []struct {
		name string
		e    artifact.Event
		want analysis.CalloutCategory
	}{
		{"not asked", perm, analysis.NoCallout},
		{"asked about another target", elsewhere, analysis.NoCallout},
		{"asked about no target", nothing, analysis.NoCallout},
		{"asked about another operation", family, analysis.NoCallout},
		{"no target", untargeted, analysis.AgreeDeny},
		{"no answer", asked(ok, "pre_syscall error"), analysis.CalloutError},
		{"allow ok", asked(ok, "pre_syscall allow"), analysis.AgreeAllow},
		{"deny ok", asked(ok, "pre_syscall deny"), analysis.CalloutDenySyscallOK},
		{"allow EPERM", asked(perm, "pre_syscall allow"), analysis.CalloutAllowSyscallEPERM},
		{"deny EPERM", asked(perm, "pre_syscall deny"), analysis.AgreeDeny},
		{"allow ENOENT", asked(noent, "pre_syscall allow"), analysis.CalloutAllowSyscallErrno},
		{"deny ENOENT", asked(noent, "pre_syscall deny"), analysis.CalloutDenySyscallErrno},
		{"no errno", asked(ended(lookup, "errno", 0), "pre_syscall deny"), analysis.Unclassified},
		{"the kernel decided about another operation", other, analysis.Unclassified},
		{"refused by another code", asked(refused, "pre_syscall deny"), analysis.AgreeDeny},
		{"refused by another code, allow", asked(refused, "pre_syscall allow"), analysis.CalloutAllowSyscallEPERM},
		{"another code that is no refusal", asked(unknown, "pre_syscall deny"), analysis.Unclassified},
		{"asked about the path that the target stands for", expanded, analysis.AgreeDeny},
		{"first of a stage", asked(perm, "pre_syscall deny", "pre_syscall allow"), analysis.AgreeDeny},
		{"before it was attempted", asked(perm, "preflight allow", "pre_syscall deny"), analysis.AgreeDeny},
		{"before the program started", asked(perm, "post_apply allow", "preflight deny"), analysis.AgreeDeny},
		{"after the policy was applied", asked(perm, "bootstrap_exec allow", "post_apply deny"), analysis.AgreeDeny},
		{"a stage that is known", asked(perm, "whenever allow", "bootstrap_exec deny"), analysis.AgreeDeny},
		{"a stage that is not", asked(perm, "whenever deny"), analysis.AgreeDeny},
	} {
		t.Run(tt.name, func(t *testing.T) {
			doc := calloutView(t, each(tt.e), calloutOptions)
			if len(doc.Rows) != 1 || doc.Rows[0].Category != tt.want || doc.Counts.ByCategory[tt.want] != 1 {
				t.Errorf("rows %+v, counts %+v, want %s", doc.Rows, doc.Counts, tt.want)
			}
			if r := doc.Rows[0]; (r.CalloutStage == nil) != (tt.want == analysis.NoCallout) {
				t.Errorf("callout_stage %v of %s", r.CalloutStage, tt.want)
			}
		})
	}
}

// A row that never reached the operation is there when it is asked for, and bears
// nothing out.
func TestCalloutViewOfBlocked(t *testing.T) {
	deny := asked(ended(row("signal", "s1", "deny", "deny"), "errno", 1), "pre_syscall deny")
	applied := blocked(asked(ended(row("signal", "s2", "deny", ""), "errno", 1), "pre_syscall deny"), "apply", "apply_failed")
	doc := calloutView(t, each(deny, applied), calloutOptions)
	if len(doc.Rows) != 1 || doc.Rows[0].ScenarioID != "s1" {
		t.Errorf("rows %+v, want that of s1", doc.Rows)
	}
	o := calloutOptions
	o.Blocked = true
	doc = calloutView(t, each(deny, applied), o)
	want := analysis.CalloutCounts{Total: 2, ByCategory: map[analysis.CalloutCategory]int{analysis.AgreeDeny: 1, analysis.Unclassified: 1}}
	if diff := cmp.Diff(want, doc.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if doc.Meta.WorldID != linuxWorld || doc.Meta.SourceJobs[0] != "runtime_bundle" {
		t.Errorf("meta %+v", doc.Meta)
	}
	if doc = calloutView(t, each(), calloutOptions); doc.Rows == nil {
		t.Error("the rows of no observation are null")
	}
}

func TestCalloutViewRefuses(t *testing.T) {
	one, other, bad := row("signal", "s1", "deny", "deny"), row("signal", "s2", "deny", "deny"), row("signal", "s3", "deny", "maybe")
	other.WorldID = macWorld
	passes := 0
	fewer := func(row func(*artifact.Event) error) error {
		passes++
		return each([]artifact.Event{one, one}[:3-passes]...)(row)
	}
	for name, tt := range map[string]struct {
		observations func(func(*artifact.Event) error) error
		want         string
	}{
		"two worlds":     {each(one, other), `observation "s2" is of world "` + macWorld + `", and the view of world "` + linuxWorld + `"`},
		"no observation": {each(bad), `observation "s3": actual "maybe"`},
		"changed":        {fewer, "they are map[no_callout:1], and were map[no_callout:2]"},
		"unreadable":     {func(func(*artifact.Event) error) error { return errors.New("broken") }, "broken"},
	} {
		if view, err := analysis.WriteCalloutVsSyscall(new(bytes.Buffer), tt.observations, calloutOptions); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, %v, want %q", name, view, err, tt.want)
		}
	}
}

// What real runs of the reference system hold.
func TestCalloutViewOfReferenceBundles(t *testing.T) {
	dir := referenceBundles(t)
	for run, want := range map[string]map[analysis.CalloutCategory]int{
		"mach-name-equivalence/775d1303-74cf-403c-85a4-fd80cc02edde": {
			analysis.AgreeAllow: 1, analysis.AgreeDeny: 2, analysis.CalloutDenySyscallOK: 1,
		},
		"mach-name-equivalence/0012977a-13a1-45db-bbfc-4810dbd30809":         {analysis.NoCallout: 4},
		"field2-probe-op-structure/39f84aa5-86b4-466d-b5d9-f510299bbd0a":     {analysis.NoCallout: 4},
		"anchor-filter-map.iokit-class/83c8343f-44ca-452a-be49-470fb0b5fd3d": {analysis.NoCallout: 8},
	} {
		observations := func(row func(*artifact.Event) error) error {
			f, err := os.Open(filepath.Join(dir, filepath.FromSlash(run), artifact.RuntimeEventsFile))
			if err != nil {
				return err
			}
			defer f.Close()
			return artifact.ReadEvents(f, row)
		}
		doc := calloutView(t, observations, calloutOptions)
		if diff := cmp.Diff(want, doc.Counts.ByCategory); diff != "" {
			t.Errorf("%s (-want +got):\n%s", run, diff)
		}
	}
}
