package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type verifyPacketOptions struct {
	packet  string
	require bool
	json    bool
}

func newVerifyPacketCommand(src *harness.Source) *cobra.Command {
	var o verifyPacketOptions
	cmd := &cobra.Command{
		Use:   "verify-packet --packet FILE [--require-promotable] [--json]",
		Short: "Check a promotion packet against its bundle",
		Long: `Verify-packet says whether a packet is still what emit-promotion writes for the
bundle it points to: every path leads into one run folder, that folder's bundle
loads, its index has the digest the packet says, and everything the packet says,
above all whether the evidence may be relied on, is what the bundle gives when it
is derived anew. The in-toto Statement beside the packet, if there is one, must
be about these very bytes.

A packet of the reference system names no index: what it says is compared, and it
never holds, because any bundle could have taken the place of its own. Its paths
start from --root, or RTGEN_ROOT.

Exit codes: 0 it holds; 1 it does not, one line per finding, or, with
--require-promotable, the bundle may not be relied on; 2 bad usage; 3 it could not
be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runVerifyPacket(*src, o, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.packet, "packet", "", "packet `file` (required)")
	f.BoolVar(&o.require, "require-promotable", false, "answer no also when the evidence may not be relied on")
	f.BoolVar(&o.json, "json", false, "print the answer as one JSON object")
	return cmd
}

func runVerifyPacket(src harness.Source, o verifyPacketOptions, stdout io.Writer) error {
	if o.packet == "" {
		return &usageError{errors.New("verify-packet needs --packet: a promotion packet")}
	}
	root := ""
	if src.Root != "" || os.Getenv("RTGEN_ROOT") != "" {
		var err error
		if root, err = src.RootFor(o.packet); err != nil {
			return err
		}
	}
	v, err := harness.VerifyPacket(o.packet, root)
	if err != nil {
		return err
	}
	if err := printVerification(stdout, v, o); err != nil {
		return err
	}
	if !v.OK() || o.require && !v.Promotable {
		return &answerNo{}
	}
	return nil
}

func printVerification(w io.Writer, v *harness.PacketVerification, o verifyPacketOptions) error {
	if o.json {
		return printJSON(w, struct {
			OK bool `json:"ok"`
			*harness.PacketVerification
		}{v.OK(), v})
	}
	if err := complaint(w, v.Findings...); err != nil || !v.OK() {
		return err
	}
	if !v.Promotable && o.require {
		_, err := fmt.Fprintf(w, "[!] not promotable: [%s]\n", quoted(v.Reasons))
		return err
	}
	answer := "promotable"
	if !v.Promotable {
		words := make([]string, len(v.Reasons))
		for i, r := range v.Reasons {
			words[i] = string(r)
		}
		answer = "not promotable: " + strings.Join(words, ", ")
	}
	_, err := fmt.Fprintf(w, "[+] packet ok, %s\n", answer)
	return err
}
