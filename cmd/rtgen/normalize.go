package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newNormalizeCommand(src *harness.Source) *cobra.Command {
	var flags matrixFlags
	var out, world string
	cmd := &cobra.Command{
		Use:   "normalize [--matrix FILE] [--runtime-results FILE] --out FILE [--world-id ID]",
		Short: "Write what the rows of runtime_results.json mean, as events",
		Long: `Normalize joins an expected matrix with the results of its run, of this system or
of the reference, and writes an event for each row: a JSON array, keys sorted and
without nulls, as runtime_events.normalized.json has it. No baseline is held
against them, so that every event says what its policy did, and that nobody looked
without it. A row that contradicts itself is refused.

The events' world is --world-id, else the matrix's, else the one that the results
say they were observed in. When none of them says, that is an error: this host's
world is not taken for it. Results that say another world are refused.

Relative paths on the line start from the root.

Exit codes: 0 written; 2 bad usage, or documents that are not to be read together;
3 a file could not be read or written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return convertMatrix(cmd, src, &flags, world, out, harness.NormalizeMatrix)
		},
	}
	flags.add(cmd)
	addConversion(cmd, &out, &world)
	return cmd
}

// addConversion gives a command that makes one document of a matrix and its
// results the flags for it.
func addConversion(cmd *cobra.Command, out, world *string) {
	f := cmd.Flags()
	f.StringVar(out, "out", "", "`file` to write (required)")
	f.StringVar(world, "world-id", "", "`id` of the world that the rows were observed in; default: as the documents say")
}

// convertMatrix makes one document of a matrix and its results.
func convertMatrix(cmd *cobra.Command, src *harness.Source, flags *matrixFlags, world, out string, convert func(harness.MatrixInput, string) error) error {
	if out == "" {
		return &usageError{errors.New(cmd.Name() + " needs --out: the file to write")}
	}
	files, err := flags.resolve(cmd.Name(), *src)
	if err != nil {
		return err
	}
	out = files.path(out)
	if err := checkOut("out", out, anyMark, files.Matrix, files.Results); err != nil {
		return err
	}
	if err := convert(harness.MatrixInput{Matrix: files.Matrix, Results: files.Results, WorldID: world}, out); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "[+] wrote %s\n", shown(out))
	return nil
}
