// Package marker reads tool markers: the lines, each one whole JSON object,
// that the tools of a macOS run leave on standard error beside whatever the
// program under test says there.
//
// A program can print such lines itself. They speak for a tool only in worlds
// whose tools have no other channel; who reads evidence decides that first.
package marker

import (
	"encoding/json"
	"slices"
	"strings"
)

// The tools that leave markers.
const (
	Apply       = "sbpl-apply"
	Preflight   = "sbpl-preflight"
	Compile     = "sbpl-compile"
	Callout     = "seatbelt-callout"
	Entitlement = "entitlement-check"
)

// The stages of Apply's markers.
const (
	StageApply   = "apply"   // the policy was applied, or could not be
	StageApplied = "applied" // it was
	StageExec    = "exec"    // the program could not be started under it
)

// family is what a tool's markers look like.
type family struct {
	stages []string // the only ones; nil: any
	newest int      // schema version, from 0; unbounded: not checked
}

const unbounded = -1

var families = map[string]family{
	Apply:       {[]string{StageApply, StageApplied, StageExec}, 1},
	Preflight:   {[]string{"preflight"}, 1},
	Compile:     {[]string{"compile"}, unbounded},
	Callout:     {nil, 2},
	Entitlement: {nil, 1},
}

// Marker is one of them.
type Marker struct {
	Tool    string
	Stage   string // empty when it has none
	Version int    // marker_schema_version; 0 when it is missing or no integer

	fields map[string]json.RawMessage
}

// Known reports whether this version of the tool's markers can be read.
func (m Marker) Known() bool {
	newest := families[m.Tool].newest
	return newest == unbounded || 0 <= m.Version && m.Version <= newest
}

// Str returns a text field, nil when it is missing or of another type.
func (m Marker) Str(key string) *string { return field[string](m, key) }

// Int returns an integer field, nil when it is missing or of another type.
func (m Marker) Int(key string) *int { return field[int](m, key) }

// Bool returns a truth value, nil when it is missing or of another type.
func (m Marker) Bool(key string) *bool { return field[bool](m, key) }

func field[T any](m Marker, key string) *T {
	var v *T
	if json.Unmarshal(m.fields[key], &v) != nil {
		return nil
	}
	return v
}

// Parse returns the markers among the lines of stderr, in order. A tool's line
// with a stage that is none of the tool's is no marker.
func Parse(stderr string) []Marker {
	if !strings.Contains(stderr, "{") {
		return nil
	}
	var markers []Marker
	for line := range strings.SplitSeq(stderr, "\n") {
		if m, ok := parseLine(line); ok && m.listed() {
			markers = append(markers, m)
		}
	}
	return markers
}

// First returns the first marker of a tool's stage, the one that counts.
func First(markers []Marker, tool, stage string) (Marker, bool) {
	i := slices.IndexFunc(markers, func(m Marker) bool { return m.Tool == tool && m.Stage == stage })
	if i < 0 {
		return Marker{}, false
	}
	return markers[i], true
}

// Strip drops the lines that are markers and leaves every other byte alone; a
// final newline stays unless nothing else does.
func Strip(stderr string) string {
	if !strings.Contains(stderr, "{") {
		return stderr
	}
	body, final := strings.CutSuffix(stderr, "\n")
	lines := strings.Split(body, "\n")
	kept := slices.DeleteFunc(lines, func(line string) bool {
		m, ok := parseLine(line)
		return ok && m.listed()
	})
	switch {
	case len(kept) == 0:
		return ""
	case final:
		return strings.Join(kept, "\n") + "\n"
	}
	return strings.Join(kept, "\n")
}

// Strays returns the tools whose lines Strip leaves: those of a stage that is
// none of the tool's.
func Strays(stderr string) []string {
	if !strings.Contains(stderr, "{") {
		return nil
	}
	var tools []string
	for line := range strings.SplitSeq(stderr, "\n") {
		if m, ok := parseLine(line); ok && !m.listed() {
			tools = append(tools, m.Tool)
		}
	}
	return tools
}

// Object reads a marker that stands in a document rather than on a line.
func Object(tool string, raw json.RawMessage) (Marker, bool) {
	fields, ok := object(raw)
	if !ok {
		return Marker{}, false
	}
	return newMarker(tool, fields), true
}

// parseLine reads a line of a known tool, whatever its stage.
func parseLine(line string) (Marker, bool) {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}") {
		return Marker{}, false
	}
	fields, ok := object([]byte(line))
	if !ok {
		return Marker{}, false
	}
	tool := Marker{fields: fields}.Str("tool")
	if tool == nil {
		return Marker{}, false
	}
	if _, known := families[*tool]; !known {
		return Marker{}, false
	}
	return newMarker(*tool, fields), true
}

func newMarker(tool string, fields map[string]json.RawMessage) Marker {
	m := Marker{Tool: tool, fields: fields}
	if stage := m.Str("stage"); stage != nil {
		m.Stage = *stage
	}
	if version := m.Int("marker_schema_version"); version != nil {
		m.Version = *version
	}
	return m
}

func (m Marker) listed() bool {
	stages := families[m.Tool].stages
	return stages == nil || slices.Contains(stages, m.Stage)
}

// object decodes into a map, not a struct: keys must be spelled exactly.
func object(raw []byte) (map[string]json.RawMessage, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return nil, false
	}
	return fields, true
}
