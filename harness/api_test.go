package harness_test

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAPI compares what the package exports with testdata/api.golden: this is
// the one supported import surface, and nothing of it changes by accident.
func TestAPI(t *testing.T) {
	got := exported(t)
	const golden = "testdata/api.golden"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("the exported surface changed (-want +got):\n%s\nif it is meant: go test ./harness -run TestAPI -update", d)
	}
}

// exported is every exported declaration without comments and bodies, constants
// and fields included, sorted.
func exported(t *testing.T) []byte {
	t.Helper()
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Concat(pkg.GoFiles, pkg.IgnoredGoFiles) {
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	d, err := doc.NewFromFiles(fset, files, "github.com/rtgen/rtgen/harness")
	if err != nil {
		t.Fatal(err)
	}
	var decls []string
	add := func(decl ast.Node) {
		var b bytes.Buffer
		if err := format.Node(&b, fset, decl); err != nil {
			t.Fatal(err)
		}
		decls = append(decls, b.String())
	}
	funcs := func(list []*doc.Func) {
		for _, f := range list {
			f.Decl.Body = nil
			add(f.Decl)
		}
	}
	values := func(list []*doc.Value) {
		for _, v := range list {
			add(v.Decl)
		}
	}
	values(d.Consts)
	values(d.Vars)
	funcs(d.Funcs)
	for _, typ := range d.Types {
		add(typ.Decl)
		values(typ.Consts)
		values(typ.Vars)
		funcs(typ.Funcs)
		funcs(typ.Methods)
	}
	slices.Sort(decls)
	return []byte(strings.Join(decls, "\n\n") + "\n")
}
