package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newDescribeProfileCommand(src *harness.Source) *cobra.Command {
	var id string
	cmd := showFromRegistry(&cobra.Command{
		Use:   "describe-profile {--registry ID | --plan PLAN} --profile ID",
		Short: "Show one profile, where it stands and its probes",
		Long: `Describe-profile shows what a profile is, where its text is, the file and line it
stands on, and the probes it is put to the test with. The JSON form is the entry
as it stands in the file. Profile-explain shows what a Landlock profile
restricts.

It prints tables on a terminal and JSON otherwise, or with --json.

Exit codes: 0 shown; 2 bad usage, an unknown registry or profile, or data that
does not load.`,
	}, src, func(r *harness.Registry) (any, func(io.Writer) error, error) {
		p, err := r.ResolveProfile(id)
		if err != nil {
			return nil, nil, err
		}
		return p.Raw(), func(w io.Writer) error { return printProfile(w, r, p) }, nil
	})
	idFlag(cmd, &id, "profile")
	return cmd
}

func printProfile(w io.Writer, r *harness.Registry, p *harness.Profile) error {
	t := newTable(w)
	t.row("profile", p.ID)
	t.row("mode", p.Mode)
	t.row("text", p.Path)
	t.row("family", orEmpty(p.Family))
	t.row("group", orEmpty(p.SemanticGroup))
	t.row("notes", orEmpty(p.Notes))
	if len(p.KeySpecificRules) > 0 {
		t.rows("rules", p.KeySpecificRules...)
	}
	options, err := compactJSON(p.Landlock)
	if err != nil {
		return err
	}
	t.given("landlock", options)
	if options, err = compactJSON(p.Seatbelt); err != nil {
		return err
	}
	t.given("seatbelt", options)
	t.row("stands in", place(p.File, p.Line))
	if err := t.end(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	probes := make([]*harness.Probe, 0, len(p.ProbeRefs))
	for _, ref := range p.ProbeRefs {
		// A registry that loads has every probe it refers to.
		if probe, ok := r.Probe(ref); ok {
			probes = append(probes, probe)
		}
	}
	return printProbes(w, probes)
}
