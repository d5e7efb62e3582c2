package harness

import "github.com/rtgen/rtgen/harness/internal/capability"

// parseCapability reads one entry of capabilities_required. Which there are,
// package capability says.
func parseCapability(text string) (capability.Capability, error) { return capability.Parse(text) }
