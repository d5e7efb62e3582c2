package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListTemplatesCommand(src *harness.Source) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list-templates",
		Short: "List the templates plans can be built from",
		Long: `List-templates prints the templates that plan-build takes by id: those in
plans/templates under the root, and those built into rtgen that none of the same
id shadows. One that does not load is listed with the reason.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed, also when some do not load; 2 bad usage, or a root that is
no folder.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := src.ListPlanTemplates()
			if err != nil {
				return err
			}
			return show(cmd, asJSON, list, func(w io.Writer) error { return printTemplates(w, list) })
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printTemplates(w io.Writer, list []harness.TemplateListing) error {
	t := newTable(w, "TEMPLATE", "PATH", "DESCRIPTION")
	for _, l := range list {
		t.row(l.TemplateID, l.Path, l.Description)
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, l := range list {
		if err := complain(w, l.Error); err != nil {
			return err
		}
	}
	return nil
}
