package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/schema"
	"github.com/rtgen/rtgen/reporters/sarif"
)

// The formats of findings.
const (
	formatText  = "text"
	formatJSON  = "json"
	formatSARIF = "sarif"
)

var lintFormats = []string{formatText, formatJSON, formatSARIF}

// lintFlags are what the two lints of plan data have in common.
type lintFlags struct {
	strict bool
	format string
	json   bool
}

func (l *lintFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&l.strict, "strict", false, "also warn of envelopes that disagree, of files that are not what their JSON Schema says, and of unused probes")
	f.StringVar(&l.format, "format", formatText, "`format` of the findings: text, json or sarif")
	f.BoolVar(&l.json, "json", false, "short for --format json")
}

// options checks the flags before any work.
func (l *lintFlags) options(cmd *cobra.Command) (harness.LintOptions, error) {
	var err error
	l.format, err = formatOf(cmd, l.format, l.json)
	o := harness.LintOptions{Strict: l.strict}
	if l.strict {
		o.Schemas = schema.Validate
	}
	return o, err
}

// formatOf is the format that --format and --json ask for together.
func formatOf(cmd *cobra.Command, format string, asJSON bool) (string, error) {
	switch {
	case asJSON && cmd.Flags().Changed("format") && format != formatJSON:
		return "", &usageError{fmt.Errorf("--json and --format %s contradict each other, give one", format)}
	case asJSON:
		return formatJSON, nil
	case !slices.Contains(lintFormats, format):
		return "", &usageError{fmt.Errorf("unknown format %q, use text, json or sarif", format)}
	}
	return format, nil
}

// report prints findings; that there are any is the answer no.
func (l *lintFlags) report(w io.Writer, what string, list []harness.Finding) error {
	var err error
	if l.format == formatText {
		err = printLint(w, what, list)
	} else {
		err = printFindingsAs(w, l.format, list, harness.LintCodes())
	}
	if err == nil && len(list) > 0 {
		return &answerNo{}
	}
	return err
}

// printFindingsAs prints findings for programs.
func printFindingsAs(w io.Writer, format string, list []harness.Finding, codes []harness.LintCode) error {
	if format == formatSARIF {
		return sarif.Write(w, list, codes, harness.Version())
	}
	return printJSON(w, list)
}

// printLint prints a line for each finding, with the code last.
func printLint(w io.Writer, what string, list []harness.Finding) error {
	if len(list) == 0 {
		_, err := fmt.Fprintf(w, "[+] %s ok\n", what)
		return err
	}
	for _, f := range list {
		level := ""
		if f.Level != harness.LevelError {
			level = f.Level + ": "
		}
		about := ""
		if f.ID != "" {
			about = f.ID + ": "
		}
		text := fmt.Sprintf("%s: %s%s%s (%s)", place(f.File, f.Line), level, about, f.Message, f.Code)
		if err := complain(w, text); err != nil {
			return err
		}
	}
	return nil
}

// codeTable lists the codes that a lint tells, for its help.
func codeTable(about string, codes []harness.LintCode) string {
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range codes {
		if c.About != about && c.About != "both" {
			continue
		}
		strict := ""
		if c.About != "policy" && c.Level == harness.LevelWarning {
			strict = " (--strict)"
		}
		fmt.Fprintf(tw, "  %s\t%s%s\n", c.Code, c.Summary, strict)
	}
	tw.Flush()
	return b.String()
}
