package harness_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// readers are what reads plan data out of a file's bytes.
var readers = map[string]func(harness.File) error{
	"plan":     func(f harness.File) error { _, err := harness.ParsePlan(f); return err },
	"index":    func(f harness.File) error { _, err := harness.ParseRegistryIndex(f); return err },
	"probes":   func(f harness.File) error { _, err := harness.ParseProbes(f); return err },
	"profiles": func(f harness.File) error { _, err := harness.ParseProfiles(f, nil); return err },
}

// Whatever a file is filled with, it is refused with a place and with no more
// memory than a few times its size.
func TestReadersAreBounded(t *testing.T) {
	const size = 16 << 20
	for name, unit := range map[string]string{
		"brackets": "[", "objects": `{"a":`, "lines": "\n", "quotes": `"`, "strings": `"a",`, "backslashes": `\`, "zeros": "0", "nul": "\x00", "not_utf8": "\xff",
	} {
		data := bytes.Repeat([]byte(unit), size/len(unit))
		for reader, read := range readers {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := read(harness.File{Name: "f.json", Data: data})
			runtime.ReadMemStats(&after)
			var data *harness.DataError
			if !errors.As(err, &data) || len(data.Faults) != 1 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s as %s: %.300v", name, reader, err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 2*size {
				t.Errorf("%s as %s: %d bytes were allocated for a file of %d", name, reader, used, size)
			}
		}
	}
}

// A document of as many faults as fit is told with its faults, not with a
// multiple of its size for each.
func TestReadersAreBoundedInFaults(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"schema_version": "runtime-tools.probe_registry.v0.3", "registry_id": "r", "probes": {`)
	for i := 0; b.Len() < 4<<20; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"p` + strings.Repeat("x", i%7) + `":{}`)
	}
	b.WriteString("}}")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := harness.ParseProbes(harness.File{Name: "f.json", Data: []byte(b.String())})
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Fatal("it loads")
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
		t.Errorf("%d bytes were allocated for a file of %d", used, b.Len())
	}
}

// A file that is too large is refused before it is read.
func TestTooLarge(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte("[[[["), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 1<<30); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := harness.LoadPlan(file)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.HasSuffix(err.Error(), "plan.json: is larger than 134217728 bytes; split it") {
		t.Errorf("a file of 1 GiB: %v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes were allocated for a file that is not read", used)
	}
}
