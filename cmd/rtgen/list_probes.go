package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

// registryFlags say which registry a command looks into.
type registryFlags struct{ registry, plan string }

func (r *registryFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.registry, "registry", "", "`id` of a registry of the index")
	f.StringVar(&r.plan, "plan", "", "the plan.json `file` whose registry to look into")
}

// check proves that exactly one of the two is given.
func (r *registryFlags) check(command string) error {
	switch {
	case r.registry == "" && r.plan == "":
		return &usageError{fmt.Errorf("%s needs --registry ID, or --plan PLAN for the registry of a plan", command)}
	case r.registry != "" && r.plan != "":
		return &usageError{fmt.Errorf("%s takes --registry or --plan, not both", command)}
	}
	return nil
}

func (r *registryFlags) load(src harness.Source) (*harness.Registry, error) {
	if r.plan == "" {
		return src.Registry(r.registry)
	}
	plan, err := src.LoadPlan(r.plan)
	if err != nil {
		return nil, err
	}
	return src.LoadRegistry(plan)
}

func newListProbesCommand(src *harness.Source) *cobra.Command {
	var from registryFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list-probes {--registry ID | --plan PLAN}",
		Short: "List the probes of a registry",
		Long: `List-probes prints the probes of a registry in the order of their file: what each
attempts, on what, which decision is expected, and what it needs of the host.
The JSON form is the entries as they stand in the file.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed; 2 bad usage, an unknown registry, or data that does not
load.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := from.check(cmd.Name()); err != nil {
				return err
			}
			r, err := from.load(*src)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON || !isTerminal(out) {
				return printJSON(out, rawList(r.Probes))
			}
			return printProbes(out, r.Probes)
		},
	}
	from.add(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// rawList is entries of a registry as they stand in their file.
func rawList[E interface{ Raw() json.RawMessage }](entries []E) []json.RawMessage {
	list := make([]json.RawMessage, len(entries))
	for i, e := range entries {
		list[i] = e.Raw()
	}
	return list
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
