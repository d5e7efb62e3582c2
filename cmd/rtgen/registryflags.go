package main

import (
	"encoding/json"
	"fmt"

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
