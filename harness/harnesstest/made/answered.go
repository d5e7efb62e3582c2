package made

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/marker"
)

// Flags of sandbox_check's second number.
const (
	noReport  = 0x40000000
	canonical = 0x20000000
)

// Answered is the probe beside which our own worker asked the sandbox of macOS about
// its target, by a filter in sandbox_check's numbers. Each decision is an answer,
// the first for a path as it is spelled, further ones for it resolved.
func (p Probe) Answered(operation string, filter int, decisions ...string) Probe {
	name, _ := marker.CheckFilters.Name(filter)
	p.Asked = &artifact.SandboxCheckRequest{Operation: operation, FilterType: &filter, FilterName: &name, Argument: &p.Target}
	p.Callouts = nil
	for i, decision := range decisions {
		c := artifact.Callout{
			Tool: marker.Callout, MarkerVersion: artifact.ToolMarkerVersion, Stage: artifact.ModelStage, API: "sandbox_check", Operation: operation,
			FilterType: &filter, FilterTypeName: &name, CheckType: new(filter | noReport), VarargsCount: new(1), Argument: &p.Target,
			Canonicalization: new("raw"), CanonicalFlagUsed: new(false), CanonicalFlagReason: new("not_requested"), NoReport: new(true),
			TokenStatus: new("pid"), TokenMachKR: new(0), RC: new(0), Errno: new(0), Decision: decision,
		}
		if i > 0 {
			c.CheckType, c.Canonicalization, c.CanonicalFlagUsed, c.CanonicalFlagReason = new(*c.CheckType|canonical), new("canonical"), new(true), nil
		}
		switch decision {
		case "deny":
			c.RC = new(1)
		case "error":
			c.RC, c.Errno, c.Error = new(-1), new(22), new("EINVAL")
		}
		p.Callouts = append(p.Callouts, c)
	}
	return p
}
