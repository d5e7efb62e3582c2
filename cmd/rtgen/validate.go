package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newValidateBundleCommand() *cobra.Command {
	var bundle string
	var deep bool
	cmd := &cobra.Command{
		Use:   "validate-bundle --bundle DIR [--deep]",
		Short: "Check a bundle against its artifact index",
		Long: `Validate-bundle reads every file of a run folder and compares it with the
artifact index. DIR is an out folder, followed through LATEST, or a run folder.

--deep reads the documents too: each must parse and be of this run, and all must
agree on every scenario, and the summary with them. For bundles of strangers:
digests only say that nothing was changed since.

Exit codes: 0 the bundle is whole; 1 it is not, one line per finding; 2 bad
usage; 3 it could not be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if bundle == "" {
				return &usageError{errors.New("validate-bundle needs --bundle: an out folder or a run folder")}
			}
			validate := harness.ValidateBundle
			if deep {
				validate = harness.ValidateBundleDeep
			}
			res, err := validate(bundle)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if err := complaint(out, res.Findings...); err != nil {
				return err
			}
			if !res.OK() {
				return &answerNo{}
			}
			fmt.Fprintln(out, "[+] bundle ok")
			return nil
		},
	}
	cmd.Flags().StringVar(&bundle, "bundle", "", "out `folder` or run folder (required)")
	cmd.Flags().BoolVar(&deep, "deep", false, "also hold the documents against each other")
	return cmd
}
