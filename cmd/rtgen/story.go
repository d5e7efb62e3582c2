package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newStoryCommand(src *harness.Source) *cobra.Command {
	var in harness.StoryInput
	var out string
	cmd := &cobra.Command{
		Use:   "story --ops FILE --scenarios FILE [--vocab FILE] --out FILE [--world-id ID]",
		Short: "Tell the scenarios of a cut by operation",
		Long: `Story reads ops.json and scenarios.json of a cut and writes one document that has
each operation, by its id, with what is known of it and all of its scenarios. Named
runtime_story.json beside the cut, it is promoted with it.

The ids are those of ops.json, else of the vocabulary: the built-in one of the
world's system, or --vocab. Documents of two worlds, or of another than --world-id,
are refused.

Relative paths on the line start from the root. A story at --out is replaced,
another file is not.

Exit codes: 0 written; 2 bad usage, or documents that no story can be told of,
nothing was written; 3 a file could not be read or written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if in.Ops == "" || in.Scenarios == "" || out == "" {
				return &usageError{errors.New("story needs --ops and --scenarios, documents of a cut, and --out: the file to write")}
			}
			files, err := fromRoot(src)
			if err != nil {
				return err
			}
			in.Ops, in.Scenarios, out = files.path(in.Ops), files.path(in.Scenarios), files.path(out)
			if in.Vocabulary != "" {
				in.Vocabulary = files.path(in.Vocabulary)
			}
			if err := checkOut("out", out, metaMark, in.Ops, in.Scenarios, in.Vocabulary); err != nil {
				return err
			}
			if err := harness.TellStory(in, out); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "[+] wrote %s\n", shown(out))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&in.Ops, "ops", "", "ops.json of a cut: a `file` (required)")
	f.StringVar(&in.Scenarios, "scenarios", "", "scenarios.json of the same cut: a `file` (required)")
	f.StringVar(&in.Vocabulary, "vocab", "", "the operations with their ids: a `file`; default: the built-in one of the world's system")
	f.StringVar(&out, "out", "", "`file` to write (required)")
	f.StringVar(&in.WorldID, "world-id", "", "`id` of the world that the documents must be of")
	return cmd
}

// fromRoot has paths start from the root.
func fromRoot(src *harness.Source) (matrixFiles, error) {
	root, err := src.RootFor(".")
	return matrixFiles{base: root}, err
}
