package mapping

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// The words of runtime_callout_oracle.json.
const (
	schemaCallouts = "runtime-callout-oracle.v0.1"
	calloutSource  = "oracle_sandbox_check"
	calloutNotes   = "What the sandbox said when it was asked, beside the attempts: a side channel. No row is an observation, and no decision of another document is drawn from it."
	generatedBy    = "rtgen promote-packets"
)

// CalloutOracle is runtime_callout_oracle.json, whose keys are sorted.
type CalloutOracle struct {
	Counts CalloutCounts `json:"counts"`
	Meta   CalloutMeta   `json:"meta"`
	Rows   []CalloutRow  `json:"rows"` // in the order of the observations
}

// CalloutMeta is the envelope of a CalloutOracle. It has no tier: what is in it
// is below all of them.
type CalloutMeta struct {
	SchemaVersion string          `json:"schema_version"`
	WorldID       string          `json:"world_id"`
	GeneratedBy   string          `json:"generated_by"`
	Status        analysis.Health `json:"status"`
	Inputs        []string        `json:"inputs"` // each packet, its events and its manifest
	InputHashes   analysis.Hashes `json:"input_hashes"`
	SourceJobs    []string        `json:"source_jobs"`
	Notes         string          `json:"notes"`
}

// CalloutCounts counts rows; one without the key in question is in Total alone.
type CalloutCounts struct {
	Total        int            `json:"total"`
	ByDecision   map[string]int `json:"by_decision"`
	ByOperation  map[string]int `json:"by_operation"`
	ByStage      map[string]int `json:"by_stage"`
	ByFilterType map[string]int `json:"by_filter_type"` // by name, else by number
}

// CalloutRow is one callout of one observation, blocked ones too; nulls are kept.
type CalloutRow struct {
	WorldID               string  `json:"world_id"`
	ProfileID             string  `json:"profile_id"`
	ScenarioID            string  `json:"scenario_id"`
	ExpectationID         *string `json:"expectation_id"`
	Operation             string  `json:"operation"` // the callout's, else the observation's
	Target                *string `json:"target"`
	Argument              *string `json:"argument"`        // the callout's, else the target
	ArgumentSHA256        *string `json:"argument_sha256"` // null when there is none
	CalloutStage          *string `json:"callout_stage"`
	CalloutDecision       *string `json:"callout_decision"`
	CalloutRC             *int    `json:"callout_rc"`
	CalloutErrno          *int    `json:"callout_errno"`
	CalloutNoReport       *bool   `json:"callout_no_report"`
	CalloutNoReportReason *string `json:"callout_no_report_reason"`
	CalloutFilterType     *int    `json:"callout_filter_type"`
	CalloutFilterTypeName *string `json:"callout_filter_type_name"`
	CalloutCheckType      *int    `json:"callout_check_type"`
	CalloutVarargsCount   *int    `json:"callout_varargs_count"`
	CalloutTokenStatus    *string `json:"callout_token_status"`
	CalloutTokenMachKR    *int    `json:"callout_token_mach_kr"`
	FailureStage          *string `json:"failure_stage"`
	FailureKind           *string `json:"failure_kind"`
	ResultSource          string  `json:"result_source"`
}

// callouts gathers runtime_callout_oracle.json. It holds an observation's share
// of its rows once, and of each callout what a row has of it.
type callouts struct {
	set    *set
	counts CalloutCounts
	events []calloutEvent
}

// calloutEvent is an observation with callouts.
type calloutEvent struct {
	profile, scenario, expectation, operation, target string

	stage, kind *string
	callouts    []artifact.Callout
}

func newCallouts(s *set) *callouts {
	return &callouts{set: s, counts: CalloutCounts{
		ByDecision: map[string]int{}, ByOperation: map[string]int{}, ByStage: map[string]int{}, ByFilterType: map[string]int{},
	}}
}

func (c *callouts) observe(_ *source, e *artifact.Event) error {
	if len(e.Callouts) == 0 {
		return nil
	}
	for _, callout := range e.Callouts {
		c.counts.add(e, &callout)
	}
	c.events = append(c.events, calloutEvent{
		e.ProfileID, e.ScenarioID, e.ExpectationID, e.Operation, e.Target, e.FailureStage, e.FailureKind, slices.Clip(e.Callouts),
	})
	return nil
}

func (n *CalloutCounts) add(e *artifact.Event, c *artifact.Callout) {
	n.Total++
	n.ByOperation[cmp.Or(c.Operation, e.Operation)]++
	if c.Decision != "" {
		n.ByDecision[c.Decision]++
	}
	if c.Stage != "" {
		n.ByStage[c.Stage]++
	}
	switch {
	case c.FilterTypeName != nil && *c.FilterTypeName != "":
		n.ByFilterType[*c.FilterTypeName]++
	case c.FilterType != nil:
		n.ByFilterType[strconv.Itoa(*c.FilterType)]++
	}
}

// row is the row of one of the observation's callouts.
func (e *calloutEvent) row(world string, c *artifact.Callout) CalloutRow {
	r := CalloutRow{
		WorldID: world, ProfileID: e.profile, ScenarioID: e.scenario, ExpectationID: orNull(e.expectation),
		Operation: cmp.Or(c.Operation, e.operation), Target: orNull(e.target), Argument: c.Argument,
		CalloutStage: orNull(c.Stage), CalloutDecision: orNull(c.Decision), CalloutRC: c.RC, CalloutErrno: c.Errno,
		CalloutNoReport: c.NoReport, CalloutNoReportReason: c.NoReportReason,
		CalloutFilterType: c.FilterType, CalloutFilterTypeName: c.FilterTypeName,
		CalloutCheckType: c.CheckType, CalloutVarargsCount: c.VarargsCount,
		CalloutTokenStatus: c.TokenStatus, CalloutTokenMachKR: c.TokenMachKR,
		FailureStage: e.stage, FailureKind: e.kind, ResultSource: calloutSource,
	}
	if r.Argument == nil {
		r.Argument = r.Target
	}
	if r.Argument != nil && *r.Argument != "" {
		r.ArgumentSHA256 = new(bundle.DigestOf([]byte(*r.Argument)).String())
	}
	return r
}

// orNull is null for text that is not there.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (c *callouts) meta() CalloutMeta {
	var in inputs
	for _, src := range c.set.sources {
		in.takeArtifacts(src, artifact.RuntimeEventsFile, bundle.ManifestFile)
	}
	return CalloutMeta{
		SchemaVersion: schemaCallouts, WorldID: c.set.world, GeneratedBy: generatedBy, Status: analysis.HealthPartial,
		Inputs: in.files, InputHashes: in.hashes, SourceJobs: []string{jobPacket}, Notes: calloutNotes,
	}
}

func (c *callouts) write(file string) error {
	return writeDocument(file, artifact.IndentedSorted, func(w *artifact.Writer) {
		w.BeginObject()
		field(w, "counts", c.counts)
		field(w, "meta", c.meta())
		w.Key("rows")
		w.BeginArray()
		for i := range c.events {
			e := &c.events[i]
			for j := range e.callouts {
				w.Value(e.row(c.set.world, &e.callouts[j]))
			}
		}
		w.End()
		w.End()
	})
}
