package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type gcOptions struct {
	out         string
	keep        int
	delete      bool
	lock        string
	lockTimeout time.Duration
	json        bool
}

func newGCCommand() *cobra.Command {
	var o gcOptions
	cmd := &cobra.Command{
		Use:   "gc --out DIR --keep N [--delete]",
		Short: "Say which old runs of an out folder may go, and remove them",
		Long: `Gc prints which runs of an out folder would be removed and which are kept, and
why. It removes them with --delete alone.

Kept are the N newest committed runs, the run that LATEST names, every run that a
packet in the out folder points to, a run that is being written, and what is not
certainly a run: damaged folders, folders of another name, links, files, and run
folders with something mounted in them. Repaired runs are never promotable and
are not counted among the N. They, and runs that are dry, failed, abandoned or
torn, are kept while they are not older than the oldest of the N; where there is
no committed run at all, they are all kept. The age is the one the run's
documents give.

What killed processes left in the out folder goes too: runs that an earlier gc
had begun to remove, an unfinished LATEST, and unfinished packets of more than an
hour ago.

With --delete and something to remove, gc holds the lock of the out folder as a
run does, and decides again under it. What cannot be removed is reported, and the
rest goes on. Without --delete nothing is locked or written.

Exit codes: 0 done, or said what would be done; 1 LATEST names no committed run or
a packet cannot be read, nothing was removed; 2 bad usage, or no such out folder;
3 the out folder is locked or could not be read, or something could not be
removed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runGC(cmd, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "out `folder` (required)")
	f.IntVar(&o.keep, "keep", 0, "how many of the newest committed runs stay, at least 1 (required)")
	f.BoolVar(&o.delete, "delete", false, "remove, instead of saying what would be removed")
	f.StringVar(&o.lock, "lock", string(harness.LockFail), "when a run holds the out folder: fail or wait")
	f.DurationVar(&o.lockTimeout, "lock-timeout", 30*time.Second, "how long --lock wait waits")
	f.BoolVar(&o.json, "json", false, "print one JSON object instead")
	return cmd
}

func runGC(cmd *cobra.Command, o gcOptions) error {
	switch {
	case o.out == "":
		return &usageError{errors.New("gc needs --out: the folder that runs were written to")}
	case !cmd.Flags().Changed("keep"):
		return &usageError{errors.New("gc needs --keep: how many of the newest committed runs stay")}
	case o.lockTimeout <= 0:
		return &usageError{errors.New("--lock-timeout must be more than 0, such as 10s")}
	}
	c, err := harness.CollectRuns(cmd.Context(), o.out, harness.CollectOptions{
		Keep: o.keep, Delete: o.delete, LockMode: harness.LockMode(o.lock), LockTimeout: o.lockTimeout,
	})
	if c == nil {
		return err
	}
	print := printCollection
	if o.json {
		print = func(w io.Writer, c *harness.RunCollection) error { return printJSON(w, c) }
	}
	if err := errors.Join(err, print(cmd.OutOrStdout(), c)); err != nil {
		return err
	}
	if !c.OK() {
		return errors.New("not all could be removed: mend what stands above and run gc again")
	}
	return nil
}

func printCollection(w io.Writer, c *harness.RunCollection) error {
	gone := "would go"
	if c.Deleted {
		gone = "removed"
	}
	went, left := 0, 0
	t := newTable(w, "RUN", "STANDING", "UPDATED", "SIZE", "FATE", "WHY")
	row := func(r harness.RunListing, fate, why string) {
		t.row(r.ID, string(r.Standing), moment(float64(r.UpdatedAt)), byteSize(r.Bytes), fate, why)
	}
	for _, r := range c.Kept {
		row(r.RunListing, "kept", r.Why)
	}
	for _, r := range c.Runs {
		if r.Error == "" {
			went++
			row(r.RunListing, gone, "older than what is kept")
		} else {
			row(r.RunListing, "not removed", r.Error)
		}
	}
	if len(c.Kept)+len(c.Runs) == 0 {
		fmt.Fprintf(w, "no runs in %s\n", cell(shown(c.Out)))
	} else if err := t.end(); err != nil {
		return err
	}
	for _, l := range c.Leftovers {
		if l.Error == "" {
			left++
			fmt.Fprintf(w, "leftover %s: %s\n", cell(l.Name), gone)
		} else if err := complaint(w, l.Error); err != nil {
			return err
		}
	}
	if c.Deleted {
		_, err := fmt.Fprintf(w, "removed %s and %s, %s\n", counted(went, "run"), counted(left, "leftover"), byteSize(c.Bytes))
		return err
	}
	if went+left == 0 {
		_, err := fmt.Fprintln(w, "nothing to remove")
		return err
	}
	_, err := fmt.Fprintf(w, "%s and %s would go, %s: add --delete to remove them\n", counted(went, "run"), counted(left, "leftover"), byteSize(c.Bytes))
	return err
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
