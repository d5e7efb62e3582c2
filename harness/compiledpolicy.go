package harness

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// CompiledPolicy is a policy's text with what the registry says about it. It
// is self-contained: every text of every layer is here.
type CompiledPolicy struct {
	Path            string   `json:"profile_path"` // as the registry names it
	Mode            string   `json:"mode"`
	Text            string   `json:"text"`
	Blob            []byte   `json:"blob,omitempty"`             // in place of Text where that is no text
	OptionalParents []string `json:"optional_parents,omitempty"` // of the first layer

	// Parameters are what (param "NAME") gives in Text and in the rules added to it;
	// mode sbpl only.
	Parameters map[string]string `json:"parameters,omitempty"`

	// Landlock only.
	Compose       []CompiledText  `json:"compose,omitempty"`        // composed with Text into the first layer
	RestrictFlags []string        `json:"restrict_flags,omitempty"` // of the first layer
	Layers        []CompiledLayer `json:"layers,omitempty"`         // inside the first, outermost first
	NewPrivs      bool            `json:"new_privs,omitempty"`      // no_new_privs is not set

	// File and Line say where the profile stands, for a plan compiled in this
	// process; a plan read back from a suite has neither.
	File string `json:"-"`
	Line int    `json:"-"`
}

// setText keeps what a profile's file holds. A compiled profile is no text, and
// would not survive as one.
func (p *CompiledPolicy) setText(data []byte) {
	if p.Mode == ModeBlob {
		p.Blob = data
		return
	}
	p.Text = string(data)
}

// CompiledText is one profile text.
type CompiledText struct {
	Path string `json:"profile_path"`
	Text string `json:"text"`
}

// CompiledLayer is a further layer of a policy.
type CompiledLayer struct {
	Profile         string         `json:"profile_id,omitempty"` // the stacked profile it comes from
	Texts           []CompiledText `json:"texts"`
	OptionalParents []string       `json:"optional_parents,omitempty"`
	RestrictFlags   []string       `json:"restrict_flags,omitempty"`
}

// layers parses the texts of every layer, outermost first. Faults of all texts
// are in the error.
func (p *CompiledPolicy) layers() ([]landlock.Layer, error) {
	all := append([]CompiledLayer{{
		Texts:           append([]CompiledText{{Path: p.Path, Text: p.Text}}, p.Compose...),
		OptionalParents: p.OptionalParents,
		RestrictFlags:   p.RestrictFlags,
	}}, p.Layers...)
	out := make([]landlock.Layer, len(all))
	var errs fileErrors
	for i, l := range all {
		out[i].Profile, out[i].Optional = l.Profile, l.OptionalParents
		for _, t := range l.Texts {
			config, err := landlock.Parse(t.Path, []byte(t.Text))
			errs.add(err)
			out[i].Texts = append(out[i].Texts, config)
		}
		for _, name := range l.RestrictFlags {
			flag, known := landlock.RestrictFlag(name)
			if !known {
				errs.add(fmt.Errorf("%s: layer %d: unknown restrict flag %q: generate the suite again with rtgen compile", p.Path, i, name))
			}
			out[i].Flags |= flag
		}
	}
	return out, errs.err()
}
