package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/specs"
	"github.com/rtgen/rtgen/reporters"
)

type runOptions struct {
	plan        string
	matrix      string
	out         string
	lane        string
	profiles    []string
	scenarios   []string
	dry         bool
	lock        string
	lockTimeout time.Duration
	engine      engineFlags
	files       reporters.Files
	json        bool
}

// engineFlags say how probes are attempted, whatever they come from.
type engineFlags struct {
	channel   string
	timeout   time.Duration
	scratch   string
	witness   string
	applyGate string
	require   bool
}

func (e *engineFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&e.channel, "channel", string(harness.ChannelDirect), "how the worker is started: direct, spawn_clean, launchd_clean on macOS, or clean for the best this host has")
	f.DurationVar(&e.timeout, "probe-timeout", harness.DefaultProbeTimeout, "how long a probe may take before it is broken")
	f.StringVar(&e.scratch, "scratch", "", "parent `folder` of the run's scratch folder; default: the system's temporary folder")
	f.StringVar(&e.witness, "witness", env("RTGEN_WITNESS", string(harness.WitnessAuto)), "listen to the kernel's audit log for its own record of every denial: auto where it is on, off, or enable to turn it on for this run, which takes CAP_AUDIT_CONTROL (RTGEN_WITNESS)")
	f.StringVar(&e.applyGate, "apply-gate", env("RTGEN_APPLY_GATE", string(harness.ApplyGateEnforce)), "what becomes of a profile of macOS in which something is found for which it would likely be refused: enforce blocks its scenarios, force applies it, off does not look (RTGEN_APPLY_GATE)")
	f.BoolVar(&e.require, "require-evidence", envTrue("RTGEN_REQUIRE_EVIDENCE"), "blocked scenarios fail instead of being skipped (RTGEN_REQUIRE_EVIDENCE=1)")
}

// params are those of a run that has no out folder yet.
func (e *engineFlags) params() harness.Params {
	return harness.Params{
		Channel:      harness.ChannelSpec{Name: harness.ChannelName(e.channel)},
		ProbeTimeout: e.timeout, Scratch: e.scratch, RequireEvidence: e.require,
		Witness: harness.WitnessMode(e.witness), ApplyGate: harness.ApplyGate(e.applyGate),
	}
}

func newRunCommand(src *harness.Source) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run {--plan PLAN | --matrix FILE} [--out DIR]",
		Short: "Run a plan and write its bundle and promotion packet",
		Long: `Run compiles the plan, runs every scenario in every lane as a spec, and writes
the run folder DIR/<run_id>, DIR/LATEST and DIR/promotion_packet.json with its
in-toto statement, promotion_packet.intoto.json.

With --matrix it runs the rows of an expected_matrix.json in the scenario lane,
and writes DIR/runtime_results.json alone: no bundle, nothing that may be
promoted. Relative paths on such a line, and those in the matrix, start from the
root. A matrix of another world is not run; see rtgen run-all --world-id.

Exit codes: 0 committed and every spec passed; 1 a spec failed; 2 bad usage or
bad plan data, nothing was written; 3 the engine or channel is unavailable, the
out folder is locked, or the evidence could not be kept.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.matrix != "" {
				return runMatrix(cmd, *src, o)
			}
			return runRun(cmd.Context(), *src, o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.plan, "plan", "", "the plan.json `file` to run")
	f.StringVar(&o.matrix, "matrix", "", "the expected matrix to run: a `file`")
	f.StringVar(&o.out, "out", "", "out `folder`; default: out/<plan_id> under the root, of a matrix out/golden-triple")
	o.engine.add(cmd)
	f.StringVar(&o.lane, "lane", "", "run one `lane` only: baseline, scenario or oracle")
	f.StringArrayVar(&o.profiles, "only-profile", nil, "run this profile `id` only (repeatable)")
	f.StringArrayVar(&o.scenarios, "only-scenario", nil, "run this expectation `id` only (repeatable)")
	f.BoolVar(&o.dry, "dry", false, "write what would be run and attempt nothing")
	f.StringVar(&o.lock, "lock", string(harness.LockFail), "when another run holds the out folder: fail or wait")
	f.DurationVar(&o.lockTimeout, "lock-timeout", 30*time.Second, "how long --lock wait waits")
	f.StringVar(&o.files.JUnit, "junit", "", "write a JUnit report to `file`")
	f.StringVar(&o.files.GoJSON, "gojson", "", "write the events of go test -json, a test per spec, to `file`: gotestsum reads them")
	f.BoolVar(&o.json, "json", false, "print one JSON object instead of the verdict")
	return cmd
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

func envTrue(name string) bool {
	v := os.Getenv(name)
	return v == "1" || v == "true"
}

func runRun(ctx context.Context, src harness.Source, o runOptions, stdout, stderr io.Writer) error {
	if o.plan == "" {
		return &usageError{errors.New("run needs --plan: the plan.json to run, or --matrix: the expected matrix of a run")}
	}
	if o.engine.timeout <= 0 || o.lockTimeout <= 0 {
		return &usageError{errors.New("--probe-timeout and --lock-timeout must be more than 0, such as 10s")}
	}
	if o.dry && o.files != (reporters.Files{}) {
		return &usageError{errors.New("--dry attempts nothing, there is nothing for --junit or --gojson to report: drop one of them")}
	}
	if err := checkReport("junit", o.files.JUnit, junitMark); err != nil {
		return err
	}
	if err := checkReport("gojson", o.files.GoJSON, gojsonMark); err != nil {
		return err
	}
	compiled, err := harness.CompilePlan(src, o.plan)
	if err != nil {
		return err
	}
	compiled, err = compiled.Select(harness.Selection{Profiles: o.profiles, Scenarios: o.scenarios, Lane: harness.Lane(o.lane)})
	if err != nil {
		return err
	}
	if o.engine.require && !o.dry && !compiled.Lanes.Scenario {
		return &usageError{errors.New("--require-evidence wants scenarios observed, and the scenario lane is off: turn it on, or drop one of --require-evidence and --lane")}
	}
	if o.out == "" {
		root, err := src.RootFor(o.plan)
		if err != nil {
			return err
		}
		o.out = filepath.Join(root, "out", compiled.PlanID)
	}
	progress := newProgress(stderr, compiled)
	params := o.engine.params()
	params.Out, params.Dry, params.Progress = o.out, o.dry, progress.observe
	params.Channel.LockMode, params.Channel.LockTimeout = harness.LockMode(o.lock), o.lockTimeout

	var result *harness.Result
	passed := true
	if o.dry {
		result, err = harness.RunCompiled(ctx, compiled, params)
	} else {
		result, passed, err = runSpecs(compiled, params, &o.files)
	}
	progress.end()
	if result == nil {
		return err
	}
	print := printVerdict
	if o.json {
		print = printResultJSON
	}
	if err := errors.Join(err, print(stdout, compiled, result, o)); err != nil {
		return err
	}
	return runAnswer(result, passed)
}

func runSpecs(compiled *harness.Compiled, params harness.Params, files *reporters.Files) (*harness.Result, bool, error) {
	run, err := harness.Start(compiled, params)
	if err != nil {
		return nil, false, err
	}
	bundle := &reporters.Bundle{}
	passed, err := specs.RunInProcess(run, params, io.Discard, bundle, files)
	if bundle.Result == nil {
		return nil, false, fmt.Errorf("no bundle was committed: %w", err)
	}
	return bundle.Result, passed, err
}

// runAnswer is the exit of a run whose bundle was written.
func runAnswer(r *harness.Result, passed bool) error {
	switch {
	case r.Status == harness.StatusFailed:
		return fmt.Errorf("run %s failed: %s; its folder is %s, LATEST was not moved", r.RunID, r.Error, r.RunDir)
	case r.Unavailable != "":
		if !passed {
			return &answerNo{}
		}
		return fmt.Errorf("no scenario could be observed: %s", r.Unavailable)
	case !passed || len(r.Contradictions) > 0:
		return &answerNo{}
	}
	return nil
}
