package main

import (
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListProfilesCommand(src *harness.Source) *cobra.Command {
	return showFromRegistry(&cobra.Command{
		Use:   "list-profiles {--registry ID | --plan PLAN}",
		Short: "List the profiles of a registry",
		Long: `List-profiles prints the profiles of a registry in the order of their file: the
engine that enforces each, how many probes it is put to the test with, and where
its text is. The JSON form is the entries as they stand in the file.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed; 2 bad usage, an unknown registry, or data that does not
load.`,
	}, src, func(r *harness.Registry) (any, func(io.Writer) error, error) {
		return rawList(r.Profiles), func(w io.Writer) error { return printProfiles(w, r.Profiles) }, nil
	})
}

func printProfiles(w io.Writer, profiles []*harness.Profile) error {
	t := newTable(w, "PROFILE", "MODE", "PROBES", "TEXT", "NOTES")
	for _, p := range profiles {
		t.row(p.ID, p.Mode, strconv.Itoa(len(p.ProbeRefs)), p.Path, orEmpty(p.Notes))
	}
	return t.end()
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
