// Package contract holds the rules of the evidence format that whoever writes a
// run folder and whoever reads one must agree on. Every function is pure and
// takes plain values; each rule stands here once.
package contract

import (
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// System is the operating system that evidence speaks of.
type System string

// The systems that have rules of their own.
const (
	Darwin System = "darwin"
	Linux  System = "linux"
	Other  System = "" // not told by the world id
)

// SystemOf reads the system off a world id: linux-<release>-…, and for macOS
// <codename>-<version>-<build>-<arch>-dyld-<digest>.
func SystemOf(worldID string) System {
	switch {
	case strings.HasPrefix(worldID, "linux-"):
		return Linux
	case strings.Contains(worldID, "-dyld-"):
		return Darwin
	}
	return Other
}

// OwnWorker is the entrypoint that runner_info has for this project's worker.
const OwnWorker = "rtgen-worker"

// ToolsOnStderr reports whether the tools that made a row leave markers and paths
// on the standard error of the probe. Our own worker has a descriptor for that, and
// on Linux nobody does: what stands on standard error there, the program under test
// wrote.
func ToolsOnStderr(system System, runner *artifact.RunnerInfo) bool {
	return system != Linux && (runner == nil || runner.Entrypoint != OwnWorker)
}

// Generation is one of the two in which documents of the format exist.
type Generation uint8

// The generations. Earlier events have no policy_layers, no confounders, no
// sandbox_check_prepass, no resource_hygiene and no errno_name; earlier path
// witnesses and packets say nothing about canonicalization.
const (
	Current Generation = iota
	Earlier
)
