package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// ChannelName says how the worker comes to life.
type ChannelName = channel.Name

// The channels of this build. ChannelClean stands for the world's best clean
// channel.
const (
	ChannelDirect       = channel.Direct
	ChannelSpawnClean   = channel.SpawnClean
	ChannelLaunchdClean = channel.LaunchdClean // macOS alone has it
	ChannelClean        = channel.Clean
)

// ErrChannelUnavailable is wrapped by errors about a channel this host lacks.
var ErrChannelUnavailable = channel.ErrUnavailable

// LockMode says what a run does when another holds the out folder.
type LockMode = bundle.LockMode

// The lock modes.
const (
	LockFail = bundle.LockFail // give up at once
	LockWait = bundle.LockWait // wait, at most the timeout
)

// ChannelSpec says how workers are launched and how the out folder is locked.
type ChannelSpec struct {
	Name        ChannelName   // empty: direct
	LockMode    LockMode      // empty: fail
	LockTimeout time.Duration // with LockWait; zero: 30 s
}

// DefaultProbeTimeout is how long a probe may take unless Params says
// otherwise. It is the reference system's limit.
const DefaultProbeTimeout = 10 * time.Second

// Params says how to run a compiled plan. Only Out has no default.
type Params struct {
	Out          string        // the out folder: runs go to <Out>/<run_id>
	RunID        string        // empty: a fresh UUID
	Channel      ChannelSpec   // zero: direct, lock or fail
	Select       Selection     // zero: everything
	Dry          bool          // write what would be run, attempt nothing
	ProbeTimeout time.Duration // zero: DefaultProbeTimeout
	Witness      WitnessMode   // empty: auto
	ApplyGate    ApplyGate     // empty: enforce
	Scratch      string        // parent of the run's scratch folder; empty: the system's temporary folder
	// RequireEvidence makes a blocked scenario a failure instead of a skip.
	RequireEvidence bool
	// Progress is told of every observation, in the process that made it.
	Progress func(*Observation)
}

func (p Params) withDefaults() (Params, error) {
	if p.Out == "" {
		return p, inputErrorf("no out folder given: say where the bundle is to go")
	}
	name, err := channel.Resolve(string(p.Channel.Name))
	switch {
	case errors.Is(err, channel.ErrUnavailable):
		return p, &UnavailableError{err}
	case err != nil:
		return p, &InputError{err}
	}
	p.Channel.Name = name
	switch p.Channel.LockMode {
	case "":
		p.Channel.LockMode = LockFail
	case LockFail, LockWait:
	default:
		return p, inputErrorf("unknown lock mode %q, use fail or wait", p.Channel.LockMode)
	}
	if p.Channel.LockTimeout < 0 || p.ProbeTimeout < 0 {
		return p, inputErrorf("lock timeout %v, probe timeout %v: give times that are not negative", p.Channel.LockTimeout, p.ProbeTimeout)
	}
	if p.Channel.LockTimeout == 0 {
		p.Channel.LockTimeout = 30 * time.Second
	}
	if p.ProbeTimeout == 0 {
		p.ProbeTimeout = DefaultProbeTimeout
	}
	if p.Witness, err = p.Witness.orAuto(); err != nil {
		return p, err
	}
	if p.ApplyGate, err = seatbelt.ParseGateMode(string(p.ApplyGate)); err != nil {
		return p, &InputError{err}
	}
	if p.Scratch == "" {
		p.Scratch = os.TempDir()
	} else if info, err := os.Stat(p.Scratch); err != nil || !info.IsDir() {
		return p, inputErrorf("scratch folder %s is no folder: make it, or name another", p.Scratch)
	}
	// A worker of another channel does not share our working folder.
	if p.Scratch, err = filepath.Abs(p.Scratch); err != nil {
		return p, fmt.Errorf("scratch folder: %w", err)
	}
	return p, nil
}
