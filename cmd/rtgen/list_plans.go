package main

import (
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListPlansCommand(src *harness.Source) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list-plans",
		Short: "List the plans under the root",
		Long: `List-plans finds every plan.json under the root: --root, else RTGEN_ROOT, else
the nearest folder above this one with a go.mod or .git, else this folder. It
does not follow links, and leaves out run folders and folders named out,
testdata, node_modules, vendor or with a leading dot. A plan that does not load
is listed with what is wrong with it.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed, also when some do not load; 2 bad usage, or a root that is
no folder or too large; 3 the root could not be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := src.ListPlans()
			if err != nil {
				return err
			}
			return show(cmd, asJSON, list, func(w io.Writer) error { return printPlans(w, list) })
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printPlans(w io.Writer, list []harness.PlanListing) error {
	t := newTable(w, "PLAN", "REGISTRY", "PROFILES", "PATH")
	for _, p := range list {
		count := ""
		if p.Profiles > 0 {
			count = strconv.Itoa(p.Profiles)
		}
		t.row(p.PlanID, p.RegistryID, count, p.Path)
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, p := range list {
		// Faults start with their file; those of a folder have no name of their own.
		text := p.Error
		if text != "" && !strings.HasPrefix(text, p.Path) {
			text = p.Path + " " + text
		}
		if err := complain(w, text); err != nil {
			return err
		}
	}
	return nil
}
