package contract

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// Asked is an attempt and what the sandbox was asked beside it.
type Asked struct {
	Operation string                        // of the probe
	Target    string                        // of the probe, as the plan spells it
	Request   *artifact.SandboxCheckRequest // nil: nothing was asked
	Callouts  []artifact.Callout
}

// answers reports whether a callout was made for the operation and target, close
// to the attempt. The question has the target as the kernel was handed it.
func (a Asked) answers(c *artifact.Callout) bool {
	switch c.Stage {
	case "pre_syscall", "preflight", "bootstrap_exec":
	default:
		return false
	}
	if c.Operation != a.Operation && c.Operation != seatbelt.Asked(a.Operation) {
		return false
	}
	return c.Argument == nil || *c.Argument == a.Target ||
		a.Request != nil && a.Request.Argument != nil && *c.Argument == *a.Request.Argument
}

// Witnessed says whether the sandbox's own answer bears a probe's decision out:
// nil when it was not asked.
func (a Asked) Witnessed() *bool {
	if a.Request == nil {
		return nil
	}
	for i := range a.Callouts {
		c := &a.Callouts[i]
		if a.answers(c) && sameFilter(c.FilterType, a.Request.FilterType) && (c.Decision == allow || c.Decision == deny) {
			return new(true)
		}
	}
	return new(false)
}

func sameFilter(a, b *int) bool { return a != nil && b != nil && *a == *b }

// prepassAnswer is a callout as sandbox_check_prepass shows it.
type prepassAnswer struct {
	Stage               *string `json:"stage"`
	API                 *string `json:"api"`
	Operation           *string `json:"operation"`
	Argument            *string `json:"argument"`
	FilterType          *int    `json:"filter_type"`
	FilterTypeName      *string `json:"filter_type_name"`
	Decision            *string `json:"decision"`
	RC                  *int    `json:"rc"`
	Errno               *int    `json:"errno"`
	NoReport            *bool   `json:"no_report"`
	NoReportReason      *string `json:"no_report_reason"`
	Canonicalization    *string `json:"canonicalization"`
	CanonicalFlagUsed   *bool   `json:"canonical_flag_used"`
	CanonicalFlagReason *string `json:"canonical_flag_reason"`
	TokenStatus         *string `json:"token_status"`
	TokenMachKR         *int    `json:"token_mach_kr"`
}

// Prepass is sandbox_check_prepass: what the sandbox said it would do before it
// was put to the test. One answer is as it is, several stand beside the one for
// the path as it was spelled; nil without any.
func (a Asked) Prepass() json.RawMessage {
	var found []prepassAnswer
	primary := -1
	for i := range a.Callouts {
		c := &a.Callouts[i]
		if !a.answers(c) {
			continue
		}
		if primary < 0 && c.Canonicalization != nil && *c.Canonicalization == "raw" {
			primary = len(found)
		}
		found = append(found, prepassAnswer{
			Stage: orNil(c.Stage), API: orNil(c.API), Operation: orNil(c.Operation), Argument: c.Argument,
			FilterType: c.FilterType, FilterTypeName: c.FilterTypeName, Decision: orNil(c.Decision), RC: c.RC, Errno: c.Errno,
			NoReport: c.NoReport, NoReportReason: c.NoReportReason, Canonicalization: c.Canonicalization,
			CanonicalFlagUsed: c.CanonicalFlagUsed, CanonicalFlagReason: c.CanonicalFlagReason,
			TokenStatus: c.TokenStatus, TokenMachKR: c.TokenMachKR,
		})
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return encode(&found[0])
	}
	return encode(map[string]any{"primary": &found[max(primary, 0)], "variants": found})
}

// encode writes what has only plain fields and cannot fail.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("contract: plain fields did not encode: " + err.Error())
	}
	return raw
}

// Chosen is the callout that speaks for an attempt: the first about its very
// operation, else the first; nil when there is none.
func Chosen(operation string, callouts []artifact.Callout) *artifact.Callout {
	for i := range callouts {
		if callouts[i].Operation == operation {
			return &callouts[i]
		}
	}
	if len(callouts) == 0 {
		return nil
	}
	return &callouts[0]
}

// Contradicts reports whether a callout and what was decided are both known and
// differ.
func Contradicts(c *artifact.Callout, actual string) bool {
	return c != nil && c.Decision != "" && actual != "" && c.Decision != actual
}

// CalloutCheck is what a mismatch packet says of the callout chosen for it.
func CalloutCheck(c *artifact.Callout) *artifact.OracleCheck {
	return &artifact.OracleCheck{
		Argument: c.Argument, Decision: orNil(c.Decision), FilterType: c.FilterType,
		FilterTypeName: c.FilterTypeName, Stage: orNil(c.Stage),
	}
}

// CalloutRow is the row of a callout in oracle_results.
func CalloutRow(worldID, runID, expectationID string, c *artifact.Callout) *artifact.OracleRow {
	return &artifact.OracleRow{
		WorldID:             worldID,
		RunID:               runID,
		ExpectationID:       expectationID,
		Stage:               orNil(c.Stage),
		API:                 orNil(c.API),
		Operation:           orNil(c.Operation),
		FilterType:          c.FilterType,
		FilterTypeName:      c.FilterTypeName,
		CheckType:           c.CheckType,
		Argument:            c.Argument,
		Canonicalization:    c.Canonicalization,
		CanonicalFlagUsed:   c.CanonicalFlagUsed,
		CanonicalFlagReason: c.CanonicalFlagReason,
		NoReport:            c.NoReport,
		NoReportReason:      c.NoReportReason,
		TokenStatus:         c.TokenStatus,
		TokenMachKR:         c.TokenMachKR,
		RC:                  c.RC,
		Errno:               c.Errno,
		Decision:            orNil(c.Decision),
		Error:               c.Error,
	}
}

// orNil is null for a text that says nothing.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
