package marker

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// Filters is one of the two ways in which runs have numbered filters. A number
// means nothing without it: 5 is right-name to sandbox_check and global-name in
// a compiled policy.
type Filters uint8

// The two.
const (
	CheckFilters  Filters = iota // as sandbox_check takes them
	PolicyFilters                // as a compiled policy numbers them, in older runs
)

// policyFilters are the numbers that older runs used.
var policyFilters = map[int]string{
	0:  "path",
	5:  "global-name",
	6:  "local-name",
	26: "right-name",
	27: "preference-domain",
	34: "notification-name",
	49: "xpc-service-name",
}

// Name returns a filter's name; false for a number that names none.
func (f Filters) Name(id int) (string, bool) {
	if f == PolicyFilters {
		name, ok := policyFilters[id]
		return name, ok
	}
	return seatbelt.FilterName(id)
}

// FiltersOf says how the run that asked a question numbered filters: the
// question holds both number and name. It is otherwise where they do not say.
func FiltersOf(request *artifact.SandboxCheckRequest, otherwise Filters) Filters {
	if request == nil || request.FilterType == nil || request.FilterName == nil {
		return otherwise
	}
	for _, f := range []Filters{CheckFilters, PolicyFilters} {
		if name, ok := f.Name(*request.FilterType); ok && name == *request.FilterName {
			return f
		}
	}
	return otherwise
}

// Callouts returns the answers of the sandbox among the markers, nil when there
// are none.
func Callouts(markers []Marker, filters Filters) []artifact.Callout {
	var callouts []artifact.Callout
	for _, m := range markers {
		if m.Tool == Callout {
			callouts = append(callouts, m.Callout(filters))
		}
	}
	return callouts
}

// Callout reads a marker of any version as one of the newest. The filter's name
// is the marker's own when it has one: a tool's word is not corrected.
func (m Marker) Callout(filters Filters) artifact.Callout {
	c := artifact.Callout{
		Tool:                m.Tool,
		MarkerVersion:       m.Version,
		Stage:               m.Stage,
		API:                 text(m.Str("api")),
		Operation:           text(m.Str("operation")),
		FilterType:          m.Int("filter_type"),
		FilterTypeName:      m.Str("filter_type_name"),
		CheckType:           m.Int("check_type"),
		VarargsCount:        m.Int("varargs_count"),
		Argument:            m.Str("argument"),
		Canonicalization:    m.Str("canonicalization"),
		CanonicalFlagUsed:   m.Bool("canonical_flag_used"),
		CanonicalFlagReason: m.Str("canonical_flag_reason"),
		NoReport:            m.Bool("no_report"),
		NoReportReason:      m.Str("no_report_reason"),
		TokenStatus:         m.Str("token_status"),
		TokenMachKR:         m.Int("token_mach_kr"),
		RC:                  m.Int("rc"),
		Errno:               m.Int("errno"),
		Decision:            text(m.Str("decision")),
		Error:               m.Str("error"),
	}
	if c.FilterTypeName == nil {
		c.FilterTypeName = new("unknown")
		if c.FilterType != nil {
			if name, ok := filters.Name(*c.FilterType); ok {
				c.FilterTypeName = &name
			}
		}
	}
	if c.NoReportReason == nil && m.Version < 2 {
		c.NoReportReason = new("legacy")
	}
	return c
}

// Entitlements returns the entitlement checks among the markers, nil when there
// are none.
func Entitlements(markers []Marker) []artifact.EntitlementCheck {
	var checks []artifact.EntitlementCheck
	for _, m := range markers {
		if m.Tool == Entitlement {
			checks = append(checks, artifact.EntitlementCheck{
				Tool:          m.Tool,
				MarkerVersion: m.Version,
				Stage:         m.Stage,
				Entitlement:   text(m.Str("entitlement")),
				PID:           m.Int("pid"),
				RC:            m.Int("rc"),
				Present:       m.Bool("present"),
				ValueBool:     m.Bool("value_bool"),
				ValueType:     text(m.Str("value_type")),
				Error:         m.Str("error"),
			})
		}
	}
	return checks
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
