package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rtgen/rtgen/harness"
)

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "-",
		"${home}/a b":             "${home}/a b",
		"é 日本 😀":                  "é 日本 😀",
		"a\tb":                    `"a\tb"`,
		"two\nlines":              `"two\nlines"`,
		"\x1b[2J":                 `"\x1b[2J"`,
		"\u202egnp.exe":           `"\u202egnp.exe"`,
		"bad \xff":                `"bad \xff"`,
		`"quoted" and \backslash`: `"quoted" and \backslash`,
	} {
		if got := cell(text); got != want {
			t.Errorf("cell(%q) is %s, want %s", text, got, want)
		}
	}
}

// What a person sees of plan data on a terminal. Each archive holds the files of
// a root and the tables wanted of it.
func TestListingTables(t *testing.T) {
	archives, err := filepath.Glob("testdata/listing/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Setenv("RTGEN_ROOT", "")
			t.Setenv("RTGEN_REGISTRIES", "")
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src := harness.Source{Root: t.TempDir()}
			wanted := 0
			for i := range ar.Files {
				f := &ar.Files[i]
				if !strings.HasPrefix(f.Name, "want ") {
					name := filepath.Join(src.Root, filepath.FromSlash(f.Name))
					if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(name, f.Data, 0o644); err != nil {
						t.Fatal(err)
					}
					continue
				}
				wanted++
				got := listingTable(t, src, strings.Fields(f.Name)[1:])
				if *update {
					f.Data = []byte(got)
				} else if d := cmp.Diff(string(f.Data), got); d != "" {
					t.Errorf("%s (-want +got), go test -update rewrites it:\n%s", f.Name, d)
				}
			}
			if wanted == 0 {
				t.Error("it wants nothing")
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// listingTable is the table of a command, with the id it is asked for.
func listingTable(t *testing.T, src harness.Source, args []string) string {
	t.Helper()
	var out bytes.Buffer
	err := func() error {
		switch args[0] {
		case "list-plans":
			list, err := src.ListPlans()
			if err != nil {
				return err
			}
			return printPlans(&out, list)
		case "list-registries":
			list, err := src.ListRegistries()
			if err != nil {
				return err
			}
			return printRegistries(&out, list)
		case "describe-plan":
			d, err := src.DescribePlan(filepath.Join(src.Root, args[1]))
			if err != nil {
				return err
			}
			return printPlan(&out, d)
		}
		r, err := src.Registry(args[1])
		if err != nil {
			return err
		}
		switch args[0] {
		case "list-probes":
			return printProbes(&out, r.Probes)
		case "list-profiles":
			return printProfiles(&out, r.Profiles)
		case "describe-probe":
			p, err := r.ResolveProbe(args[2])
			if err != nil {
				return err
			}
			return printProbe(&out, r, p)
		case "describe-profile":
			p, err := r.ResolveProfile(args[2])
			if err != nil {
				return err
			}
			return printProfile(&out, r, p)
		}
		t.Fatalf("nothing makes %q", args)
		return nil
	}()
	if err != nil {
		t.Fatal(err)
	}
	// It changes with every field that compiled plans get.
	return compiledDigest.ReplaceAllString(out.String(), "${1}DIGEST")
}

var compiledDigest = regexp.MustCompile(`(?m)^(compiled digest +)[0-9a-f]{64}$`)
