package main

import (
	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newRegistryLintCommand(src *harness.Source) *cobra.Command {
	var registry string
	var flags lintFlags
	cmd := &cobra.Command{
		Use:   "registry-lint [--registry ID] [--strict] [--format text|json|sarif]",
		Short: "Find everything that is wrong with the registries of the index",
		Long: `Registry-lint reads one registry of the index, or all of them, with the texts of
their profiles, and tells everything that is wrong at once, each with its file,
its line and how to mend it. A registry that lies beside a plan is linted with
its plan, by plan-lint. Codes keep their meaning:

` + codeTable("registry", harness.LintCodes()) + `
Exit codes: 0 nothing found; 1 findings, also a registry that the index does not
have; 2 bad usage, or no index to read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := flags.options(cmd)
			if err != nil {
				return err
			}
			list, err := src.LintRegistry(registry, o)
			if err != nil {
				return err
			}
			return flags.report(cmd.OutOrStdout(), "registry", list)
		},
	}
	cmd.Flags().StringVar(&registry, "registry", "", "the registry's `id`; default: all of the index")
	flags.register(cmd)
	return cmd
}
