package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// test is one fuzz test.
type test struct {
	pkg, name string
}

// parseList reads what go test -json -list prints. faults is everything that a
// package has to say beside its names, for the case that it does not build.
func parseList(out []byte) (tests []test, faults string, err error) {
	var said strings.Builder
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var event struct{ Action, Package, ImportPath, Output string }
		err := dec.Decode(&event)
		switch {
		case errors.Is(err, io.EOF):
			return tests, said.String(), nil
		case err != nil:
			return nil, "", fmt.Errorf("list the fuzz tests: %w", err)
		}
		line := strings.TrimSuffix(event.Output, "\n")
		if event.Action == "output" && fuzzName.MatchString(line) {
			tests = append(tests, test{pkg: event.Package, name: line})
		} else if event.Action == "output" || event.Action == "build-output" {
			said.WriteString(event.Output)
		}
	}
}

var fuzzName = regexp.MustCompile(`^Fuzz[\pL\pN_]*$`)

// result is what fuzzing a test came to.
type result struct {
	test
	took        time.Duration
	execs       int
	interesting int    // inputs that reached something new, beside the ones known before
	input       string // the file of the failing input, from the package's folder; empty when a seed failed
	err         error
	out         string
}

var (
	progress = regexp.MustCompile(`(?m)^fuzz: elapsed: [^,]+, execs: (\d+) \(.*\), new interesting: (\d+) `)
	written  = regexp.MustCompile(`(?m)^\s*Failing input written to (\S+)$`)
)

// parseRun reads what go test -fuzz prints.
func parseRun(out string) result {
	r := result{out: out}
	if all := progress.FindAllStringSubmatch(out, -1); all != nil {
		last := all[len(all)-1]
		r.execs, _ = strconv.Atoi(last[1])
		r.interesting, _ = strconv.Atoi(last[2])
	}
	if m := written.FindStringSubmatch(out); m != nil {
		r.input = m[1]
	}
	return r
}

// stopped is all that a test says that was cut off.
var stopped = regexp.MustCompile(`(?m)^--- FAIL: .*\n\s+context deadline exceeded\nFAIL$`)

// cutOff reports whether the test ended with its time and no input failed.
func (r result) cutOff() bool { return r.input == "" && stopped.MatchString(r.out) }

// table prints results as they come, in columns that fit all of them.
type table struct {
	w          io.Writer
	pkg, name  int
	took       time.Duration
	count      int
	execs, new int
	failed     []result
}

// short is a package without the module's own path, which says nothing here.
func short(pkg string) string {
	const module = "github.com/rtgen/rtgen/"
	return strings.TrimPrefix(pkg, module)
}

func (t *table) fit(test test) {
	t.pkg, t.name = max(t.pkg, len(short(test.pkg))), max(t.name, len(test.name))
}

func (t *table) row(pkg, name, minutes, execs, interesting, verdict string) {
	fmt.Fprintf(t.w, "%-*s  %-*s  %7s  %10s  %5s  %s\n", t.pkg, pkg, t.name, name, minutes, execs, interesting, verdict)
}

func (t *table) head() { t.row("package", "test", "minutes", "executions", "new", "") }

func (t *table) add(r result) {
	verdict := "pass"
	if r.err != nil {
		verdict = "FAIL"
		t.failed = append(t.failed, r)
	}
	t.row(short(r.pkg), r.name, minutes(r.took), strconv.Itoa(r.execs), strconv.Itoa(r.interesting), verdict)
	t.count, t.took, t.execs, t.new = t.count+1, t.took+r.took, t.execs+r.execs, t.new+r.interesting
}

// end prints the totals and what the failed tests said.
func (t *table) end() error {
	t.row("total", fmt.Sprintf("%d tests", t.count), minutes(t.took), strconv.Itoa(t.execs), strconv.Itoa(t.new), fmt.Sprintf("%d failed", len(t.failed)))
	if len(t.failed) == 0 {
		return nil
	}
	inputs := make([]string, len(t.failed))
	for i, r := range t.failed {
		fmt.Fprintf(t.w, "\n%s %s: %v\n%s\n", short(r.pkg), r.name, r.err, strings.TrimSpace(r.out))
		inputs[i] = fmt.Sprintf("%s %s: %s", short(r.pkg), r.name, r.where())
	}
	return fmt.Errorf("%d of %d tests failed\n%s", len(t.failed), t.count, strings.Join(inputs, "\n"))
}

// where says which input failed.
func (r result) where() string {
	if r.input == "" {
		return "no input was kept, see the output above"
	}
	return path.Join(short(r.pkg), r.input)
}

func minutes(d time.Duration) string { return fmt.Sprintf("%.2f", d.Minutes()) }
