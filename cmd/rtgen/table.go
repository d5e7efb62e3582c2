package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// show prints what a command found: a table where a person looks on, and the
// document for programs.
func show(cmd *cobra.Command, asJSON bool, doc any, table func(io.Writer) error) error {
	out := cmd.OutOrStdout()
	if asJSON || !isTerminal(out) {
		return printJSON(out, doc)
	}
	return table(out)
}

// jsonFlag is --json of the commands that show a table where a person looks on.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON on a terminal too")
}

// complain prints faults of data below a table, a line each.
func complain(w io.Writer, lines string) error {
	for line := range strings.Lines(lines) {
		if err := complaint(w, strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
	}
	return nil
}

// complaint prints things that are wrong, each on a line.
func complaint[T any](w io.Writer, things ...T) error {
	for _, what := range things {
		if _, err := fmt.Fprintf(w, "[!] %s\n", cell(fmt.Sprint(what))); err != nil {
			return err
		}
	}
	return nil
}

// table prints rows of cells for a person, in columns as wide as they need.
type table struct{ tw *tabwriter.Writer }

// newTable starts a table; without a head it is one of keys and values.
func newTable(w io.Writer, head ...string) *table {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	if len(head) > 0 {
		fmt.Fprintln(t.tw, strings.Join(head, "\t"))
	}
	return t
}

func (t *table) row(cells ...string) {
	for i, text := range cells {
		cells[i] = cell(text)
	}
	fmt.Fprintln(t.tw, strings.Join(cells, "\t"))
}

// cells adds a row of texts of our own as they are, also empty ones.
func (t *table) cells(cells ...string) { fmt.Fprintln(t.tw, strings.Join(cells, "\t")) }

// rows adds a row for each of values, the first under key; none at all are
// one row that says so.
func (t *table) rows(key string, values ...string) {
	if len(values) == 0 {
		values = []string{""}
	}
	for _, v := range values {
		fmt.Fprintf(t.tw, "%s\t%s\n", key, cell(v))
		key = ""
	}
}

// given adds a row unless its value is empty.
func (t *table) given(key, value string) {
	if value != "" {
		t.row(key, value)
	}
}

func (t *table) end() error { return t.tw.Flush() }

// cell is a text as it may stand in a row: data must not move the cursor of the
// terminal it is shown on.
func cell(text string) string {
	switch {
	case text == "":
		return "-"
	case !utf8.ValidString(text), strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return strconv.Quote(text)
	}
	return text
}

// place is where an entry stands, as editors and compilers write it.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}
