package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type oracleOptions struct {
	harness.OracleQuestion
	symlinks, params []string
	batch            string
}

func newOracleCommand() *cobra.Command {
	var o oracleOptions
	cmd := &cobra.Command{
		Use:   "oracle {--profile FILE --op OP --target T [--syscall S] [--param NAME=VALUE]... | --batch FILE}",
		Short: "Predict what a policy decides, and show the rule that does",
		Long: `Oracle asks a model what a policy decides about one operation, and prints the
answer as one JSON object: the decision, the object that is reached, the rule
that decides with its file and line, and what is missing. Nothing is attempted:
an answer is a prediction, and never evidence.

The model is that of macOS's Seatbelt for a FILE that ends in .sb or .sbpl, and
that of Landlock for .json and .toml. Any other FILE is Seatbelt's when it begins
with "(", ";" or "#|", Landlock's JSON when it begins with "{", and else its TOML.

Seatbelt: OP is an operation of macOS, S a system call such as "open" or
"open (write, existing file)". Paths are followed as on every Mac; --symlink adds
links, --world takes those of a host on record. (import "x.sb") is looked for
beside the file that says it, then where macOS has its own. --param gives what
(param "NAME") asks for. "missing" lists the checks that are denied.

Landlock: OP and S are those of list-operations, Seatbelt's names for them
included. On Linux paths are those of this host and the asker is who runs rtgen;
elsewhere only what --symlink says is known of them. --world gives the Landlock
version, else this host's counts, or where it has none the newest that the model
was measured with. --param sets the variables that runs set, ${workspace}, ${home}
and ${scratch}, and others that the text does not define. "missing" lists the
rights and the layers that want them, "granting" the entries that grant.

What a model cannot tell is "unknown", and "reason" says why.

--batch reads questions from a file, or from standard input for "-": a JSON
object a line, {"profile", "operation", "target", "syscall", "filter_name",
"world", "symlinks": {FROM: TO}, "params": {NAME: VALUE}, "source"}. Only the
first three are needed; "profile_text" in place of "profile" is the text itself.
It prints an answer for every line, in order and as soon as it can. A line that
cannot be asked has the decision "unknown" and a reason that begins with its
number. Policies, and what is asked of this host's files, are read once.

Exit codes: 0 answered, "unknown" included; 2 bad usage, or a policy or question
that cannot be read (nothing was printed; a batch has answers for its other lines);
3 the batch could not be read to its end, or the answers not printed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("batch") {
				return runOracleBatch(cmd, o.batch)
			}
			if err := o.complete(cmd); err != nil {
				return err
			}
			answer, err := harness.NewOracle().Ask(o.OracleQuestion)
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), answer)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Profile, "profile", "", "the `file` of the policy, from the current folder")
	f.StringVar(&o.Operation, "op", "", "the `operation`: file-read*, fs.read_file, …")
	f.StringVar(&o.Target, "target", "", "what it is done to: a `path`, a name, an address, a process")
	f.StringVar(&o.Source, "source", "", "the other `path` of a link or rename, or the text of a symlink (Landlock)")
	f.StringVar(&o.Syscall, "syscall", "", "the system `call` it is done by; default: the usual one")
	f.StringVar(&o.FilterName, "filter", "", "what the target is named by, such as local-name (Seatbelt); default: the usual `filter`")
	f.StringVar(&o.World, "world", "", "world `id` of the host it is about")
	f.StringArrayVar(&o.symlinks, "symlink", nil, "a further link of that host, `FROM=TO` (repeatable)")
	f.StringArrayVar(&o.params, "param", nil, "a parameter of the policy, `NAME=VALUE` (repeatable)")
	f.StringVar(&o.batch, "batch", "", "`file` of questions, a JSON object a line; - is standard input")
	completeOracle(cmd)
	return cmd
}

// complete proves that a question was asked, and puts its lists into it.
func (o *oracleOptions) complete(cmd *cobra.Command) error {
	for _, need := range []struct{ flag, what string }{
		{"profile", "the file of the policy"}, {"op", "the operation to ask about"}, {"target", "what the operation is done to"},
	} {
		f := cmd.Flags().Lookup(need.flag)
		// Some operations are done to nothing, which is said too.
		if !f.Changed || need.flag != "target" && f.Value.String() == "" {
			return &usageError{fmt.Errorf("oracle needs --%s: %s, or --batch with a file of questions", need.flag, need.what)}
		}
	}
	var err error
	if o.Symlinks, err = pairs("symlink", "FROM=TO", o.symlinks); err != nil {
		return err
	}
	o.Params, err = pairs("param", "NAME=VALUE", o.params)
	return err
}

// pairs reads the values of a flag that are pairs.
func pairs(flag, form string, values []string) (map[string]string, error) {
	m := make(map[string]string, len(values))
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, &usageError{fmt.Errorf("--%s %q: want %s", flag, v, form)}
		}
		if _, twice := m[name]; twice {
			return nil, &usageError{fmt.Errorf("--%s %s is given twice: keep one", flag, name)}
		}
		m[name] = value
	}
	return m, nil
}

// batchAlone refuses a batch with flags of a question beside it.
func batchAlone(cmd *cobra.Command) error {
	for _, name := range []string{"profile", "op", "target", "source", "syscall", "filter", "world", "symlink", "param"} {
		if cmd.Flags().Changed(name) {
			return &usageError{fmt.Errorf("--batch has its questions in its lines: drop --%s", name)}
		}
	}
	if cmd.Flags().Lookup("batch").Value.String() == "" {
		return &usageError{errors.New("--batch needs a file of questions, or - for standard input")}
	}
	return nil
}

// completeOracle completes operations with those of either model, and system
// calls with those of the operation on the line.
func completeOracle(cmd *cobra.Command) {
	for name, complete := range map[string]cobra.CompletionFunc{
		"op": oracleOperations, "syscall": oracleSyscalls,
		"filter": cobra.NoFileCompletions, "world": cobra.NoFileCompletions, "param": cobra.NoFileCompletions,
	} {
		if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(err) // the flag is there
		}
	}
}

func oracleOperations(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	about := make(map[string]string)
	for _, w := range harness.SeatbeltOperations() {
		about[w.Operation] = w.Summary
	}
	for _, w := range harness.Operations() {
		about[w.Operation] = w.Summary
		for _, alias := range w.Aliases {
			about[alias] = cmp.Or(about[alias], w.Summary)
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(about)) {
		if strings.HasPrefix(name, typed) {
			list = append(list, described(name, about[name]))
		}
	}
	return list, noFiles
}

func oracleSyscalls(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	operation := given(cmd, "op")
	var list []string
	add := func(name string) {
		if strings.HasPrefix(name, typed) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for _, w := range harness.Operations() {
		if w.Operation == operation || slices.Contains(w.Aliases, operation) {
			add(w.Syscall)
		}
	}
	for _, w := range harness.SeatbeltOperations() {
		if w.Operation == operation {
			add(w.Syscall)
		}
	}
	return list, noFiles
}
