package sbpl

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// seed is a profile of testdata with some of the questions about it.
type seed struct {
	text      string
	Questions []struct {
		Operation, Target, Syscall string
		FilterName                 string `json:"filter_name"`
	}
}

// seeds are for fuzz tests, which learn from them what profiles look like. Of
// the questions they have a few: every run of the tests asks them all.
func seeds(tb testing.TB) []seed {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "profiles", "*.sb"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no profiles: %v", err)
	}
	all := make([]seed, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		data, err := os.ReadFile(strings.TrimSuffix(file, ".sb") + ".json")
		if err != nil {
			tb.Fatal(err)
		}
		if err := json.Unmarshal(data, &all[i]); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		some := all[i].Questions[:0]
		for j := 0; j < len(all[i].Questions); j += 12 {
			some = append(some, all[i].Questions[j])
		}
		all[i].text, all[i].Questions = string(text), some
	}
	return all
}
