package marker_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

func TestCallouts(t *testing.T) {
	const newest = `{"tool":"seatbelt-callout","marker_schema_version":2,"stage":"preflight","api":"sandbox_check",` +
		`"operation":"file-read-data","filter_type":1,"filter_type_name":"path","check_type":1073741825,"varargs_count":1,` +
		`"argument":"/tmp/a","canonicalization":"raw","canonical_flag_used":false,"canonical_flag_reason":"not_requested",` +
		`"no_report":true,"token_status":"pid","token_mach_kr":0,"rc":0,"errno":0,"decision":"allow"}`
	const mistyped = `{"tool":"seatbelt-callout","marker_schema_version":2,"stage":"pre_syscall","operation":"mach-lookup",` +
		`"filter_type":"2","filter_type_name":7,"check_type":1.5,"argument":[],"canonical_flag_used":"no","no_report":1,"token_status":0,"decision":"deny"}`
	got := marker.Callouts(marker.Parse(text(newest, callout, mistyped)), marker.CheckFilters)
	want := []artifact.Callout{
		{
			Tool: "seatbelt-callout", MarkerVersion: 2, Stage: "preflight", API: "sandbox_check", Operation: "file-read-data",
			FilterType: new(1), FilterTypeName: new("path"), CheckType: new(1073741825), VarargsCount: new(1), Argument: new("/tmp/a"),
			Canonicalization: new("raw"), CanonicalFlagUsed: new(false), CanonicalFlagReason: new("not_requested"), NoReport: new(true),
			TokenStatus: new("pid"), TokenMachKR: new(0), RC: new(0), Errno: new(0), Decision: "allow",
		},
		{
			Tool: "seatbelt-callout", MarkerVersion: 1, Stage: "pre_syscall", Operation: "mach-lookup",
			FilterType: new(5), FilterTypeName: new("right-name"), NoReportReason: new("legacy"), RC: new(1), Decision: "deny",
		},
		{
			Tool: "seatbelt-callout", MarkerVersion: 2, Stage: "pre_syscall", Operation: "mach-lookup",
			FilterTypeName: new("unknown"), Decision: "deny",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if marker.Callouts(nil, marker.CheckFilters) != nil {
		t.Error("callouts of no markers are not nil")
	}
}

// A number is named in the namespace that was in use; what a tool printed stays.
func TestFilterNames(t *testing.T) {
	name := func(id int, f marker.Filters) string { n, _ := f.Name(id); return n }
	for _, tc := range []struct {
		id            int
		check, policy string
	}{
		{0, "", "path"}, {1, "path", ""}, {2, "global-name", ""}, {5, "right-name", "global-name"}, {6, "preference-domain", "local-name"},
		{17, "ipc-posix-name", ""}, {26, "", "right-name"}, {49, "", "xpc-service-name"}, {-1, "", ""},
	} {
		if c, p := name(tc.id, marker.CheckFilters), name(tc.id, marker.PolicyFilters); c != tc.check || p != tc.policy {
			t.Errorf("%d is %q and %q, want %q and %q", tc.id, c, p, tc.check, tc.policy)
		}
	}
	asked := func(id int, name string) *artifact.SandboxCheckRequest {
		return &artifact.SandboxCheckRequest{FilterType: &id, FilterName: &name}
	}
	for _, tc := range []struct {
		request         *artifact.SandboxCheckRequest
		otherwise, want marker.Filters
	}{
		{asked(5, "global-name"), marker.CheckFilters, marker.PolicyFilters},
		{asked(2, "global-name"), marker.PolicyFilters, marker.CheckFilters},
		{asked(5, "path"), marker.PolicyFilters, marker.PolicyFilters},
		{&artifact.SandboxCheckRequest{FilterType: new(2)}, marker.PolicyFilters, marker.PolicyFilters},
		{nil, marker.PolicyFilters, marker.PolicyFilters},
	} {
		if got := marker.FiltersOf(tc.request, tc.otherwise); got != tc.want {
			t.Errorf("%+v: %d, want %d", tc.request, got, tc.want)
		}
	}
	m, _ := marker.Object(marker.Callout, []byte(`{"filter_type":5,"filter_type_name":"global-name"}`))
	if got := m.Callout(marker.CheckFilters); *got.FilterTypeName != "global-name" {
		t.Errorf("the tool's own name became %q", *got.FilterTypeName)
	}
	if _, ok := marker.Object(marker.Callout, []byte(`null`)); ok {
		t.Error("null passed as a marker")
	}
}

func TestEntitlements(t *testing.T) {
	got := marker.Entitlements(marker.Parse(text(check, `{"tool":"entitlement-check","stage":"late","error":"no token"}`)))
	want := []artifact.EntitlementCheck{
		{
			Tool: "entitlement-check", MarkerVersion: 1, Stage: "pre_apply", Entitlement: "com.example.camera", PID: new(9), RC: new(0),
			Present: new(true), ValueBool: new(false), ValueType: "bool",
		},
		{Tool: "entitlement-check", Stage: "late", Error: new("no token")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
