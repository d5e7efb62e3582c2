package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type explainOptions struct {
	plan, profile string
	abi           int
	json          bool
}

func newProfileExplainCommand(src *harness.Source) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "profile-explain {--plan PLAN --profile ID | FILE...} [--abi N] [--json]",
		Short: "Show what a Landlock profile restricts, right by right",
		Long: `Profile-explain shows for every Landlock right what each layer of a profile does
about it and what all layers do together, the rules of each layer, its flags and
the values of its variables. Several FILEs are a layer each, outermost first.
Nothing is attempted: a run tells whether the kernel agrees.

Parents are compared as they are spelled; where links lead is not looked at.

Exit codes: 0 done; 2 bad usage, or a profile that does not load.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			return runProfileExplain(*src, o, files, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.plan, "plan", "", "the plan.json `file` the profile is in")
	f.StringVar(&o.profile, "profile", "", "`id` of the profile; may be left out when the plan has one")
	f.IntVar(&o.abi, "abi", hostABI, "Landlock `ABI` of the kernel the profile is for, 0 for none; default: this host's")
	f.BoolVar(&o.json, "json", false, "print the explanation as JSON")
	return cmd
}

func runProfileExplain(src harness.Source, o explainOptions, files []string, stdout io.Writer) error {
	if err := planOrFiles("profile-explain", o.plan, files); err != nil {
		return err
	}
	id, policy, err := explained(src, o, files)
	if err != nil {
		return err
	}
	abi, err := kernelOr(o.abi)
	if err != nil {
		return err
	}
	e, err := harness.ExplainPolicy(policy, abi)
	if err != nil {
		return err
	}
	e.ProfileID = id
	if o.json || !isTerminal(stdout) {
		return printJSON(stdout, e)
	}
	return printExplanation(stdout, e)
}

// explained is the policy to explain, and the profile's id when it has one.
func explained(src harness.Source, o explainOptions, files []string) (string, *harness.CompiledPolicy, error) {
	if o.plan == "" {
		if o.profile != "" {
			return "", nil, &usageError{errors.New("profile-explain takes --profile with --plan only")}
		}
		policy, err := harness.ReadPolicy(files[0], files[1:]...)
		return "", policy, err
	}
	compiled, err := harness.CompilePlan(src, o.plan)
	if err != nil {
		return "", nil, err
	}
	var only harness.Selection
	if o.profile != "" {
		only.Profiles = []string{o.profile}
	}
	selected, err := compiled.Select(only)
	if err != nil {
		return "", nil, err
	}
	if len(selected.Profiles) > 1 {
		var ids []string
		for _, p := range selected.Profiles {
			ids = append(ids, p.ID)
		}
		return "", nil, &usageError{fmt.Errorf("plan %q has several profiles, choose one with --profile: %s", compiled.PlanID, strings.Join(ids, ", "))}
	}
	p := &selected.Profiles[0]
	return p.ID, &p.CompiledPolicy, nil
}

func printExplanation(w io.Writer, e *harness.Explanation) error {
	if e.ProfileID != "" {
		fmt.Fprintf(w, "profile %s\n", e.ProfileID)
	}
	kernel := "no kernel to compare with"
	switch {
	case e.Lacking != "":
		kernel = "the kernel cannot apply it: " + e.Lacking
	case e.ABIKernel > 0:
		kernel = fmt.Sprintf("the kernel has abi %d", e.ABIKernel)
	}
	fmt.Fprintf(w, "needs landlock abi %d, %s\n", e.ABINeeded, kernel)
	if !e.NoNewPrivs {
		fmt.Fprintln(w, "no_new_privs is not set: only a process with CAP_SYS_ADMIN can apply it")
	}
	fmt.Fprintln(w)
	if err := printRights(w, e); err != nil {
		return err
	}
	for i := range e.Layers {
		if err := printLayer(w, i, &e.Layers[i]); err != nil {
			return err
		}
	}
	return nil
}

func printRights(w io.Writer, e *harness.Explanation) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "RIGHT\tABI")
	for i := range e.Layers {
		fmt.Fprintf(tw, "\tLAYER %d", i)
	}
	fmt.Fprint(tw, "\tEFFECTIVE\n")
	for _, r := range e.Rights {
		fmt.Fprintf(tw, "%s\t%d", r.Right, r.ABI)
		for _, l := range append(slices.Clone(r.Layers), r.Effective) {
			fmt.Fprintf(tw, "\t%s", limit(l))
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

// limit is a cell of the table; the rules beneath it have what it leaves out.
func limit(l harness.ExplainedLimit) string {
	const shown = 2
	switch l.Limit {
	case "open":
		return "not restricted"
	case "scoped":
		return "inside the domain only"
	case "granted":
		list := strings.Join(l.Granted[:min(shown, len(l.Granted))], ", ")
		if more := len(l.Granted) - shown; more > 0 {
			list += fmt.Sprintf(" and %d more", more)
		}
		return "denied unless granted: " + list
	}
	return l.Limit
}

func printLayer(w io.Writer, n int, l *harness.ExplainedLayer) error {
	fmt.Fprintf(w, "\nlayer %d: %s", n, strings.Join(l.Files, " + "))
	if l.ProfileID != "" {
		fmt.Fprintf(w, ", of profile %s", l.ProfileID)
	}
	declared := "no abi declared"
	if l.ABI > 0 {
		declared = fmt.Sprintf("abi %d declared", l.ABI)
	}
	fmt.Fprintf(w, "\n  %s, %d needed, flags %s\n", declared, l.ABINeeded, cmp.Or(strings.Join(l.RestrictFlags, ", "), "none"))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range l.Rules {
		object := r.Parent
		if r.Port != nil {
			object = fmt.Sprintf("port %d", *r.Port)
		}
		if r.Optional {
			object += " (optional)"
		}
		fmt.Fprintf(tw, "  %s\t%s\n", object, strings.Join(r.Rights, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(l.Variables)) {
		fmt.Fprintf(tw, "  ${%s}\tis %s\n", name, cmp.Or(strings.Join(l.Variables[name], ", "), "without a value"))
	}
	return tw.Flush()
}
