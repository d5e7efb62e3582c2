package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newCutCommand(src *harness.Source) *cobra.Command {
	var flags matrixFlags
	var out, world string
	cmd := &cobra.Command{
		Use:   "cut [--matrix FILE] [--runtime-results FILE] --out DIR [--world-id ID]",
		Short: "Cut the rows of runtime_results.json into scenarios",
		Long: `Cut joins an expected matrix with the results of its run, of this system or of the
reference, and writes into DIR what was seen of each scenario (scenarios.json) and
of each operation (ops.json), the observations themselves, a file for each scenario
in traces/, and where those lie (events_index.json, runtime_indexes.json). The last
is runtime_manifest.json, which names the others; rtgen story tells what they say by
operation, and rtgen promote puts them where mappings are read.

What counts and has no decision is undecided: no match, no mismatch, and nothing is
ok because of it. The mismatches of a scenario are those of blocked and of
unobserved rows too, which its counts leave out.

A cut that is in DIR is replaced, a file of another kind, a committed run or
mappings are not; the traces of scenarios that do not occur any more stay, and
nothing names them. Rows that contradict themselves, and scenarios whose traces
would have one name, are refused.

The world is --world-id, else the matrix's, else the one that the results say they
were observed in. Relative paths on the line start from the root.

Exit codes: 0 written; 2 bad usage, or documents that cannot be cut, nothing was
written; 3 a file could not be read or written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return &usageError{errors.New("cut needs --out: the folder to write to")}
			}
			files, err := flags.resolve(cmd.Name(), *src)
			if err != nil {
				return err
			}
			out = files.path(out)
			if err := checkCut("out", out); err != nil {
				return err
			}
			manifest, err := src.CutMatrix(harness.MatrixInput{Matrix: files.Matrix, Results: files.Results, WorldID: world}, out)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "[+] wrote %s\n", shown(manifest))
			return nil
		},
	}
	flags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "`folder` to write to (required)")
	f.StringVar(&world, "world-id", "", "`id` of the world that the rows were observed in; default: as the documents say")
	return cmd
}
