// Fuzz runs every fuzz test of the module, one after the other, and says what
// came of each: minutes, executions, inputs that reached something new. Go's
// own tool fuzzes one test per call.
//
// Run it with make fuzz. It fails when a test does, and names the file that
// holds the failing input; nothing else is left in the work tree.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

func main() {
	each := flag.Duration("time", 3*time.Second, "fuzz every test for this long")
	match := flag.String("match", "^Fuzz", "only the tests whose names match `regexp`")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: fuzz [-time D] [-match REGEXP] [PACKAGE]...")
		flag.PrintDefaults()
	}
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	if err := run(os.Stdout, *each, *match, packages); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

// run fuzzes the tests and prints a row for each. Its error counts the ones
// that failed.
func run(w io.Writer, each time.Duration, match string, packages []string) error {
	tests, err := list(match, packages)
	if err != nil {
		return err
	}
	if len(tests) == 0 {
		return fmt.Errorf("no fuzz test of %s matches %q", strings.Join(packages, " "), match)
	}
	t := table{w: w}
	for _, test := range tests {
		t.fit(test)
	}
	t.head()
	for _, test := range tests {
		t.add(test.run(each))
	}
	return t.end()
}

// list asks the go command for the fuzz tests.
func list(match string, packages []string) ([]test, error) {
	out, err := exec.Command("go", append([]string{"test", "-json", "-list", match}, packages...)...).Output()
	tests, faults, parseErr := parseList(out)
	switch {
	case parseErr != nil:
		return nil, parseErr
	case err == nil:
		return tests, nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		faults += string(exit.Stderr)
	}
	return nil, fmt.Errorf("list the fuzz tests: %w\n%s", err, strings.TrimSpace(faults))
}

// minimize bounds the attempts to make an interesting input smaller. By default
// go test spends up to a minute on each, and a test with a seed of a few
// kilobytes does nothing else.
const minimize = "100x"

// run fuzzes one test. A worker that the go command stops at the end of the time
// may be reported as a failure without an input; then the test is tried again.
func (t test) run(each time.Duration) result {
	r := t.once(each)
	if r.err == nil || !r.cutOff() {
		return r
	}
	again := t.once(each)
	again.took += r.took
	again.execs += r.execs
	again.interesting += r.interesting
	return again
}

func (t test) once(each time.Duration) result {
	begin := time.Now()
	out, err := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", each.String(),
		"-fuzzminimizetime", minimize, t.pkg).CombinedOutput()
	r := parseRun(string(out))
	r.test, r.took, r.err = t, time.Since(begin), err
	return r
}
