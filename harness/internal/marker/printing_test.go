package marker_test

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// applyVersion is the newest of the markers of marker.Apply.
const applyVersion = 1

// applyMarker is the markers of marker.Apply as tools print them.
type applyMarker struct {
	Tool           string  `json:"tool"`
	Version        int     `json:"marker_schema_version"`
	Stage          string  `json:"stage"`
	Mode           string  `json:"mode,omitempty"`
	API            *string `json:"api,omitempty"`
	RC             *int    `json:"rc,omitempty"`
	Errno          *int    `json:"errno,omitempty"`
	ErrBuf         *string `json:"errbuf,omitempty"`
	ErrClass       *string `json:"err_class,omitempty"`
	ErrClassSource *string `json:"err_class_source,omitempty"`
	Profile        string  `json:"profile,omitempty"`
	PID            int     `json:"pid"`
}

// applyLines are the lines that a tool would leave that applied a policy so: one for
// the attempt, and one more when it succeeded. Mode is "sbpl" or "blob".
func applyLines(r *artifact.ApplyReport, mode, profile string, pid int) string {
	m := applyMarker{
		Tool: marker.Apply, Version: applyVersion, Stage: marker.StageApply, Mode: mode, API: r.API, RC: r.RC, Errno: r.Errno, ErrBuf: r.ErrBuf,
		ErrClass: r.ErrClass, ErrClassSource: r.ErrClassSource, Profile: profile, PID: pid,
	}
	lines := line(m)
	if r.RC != nil && *r.RC == 0 {
		lines += line(applyMarker{Tool: marker.Apply, Version: applyVersion, Stage: marker.StageApplied, Mode: mode, API: r.API, RC: r.RC, Profile: profile, PID: pid})
	}
	return lines
}

// calloutLine is the line that a tool would leave that got this answer. What is null
// is left out.
func calloutLine(c *artifact.Callout) string {
	var all, said artifact.Ordered[json.RawMessage]
	raw, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		panic("a callout of plain fields did not encode: " + err.Error())
	}
	for _, m := range all {
		if string(m.Value) != "null" {
			said = append(said, m)
		}
	}
	return line(said)
}

// line is one object and a line feed. JSON has no line feed within text.
func line(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("plain fields did not encode: " + err.Error())
	}
	return string(raw) + "\n"
}
