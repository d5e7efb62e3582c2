package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newEmitPromotionCommand() *cobra.Command {
	var bundle, out string
	var require bool
	cmd := &cobra.Command{
		Use:   "emit-promotion --bundle DIR --out FILE [--require-promotable]",
		Short: "Write a bundle's promotion packet",
		Long: `Emit-promotion verifies the bundle and writes the one file that consumers read:
where the evidence is, its digests, and whether it may be relied on. Beside it,
with .intoto.json for .json, lies an unsigned in-toto Statement of the type
test-result about the packet and the artifact index, ready for a signer; a bundle
that does not load, whose documents disagree, or that the reference system made,
has none. Relative paths start from the working directory; a packet at --out is
replaced, another file is not.

Exit codes: 0 written; 1 with --require-promotable: not promotable, nothing was
written; 2 bad usage; 3 the bundle could not be read or the packet not written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if bundle == "" || out == "" {
				return &usageError{errors.New("emit-promotion needs --bundle and --out")}
			}
			if err := checkOut("out", out, packetMark); err != nil {
				return err
			}
			packet, err := harness.EmitPromotionPacket(bundle, out, require)
			if err != nil {
				return err
			}
			if p := packet.Promotability; !p.PromotableDecisionStage {
				fmt.Fprintf(cmd.OutOrStdout(), "[!] not promotable: [%s]\n", quoted(p.Reasons))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "[+] wrote %s\n", out)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&bundle, "bundle", "", "out `folder` or run folder (required)")
	f.StringVar(&out, "out", "", "packet `file` to write (required)")
	f.BoolVar(&require, "require-promotable", false, "write nothing unless the evidence may be relied on")
	return cmd
}

// quoted lists words the way the contract's line has them: 'a', 'b'.
func quoted[T ~string](words []T) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = "'" + string(w) + "'"
	}
	return strings.Join(list, ", ")
}
