package harness

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// The profile modes: what the text of a profile is, and so which engine applies
// it.
const (
	ModeLandlock = "landlock" // a landlockconfig text, JSON or TOML
	ModeSBPL     = "sbpl"     // Seatbelt profile text
	ModeBlob     = "blob"     // a compiled Seatbelt profile
	ModeSeccomp  = "seccomp"  // an OCI seccomp object
	ModeLauncher = "launcher" // an argv template of an outside sandbox
)

// kindNoEngine is the failure kind of a scenario whose engine is not to be had.
const kindNoEngine = "engine_unavailable"

// isSeatbelt says whether a mode is macOS's.
func isSeatbelt(mode string) bool { return mode == ModeSBPL || mode == ModeBlob }

// engineMissing says why this build applies no profile of a mode on this host;
// empty when it does. A plan of another system compiles all the same: its data
// can be checked and predicted anywhere.
func engineMissing(mode string) string {
	switch {
	case mode == ModeLandlock && runtime.GOOS != "linux":
		return fmt.Sprintf("mode %q is Linux's Landlock, and this is %s", mode, runtime.GOOS)
	case mode == ModeLandlock:
		return "" // the worker asks the kernel
	case isSeatbelt(mode):
		err := seatbelt.Available()
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			return fmt.Sprintf("mode %q is macOS's Seatbelt, and this is %s", mode, runtime.GOOS)
		case err != nil:
			return fmt.Sprintf("mode %q: %v", mode, err)
		}
		return ""
	}
	return fmt.Sprintf("mode %q has no engine in this build", mode)
}

// underSeatbelt says whether what this host can observe of the plan is under
// macOS's engine: a host has one of the two. It decides what is proven before the
// first policy.
func (c *Compiled) underSeatbelt() bool {
	for i := range c.Profiles {
		if mode := c.Profiles[i].Mode; engineMissing(mode) == "" {
			return isSeatbelt(mode)
		}
	}
	return false
}
