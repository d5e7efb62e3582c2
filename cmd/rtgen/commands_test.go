package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tidwall/gjson"
)

// scriptCommands are the commands of our own that scripts may use.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":   exits,
	"refused": refused,
	"fresh":   fresh,
	"replace": replace,
	"json":    jsonIs,
	"setenv":  setenvJSON,
	"latest":  latest,
	"other":   other,
	"tree":    tree,
	"junit":   junit,
	"reason":  reason,

	"start":  start,
	"signal": signalTo,
	"worker": worker,
	"ends":   ends,
	"gone":   gone,
	"audit":  audit,
}

// exits runs a command and wants exactly this exit code: exits CODE COMMAND...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitCodeOf(ts, ts.Exec(args[1], args[2:]...)); got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func exitCodeOf(ts *testscript.TestScript, err error) int {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	if exit == nil {
		return 0
	}
	return exit.ExitCode()
}

// refused runs the plan in plan/ and wants it refused as bad input: exit code 2,
// the lines and nothing else on standard error, and no file or folder made or
// removed anywhere in the script's folder: refused LINE...
func refused(ts *testscript.TestScript, neg bool, want []string) {
	if neg || len(want) == 0 {
		ts.Fatalf("usage: refused LINE [LINE...]")
	}
	root := ts.Getenv("WORK")
	before, err := names(root)
	ts.Check(err)
	if got := exitCodeOf(ts, ts.Exec("rtgen", "run", "--plan", "plan/plan.json", "--out", "out")); got != 2 {
		ts.Fatalf("exit code %d, want 2", got)
	}
	after, err := names(root)
	ts.Check(err)
	if d := cmp.Diff(before, after); d != "" {
		ts.Fatalf("a refused run changed the folder (-before +after):\n%s", d)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("a refused run printed to standard output: %s", out)
	}
	got := strings.Split(strings.TrimSuffix(ts.ReadFile("stderr"), "\n"), "\n")
	if d := cmp.Diff(want, got); d != "" {
		ts.Fatalf("standard error (-want +got):\n%s", d)
	}
}

// fresh puts the plans back as they were and removes out.
func fresh(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: fresh")
	}
	ts.Check(os.RemoveAll(ts.MkAbs("out")))
	for name, from := range plans {
		ts.Check(os.RemoveAll(ts.MkAbs(name)))
		ts.Check(os.CopyFS(ts.MkAbs(name), os.DirFS(from)))
	}
}

// replace puts NEW where OLD first stands in a file, which it must:
// replace FILE OLD NEW. In both, \n is a new line.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	lines := strings.NewReplacer(`\n`, "\n")
	text, old := ts.ReadFile(args[0]), lines.Replace(args[1])
	if !strings.Contains(text, old) {
		ts.Fatalf("%s does not hold %q", args[0], old)
	}
	text = strings.Replace(text, old, lines.Replace(args[2]), 1)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// query is a gjson path's value as text, lists and objects without spaces;
// "<none>" when there is no such value.
func query(doc []byte, path string) string {
	v := gjson.GetBytes(doc, path)
	if !v.Exists() {
		return "<none>"
	}
	if v.IsArray() || v.IsObject() {
		v = v.Get("@ugly")
	}
	return v.String()
}

// jsonIs compares a value of a JSON document, given by its gjson path, with the
// text wanted; "<none>" wants that there is none: json FILE PATH WANT. Lines of
// a .jsonl file are the elements of an array. With ! the value must differ.
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT")
	}
	got := query(document(ts, args[0]), args[1])
	if equal := got == args[2]; equal == neg {
		ts.Fatalf("%s: %s is %s, want %s%s", args[0], args[1], got, map[bool]string{true: "other than "}[neg], args[2])
	}
}

func document(ts *testscript.TestScript, file string) []byte {
	text := ts.ReadFile(file)
	if strings.HasSuffix(file, ".jsonl") {
		text = "[" + strings.Join(strings.Split(strings.TrimSpace(text), "\n"), ",") + "]"
	}
	if !gjson.Valid(text) {
		ts.Fatalf("%s is not one JSON document: %s", file, text)
	}
	return []byte(text)
}

// setenvJSON puts a value of a JSON document into a variable:
// setenv NAME FILE PATH.
func setenvJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: setenv NAME FILE PATH")
	}
	v := query(document(ts, args[1]), args[2])
	if v == "" || v == "<none>" {
		ts.Fatalf("%s has no %s", args[1], args[2])
	}
	ts.Setenv(args[0], v)
}

// latest puts the run folder that OUT/LATEST names into a variable:
// latest NAME OUT.
func latest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: latest NAME OUT")
	}
	id, ok := strings.CutSuffix(ts.ReadFile(filepath.Join(args[1], "LATEST")), "\n")
	if !ok || !runID.MatchString(id) {
		ts.Fatalf("%s/LATEST holds %q, want a run id and a new line", args[1], id)
	}
	ts.Setenv(args[0], filepath.Join(args[1], id))
}

// other puts the one run folder that OUT/LATEST does not name into a variable:
// other NAME OUT.
func other(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: other NAME OUT")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[1]))
	ts.Check(err)
	latest := ts.ReadFile(filepath.Join(args[1], "LATEST"))
	var others []string
	for _, e := range entries {
		if e.IsDir() && e.Name()+"\n" != latest {
			others = append(others, e.Name())
		}
	}
	if len(others) != 1 {
		ts.Fatalf("%s holds the other runs %q, want one", args[1], others)
	}
	ts.Setenv(args[0], filepath.Join(args[1], others[0]))
}

var runID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// tree prints everything below a folder, run ids as RUN: tree DIR.
func tree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tree DIR")
	}
	list, err := names(ts.MkAbs(args[0]))
	ts.Check(err)
	for i, name := range list {
		list[i] = runID.ReplaceAllString(name, "RUN")
	}
	slices.Sort(list)
	fmt.Fprintln(ts.Stdout(), strings.Join(list, "\n"))
}

// junit prints a JUnit report's suites with their cases and what became of them,
// and to standard error the properties of ours, which differ from run to run.
// Two cases of one name are a failure: junit FILE.
func junit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: junit FILE")
	}
	var doc struct {
		Suites []struct {
			Name       string `xml:"name,attr"`
			Tests      int    `xml:"tests,attr"`
			Failures   int    `xml:"failures,attr"`
			Skipped    int    `xml:"skipped,attr"`
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
			Cases []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	ts.Check(xml.Unmarshal([]byte(ts.ReadFile(args[0])), &doc))
	seen := make(map[string]bool)
	out := ts.Stdout()
	for _, s := range doc.Suites {
		fmt.Fprintf(out, "suite %s tests=%d failures=%d skipped=%d\n", s.Name, s.Tests, s.Failures, s.Skipped)
		for _, p := range s.Properties {
			if strings.HasPrefix(p.Name, "rtgen.") {
				fmt.Fprintf(ts.Stderr(), "%s=%s\n", p.Name, p.Value)
			}
		}
		for _, c := range s.Cases {
			if seen[c.Name] {
				ts.Fatalf("two cases are named %q", c.Name)
			}
			seen[c.Name] = true
			result := "passed"
			switch {
			case c.Failure != nil:
				result = "failed"
			case c.Skipped != nil:
				result = "skipped"
			}
			fmt.Fprintf(out, "case %s: %s\n", c.Name, result)
		}
	}
}
