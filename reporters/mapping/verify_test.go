package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// What is missing, changed or added is found, whatever it is.
func TestVerifyMappings(t *testing.T) {
	g := newGenerations(t)
	at := func(dir, name string) string { return filepath.Join(dir, "m", filepath.FromSlash(name)) }
	must := func(t *testing.T, err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		change func(t *testing.T, dir string)
		code   bundle.FindingCode // empty: they are whole
		file   string
	}{
		"whole":      {change: func(t *testing.T, dir string) {}},
		"no_receipt": {change: func(t *testing.T, dir string) { must(t, os.Remove(at(dir, ReceiptFile))) }},
		"missing":    {func(t *testing.T, dir string) { must(t, os.Remove(at(dir, CoverageFile))) }, bundle.FileMissing, CoverageFile},
		"longer":     {func(t *testing.T, dir string) { edit(t, at(dir, CoverageFile), "{", "{ ") }, bundle.SizeDiffers, CoverageFile},
		"changed":    {func(t *testing.T, dir string) { edit(t, at(dir, CoverageFile), "runtime", "nutrime") }, bundle.DigestDiffers, CoverageFile},
		"trace":      {func(t *testing.T, dir string) { edit(t, at(dir, "runtime_cuts/traces/a_p_in.jsonl"), "allow", "wolla") }, bundle.DigestDiffers, "runtime_cuts/traces/a_p_in.jsonl"},
		"extra":      {func(t *testing.T, dir string) { put(t, "", at(dir, "z")) }, bundle.NotIndexed, "z"},
		"extra_folder": {func(t *testing.T, dir string) {
			must(t, os.MkdirAll(at(dir, "y/z"), 0o755))
		}, bundle.NotIndexed, "y/z/"},
		"symlink": {func(t *testing.T, dir string) {
			must(t, os.Rename(at(dir, CoverageFile), filepath.Join(dir, "c")))
			must(t, os.Symlink("../c", at(dir, CoverageFile)))
		}, bundle.NotRegular, CoverageFile},
		"no_index":  {func(t *testing.T, dir string) { must(t, os.Remove(at(dir, IndexFile))) }, bundle.IndexMissing, IndexFile},
		"bad_index": {func(t *testing.T, dir string) { edit(t, at(dir, IndexFile), SchemaIndex, "rtgen.mapping_index.v9.1") }, bundle.BadIndex, IndexFile},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := g.start(false)
			defer os.RemoveAll(dir)
			must(t, err)
			tt.change(t, dir)
			v, err := VerifyMappings(filepath.Join(dir, "m"))
			must(t, err)
			if tt.code == "" {
				if !v.OK() || len(v.Findings) > 0 || v.Files == 0 {
					t.Errorf("VerifyMappings = %+v", v)
				}
				return
			}
			if v.OK() || len(v.Findings) != 1 || v.Findings[0].Code != tt.code || v.Findings[0].Name != tt.file {
				t.Errorf("VerifyMappings = %+v, want %s of %s", v.Findings, tt.code, tt.file)
			}
		})
	}
	if _, err := VerifyMappings(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("VerifyMappings of nothing = %v", err)
	}
}
