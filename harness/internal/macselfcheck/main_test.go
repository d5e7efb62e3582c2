package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// Every assumption has a name of its own, says what is taken for granted and from
// where, and is one line.
func TestAssumptions(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range assumptions {
		if seen[a.ID] {
			t.Errorf("%s is there twice", a.ID)
		}
		seen[a.ID] = true
		for _, text := range []string{a.ID, a.Group, a.Claim, a.Source} {
			if strings.TrimSpace(text) == "" || strings.Contains(text, "\n") {
				t.Errorf("%+v: a text is empty or has two lines", a)
			}
		}
		if len(a.ID) > 18 || strings.HasSuffix(a.Claim, ".") || a.limit() <= 0 {
			t.Errorf("%s: %q does not fit the list", a.ID, a.Claim)
		}
	}
	if all, want := groups(), []string{"world", "libraries", "engine", "paths", "processes", "ipc", "launchd", "run"}; !slices.Equal(all, want) {
		t.Errorf("groups %q, want %q", all, want)
	}
}

// Every assumption has exactly one check, and every check an assumption. The files
// are read, as no other system compiles all of them.
func TestEveryAssumptionHasOneCheck(t *testing.T) {
	files, err := filepath.Glob("check_*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("files %q, %v", files, err)
	}
	found := map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, id := range checkIDs(t, name) {
			found[id] = append(found[id], name)
		}
	}
	for _, a := range assumptions {
		if in := found[a.ID]; len(in) != 1 {
			t.Errorf("%s is checked in %q, want one file", a.ID, in)
		}
		delete(found, a.ID)
	}
	for id, in := range found {
		t.Errorf("%q checks %s, which is no assumption", in, id)
	}
}

// checkIDs are the keys of the file's maps from id to check.
func checkIDs(t *testing.T, name string) (ids []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		of, ok := lit.Type.(*ast.MapType)
		if !ok {
			return true
		}
		if value, ok := of.Value.(*ast.Ident); !ok || value.Name != "check" {
			return true
		}
		for _, e := range lit.Elts {
			id, err := strconv.Unquote(e.(*ast.KeyValueExpr).Key.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return false
	})
	return ids
}

func TestList(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"-list"}, &out, &errs); code != 0 || errs.Len() > 0 {
		t.Fatalf("exit code %d, %s", code, &errs)
	}
	golden := filepath.Join("testdata", "list.txt")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the list is another than in %s: go test -update writes it\n%s", golden, &out)
	}
	out.Reset()
	if code := run([]string{"-list", "-json", "-only", "world"}, &out, &errs); code != 0 {
		t.Fatalf("exit code %d, %s", code, &errs)
	}
	var list []assumption
	if err := json.Unmarshal(out.Bytes(), &list); err != nil || !slices.Equal(list, worldAssumptions) {
		t.Errorf("%v, %+v", err, list)
	}
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-nothing"}, 2, "flag provided but not defined"},
		{[]string{"world"}, 2, `unexpected "world": it takes flags only`},
		{[]string{"-only", "worlds"}, 2, `no group "worlds": use one of [world libraries`},
		{[]string{"-list", "-only", ""}, 0, ""},
	} {
		t.Run(strings.Join(tt.args, "_"), func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run(tt.args, &out, &errs); code != tt.code || !strings.Contains(errs.String(), tt.says) {
				t.Errorf("exit code %d, %q, want %d and %q", code, &errs, tt.code, tt.says)
			}
		})
	}
}

func TestNoMac(t *testing.T) {
	if checks != nil {
		t.Skipf("%s has checks in this build", runtime.GOOS)
	}
	var out, errs bytes.Buffer
	if code := run(nil, &out, &errs); code != 3 || out.Len() > 0 || !strings.Contains(errs.String(), "this is "+runtime.GOOS) || !strings.Contains(errs.String(), "-list") {
		t.Errorf("exit code %d, %q, %q", code, &out, &errs)
	}
}
