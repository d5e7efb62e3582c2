package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type planBuildOptions struct {
	template  string
	out       string
	overwrite bool
	matrix    bool
	asJSON    bool
}

func newPlanBuildCommand(src *harness.Source) *cobra.Command {
	var o planBuildOptions
	cmd := &cobra.Command{
		Use:   "plan-build --template ID|FILE --out DIR [--overwrite] [--write-expected-matrix]",
		Short: "Build a plan and its registry from a template",
		Long: `Plan-build writes DIR/plan.json, DIR/registry/probes.json,
DIR/registry/profiles.json and every policy text they name, so that the plan
lints, compiles and runs where it is. With --write-expected-matrix it adds
DIR/out/expected_matrix.json, what the plan expects of each request.

The template is one that list-templates shows, or a template file of your own.
A file that is there already is refused without --overwrite, save a policy text
that is the same. Everything is checked before anything is written, and
every byte is on the disk before the first file takes its name.

Exit codes: 0 written; 2 bad usage, a template that does not load, or files in
the way, nothing was written; 3 the files could not be written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPlanBuild(*src, o, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.template, "template", "", "template `id`, or the path of a template file (required)")
	f.StringVar(&o.out, "out", "", "`folder` the plan goes to (required)")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace files that are there already")
	f.BoolFunc("write-expected-matrix", "write out/expected_matrix.json too", o.setMatrix(true))
	f.BoolFunc("skip-expected-matrix", "undo an earlier --write-expected-matrix; the last of the two counts", o.setMatrix(false))
	f.BoolVar(&o.asJSON, "json", false, "print what was written as JSON")
	// An error here would mean that there is no such flag.
	_ = cmd.RegisterFlagCompletionFunc("template", func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeTemplates(*src, typed)
	})
	return cmd
}

// setMatrix is a switch for or against the expected matrix.
func (o *planBuildOptions) setMatrix(on bool) func(string) error {
	return func(text string) error {
		given, err := strconv.ParseBool(text)
		if err == nil {
			o.matrix = given == on
		}
		return err
	}
}

// completeTemplates are the ids of templates; else files.
func completeTemplates(src harness.Source, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	list, err := src.ListPlanTemplates()
	if err != nil {
		return nil, orFiles
	}
	var ids []cobra.Completion
	for _, t := range list {
		if t.Error == "" && strings.HasPrefix(t.TemplateID, typed) {
			ids = append(ids, described(t.TemplateID, t.Description))
		}
	}
	return ids, orFiles
}

func runPlanBuild(src harness.Source, o planBuildOptions, stdout io.Writer) error {
	if o.template == "" || o.out == "" {
		return &usageError{errors.New("plan-build needs --template and --out: see rtgen list-templates")}
	}
	r, err := src.BuildPlanFromTemplate(o.template, o.out, harness.BuildOptions{
		Overwrite: o.overwrite, SkipExpectedMatrix: !o.matrix,
	})
	if err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(stdout, r)
	}
	for _, file := range r.Files() {
		fmt.Fprintf(stdout, "[+] wrote %s\n", shown(file))
	}
	return nil
}
