// Command macselfcheck holds this project's assumptions about macOS against the
// Mac it runs on, one by one, and prints what to report back. Elsewhere it can
// only list them.
//
//	go run ./harness/internal/macselfcheck [-list] [-json] [-only GROUP]
//
// Each is checked by a process of its own, this program again, which has a limit:
// what crashes or hangs there is one finding and keeps no other from being made.
//
// It changes nothing that lasts: what it makes lies in temporary folders, in
// preference domains and notifications of its own and in the job's folder of
// launchd, and is removed. The exit code is 0 when every assumption holds, 1 when
// one does not or could not be checked, 2 for bad usage, 3 on a system that is no
// Mac.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
)

func main() {
	if id := os.Getenv(envCheck); id != "" {
		os.Exit(answer(checks[id]))
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("macselfcheck", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.Bool("list", false, "list the assumptions and check none")
	asJSON := flags.Bool("json", false, "print JSON")
	only := flags.String("only", "", "one `group` of assumptions")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	chosen := assumptions
	if *only != "" {
		chosen = slices.DeleteFunc(slices.Clone(assumptions), func(a assumption) bool { return a.Group != *only })
	}
	switch {
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "macselfcheck: unexpected %q: it takes flags only\n", flags.Arg(0))
		return 2
	case len(chosen) == 0:
		fmt.Fprintf(stderr, "macselfcheck: no group %q: use one of %v\n", *only, groups())
		return 2
	case *list:
		return print(stdout, stderr, chosen, *asJSON)
	case checks == nil:
		fmt.Fprintf(stderr, "macselfcheck: this is %s, and the assumptions are about macOS: run it on a Mac, or list them with -list\n", runtime.GOOS)
		return 3
	}
	rep, err := survey(chosen, func(f finding) {
		if !*asJSON {
			fmt.Fprintln(stdout, f.line())
		}
	})
	if err != nil {
		fmt.Fprintf(stderr, "macselfcheck: %v\n", err)
		return 3
	}
	if *asJSON {
		if code := printJSON(stdout, stderr, rep); code != 0 {
			return code
		}
	} else {
		rep.print(stdout)
	}
	if rep.Holding < len(rep.Findings) {
		return 1
	}
	return 0
}

// print lists assumptions.
func print(stdout, stderr io.Writer, chosen []assumption, asJSON bool) int {
	if asJSON {
		return printJSON(stdout, stderr, chosen)
	}
	group := ""
	for _, a := range chosen {
		if a.Group != group {
			group = a.Group
			fmt.Fprintf(stdout, "%s\n", group)
		}
		fmt.Fprintf(stdout, "  %-20s %s (%s)\n", a.ID, a.Claim, a.Source)
	}
	return 0
}

func printJSON(stdout, stderr io.Writer, v any) int {
	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		fmt.Fprintf(stderr, "macselfcheck: %v\n", err)
		return 3
	}
	return 0
}
