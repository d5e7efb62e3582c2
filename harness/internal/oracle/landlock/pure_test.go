package landlock_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPure holds that the model reads neither the host nor the clock: only the
// tree that is the host may.
func TestPure(t *testing.T) {
	impure := []string{"os", "io/ioutil", "os/exec", "syscall", "time", "net", "runtime", "math/rand", "math/rand/v2", "path/filepath", "golang.org/x/sys/unix"}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "host_linux.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			if path, err := strconv.Unquote(spec.Path.Value); err != nil || slices.Contains(impure, path) {
				t.Errorf("%s imports %s: what it knows of a host must come in as a Tree", name, spec.Path.Value)
			}
		}
	}
}
