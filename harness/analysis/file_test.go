package analysis_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
)

// A file that cannot be written whole leaves the one before it, and nothing else.
func TestReplaceFile(t *testing.T) {
	file := put(t, "before", t.TempDir(), "ops.json")
	full := errors.New("disk full")
	err := analysis.ReplaceFile(file, func(w io.Writer) error {
		if _, err := io.WriteString(w, "after"); err != nil {
			return err
		}
		return full
	})
	if !errors.Is(err, full) || read(t, file) != "before" {
		t.Errorf("replaceFile = %v, and the file is %q", err, read(t, file))
	}
	if names, err := os.ReadDir(filepath.Dir(file)); err != nil || len(names) != 1 {
		t.Errorf("left behind: %v, %v", names, err)
	}
	write := func(w io.Writer) error {
		_, err := io.WriteString(w, "after")
		return err
	}
	if err := analysis.ReplaceFile(file, write); err != nil || read(t, file) != "after" {
		t.Errorf("replaceFile = %v, and the file is %q", err, read(t, file))
	}
	below := filepath.Join(file, "x", "ops.json")
	if err := analysis.ReplaceFile(below, write); err == nil {
		t.Errorf("%s was written below a file", below)
	}
}

func TestNameIn(t *testing.T) {
	root := t.TempDir()
	outside := filepath.Join(filepath.Dir(root), "elsewhere", "x.json")
	for _, tt := range []struct{ path, want string }{
		{filepath.Join(root, "a", "b.json"), "a/b.json"},
		{filepath.Join("a", "b.json"), "a/b.json"},
		{filepath.Join("..", filepath.Base(root), "b.json"), "b.json"},
		{filepath.Join(root, "..b.json"), "..b.json"},
		{root, "."},
		{outside, filepath.ToSlash(outside)},
		{root + "-2" + string(filepath.Separator) + "b.json", filepath.ToSlash(root + "-2/b.json")},
	} {
		if got, err := analysis.NameIn(root, tt.path); err != nil || got != tt.want {
			t.Errorf("NameIn(%q) = %q, %v, want %q", tt.path, got, err, tt.want)
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := analysis.NameIn("", filepath.Join(dir, "x")); err != nil || got != "x" {
		t.Errorf("from the working directory: %q, %v", got, err)
	}
}
