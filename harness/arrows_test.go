package harness_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/rtgen/rtgen"

// arrows says which of our packages a package may import, and which of the
// libraries that stand for a whole layer. Patterns are those of path.Match,
// with "..." for everything beneath; the first row that matches a package is
// its own, and a package without a row is a fault.
var arrows = []arrow{
	// Commands and generated suites stand on the outside.
	{from: "cmd/rtgen", to: []string{"harness", "harness/schema", "harness/specs", "reporters..."}, libs: []string{"cobra"}},
	{from: "suites/*", to: []string{"harness/specs", "reporters"}, libs: []string{"ginkgo"}},
	// A benchmark is a program inside the house: it looks into every room.
	{from: "harness/specs/bench...", to: []string{"harness...", "reporters"}, libs: []string{"ginkgo"}},
	// Who consumes evidence knows bundles, and what is derived from them.
	{from: "reporters/mapping", to: []string{"harness/analysis", "harness/bundle", "harness/bundle/artifact"}},
	// The two that know Ginkgo.
	{from: "reporters...", to: []string{"harness", "harness/bundle..."}, libs: []string{"ginkgo"}},
	{from: "harness/specs", to: []string{"harness"}, libs: []string{"ginkgo"}},
	// The library.
	{from: "harness", to: []string{"harness/analysis", "harness/bundle", "harness/bundle/artifact", "harness/internal...", "plans", "registries"}},
	{from: "harness/analysis", to: []string{"harness/bundle", "harness/bundle/artifact", "harness/internal/canon", "harness/internal/contract", "harness/internal/nearest", "harness/internal/op/seatbelt", "harness/internal/stage", "registries"}},
	{from: "harness/schema", to: []string{"harness/internal...", "registries"}},
	{from: "harness/bundle", to: []string{"harness/bundle/artifact", "harness/internal/canon", "harness/internal/contract", "harness/internal/parallel"}},
	{from: "harness/bundle/artifact", to: []string{"harness/internal/canon"}},
	{from: "harness/harnesstest", to: []string{"harness/internal..."}},
	{from: "harness/harnesstest/made", to: []string{"harness/bundle", "harness/bundle/artifact", "harness/internal/contract", "harness/internal/evidence", "harness/internal/marker"}},
	// What observes, and what decides, imports nothing of the library. Documents
	// have one definition, which evidence fills in and normalize reads; the rules
	// that both keep to stand below them.
	{from: "harness/internal/evidence", to: []string{"harness/bundle/artifact", "harness/internal/canon", "harness/internal/contract", "harness/internal/marker"}},
	{from: "harness/internal/normalize", to: []string{"harness/bundle/artifact", "harness/internal/canon", "harness/internal/contract", "harness/internal/marker"}},
	{from: "harness/internal/contract", to: []string{"harness/bundle/artifact", "harness/internal/marker", "harness/internal/op", "harness/internal/op/seatbelt"}},
	{from: "harness/internal/marker", to: []string{"harness/bundle/artifact", "harness/internal/op/seatbelt"}},
	// An inventory reads evidence as a consumer does, and is told of plan data.
	{from: "harness/internal/inventory", to: []string{"harness/analysis", "harness/bundle", "harness/bundle/artifact", "harness/internal/canon", "harness/internal/parallel", "harness/internal/stage"}},
	// A program that runs the first suite on a Mac.
	{from: "harness/internal/macselfcheck", to: []string{"harness", "harness/internal...", "plans"}},
	{from: "harness/internal...", to: []string{"harness/internal..."}},
	// Data.
	{from: "plans", to: nil},
	{from: "registries", to: nil},
}

// layers are libraries that only the rows above that name them may import.
var layers = map[string]string{
	"ginkgo": "github.com/onsi/",
	"cobra":  "github.com/spf13/",
}

type arrow struct {
	from string
	to   []string
	libs []string
}

type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("no go command to list packages with: %v", err)
	}
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = repository(t)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.String())
	}
	var list []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// ours is an import path within the module; ok is false for any other.
func ours(importPath string) (name string, ok bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func matches(pattern, name string) bool {
	if tree, ok := strings.CutSuffix(pattern, "..."); ok {
		return name == tree || strings.HasPrefix(name, tree+"/")
	}
	ok, _ := path.Match(pattern, name)
	return ok
}

// The arrows of the house: who may import whom.
func TestArrows(t *testing.T) {
	used := make([]bool, len(arrows))
	for _, p := range listPackages(t) {
		name, ok := ours(p.ImportPath)
		if !ok {
			t.Errorf("%s is not of this module", p.ImportPath)
			continue
		}
		i := slices.IndexFunc(arrows, func(row arrow) bool { return matches(row.from, name) })
		if i < 0 {
			t.Errorf("package %s has no row: decide who it may import", name)
			continue
		}
		used[i] = true
		imports := p.Imports
		if strings.HasPrefix(name, "suites/") { // is nothing but tests
			imports = slices.Concat(imports, p.TestImports, p.XTestImports)
		}
		for _, imported := range imports {
			if to, ok := ours(imported); ok {
				if !slices.ContainsFunc(arrows[i].to, func(pattern string) bool { return matches(pattern, to) }) {
					t.Errorf("%s imports %s: it may import %q", name, to, arrows[i].to)
				}
				continue
			}
			for lib, prefix := range layers {
				if strings.HasPrefix(imported, prefix) && !slices.Contains(arrows[i].libs, lib) {
					t.Errorf("%s imports %s: %s is not for it", name, imported, lib)
				}
			}
			if data := name == "plans" || name == "registries"; data && imported != "embed" {
				t.Errorf("%s imports %s: it is data", name, imported)
			}
			if strings.HasPrefix(imported, "github.com/landlock-lsm/go-landlock/") && imported != "github.com/landlock-lsm/go-landlock/landlock/syscall" {
				t.Errorf("%s imports %s: best effort enforces nothing without saying so", name, imported)
			}
		}
	}
	for i, row := range arrows {
		if !used[i] {
			t.Errorf("no package matches row %q: remove it", row.from)
		}
	}
}

// What goes into the packages' own tests may not close a circle through Ginkgo
// either: only specs, reporters and suites are tested with it.
func TestTestsStayInTheirLayer(t *testing.T) {
	for _, p := range listPackages(t) {
		name, _ := ours(p.ImportPath)
		if !strings.HasPrefix(name, "harness") || strings.HasPrefix(name, "harness/specs") {
			continue
		}
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			if strings.HasPrefix(imported, layers["ginkgo"]) || imported == module+"/reporters" {
				t.Errorf("tests of %s import %s", name, imported)
			}
		}
	}
}
