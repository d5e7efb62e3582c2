package normalize

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// asked is the operation that the sandbox is asked about in place of one that
// stands for several.
func asked(operation string) string {
	switch operation {
	case "file-read*":
		return "file-read-data"
	case "file-write*":
		return "file-write-data"
	}
	return operation
}

// answers reports whether a callout was made for the operation and target of a
// probe, close to the attempt.
func answers(c *artifact.Callout, operation, target string) bool {
	switch c.Stage {
	case "pre_syscall", "preflight", "bootstrap_exec":
	default:
		return false
	}
	return (c.Operation == operation || c.Operation == asked(operation)) && (c.Argument == nil || *c.Argument == target)
}

// Witnessed says whether the sandbox's own answer bears a probe's decision out:
// null when it was not asked.
func Witnessed(request *artifact.SandboxCheckRequest, callouts []artifact.Callout, operation, target string) *bool {
	if request == nil {
		return nil
	}
	for i := range callouts {
		c := &callouts[i]
		if answers(c, operation, target) && sameFilter(c.FilterType, request.FilterType) && (c.Decision == allow || c.Decision == deny) {
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

// prepass is what the sandbox said it would do before it was put to the test:
// one answer as it is, several beside the one for the path as it was spelled.
func prepass(e *artifact.Event) json.RawMessage {
	var found []prepassAnswer
	primary := -1
	for i := range e.Callouts {
		c := &e.Callouts[i]
		if !answers(c, e.Operation, e.Target) {
			continue
		}
		if primary < 0 && value(c.Canonicalization) == "raw" {
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
		panic("normalize: plain fields did not encode: " + err.Error())
	}
	return raw
}

// chosen is the callout that speaks for an event: the first about its very
// operation, else the first; nil when there is none.
func chosen(e *artifact.Event) *artifact.Callout {
	for i := range e.Callouts {
		if e.Callouts[i].Operation == e.Operation {
			return &e.Callouts[i]
		}
	}
	if len(e.Callouts) == 0 {
		return nil
	}
	return &e.Callouts[0]
}
