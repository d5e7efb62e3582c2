package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newInventoryCommand(src *harness.Source) *cobra.Command {
	var out string
	var check, asJSON bool
	cmd := &cobra.Command{
		Use:   "inventory [--out FILE] [--check]",
		Short: "Say what lies in a tree, what covers what, and what is stale",
		Long: `Inventory looks through the root: --root, else RTGEN_ROOT, else the nearest
folder above this one with a go.mod or .git, else this folder. It finds plans,
registries, templates, generated suites, out folders with their runs, promotion
packets and mappings, and holds each against what it was made from:

` + inventoryCodes() + `
Those marked with * were not made yet; all others are stale: they contradict what
they were made from. --check fails on what is stale.

It compiles every plan and generates its suite in memory. Runs are known by their
small documents and packets by the digest of their bundle's index; one promotable
packet of this world per plan is read and verified as a whole, to tell of which
operations an allow and a deny was seen. Text files are looked through for words
that show what a file has to do with. Nothing is written but --out, which starts
from the working directory and may be there as an inventory alone; no lock is
taken, and no symlink is followed. Test data and hidden folders hold no plans and
no evidence of the root.

It prints counts and what is stale on a terminal and JSON otherwise, or with
--json. With --out the JSON goes to the file.

Exit codes: 0 done, also when something is stale; 1 with --check: something is
stale; 2 bad usage, or a root that is no folder or too large; 3 the root could not
be read, or the file not be written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out != "" {
				if err := checkOut("out", out, inventoryMark); err != nil {
					return err
				}
			}
			doc, err := src.RuntimeInventory()
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if out == "" {
				err = show(cmd, asJSON, doc, func(w io.Writer) error { return printInventory(w, doc) })
			} else if err = doc.WriteFile(out); err == nil {
				_, err = fmt.Fprintf(w, "[+] wrote %s\n", shown(out))
			}
			if err != nil || !check || !doc.IsStale() {
				return err
			}
			// Who reads the document has them already.
			if out != "" {
				if err := printStale(w, doc); err != nil {
					return err
				}
			}
			return &answerNo{}
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "write the JSON to this `file`")
	f.BoolVar(&check, "check", false, "exit 1 when something is stale")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// inventoryCodes is the table of codes for the help.
func inventoryCodes() string {
	var b strings.Builder
	for _, c := range harness.InventoryCodes() {
		mark := "*"
		if c.Stale {
			mark = " "
		}
		fmt.Fprintf(&b, "  %s%-24s %s\n", mark, c.Code, c.Summary)
	}
	return b.String()
}

func printInventory(w io.Writer, doc *harness.RuntimeInventory) error {
	t := newTable(w, "KIND", "COUNT", "OF WHICH")
	for _, row := range doc.Counts() {
		parts := make([]string, len(row.States))
		for i, s := range row.States {
			parts[i] = fmt.Sprintf("%d %s", s.Count, s.State)
		}
		t.row(row.Kind, strconv.Itoa(row.Count), strings.Join(parts, ", "))
	}
	if err := t.end(); err != nil {
		return err
	}
	fmt.Fprintf(w, "world %s\n", cell(doc.WorldID))
	if len(doc.Stale) > 0 {
		fmt.Fprintln(w)
	}
	return printStale(w, doc)
}

// printStale prints what is stale, and then what was not made yet.
func printStale(w io.Writer, doc *harness.RuntimeInventory) error {
	for _, stale := range []bool{true, false} {
		mark := "[?]"
		if stale {
			mark = "[!]"
		}
		for _, f := range doc.Stale {
			if f.Stale() != stale {
				continue
			}
			if _, err := fmt.Fprintf(w, "%s %s %s: %s\n", mark, f.Code, cell(f.Path), cell(f.Message)); err != nil {
				return err
			}
		}
	}
	return nil
}
