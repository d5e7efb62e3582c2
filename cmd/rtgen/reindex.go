package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type reindexOptions struct {
	bundle string
	strict bool
	repair bool
}

func newReindexBundleCommand() *cobra.Command {
	var o reindexOptions
	cmd := &cobra.Command{
		Use:   "reindex-bundle --bundle DIR --strict|--repair",
		Short: "Check a bundle's artifact index, or write it anew",
		Long: `Reindex-bundle compares the artifact index of a bundle with the files it names.
DIR is an out folder, followed through LATEST, or a run folder.

--strict verifies, as every reader of evidence does, and changes nothing.

--repair writes the index anew with the sizes and digests the files have now,
and says in repair_log.json what it said before. No artifact is made up: what is
not in the folder is listed as missing. A repaired bundle loads, and is never
promotable: nobody can say any more what the run wrote. Packets made before no
longer open. What an index cannot mend is refused and nothing is written: a run
that is still in progress, symbolic links, paths out of the folder, documents
that contradict each other.

Exit codes: 0 the bundle loads; 1 it does not, or was not repaired, one line per
finding; 2 bad usage; 3 it could not be read or written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReindex(o, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.bundle, "bundle", "", "out `folder` or run folder (required)")
	f.BoolVar(&o.strict, "strict", false, "verify and change nothing")
	f.BoolVar(&o.repair, "repair", false, "write the index anew after the files as they are")
	return cmd
}

func runReindex(o reindexOptions, stdout io.Writer) error {
	switch {
	case o.bundle == "":
		return &usageError{errors.New("reindex-bundle needs --bundle: an out folder or a run folder")}
	case o.strict == o.repair:
		return &usageError{errors.New("reindex-bundle needs one of --strict and --repair, and not both")}
	}
	res, err := harness.ReindexBundle(o.bundle, o.repair)
	var bad *harness.IntegrityError
	if errors.As(err, &bad) {
		if err := complaint(stdout, bad.Findings...); err != nil {
			return err
		}
		if o.repair {
			return &answerNo{"not repaired, nothing was written: an index cannot mend that"}
		}
		return &answerNo{}
	}
	if err != nil {
		return err
	}
	if err := errors.Join(complaint(stdout, res.Changes...), complaint(stdout, res.Findings...)); err != nil {
		return err
	}
	if res.Status == harness.ReindexRepaired {
		fmt.Fprintf(stdout, "[+] wrote %s\n", shown(res.Log))
		fmt.Fprintln(stdout, "[+] bundle reindexed")
	}
	switch {
	case !res.OK() && res.Status == harness.ReindexUnchanged:
		return &answerNo{"nothing to repair: the index says what is there"}
	case !res.OK():
		return &answerNo{}
	case res.Status == harness.ReindexOK:
		fmt.Fprintln(stdout, "[+] bundle ok")
	case res.Status == harness.ReindexUnchanged:
		fmt.Fprintln(stdout, "[+] bundle ok, nothing to repair")
	}
	return nil
}
