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

type lintOptions struct {
	plan   string
	abi    int
	strict bool
	format string
	json   bool
}

func newProfileLintCommand(src *harness.Source) *cobra.Command {
	var o lintOptions
	cmd := &cobra.Command{
		Use:   "profile-lint {--plan PLAN | FILE...} [--abi N] [--strict] [--format text|json|sarif]",
		Short: "Find what Landlock profiles say that their author may not mean",
		Long: `Profile-lint reads the Landlock profiles of a plan, or profile texts one by one,
and tells what they leave allowed, what in them does nothing, and what this host
or its kernel does not have. Warnings are most likely mistakes; notes may be
meant, and count with --strict alone. Codes keep their meaning:

` + codeTable("policy", harness.PolicyLintCodes()) + `
Exit codes: 0 nothing to warn of; 1 findings; 2 bad usage, or profiles that do
not load.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			var err error
			if o.format, err = formatOf(cmd, o.format, o.json || !cmd.Flags().Changed("format") && !isTerminal(cmd.OutOrStdout())); err != nil {
				return err
			}
			return runProfileLint(*src, o, files, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.plan, "plan", "", "the plan.json `file` whose profiles to lint")
	f.IntVar(&o.abi, "abi", hostABI, "Landlock `ABI` of the kernel the profiles are for, 0 for none; default: this host's")
	f.BoolVar(&o.strict, "strict", false, "notes count as warnings do")
	f.StringVar(&o.format, "format", formatText, "`format` of the findings: text, json or sarif, and json when nobody looks on")
	f.BoolVar(&o.json, "json", false, "short for --format json")
	return cmd
}

func runProfileLint(src harness.Source, o lintOptions, files []string, stdout io.Writer) error {
	if err := planOrFiles("profile-lint", o.plan, files); err != nil {
		return err
	}
	abi, err := kernelOr(o.abi)
	if err != nil {
		return err
	}
	list := []harness.Finding{}
	if o.plan != "" {
		compiled, err := harness.CompilePlan(src, o.plan)
		if err != nil {
			return err
		}
		if list, err = harness.LintPolicies(compiled, abi); err != nil {
			return err
		}
	}
	var bad []error
	for _, file := range files {
		policy, err := harness.ReadPolicy(file)
		if err == nil {
			var found []harness.Finding
			found, err = harness.LintPolicy(policy, abi)
			list = append(list, found...)
		}
		bad = append(bad, err)
	}
	if err := errors.Join(bad...); err != nil {
		return err
	}
	var printErr error
	if o.format == formatText {
		printErr = printFindings(stdout, list)
	} else {
		printErr = printFindingsAs(stdout, o.format, list, harness.PolicyLintCodes())
	}
	if printErr != nil {
		return printErr
	}
	for i := range list {
		if o.strict || list[i].Warns() {
			return &answerNo{}
		}
	}
	return nil
}

func printFindings(w io.Writer, list []harness.Finding) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "[+] nothing found")
		return err
	}
	t := newTable(w, "PLACE", "CODE", "LEVEL", "LAYER", "PROFILES", "FINDING")
	for _, f := range list {
		t.row(place(f.File, f.Line), f.Code, f.Level, strconv.Itoa(*f.Layer), strings.Join(f.Profiles, ", "), f.Message)
	}
	return t.end()
}

// planOrFiles proves that a command on profiles was told which.
func planOrFiles(command, plan string, files []string) error {
	switch {
	case plan == "" && len(files) == 0:
		return &usageError{fmt.Errorf("%s needs --plan PLAN, or the profile texts to read", command)}
	case plan != "" && len(files) > 0:
		return &usageError{fmt.Errorf("%s takes --plan or files, not both: %q", command, files)}
	}
	return nil
}

// hostABI as --abi is this host's.
const hostABI = -1

// kernelOr is the ABI given, or this host's.
func kernelOr(abi int) (int, error) {
	switch {
	case abi == hostABI:
		return harness.KernelABI(), nil
	case abi < 0:
		return 0, &usageError{fmt.Errorf("--abi %d: want the ABI of a kernel, or 0 for none", abi)}
	}
	return abi, nil
}
