package main

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newDescribeLinkCommand(src *harness.Source) *cobra.Command {
	var file, profile, expectation string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "describe-link {--profile ID | --expectation ID} [--links FILE]",
		Short: "Show what a profile or an expectation is linked to",
		Long: `Describe-link shows the entry of one profile or one expectation in a
runtime_links.json: what was expected, what was observed, and which packets have
the evidence. The file is --links, from the working directory, else
mappings/runtime_links.json under the root; rtgen promote-packets makes one. The
JSON form is the entry as it stands in the file.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 shown; 2 bad usage, an id that is not linked, or links that are
missing or do not load; 3 they could not be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (profile == "") == (expectation == "") {
				return &usageError{errors.New("describe-link needs either --profile or --expectation: an id, see rtgen list-links")}
			}
			links, err := src.LoadRuntimeLinks(file)
			if err != nil {
				return err
			}
			if profile != "" {
				e := harness.ResolveProfileLink(links, profile)
				if e == nil {
					return &usageError{links.UnknownProfile(profile)}
				}
				return show(cmd, asJSON, e.Raw, func(w io.Writer) error { return printProfileLink(w, profile, e) })
			}
			e := harness.ResolveExpectationLink(links, expectation)
			if e == nil {
				return &usageError{links.UnknownExpectation(expectation)}
			}
			return show(cmd, asJSON, e.Raw, func(w io.Writer) error { return printExpectationLink(w, expectation, e) })
		},
	}
	linksFlag(cmd, &file)
	f := cmd.Flags()
	f.StringVar(&profile, "profile", "", "`id` of a linked profile")
	f.StringVar(&expectation, "expectation", "", "`id` of a linked expectation")
	jsonFlag(cmd, &asJSON)
	completeLinks(cmd, src, "profile", harness.ListLinkedProfiles)
	completeLinks(cmd, src, "expectation", harness.ListLinkedExpectations)
	return cmd
}

// completeLinks completes a flag with ids of the links that the line names.
func completeLinks(cmd *cobra.Command, src *harness.Source, flag string, ids func(*harness.RuntimeLinks) []string) {
	complete := func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		links, err := src.LoadRuntimeLinks(given(cmd, "links"))
		if err != nil {
			return nil, noFiles
		}
		var list []string
		for _, id := range ids(links) {
			if strings.HasPrefix(id, typed) {
				list = append(list, id)
			}
		}
		return list, noFiles
	}
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag is there, and nobody else completes it
	}
}

func printProfileLink(w io.Writer, id string, e *harness.ProfileLink) error {
	p := e.Link
	t := newTable(w)
	t.row("profile", id)
	t.row("path", p.ProfilePath)
	t.row("mode", p.ProfileMode)
	t.given("family", text(p.Family))
	t.given("group", text(p.SemanticGroup))
	t.row("source", p.ProfileSource.Path)
	t.given("sha256", p.ProfileSource.SHA256)
	t.rows("expected ops", p.ExpectedOps...)
	t.rows("observed ops", p.ObservedOps...)
	t.row("observations", strconv.Itoa(p.ObservationCounts.Total))
	t.row("blocked", strconv.Itoa(p.ObservationCounts.Blocked))
	t.rows("expectations", p.ExpectationIDs...)
	t.rows("observed", p.ObservedExpectationIDs...)
	t.rows("packets", p.SourcePackets...)
	return t.end()
}

func printExpectationLink(w io.Writer, id string, e *harness.ExpectationLink) error {
	x := e.Link
	t := newTable(w)
	t.row("expectation", id)
	t.row("profile", x.ProfileID)
	t.row("operation", x.Operation)
	if x.OpID != nil {
		t.row("op id", strconv.Itoa(*x.OpID))
	}
	t.row("expected", x.Expected)
	t.row("target", x.Target)
	t.given("driver", text(x.Driver))
	t.row("packet", x.SourcePacket)
	t.row("matrix", x.ExpectedMatrix)
	return t.end()
}

// text is a text that may be none.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
