package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tidwall/gjson"
)

// reason wants that the one bundle a pattern matches is not promotable for a
// reason: its packet says so and is never taken for a promotable one, and with
// --require-promotable emit-promotion answers no and leaves every file as it
// was. The packet's verdict goes to the end of reasons.txt, under the reason and
// how it came about: reason REASON BUNDLE HOW.
func reason(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: reason REASON BUNDLE HOW")
	}
	bundles, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(bundles) != 1 {
		ts.Fatalf("%s matches %q, want one bundle", args[1], bundles)
	}
	refusesWithout(ts, bundles[0], args[0])

	packet := ts.MkAbs("packet.json")
	if got := exitCodeOf(ts, ts.Exec("rtgen", "emit-promotion", "--bundle", bundles[0], "--out", packet)); got != exitOK {
		ts.Fatalf("emit-promotion: exit code %d", got)
	}
	if said := ts.ReadFile("stdout"); !strings.Contains(said, "'"+args[0]+"'") {
		ts.Fatalf("emit-promotion does not give the reason %s: %s", args[0], said)
	}
	verdict := gjson.Get(ts.ReadFile(packet), "promotability")
	if verdict.Get("promotable_decision_stage").Raw != "false" || !slices.Contains(words(verdict.Get("reasons")), args[0]) {
		ts.Fatalf("the packet says %s", verdict.Raw)
	}
	if about, err := os.ReadFile(ts.MkAbs("packet.intoto.json")); err == nil {
		if got := gjson.GetBytes(about, "predicate.result").String(); got != "WARNED" && got != "FAILED" {
			ts.Fatalf("the statement says %s over a bundle with %s", got, args[0])
		}
	}
	if got := exitCodeOf(ts, ts.Exec("rtgen", "verify-packet", "--packet", packet, "--require-promotable")); got != exitNo {
		ts.Fatalf("verify-packet --require-promotable: exit code %d", got)
	}
	for _, file := range []string{packet, ts.MkAbs("packet.intoto.json")} {
		if err := os.Remove(file); !os.IsNotExist(err) {
			ts.Check(err)
		}
	}
	log, err := os.OpenFile(ts.MkAbs("reasons.txt"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	ts.Check(err)
	defer log.Close()
	_, err = fmt.Fprintf(log, "# %s: %s\n  %s\n", args[0], args[2], verdict.Raw)
	ts.Check(err)
}

// refusesWithout runs emit-promotion --require-promotable where an older packet
// lies and where none does.
func refusesWithout(ts *testscript.TestScript, bundle, why string) {
	dir := ts.MkAbs("strict")
	old := map[string]string{"packet.json": `{"schema_version": "runtime-tools.promotion_packet.v0.2"}`, "packet.intoto.json": "its statement"}
	ts.Check(os.MkdirAll(dir, 0o755))
	for name, text := range old {
		ts.Check(os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for _, out := range []string{"strict/packet.json", "nowhere/packet.json"} {
		got := exitCodeOf(ts, ts.Exec("rtgen", "emit-promotion", "--bundle", bundle, "--out", out, "--require-promotable"))
		if got != exitNo || !strings.Contains(ts.ReadFile("stderr"), why) || ts.ReadFile("stdout") != "" {
			ts.Fatalf("emit-promotion --require-promotable: exit code %d: %s", got, ts.ReadFile("stderr"))
		}
	}
	if _, err := os.Lstat(ts.MkAbs("nowhere")); !os.IsNotExist(err) {
		ts.Fatalf("a refused packet left its folder: %v", err)
	}
	left, err := names(dir)
	ts.Check(err)
	if len(left) != len(old) {
		ts.Fatalf("a refused packet left %q", left)
	}
	for name, text := range old {
		if got := ts.ReadFile(filepath.Join(dir, name)); got != text {
			ts.Fatalf("a refused packet changed %s: %s", name, got)
		}
	}
}

func words(list gjson.Result) (words []string) {
	for _, w := range list.Array() {
		words = append(words, w.String())
	}
	return words
}

// TestEveryReasonHasACase compares the constants of the library with the cases
// of the script: a reason that no bundle was seen to give is not documented.
func TestEveryReasonHasACase(t *testing.T) {
	const source, script = "../../harness/bundle/promotability.go", "testdata/script/reasons.txtar"
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var constants []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || fmt.Sprint(spec.Type) != "Reason" {
			return true
		}
		for _, v := range spec.Values {
			word, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants = append(constants, word)
		}
		return true
	})
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	_, golden, _ := strings.Cut(string(text), "-- reasons.golden --\n")
	var cases []string
	for _, m := range regexp.MustCompile(`(?m)^# ([a-z_]+): `).FindAllStringSubmatch(golden, -1) {
		cases = append(cases, m[1])
	}
	slices.Sort(constants)
	slices.Sort(cases)
	if len(constants) < 16 || !slices.Equal(constants, cases) {
		t.Errorf("%s has the reasons\n%s\n%s has cases for\n%s", source, constants, script, cases)
	}
}
