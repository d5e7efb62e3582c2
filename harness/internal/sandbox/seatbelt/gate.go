package seatbelt

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// GateMode says what becomes of a profile in which the gate finds something.
type GateMode string

// The modes.
const (
	GateEnforce GateMode = "enforce" // it is not applied
	GateForce   GateMode = "force"   // it is applied all the same
	GateOff     GateMode = "off"     // nobody looks
)

// ParseGateMode reads a mode; of no text it is GateEnforce.
func ParseGateMode(text string) (GateMode, error) {
	switch m := GateMode(text); m {
	case "":
		return GateEnforce, nil
	case GateEnforce, GateForce, GateOff:
		return m, nil
	}
	return "", fmt.Errorf("unknown apply gate %q, use %s, %s or %s", text, GateEnforce, GateForce, GateOff)
}

// Blocks reports whether the record keeps the profile from being applied.
func (m GateMode) Blocks(r *GateRecord) bool {
	return m != GateForce && m != GateOff && r != nil && r.Classification == GateLikely
}

// The classifications of the gate.
const (
	GateLikely      = "likely_apply_gated_for_harness_identity"
	GateClean       = "no_known_apply_gate_signature"
	GateInvalid     = "invalid"     // no forms can be read from the text
	GateUnsupported = "unsupported" // nothing is known of such profiles
)

// GateMessageFilter is the signature of a profile that macOS lets only programs
// apply that are entitled to filter messages.
const GateMessageFilter = "deny_message_filter"

// GateRecord is what was found in a profile before it was applied.
type GateRecord struct {
	Tool           string        `json:"tool"`
	SchemaVersion  int           `json:"preflight_schema_version"`
	WorldID        string        `json:"world_id"`
	InputKind      string        `json:"input_kind"`
	InputRef       string        `json:"input_ref"`
	Classification string        `json:"classification"`
	Signature      *string       `json:"signature"` // nil when there is none
	Findings       []GateFinding `json:"findings"`  // never nil
	Error          string        `json:"error,omitempty"`
}

// GateFinding is a deny inside a message filter, with the rule that the filter
// belongs to; nil what the text does not say.
type GateFinding struct {
	OuterAction     *string `json:"outer_action"` // "allow" or "deny"
	OuterOperation  *string `json:"outer_operation"`
	DeniedOperation *string `json:"denied_operation"`
}

// GateText looks for what would keep the text of a profile from being applied. Ref
// names the file for the record.
func GateText(world, ref, text string) *GateRecord {
	r := newGateRecord(world, "sbpl_path", ref, GateClean)
	forms, faults := sbpl.Read(text)
	if len(faults) > 0 {
		r.Classification, r.Error = GateInvalid, faults[0].String()
		return r
	}
	for _, f := range forms {
		r.look(f, gateScope{})
	}
	if len(r.Findings) > 0 {
		r.Classification, r.Signature = GateLikely, new(GateMessageFilter)
	}
	return r
}

// GateBlob is the record of a compiled profile. What is known of those that macOS
// refuses is the digests of some of them; this build has none, and finding nothing
// in no list would read as if there were nothing to find.
func GateBlob(world, ref string) *GateRecord {
	r := newGateRecord(world, "sbpl_blob_path", ref, GateUnsupported)
	r.Error = "this build knows no digests of compiled profiles that are refused, so nothing can be said of this one"
	return r
}

func newGateRecord(world, kind, ref, classification string) *GateRecord {
	return &GateRecord{
		Tool: "sbpl-preflight", SchemaVersion: 1, WorldID: world, InputKind: kind, InputRef: ref,
		Classification: classification, Findings: []GateFinding{},
	}
}

// gateScope is what a form stands in.
type gateScope struct {
	rule   *sbpl.Form // the nearest allow or deny outside of any filter
	filter bool       // a message filter
}

// look walks a form and all in it. What is quoted is looked at, too: a macro makes
// rules of it.
func (r *GateRecord) look(f sbpl.Form, in gateScope) {
	switch head := f.Head(); {
	case head == "apply-message-filter":
		in.filter = true
	case head == "deny" && in.filter:
		r.found(f, in.rule)
	case (head == "allow" || head == "deny") && !in.filter:
		in.rule = &f
	}
	for _, item := range f.Items {
		r.look(item, in)
	}
}

// found keeps a finding for each operation that a rule denies.
func (r *GateRecord) found(deny sbpl.Form, outer *sbpl.Form) {
	var f GateFinding
	if outer != nil {
		f.OuterAction = new(outer.Head())
		f.OuterOperation = first(operations(*outer))
	}
	denied := operations(deny)
	for _, operation := range denied {
		f.DeniedOperation = &operation
		r.Findings = append(r.Findings, f)
	}
	if len(denied) == 0 {
		r.Findings = append(r.Findings, f)
	}
}

// operations are the symbols that a rule names beside its filters.
func operations(rule sbpl.Form) []string {
	var names []string
	for _, item := range rule.Items[1:] {
		if item.Kind == sbpl.Symbol {
			names = append(names, item.Text)
		}
	}
	return names
}

func first(names []string) *string {
	if len(names) == 0 {
		return nil
	}
	return &names[0]
}
