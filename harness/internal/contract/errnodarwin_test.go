package contract_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/contract"
)

// The table of macOS is that of x/sys, which is made from <sys/errno.h>, on both of
// its architectures and on whatever system this is.
func TestErrnoNamesOfDarwin(t *testing.T) {
	if _, err := osexec.LookPath("go"); err != nil {
		t.Skipf("no go command to find x/sys by: %v", err)
	}
	out, err := osexec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("no source of x/sys: %v", err)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		names := errorList(t, filepath.Join(dir, "unix", "zerrors_darwin_"+arch+".go"))
		if len(names) < 100 {
			t.Fatalf("%s: %d errnos", arch, len(names))
		}
		for errno := range 256 {
			if got := contract.ErrnoName(contract.Darwin, errno); got != names[errno] {
				t.Errorf("%s: %d is %q, x/sys has %q", arch, errno, got, names[errno])
			}
		}
	}
}

// errorList reads x/sys's table of errnos: rows {number, name, text}.
func errorList(t *testing.T, file string) map[int]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Skipf("no table in x/sys: %v", err)
	}
	names := map[int]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "errorList" {
			return true
		}
		for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
			fields := row.(*ast.CompositeLit).Elts
			errno, err := strconv.Atoi(fields[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if names[errno], err = strconv.Unquote(fields[1].(*ast.BasicLit).Value); err != nil {
				t.Fatal(err)
			}
		}
		return false
	})
	return names
}
