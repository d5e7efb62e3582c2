package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newPlanLintCommand(src *harness.Source) *cobra.Command {
	var plan string
	var flags lintFlags
	cmd := &cobra.Command{
		Use:   "plan-lint --plan PLAN [--strict] [--format text|json|sarif]",
		Short: "Find everything that is wrong with a plan, without running it",
		Long: `Plan-lint reads a plan with its registry and the texts of its profiles, and tells
everything that is wrong with them at once, each with its file, its line and how
to mend it. Nothing is run. Codes keep their meaning:

` + codeTable("plan", harness.LintCodes()) + `
Exit codes: 0 nothing found; 1 findings; 2 bad usage, or no such plan.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := flags.options(cmd)
			if err != nil {
				return err
			}
			if plan == "" {
				return &usageError{errors.New("plan-lint needs --plan: the plan.json to read")}
			}
			list, err := src.LintPlan(plan, o)
			if err != nil {
				return err
			}
			return flags.report(cmd.OutOrStdout(), "plan", list)
		},
	}
	cmd.Flags().StringVar(&plan, "plan", "", "the plan.json `file` to lint (required)")
	flags.register(cmd)
	return cmd
}
