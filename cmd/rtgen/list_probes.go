package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListProbesCommand(src *harness.Source) *cobra.Command {
	return showFromRegistry(&cobra.Command{
		Use:   "list-probes {--registry ID | --plan PLAN}",
		Short: "List the probes of a registry",
		Long: `List-probes prints the probes of a registry in the order of their file: what each
attempts, on what, which decision is expected, and what it needs of the host.
The JSON form is the entries as they stand in the file.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed; 2 bad usage, an unknown registry, or data that does not
load.`,
	}, src, func(r *harness.Registry) (any, func(io.Writer) error, error) {
		return rawList(r.Probes), func(w io.Writer) error { return printProbes(w, r.Probes) }, nil
	})
}

func printProbes(w io.Writer, probes []*harness.Probe) error {
	t := newTable(w, "PROBE", "OPERATION", "EXPECTED", "TARGET", "NEEDS")
	for _, p := range probes {
		t.row(p.ID, attempted(p), string(p.Expected), p.Target, strings.Join(p.CapabilitiesRequired, ", "))
	}
	return t.end()
}

// attempted is a probe's operation and, when it says, the way it is attempted.
func attempted(p *harness.Probe) string {
	if p.Syscall == "" {
		return p.Operation
	}
	return fmt.Sprintf("%s (%s)", p.Operation, p.Syscall)
}
