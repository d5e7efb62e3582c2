// Rtgen compiles plans of sandbox-policy scenarios into Ginkgo suites, runs
// them against the kernel, and keeps what was observed as verified bundles.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

// The exit codes. Every command's help names the ones it uses.
const (
	exitOK          = 0
	exitNo          = 1 // the answer is no
	exitUsage       = 2 // bad usage or bad input, nothing was written
	exitUnavailable = 3 // no evidence could be made or kept
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main with its world as arguments. It alone turns errors into exit
// codes.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand(args)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(context.Background())
	if err == nil {
		return exitOK
	}
	var no *answerNo
	var data *harness.DataError
	switch {
	case errors.As(err, &no) && no.text == "":
	case errors.As(err, &data):
		// Its lines start with file and line, where editors look for them.
		fmt.Fprintln(stderr, err)
	default:
		printLines(stderr, err)
	}
	return exitCode(err)
}

// printLines prints an error that may join several, each once: a full disk is
// met again when the failure is to be recorded.
func printLines(w io.Writer, err error) {
	var said []string
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSuffix(line, "\n")
		if !slices.Contains(said, line) {
			said = append(said, line)
			fmt.Fprintf(w, "rtgen: %s\n", line)
		}
	}
}

// answerNo is a command that did its work and whose answer is no. Its text may
// be empty when the command has said everything.
type answerNo struct{ text string }

func (e *answerNo) Error() string { return e.text }

// usageError marks what the person who typed the command can mend.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var no *answerNo
	var usage *usageError
	var notPromotable *harness.NotPromotableError
	var integrity *harness.IntegrityError
	var contradiction *harness.ContradictionError
	switch {
	case errors.As(err, &no), errors.As(err, &notPromotable), errors.As(err, &integrity), errors.As(err, &contradiction), errors.Is(err, harness.ErrStale):
		return exitNo
	case errors.As(err, &usage), harness.IsInputError(err):
		return exitUsage
	}
	return exitUnavailable
}

func unknownCommand(root *cobra.Command, name string) error {
	near := ""
	if list := root.SuggestionsFor(name); len(list) > 0 {
		near = fmt.Sprintf(", did you mean %q", list[0])
	}
	return &usageError{fmt.Errorf("unknown command %q%s: see rtgen --help", name, near)}
}

func newRootCommand(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "rtgen",
		Short: "Put sandbox policies to the test, and keep the evidence",
		Long: `Rtgen compiles plans into Ginkgo suites in which every profile x scenario is a
spec, runs them under the real policy, and keeps what was observed as a bundle
verified by digests. A promotion packet says whether the evidence may be relied
on.

Exit codes: 0 done, 1 the answer is no, 2 bad usage or bad input (nothing was
written), 3 no evidence could be made or kept.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
		SuggestionsMinimumDistance: 2,

		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// A command that is misspelt has flags that the root does not know.
		if cmd == root {
			flags := cmd.Flags()
			flags.ParseErrorsAllowlist.UnknownFlags = true
			if flags.Parse(args) == nil && flags.NArg() > 0 {
				return unknownCommand(cmd, flags.Arg(0))
			}
		}
		return &usageError{err}
	})
	src := new(harness.Source)
	root.PersistentFlags().StringVar(&src.Root, "root", "", "`folder` that relative paths of plan data start from (RTGEN_ROOT); default: the plan's nearest parent with a go.mod or .git")
	root.PersistentFlags().StringVar(&src.Registries, "registries", "", "registry index `file` (RTGEN_REGISTRIES); default: registries/index.json under the root, else the built-in one")
	addGroup(root, "Evidence: run plans, and keep what was observed",
		newRunCommand(src),
		newCompileCommand(src),
		newValidateBundleCommand(),
		newReindexBundleCommand(),
		newEmitPromotionCommand(),
		newVerifyPacketCommand(src),
		newListRunsCommand(),
		newGCCommand(),
		newStatusCommand(src),
	)
	addGroup(root, "Mappings and analysis: what evidence says",
		newDecisionsCommand(),
		newSummarizeOpsCommand(src),
		newPromotePacketsCommand(src),
		newVerifyMappingsCommand(),
		newListLinksCommand(src),
		newDescribeLinkCommand(src),
		newInventoryCommand(src),
	)
	addGroup(root, "Plan data: write, find and check plans and registries",
		newListTemplatesCommand(src),
		newPlanBuildCommand(src),
		newPlanLintCommand(src),
		newRegistryLintCommand(src),
		newRegistryUpgradeCommand(src),
		newListPlansCommand(src),
		newListRegistriesCommand(src),
		newListProbesCommand(src),
		newListProfilesCommand(src),
		newDescribePlanCommand(src),
		newDescribeProbeCommand(src),
		newDescribeProfileCommand(src),
		newListOperationsCommand(),
	)
	addGroup(root, "Policies: what one says, without running it",
		newProfileLintCommand(src),
		newProfileExplainCommand(src),
		newOracleCommand(),
	)
	addGroup(root, "By matrix: step by step, for compatibility; nothing of it is promotable",
		newRunAllCommand(src),
		newNormalizeCommand(src),
		newMismatchCommand(src),
		newCutCommand(src),
		newStoryCommand(src),
		newPromoteCommand(src),
		newGoldenCommand(src),
	)
	root.AddCommand(newCompletionCommand())
	completeFlags(root, src)
	for _, c := range root.Commands() {
		check := c.PreRunE
		c.PreRunE = func(cmd *cobra.Command, args []string) error {
			if err := checkPaths(cmd); err != nil || check == nil {
				return err
			}
			return check(cmd, args)
		}
		args := c.Args
		c.Args = func(cmd *cobra.Command, got []string) error {
			if err := args(cmd, got); err != nil {
				hint := ""
				if cmd.Flag("packets") != nil {
					hint = ", --packets once for each packet"
				}
				return &usageError{fmt.Errorf("%s takes its input by flags%s, got %q: see rtgen %s --help", cmd.Name(), hint, got, cmd.Name())}
			}
			return nil
		}
	}
	return root
}

// addGroup adds commands under a heading of their own in the help.
func addGroup(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, c := range commands {
		c.GroupID = title
	}
	root.AddCommand(commands...)
}
