package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListOperationsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list-operations",
		Short: "List what a probe can attempt",
		Long: `List-operations prints every operation a probe can name, every value of its
"syscall" field, the system calls that makes, what its target names, and the
errno with which Landlock denies it ("-": Landlock does not mediate it). The
JSON form adds what a fixture must provide, the rights the call may be denied
for, and what an author must know.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return show(cmd, asJSON, harness.Operations(), func(w io.Writer) error { return printOperations(w, harness.Operations()) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON on a terminal too")
	return cmd
}

func printOperations(w io.Writer, ways []harness.OperationWay) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "OPERATION\tSYSCALL\tTARGET\tDENIED\tCALLS")
	for _, o := range ways {
		name := o.Operation
		if !o.Default {
			name = ""
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", name, o.Syscall, o.Target, cmp.Or(strings.Join(o.Denied, ", "), "-"), o.Calls)
	}
	return tw.Flush()
}
