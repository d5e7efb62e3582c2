package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what this host is and what can be observed on it",
		Long: `Status surveys this host: the world id and the facts in it, whether this very
process is confined, and whether the policy engine is seen to enforce.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 said; 3 the host could not be surveyed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := harness.RuntimeStatus()
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON || !isTerminal(out) {
				return printJSON(out, st)
			}
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			for _, row := range st.Table() {
				fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON on a terminal too")
	return cmd
}
