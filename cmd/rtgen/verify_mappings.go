package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/reporters/mapping"
)

func newVerifyMappingsCommand() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify-mappings --dir DIR [--json]",
		Short: "Check mappings against their index",
		Long: `Verify-mappings reads every file of a folder that promote-packets made and compares
it with mapping_index.json: none may be missing, none changed, and none be there
that the index does not name. The receipt may be that of a later promotion that
came to nothing; that is said, and is no fault. A relative path starts from the
working directory, and nothing is written.

Exit codes: 0 the mappings are whole; 1 they are not, one line per finding; 2 bad
usage; 3 they could not be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return &usageError{errors.New("verify-mappings needs --dir: a folder that promote-packets made")}
			}
			v, err := mapping.VerifyMappings(dir)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				err = printJSON(out, struct {
					OK bool `json:"ok"`
					*mapping.Verification
				}{v.OK(), v})
			} else {
				err = complaint(out, v.Findings...)
			}
			switch {
			case err != nil:
				return err
			case !v.OK():
				return &answerNo{}
			case !asJSON:
				fmt.Fprintf(out, "[+] mappings ok, %s\n", counted(v.Files, "file"))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "mappings `folder` (required)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer as one JSON object")
	return cmd
}
