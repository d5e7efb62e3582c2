package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newDecisionsCommand() *cobra.Command {
	var bundles []string
	var bySyscall, asJSON bool
	cmd := &cobra.Command{
		Use:   "decisions --bundle DIR [--bundle DIR]...",
		Short: "Show what bundles hold about each operation",
		Long: `Decisions verifies bundles and sums up what was observed under their policies:
for each operation how often it was allowed and denied, with which errno, and
which rights the kernel's audit log says were missing. WITNESSED counts the
denials that the kernel recorded for the operation's own right; BLOCKERS are the
rights its first records name.

Exit codes: 0 done; 1 a bundle is not what was committed; 2 bad usage; 3 a bundle
could not be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(bundles) == 0 {
				return &usageError{errors.New("decisions needs --bundle: an out folder or a run folder, as often as you like")}
			}
			var loaded []*harness.RunBundle
			for _, path := range bundles {
				b, err := harness.LoadBundle(path)
				if err != nil {
					return err
				}
				loaded = append(loaded, b)
			}
			rows, err := harness.Decisions(bySyscall, loaded...)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				return printJSON(out, rows)
			}
			return printDecisions(out, rows, bySyscall)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&bundles, "bundle", nil, "out `folder` or run folder (required, repeatable)")
	f.BoolVar(&bySyscall, "by-syscall", false, "a row for each way an operation was attempted")
	f.BoolVar(&asJSON, "json", false, "print the rows as JSON")
	return cmd
}

func printDecisions(w io.Writer, rows []harness.DecisionRow, bySyscall bool) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	syscall := func(text string) string {
		if bySyscall {
			return "\t" + text
		}
		return ""
	}
	fmt.Fprintf(tw, "OPERATION%s\tALLOW\tDENY\tUNDECIDED\tBLOCKED\tERRNO\tWITNESSED\tBLOCKERS\n", syscall("SYSCALL"))
	for _, r := range rows {
		fmt.Fprintf(tw, "%s%s\t%d\t%d\t%d\t%d\t%s\t%d\t%s\n",
			r.Operation, syscall(cmp.Or(r.Syscall, "-")), r.Allow, r.Deny, r.Undecided, r.Blocked, tallied(r.Errnos), r.Witnessed, tallied(r.Blockers))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if missing := harness.UnobservedRights(rows); len(missing) > 0 {
		fmt.Fprintf(w, "\nnot observed: %s\n", strings.Join(missing, ", "))
	}
	return nil
}

// tallied is "EACCES 3, EXDEV 1", the names in order.
func tallied(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return cmp.Or(strings.Join(parts, ", "), "-")
}
