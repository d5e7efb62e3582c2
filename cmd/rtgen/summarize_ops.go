package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type summarizeOpsOptions struct {
	bundle, packet, out string
	unverified          bool
	nonpromotable       bool
}

func newSummarizeOpsCommand(src *harness.Source) *cobra.Command {
	var o summarizeOpsOptions
	cmd := &cobra.Command{
		Use:   "summarize-ops {--bundle DIR | --packet FILE} --out FILE",
		Short: "Sum up what a bundle or a packet shows of each operation",
		Long: `Summarize-ops writes a JSON document with an entry for each operation, in the
order in which they were first seen: how many observations count, match and do
not match, what was blocked and what the kernel says was not about the operation
at all, with examples and every mismatch. An operation is ok when every
observation of it that counts has a decision and is as expected, and partial or
brittle otherwise.

From --bundle, an out folder, followed through LATEST, or a run folder, it takes
what loads strictly; with --allow-unverified whatever lies there. Then the
summary says so, and no operation in it is ok. From --packet it takes what may be
relied on, by the packet's word and by its bundle's; with --allow-nonpromotable
also what may not, and the summary says why.

Relative paths on the line start from the working directory. The document names
files from --root, or RTGEN_ROOT, else from the nearest parent of the input with a
go.mod or .git; paths in a packet of the reference system start there too. A
summary at --out is replaced, another file is not. Keep it out of the folder of
mappings: promote-packets makes one there, and takes no folder with other files.

Exit codes: 0 written; 1 the bundle is not what was committed, or not promotable;
2 bad usage, or a file that is no packet; 3 it could not be read or written.
Nothing is written but with 0.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSummarizeOps(cmd, *src, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.bundle, "bundle", "", "out `folder` or run folder to sum up")
	f.StringVar(&o.packet, "packet", "", "promotion packet `file` to sum up")
	f.StringVar(&o.out, "out", "", "summary `file` to write (required)")
	f.BoolVar(&o.unverified, "allow-unverified", false, "take a bundle as it lies there")
	f.BoolVar(&o.nonpromotable, "allow-nonpromotable", false, "take a packet whose evidence may not be relied on")
	return cmd
}

func (o *summarizeOpsOptions) check() error {
	switch {
	case (o.bundle == "") == (o.packet == ""):
		return errors.New("summarize-ops needs either --bundle, an out folder or a run folder, or --packet, a promotion packet")
	case o.out == "":
		return errors.New("summarize-ops needs --out: the file to write")
	case o.unverified && o.packet != "":
		return errors.New("--allow-unverified is for --bundle: what a packet points to is always verified")
	case o.nonpromotable && o.bundle != "":
		return errors.New("--allow-nonpromotable is for --packet: a bundle need not be promotable")
	}
	return nil
}

func runSummarizeOps(cmd *cobra.Command, src harness.Source, o summarizeOpsOptions) error {
	if err := o.check(); err != nil {
		return &usageError{err}
	}
	from, summarize := o.bundle, harness.SummarizeOpsFromBundle
	if o.packet != "" {
		from, summarize = o.packet, harness.SummarizeOpsFromPacket
	}
	if err := checkOut("out", o.out, metaMark, o.packet); err != nil {
		return err
	}
	root, err := src.RootFor(from)
	if err != nil {
		return err
	}
	summary, err := summarize(from, harness.SummarizeOptions{Root: root, Unverified: o.unverified, AllowNonpromotable: o.nonpromotable})
	if err != nil {
		return err
	}
	if err := harness.WriteOpRuntimeSummary(summary, o.out); err != nil {
		return fmt.Errorf("write summary: %w", err)
	}
	out := cmd.OutOrStdout()
	if notes := summary.Meta.Notes; notes != "" {
		if err := complaint(out, notes); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "[+] wrote %s\n", shown(o.out))
	return err
}
