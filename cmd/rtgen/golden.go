package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newGoldenCommand(src *harness.Source) *cobra.Command {
	files := matrixFlags{here: true}
	var baseline, out string
	cmd := &cobra.Command{
		Use:   "golden [--matrix FILE] [--runtime-results FILE] --baseline FILE [--out DIR]",
		Short: "Write what the golden Seatbelt profiles hold and did",
		Long: `Golden compiles and decodes the golden profiles of a matrix, and writes their
blobs, what was found in them, what the matrix says of them, and their results:
decoded_blobs/, golden_decodes.json, golden_expectations.json and
traces/golden_traces.jsonl. The profiles are bucket4:v1_read,
bucket5:v11_read_subpath, runtime:metafilter_any, runtime:strict_1, sys:bsd and
sys:airlock; the matrix must have all of them, under the world of the baseline.

Relative paths on the line start from the working directory, those in the matrix
from the root. Nothing is written unless everything can be: the SBPL compiler is
macOS's own, and a decoder of Seatbelt blobs is in no build yet, so what is given
is read and checked, and then refused.

Exit codes: 0 written; 2 bad usage or bad input; 3 there is no compiler or no
decoder here, or the files could not be written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if baseline == "" {
				return &usageError{errors.New("golden needs --baseline, a world.json")}
			}
			found, err := files.resolve("golden", *src)
			if err != nil {
				return err
			}
			root, err := src.RootFor(".")
			if err != nil {
				return err
			}
			written, err := harness.WriteGolden(harness.GoldenOptions{
				Matrix: found.Matrix, Results: found.Results, Baseline: baseline, Out: out, Root: root,
			})
			if err != nil {
				return err
			}
			for _, file := range []string{written.Decodes, written.Expectations, written.Traces} {
				fmt.Fprintf(cmd.OutOrStdout(), "[+] wrote %s\n", shown(file))
			}
			return nil
		},
	}
	files.add(cmd)
	f := cmd.Flags()
	f.StringVar(&baseline, "baseline", "", "the world's own description, world.json with its world_id: a `file` (required)")
	f.StringVar(&out, "out", "mappings/runtime", "`folder` to write into")
	return cmd
}
