package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newPromoteCommand(src *harness.Source) *cobra.Command {
	const cuts = "mappings/runtime_cuts"
	var staging, out string
	cmd := &cobra.Command{
		Use:   "promote --staging DIR [--out DIR]",
		Short: "Put a cut's documents where mappings are read",
		Long: `Promote reads a cut back, every observation of every scenario, counts again, and
copies its documents to the out folder, with runtime_story.json if one was told. The
manifest there names the copies. The traces stay in the staging folder, and the
copied index names them there.

All files are written before the first takes its name, and the manifest takes its
last: nobody finds two cuts in one. A cut that was promoted to the out folder is
replaced, a file of another kind, a committed run or mappings that promote-packets
made are not.

It looks at no bundle and no packet, so what it puts there is worth what the staged
cut is; rtgen promote-packets makes mappings of evidence that may be relied on.

Relative paths on the line start from the root.

Exit codes: 0 written; 2 bad usage, or a cut that is not what its documents say,
nothing was written; 3 a file could not be read or written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if staging == "" {
				return &usageError{errors.New("promote needs --staging: the folder of a cut")}
			}
			files, err := fromRoot(src)
			if err != nil {
				return err
			}
			out = files.path(out)
			if err := checkCut("out", out); err != nil {
				return err
			}
			manifest, err := src.PromoteCut(files.path(staging), out)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "[+] wrote %s\n", shown(manifest))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&staging, "staging", "", "`folder` of the cut (required)")
	f.StringVar(&out, "out", cuts, "`folder` to put the documents into")
	return cmd
}
