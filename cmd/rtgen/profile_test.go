package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rtgen/rtgen/harness"
)

var update = flag.Bool("update", false, "rewrite what testdata/profile wants")

// What a person sees of a profile on a terminal. Each archive holds texts, a
// layer each in their order, and the tables wanted, for a kernel of ABI 7.
func TestProfileTables(t *testing.T) {
	archives, err := filepath.Glob("testdata/profile/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			policy := new(harness.CompiledPolicy)
			for i := range ar.Files {
				switch f := &ar.Files[i]; {
				case strings.HasPrefix(f.Name, "want-"):
					got := profileTable(t, f.Name, policy)
					if *update {
						f.Data = []byte(got)
					} else if d := cmp.Diff(string(f.Data), got); d != "" {
						t.Errorf("%s (-want +got), go test -update rewrites it:\n%s", f.Name, d)
					}
				case policy.Path == "":
					policy.Path, policy.Mode, policy.Text = f.Name, harness.ModeLandlock, string(f.Data)
				default:
					text := harness.CompiledText{Path: f.Name, Text: string(f.Data)}
					policy.Layers = append(policy.Layers, harness.CompiledLayer{Texts: []harness.CompiledText{text}})
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func profileTable(t *testing.T, name string, policy *harness.CompiledPolicy) string {
	t.Helper()
	const abi = 7
	var out bytes.Buffer
	switch name {
	case "want-lint":
		list, err := harness.LintPolicy(policy, abi)
		if err != nil {
			t.Fatal(err)
		}
		if err := printFindings(&out, list); err != nil {
			t.Fatal(err)
		}
	case "want-explain":
		e, err := harness.ExplainPolicy(policy, abi)
		if err != nil {
			t.Fatal(err)
		}
		if err := printExplanation(&out, e); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("nothing makes %s", name)
	}
	return out.String()
}
