package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListRegistriesCommand(src *harness.Source) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list-registries",
		Short: "List the registries of the index",
		Long: `List-registries prints the entries of the registry index in its order: the id of
each registry and its two files. A registry that lies beside its plan need not
be in any index; reach it with --plan.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed; 2 bad usage, or an index that does not load.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := src.ListRegistries()
			if err != nil {
				return err
			}
			return show(cmd, asJSON, registryRows(list), func(w io.Writer) error { return printRegistries(w, list) })
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// registryRow is an entry of the index with all its keys: readers of the list
// need not tell an absent description from none.
type registryRow struct {
	ID          string  `json:"id"`
	Probes      string  `json:"probes"`
	Profiles    string  `json:"profiles"`
	Description *string `json:"description"`
}

func registryRows(list []harness.RegistryEntry) []registryRow {
	rows := make([]registryRow, len(list))
	for i := range list {
		e := &list[i]
		rows[i] = registryRow{ID: e.ID, Probes: e.Probes, Profiles: e.Profiles}
		if e.Description != "" {
			rows[i].Description = &e.Description
		}
	}
	return rows
}

func printRegistries(w io.Writer, list []harness.RegistryEntry) error {
	t := newTable(w, "REGISTRY", "PROBES", "PROFILES", "DESCRIPTION")
	for _, e := range list {
		t.row(e.ID, e.Probes, e.Profiles, e.Description)
	}
	return t.end()
}
