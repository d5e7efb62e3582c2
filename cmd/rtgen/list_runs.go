package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListRunsCommand() *cobra.Command {
	var out string
	var verify, asJSON bool
	cmd := &cobra.Command{
		Use:   "list-runs --out DIR [--verify]",
		Short: "List the runs in an out folder",
		Long: `List-runs prints every run folder of an out folder, newest first, and what it is
in one word:

  committed   over and whole, whether its expectations held or not
  dry         the same, of a run that attempted nothing
  failed      over, and it says itself that it is not whole
  running     its writer holds the lock of the out folder
  abandoned   not over, and its writer is gone
  unfinished  not over, and whether its writer lives cannot be seen here
  torn        over by its own word, and never committed
  damaged     its documents cannot be read, or contradict each other, the files
              that are there, or the folder's name

The word comes from the run's small documents and from the sizes of its files;
digests are looked at with --verify alone, which reads every byte as
validate-bundle does. NAMED BY says whether LATEST names a run and which packets
in the out folder point to it. What is no run is counted, and not followed.
Nothing is written and no lock is taken.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed, also when there is no run; 1 LATEST names no committed run,
a packet cannot be read, or with --verify a run is not what was committed; 2 bad
usage, or no such out folder; 3 the out folder could not be read, or with
--verify a run could not be checked.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return &usageError{errors.New("list-runs needs --out: the folder that runs were written to")}
			}
			list, err := harness.ListRuns(out)
			if err != nil {
				return err
			}
			if verify {
				list.Verify()
			}
			err = show(cmd, asJSON, list, func(w io.Writer) error { return printRuns(w, list, verify) })
			switch n := list.Unchecked(); {
			case err != nil:
				return err
			case !list.OK():
				return &answerNo{}
			case n > 0:
				return fmt.Errorf("%s in %s could not be checked: see their verdicts above", counted(n, "run"), shown(list.Out))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "out `folder` (required)")
	cmd.Flags().BoolVar(&verify, "verify", false, "check every byte of every run against its index")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printRuns(w io.Writer, list *harness.RunList, verified bool) error {
	if len(list.Runs) == 0 {
		fmt.Fprintf(w, "no runs in %s\n", cell(shown(list.Out)))
	} else if err := printRunRows(w, list.Runs, verified); err != nil {
		return err
	}
	for _, o := range list.Others {
		names := make([]string, len(o.Names), len(o.Names)+1)
		for i, name := range o.Names {
			names[i] = cell(name)
		}
		if o.Count > len(names) {
			names = append(names, "…")
		}
		fmt.Fprintf(w, "no run: %d of kind %s: %s\n", o.Count, o.Kind, strings.Join(names, ", "))
	}
	return complaint(w, list.Findings...)
}

func printRunRows(w io.Writer, runs []harness.RunListing, verified bool) error {
	head := []string{"RUN", "STANDING", "STATUS", "UPDATED", "PLAN", "CHANNEL", "WORLD", "SIZE", "FILES", "NAMED BY", "DETAIL"}
	if verified {
		head = append(head, "VERDICT")
	}
	t := newTable(w, head...)
	for _, r := range runs {
		var named []string
		if r.Latest {
			named = append(named, "LATEST")
		}
		named = append(named, r.Packets...)
		row := []string{r.ID, string(r.Standing), string(r.Status), moment(float64(r.UpdatedAt)), r.PlanID, r.Channel, r.WorldID,
			byteSize(r.Bytes), strconv.Itoa(r.Files), strings.Join(named, ", "), r.Detail}
		if verified {
			row = append(row, verdictOf(r))
		}
		t.row(row...)
	}
	return t.end()
}

// verdictOf is empty for what has no index to be held against.
func verdictOf(r harness.RunListing) string {
	switch v := r.Verdict; {
	case v == nil:
		return ""
	case v.Error != "":
		return "not checked: " + v.Error
	case v.OK:
		return "ok"
	default:
		return fmt.Sprintf("%d findings", len(v.Findings))
	}
}

// moment is a time of a document, empty when there is none.
func moment(unix float64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(int64(unix), 0).UTC().Format("2006-01-02T15:04:05Z")
}

// byteSize is a size for a person: three digits are enough to see what is large.
func byteSize(n int64) string {
	size, unit := float64(n), ""
	for _, unit = range []string{"B", "KiB", "MiB", "GiB", "TiB"} {
		if size < 1000 || unit == "TiB" {
			break
		}
		size /= 1024
	}
	if unit == "B" || size >= 100 {
		return fmt.Sprintf("%.0f %s", size, unit)
	}
	return fmt.Sprintf("%.1f %s", size, unit)
}
