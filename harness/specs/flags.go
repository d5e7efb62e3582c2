package specs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness"
)

// outFolder is where a suite's bundles go unless told otherwise, beside the
// suite.
const outFolder = "out"

// suiteFlags are the flags of a generated suite. Each has an environment
// variable of the same meaning, which the flag overrides: -rt.out is RTGEN_OUT.
var suiteFlags = struct {
	out, channel, runID, lock, scratch, witness, applyGate *string
	lockTimeout, probeTimeout                              *time.Duration
	require                                                *bool
}{}

func init() {
	if !testing.Testing() {
		return
	}
	suiteFlags.out = flag.String("rt.out", env("OUT", ""), "out `folder` for bundles (RTGEN_OUT); default: out/ beside the suite")
	suiteFlags.channel = flag.String("rt.channel", env("CHANNEL", string(harness.ChannelClean)), "worker `channel`: direct, spawn_clean, launchd_clean on macOS, or clean for the best this host has (RTGEN_CHANNEL)")
	suiteFlags.runID = flag.String("rt.run-id", env("RUN_ID", ""), "run `id` (RTGEN_RUN_ID); default: a fresh UUID")
	suiteFlags.lock = flag.String("rt.lock", env("LOCK", string(harness.LockFail)), "when another run holds the out folder: fail or wait (RTGEN_LOCK)")
	suiteFlags.lockTimeout = flag.Duration("rt.lock-timeout", envDuration("LOCK_TIMEOUT", 30*time.Second), "how long -rt.lock=wait waits (RTGEN_LOCK_TIMEOUT)")
	suiteFlags.probeTimeout = flag.Duration("rt.probe-timeout", envDuration("PROBE_TIMEOUT", harness.DefaultProbeTimeout), "how long a probe may take (RTGEN_PROBE_TIMEOUT)")
	suiteFlags.scratch = flag.String("rt.scratch", env("SCRATCH", ""), "parent `folder` of the run's scratch folder (RTGEN_SCRATCH); default: the system's temporary folder")
	suiteFlags.witness = flag.String("rt.witness", env("WITNESS", string(harness.WitnessAuto)), "listen to the kernel's audit log: auto, off or enable (RTGEN_WITNESS)")
	suiteFlags.applyGate = flag.String("rt.apply-gate", env("APPLY_GATE", string(harness.ApplyGateEnforce)), "what a profile of macOS that would likely be refused comes to: enforce, force or off (RTGEN_APPLY_GATE)")
	suiteFlags.require = flag.Bool("rt.require-evidence", envBool("REQUIRE_EVIDENCE"), "blocked scenarios fail instead of being skipped (RTGEN_REQUIRE_EVIDENCE=1)")
}

// envFaults are environment variables that could not be read. A package's init
// has nobody to tell; the run does.
var envFaults []error

func env(name, otherwise string) string {
	if v, ok := os.LookupEnv("RTGEN_" + name); ok && v != "" {
		return v
	}
	return otherwise
}

func envDuration(name string, otherwise time.Duration) time.Duration {
	v := env(name, "")
	if v == "" {
		return otherwise
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		envFaults = append(envFaults, fmt.Errorf("RTGEN_%s=%q is no duration, write e.g. 10s", name, v))
		return otherwise
	}
	return d
}

func envBool(name string) bool {
	v := env(name, "")
	if v == "" {
		return false
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		envFaults = append(envFaults, fmt.Errorf("RTGEN_%s=%q is no boolean, write 1 or 0", name, v))
	}
	return b
}

// flagParams reads the suite's flags.
func flagParams() (harness.Params, error) {
	if len(envFaults) > 0 {
		return harness.Params{}, envFaults[0]
	}
	out := *suiteFlags.out
	if out == "" {
		wd, err := os.Getwd()
		if err != nil {
			return harness.Params{}, err
		}
		out = filepath.Join(wd, outFolder)
	}
	return harness.Params{
		Out:   out,
		RunID: *suiteFlags.runID,
		Channel: harness.ChannelSpec{
			Name:        harness.ChannelName(*suiteFlags.channel),
			LockMode:    harness.LockMode(*suiteFlags.lock),
			LockTimeout: *suiteFlags.lockTimeout,
		},
		ProbeTimeout:    *suiteFlags.probeTimeout,
		Scratch:         *suiteFlags.scratch,
		Witness:         harness.WitnessMode(*suiteFlags.witness),
		ApplyGate:       harness.ApplyGate(*suiteFlags.applyGate),
		RequireEvidence: *suiteFlags.require,
	}, nil
}
