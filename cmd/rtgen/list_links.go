package main

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newListLinksCommand(src *harness.Source) *cobra.Command {
	var file string
	var profiles, expectations, asJSON bool
	cmd := &cobra.Command{
		Use:   "list-links [--links FILE] [--profiles | --expectations]",
		Short: "List the profiles and expectations that mappings link to evidence",
		Long: `List-links prints which profiles and expectations a runtime_links.json leads from,
back to the packets with their evidence. The file is --links, from the working
directory, else mappings/runtime_links.json under the root; rtgen promote-packets
makes one. The JSON form is the ids, sorted; rtgen describe-link shows an entry.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 listed; 2 bad usage, or links that are missing or do not load; 3
they could not be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if profiles && expectations {
				return &usageError{errors.New("list-links takes --profiles or --expectations; without them it lists both")}
			}
			links, err := src.LoadRuntimeLinks(file)
			if err != nil {
				return err
			}
			switch {
			case profiles:
				return show(cmd, asJSON, harness.ListLinkedProfiles(links), func(w io.Writer) error { return printProfileLinks(w, links) })
			case expectations:
				return show(cmd, asJSON, harness.ListLinkedExpectations(links), func(w io.Writer) error { return printExpectationLinks(w, links) })
			}
			both := struct {
				Profiles     []string `json:"profiles"`
				Expectations []string `json:"expectations"`
			}{harness.ListLinkedProfiles(links), harness.ListLinkedExpectations(links)}
			return show(cmd, asJSON, both, func(w io.Writer) error {
				if err := printProfileLinks(w, links); err != nil {
					return err
				}
				if _, err := io.WriteString(w, "\n"); err != nil {
					return err
				}
				return printExpectationLinks(w, links)
			})
		},
	}
	linksFlag(cmd, &file)
	cmd.Flags().BoolVar(&profiles, "profiles", false, "list the profiles alone")
	cmd.Flags().BoolVar(&expectations, "expectations", false, "list the expectations alone")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printProfileLinks(w io.Writer, links *harness.RuntimeLinks) error {
	t := newTable(w, "PROFILE", "MODE", "EXPECTATIONS", "OBSERVATIONS", "BLOCKED", "PACKETS")
	for _, id := range harness.ListLinkedProfiles(links) {
		e := harness.ResolveProfileLink(links, id)
		if e == nil {
			t.row(id, "", "", "", "", "")
			continue
		}
		p := e.Link
		t.row(id, p.ProfileMode, strconv.Itoa(len(p.ExpectationIDs)), strconv.Itoa(p.ObservationCounts.Total),
			strconv.Itoa(p.ObservationCounts.Blocked), strings.Join(p.SourcePackets, ", "))
	}
	return t.end()
}

func printExpectationLinks(w io.Writer, links *harness.RuntimeLinks) error {
	t := newTable(w, "EXPECTATION", "PROFILE", "OPERATION", "EXPECTED", "TARGET", "PACKET")
	for _, id := range harness.ListLinkedExpectations(links) {
		e := harness.ResolveExpectationLink(links, id)
		if e == nil {
			t.row(id, "", "", "", "", "")
			continue
		}
		x := e.Link
		t.row(id, x.ProfileID, x.Operation, x.Expected, x.Target, x.SourcePacket)
	}
	return t.end()
}

// linksFlag is --links of the commands that look links up.
func linksFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "links", "", "links `file`; default: "+harness.DefaultLinks+" under the root")
}
