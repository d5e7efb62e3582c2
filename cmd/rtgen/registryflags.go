package main

import (
	"encoding/json"
	"fmt"
	"io"

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

// rawList is entries of a registry as they stand in their file.
func rawList[E interface{ Raw() json.RawMessage }](entries []E) []json.RawMessage {
	list := make([]json.RawMessage, len(entries))
	for i, e := range entries {
		list[i] = e.Raw()
	}
	return list
}

// showFromRegistry completes a command that shows something of a registry. what
// finds it, as a document and as a table.
func showFromRegistry(cmd *cobra.Command, src *harness.Source, what func(*harness.Registry) (any, func(io.Writer) error, error)) *cobra.Command {
	var from registryFlags
	var asJSON bool
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := from.check(cmd.Name()); err != nil {
			return err
		}
		r, err := from.load(*src)
		if err != nil {
			return err
		}
		doc, table, err := what(r)
		if err != nil {
			return err
		}
		return show(cmd, asJSON, doc, table)
	}
	from.add(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// idFlag is a required flag for the id of a kind of entry.
func idFlag(cmd *cobra.Command, id *string, kind string) {
	cmd.Flags().StringVar(id, kind, "", "`id` of the "+kind+" (required)")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if *id == "" {
			return &usageError{fmt.Errorf("%s needs --%s: the id of a %s, see rtgen list-%ss", cmd.Name(), kind, kind, kind)}
		}
		return nil
	}
}
