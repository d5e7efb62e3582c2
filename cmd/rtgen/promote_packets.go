package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/reporters/mapping"
)

func newPromotePacketsCommand(src *harness.Source) *cobra.Command {
	var o mapping.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "promote-packets --packets FILE... | --packet-set FILE --out DIR",
		Short: "Make mappings from promotion packets",
		Long: `Promote-packets takes the packets that pass its gate, says in a receipt which it
took and which it refused and why, and then makes the mappings of each world: the
observations cut into scenarios and the story told of them, the coverage of each
operation, the profiles' decisions, what the sandbox said when it was asked, and
the links from all of it back to the packets. Packets of several worlds make a
folder for each, and cross_world.json with the expectations on which they differ.

The gate refuses a packet that is not there (missing_packet) or named twice
(duplicate_packet), that does not read as one or leads to no manifest
(packet_load_error), of another world than asked for (world_id_mismatch), that
says itself that it may not be relied on, or whose channel or bundle says so
(not_promotable), that does not say which bytes it is about (packet_unbound), whose
bundle is not what was committed (bundle_unverified), with an operation that the
world's system does not have (unknown_operation), or with an expectation, a profile
or an impact map that an earlier packet of its world has otherwise
(merge_conflict).

The receipt is written first. The mappings are made beside DIR and then take its
place in one step: whatever happens, readers find the old ones or the new ones,
whole. DIR must be absent, empty, or hold nothing but an earlier promotion.
Relative paths of --packets start from the working directory, those in a packet
set, and those of packets of the reference system, from --root (RTGEN_ROOT),
which documents name files from; default: the working directory.

Exit codes: 0 promoted; 1 nothing was: no packet passed, or not all that must, or
the observations of one contradict what they are about; 2 bad usage, a bad packet
set, or files in DIR that no promotion wrote, nothing was written; 3 DIR is locked
or could not be written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Root = src.Root; o.Root == "" {
				o.Root = os.Getenv("RTGEN_ROOT")
			}
			return runPromotePackets(o, asJSON, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.Packets, "packets", nil, "packet `file`; once for each, in order")
	f.StringVar(&o.PacketSet, "packet-set", "", "packet set `file` that names the packets")
	f.StringVar(&o.Out, "out", "", "mappings `folder` to make or replace (required)")
	f.StringVar(&o.Receipt, "receipt-out", "", "receipt `file`; default: promotion_receipt.json in DIR")
	f.StringVar(&o.WorldID, "world-id", "", "take packets of this `world` alone; default: the packet set's, else any")
	f.BoolVar(&o.ByWorld, "by-world", false, "make a folder for the world also when there is only one")
	f.BoolVar(&o.ReferenceSignatures, "reference-signatures", false, "state the expected decision where nobody observed one, as the reference system does")
	f.BoolVar(&o.AllowUnbound, "allow-unbound", false, "take packets that name no artifact index, as the reference system writes them")
	f.BoolVar(&o.Deep, "deep", false, "hold the documents of every bundle against each other first")
	f.BoolVar(&o.RequireAll, "require-all", false, "promote nothing unless every packet is taken")
	f.StringVar(&o.OpsCoverage, "ops-coverage", "", "ops coverage `file` to link to")
	f.StringVar(&o.TagLayouts, "tag-layouts", "", "tag layouts `file` to link to")
	f.StringVar(&o.SystemProfileDigests, "system-profile-digests", "", "system profile digests `file` to link to and take digests from")
	f.StringVar(&o.Field2, "field2", "", "field2 inventory `file` to take summaries from")
	f.BoolVar(&asJSON, "json", false, "print one JSON object instead")
	return cmd
}

func runPromotePackets(o mapping.Options, asJSON bool, stdout io.Writer) error {
	if o.Receipt != "" {
		if err := checkOut("receipt-out", o.Receipt, anyMark); err != nil {
			return err
		}
	}
	if !asJSON {
		o.Receipted = func(p *mapping.Promotion) {
			fmt.Fprintf(stdout, "[+] wrote %s\n", shown(p.ReceiptFile))
			for _, r := range p.Rejected {
				fmt.Fprintf(stdout, "[!] rejected %s\n", r)
			}
		}
	}
	// What a promotion keeps is most of what it allocates: a fifth less memory for a
	// twentieth more work.
	debug.SetGCPercent(60)
	p, err := mapping.Promote(o)
	if p != nil && p.Receipt != nil {
		if print := printPromotion; asJSON {
			err = errors.Join(err, printJSON(stdout, newPromotionAnswer(p)))
		} else {
			err = errors.Join(err, print(stdout, p))
		}
	}
	return promotionError(err)
}

// promotionError gives an error of a promotion the exit code that it means.
func promotionError(err error) error {
	var request *mapping.RequestError
	var refused *mapping.RefusedError
	var evidence *mapping.EvidenceError
	switch {
	case errors.As(err, &request):
		return &usageError{err}
	case errors.As(err, &refused), errors.As(err, &evidence):
		return &answerNo{err.Error()}
	}
	return err
}

func printPromotion(w io.Writer, p *mapping.Promotion) error {
	for _, dir := range p.Left {
		fmt.Fprintf(w, "[!] left %s: it holds files that no promotion wrote; move them away and remove it\n", shown(dir))
	}
	if p.Index == nil {
		return nil
	}
	for _, file := range append(p.Documents, mapping.IndexFile) {
		fmt.Fprintf(w, "[+] wrote %s\n", shown(filepath.Join(p.Out, filepath.FromSlash(file))))
	}
	_, err := fmt.Fprintf(w, "promoted %s, %s, %s\n", counted(len(p.Index.Packets), "packet"), counted(p.Observations, "observation"), counted(len(p.Index.Sets), "world"))
	return err
}

// promotionAnswer is what --json prints.
type promotionAnswer struct {
	Promoted     bool                 `json:"promoted"`
	Out          string               `json:"out"`
	Receipt      string               `json:"receipt"`
	Used         []string             `json:"used"`
	Rejected     []mapping.Rejection  `json:"rejected"`
	Sets         []mapping.IndexedSet `json:"sets"`
	Observations int                  `json:"observations"`
	Documents    []string             `json:"documents"`
	Left         []string             `json:"left"`
}

func newPromotionAnswer(p *mapping.Promotion) promotionAnswer {
	a := promotionAnswer{
		Promoted: p.Index != nil, Out: p.Out, Receipt: p.ReceiptFile, Used: p.Receipt.Packets.Used, Rejected: p.Rejected,
		Sets: []mapping.IndexedSet{}, Observations: p.Observations, Documents: append([]string{}, p.Documents...), Left: append([]string{}, p.Left...),
	}
	if p.Index != nil {
		a.Sets = p.Index.Sets
	}
	return a
}
