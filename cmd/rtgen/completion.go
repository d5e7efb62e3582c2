package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// shells are those that completion is written for, by name.
var shells = []struct {
	name, load string
	write      func(root *cobra.Command, w io.Writer) error
}{
	{"bash", "source <(rtgen completion bash)", bashCompletion},
	{"zsh", `rtgen completion zsh > "${fpath[1]}/_rtgen"`, (*cobra.Command).GenZshCompletion},
	{"fish", "rtgen completion fish | source", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	{"powershell", "rtgen completion powershell | Out-String | Invoke-Expression", (*cobra.Command).GenPowerShellCompletionWithDesc},
}

func newCompletionCommand() *cobra.Command {
	var names []string
	var load strings.Builder
	for _, s := range shells {
		names = append(names, s.name)
		fmt.Fprintf(&load, "\n  %-11s %s", s.name, s.load)
	}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes rtgen's commands, flags and ids in a shell",
		Long: `Completion prints a script for a shell. Loaded there, it completes commands and
flags, and the values of flags: plans under the root, ids of registries, and the
probes, profiles and scenarios of the plan or registry named on the line. It
never compiles a plan and never prints an error.

Load it in the running shell, or in the file the shell starts with:
` + load.String() + `

zsh reads it when it starts, and needs "autoload -U compinit; compinit".

Exit codes: 0 printed; 2 no shell, or one that is not known.`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			choices := strings.Join(names, ", ")
			if len(args) != 1 {
				return &usageError{fmt.Errorf("completion needs one shell: %s", choices)}
			}
			i := slices.Index(names, args[0])
			if i < 0 {
				return &usageError{fmt.Errorf("unknown shell %q, use one of %s", args[0], choices)}
			}
			return shells[i].write(cmd.Root(), cmd.OutOrStdout())
		},
	}
}

// bashCompletion writes the script for bash. The words of the line come from
// the package bash-completion where it is loaded, else from a function of our
// own: without either the shell would say that a function is missing.
func bashCompletion(root *cobra.Command, w io.Writer) error {
	if err := root.GenBashCompletionV2(w, true); err != nil {
		return err
	}
	_, err := io.WriteString(w, bashWords)
	return err
}

// bashWords takes the place of a function of the same name in the script above
// it. bash has cut the line at every ":" and "=", which are in ids and between
// flags and values: pieces with no space between them are one word again.
const bashWords = `
__rtgen_init_completion()
{
    COMPREPLY=()
    words=() cword=-1
    local line=${COMP_LINE:0:COMP_POINT} rest piece i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        if ((i == COMP_CWORD)); then
            piece=$rest # up to the cursor
        fi
        if ((cword < 0)) || [[ $rest != "$line" ]]; then
            words[++cword]=$piece
        else
            words[cword]+=$piece
        fi
        line=${rest#"$piece"}
    done
    cur=${words[cword]} prev=
    if ((cword > 0)); then
        prev=${words[cword - 1]}
    fi
}
`
