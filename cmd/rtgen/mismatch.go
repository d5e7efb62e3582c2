package main

import (
	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newMismatchCommand(src *harness.Source) *cobra.Command {
	flags := matrixFlags{here: true}
	var out, world string
	cmd := &cobra.Command{
		Use:   "mismatch [--matrix FILE] [--runtime-results FILE] --out FILE [--world-id ID]",
		Short: "Write which rows of runtime_results.json are not what was expected",
		Long: `Mismatch holds the results of a run against its expected matrix and writes
mismatch_summary.json: every row whose decision is not the expected one, rows
without a decision among them, and how many there are of each kind. Every row of
the matrix must have an expectation_id, and every row of the results must be in
the matrix.

The world is --world-id, else the matrix's, else the one that the results say they
were observed in. When none of them says, that is an error.

Relative paths on the line start from the working directory, other than those of
the commands beside this one. The folder of --out must be there.

Exit codes: 0 written; 2 bad usage, or documents that are not to be read together;
3 a file could not be read or written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return convertMatrix(cmd, src, &flags, world, out, harness.MismatchMatrix)
		},
	}
	flags.add(cmd)
	addConversion(cmd, &out, &world)
	return cmd
}
