package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newStatusCommand(src *harness.Source) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what this host is and what can be observed on it",
		Long: `Status surveys this host: the world id and the facts in it, whether this very
process is confined, and whether the policy engine is seen to enforce.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 said; 2 bad usage; 3 the host could not be surveyed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			st, err := harness.RuntimeStatus()
			if err != nil {
				return err
			}
			if src.Root != "" {
				root, err := src.RootFor(".")
				if err != nil {
					return err
				}
				st.RepoRoot = &root
			}
			return show(cmd, asJSON, st, func(w io.Writer) error {
				t := newTable(w)
				for _, row := range st.Table() {
					t.cells(row[0], row[1])
				}
				return t.end()
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
