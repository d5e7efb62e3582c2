package harness

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// checkRequest is what is asked beside an attempt, as evidence carries it.
func checkRequest(r *seatbelt.Request) *artifact.SandboxCheckRequest {
	if r == nil {
		return nil
	}
	req := &artifact.SandboxCheckRequest{Operation: r.Operation, FilterType: &r.FilterType, FilterName: &r.FilterName, Argument: &r.Argument}
	if r.Canonicalization != "" {
		req.Canonicalization = &r.Canonicalization
	}
	return req
}

// callout is an answer of sandbox_check's as evidence carries it.
func callout(a seatbelt.Answer) artifact.Callout {
	c := artifact.Callout{
		Tool: marker.Callout, MarkerVersion: artifact.ToolMarkerVersion, Stage: a.Stage, API: a.API, Operation: a.Operation,
		FilterType: &a.FilterType, FilterTypeName: new("none"), CheckType: &a.CheckType, VarargsCount: &a.Varargs,
		Canonicalization: new("raw"), CanonicalFlagUsed: new(a.Canonical && a.CanonicalWhy == ""), CanonicalFlagReason: orNil(a.CanonicalWhy),
		NoReport: &a.NoReport, NoReportReason: orNil(a.NoReportWhy),
		TokenStatus: new("pid"), TokenMachKR: new(0), // a process asks about itself
		RC: &a.RC, Errno: &a.Errno, Decision: a.Decision, Error: orNil(a.Err),
	}
	if a.FilterName != "" {
		c.FilterTypeName, c.Argument = &a.FilterName, &a.Argument
	}
	if a.Canonical {
		c.Canonicalization = new("canonical")
	}
	return c
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
