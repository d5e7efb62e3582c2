package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newRunAllCommand(src *harness.Source) *cobra.Command {
	var out, world string
	var engine engineFlags
	flags := matrixFlags{makesResults: true}
	cmd := &cobra.Command{
		Use:   "run-all [--matrix FILE] --out DIR [--world-id ID]",
		Short: "Run an expected matrix and write all that comes of it",
		Long: `Run-all runs the rows of an expected_matrix.json in the scenario lane, each under
its profile, and writes into DIR expected_matrix.generated.json,
runtime_results.json, runtime_profiles/ (the policies' texts), runtime_mappings/
(the run cut into scenarios) and mismatch_summary.json. DIR holds nothing else, and
is replaced as a whole or not at all. It is no bundle, and nothing of it may be
promoted: for that, run the plan.

The matrix of a run has what is needed to run it again: every row's fixture and
capabilities, every policy's layers. What is not in a matrix are the plan's
apply_preflight_profile, which lanes a probe is for, and key_specific_rules of
macOS's profiles. A matrix from before its rows had all this is run without it, with
the first text of each policy alone. A key that no row has here is refused, by name.

Every document names the world that was observed, which is this host's. The rows of
a matrix of another world are not attempted, and say so, unless --world-id names
this host: then they are.

Relative paths on the line, and those in the matrix, start from the root. The run's
id is SANDBOX_LORE_RUN_ID, or a fresh one.

Exit codes: 0 written, and every decision is as expected, blocked rows aside; 1
written, and a row failed; 2 bad usage or a bad matrix, nothing was written; 3 the
engine is unavailable, which what was written says, or it could not be written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return &usageError{errors.New("run-all needs --out: the folder to write")}
			}
			files, err := flags.resolve(cmd.Name(), *src)
			if err != nil {
				return err
			}
			return runMatrixWith(cmd, *src, files, world, engine, func(ctx context.Context, c *harness.Compiled, p harness.Params) (*harness.MatrixRun, error) {
				return src.RunMatrixAll(ctx, c, files.path(out), p)
			})
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "out `folder` (required)")
	f.StringVar(&world, "world-id", "", "the `id` of this host's world, to run a matrix that is pinned to another")
	engine.add(cmd)
	return cmd
}
