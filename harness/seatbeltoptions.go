package harness

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// SeatbeltOptions is what a profile of mode sbpl says beside its text.
type SeatbeltOptions struct {
	// Parameters are what (param "NAME") gives in the text and in the rules added
	// to it, by NAME.
	Parameters map[string]string `json:"parameters,omitempty"`
}

// readSeatbeltOptions reads a sidecar.
func readSeatbeltOptions(v jsondoc.Value) *SeatbeltOptions {
	o, read := v.Object(), &SeatbeltOptions{}
	for name, v := range o.Opt("parameters").Object().All() {
		if name == "" {
			v.FaultAs(codeBadValue, "has no name; give it one")
		}
		if read.Parameters == nil {
			read.Parameters = map[string]string{}
		}
		read.Parameters[name] = v.Text()
	}
	o.End()
	return read
}

// seatbelt resolves what a profile says beside its text, and warns of parameters
// that nothing in it asks for: their names are mistyped, here or there.
func (comp *compiler) seatbelt(p *Profile, out *CompiledPolicy) {
	if p.Mode != ModeSBPL || len(p.parameters()) == 0 {
		return
	}
	out.Parameters = p.parameters()
	forms, faults := sbpl.Read(strings.Join(append([]string{out.Text}, p.KeySpecificRules...), "\n"))
	asked, all := sbpl.Params(forms)
	if len(faults) > 0 || !all || out.Text == "" {
		return // which is told, or may ask for more than it shows
	}
	for _, name := range slices.Sorted(maps.Keys(out.Parameters)) {
		if !slices.Contains(asked, name) {
			comp.warnings = append(comp.warnings, Finding{
				Code: codeProfileDoubtful, Level: LevelWarning, File: p.File, Line: p.Line,
				ID: "profile " + shortQuote(p.ID), Operand: comp.operand(p.ID),
				Message: "seatbelt.parameters names " + shortQuote(name) + ", which " + out.Path + " does not ask for; correct the name or remove it" + didYouMean(name, asked),
			})
		}
	}
}

// matrixSeatbelt is what a policy has beside its text; nil when that is all of it.
func matrixSeatbelt(parameters map[string]string) json.RawMessage {
	if len(parameters) == 0 {
		return nil
	}
	return plainJSON(artifact.MatrixSeatbelt{Parameters: parameters})
}

// parameters are those of a profile; none of one without options.
func (p *Profile) parameters() map[string]string {
	if p.Seatbelt == nil {
		return nil
	}
	return p.Seatbelt.Parameters
}
