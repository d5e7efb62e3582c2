package stage_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/stage"
)

// contents is every file below a folder by its path, and every empty folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			all[name+"/"] = ""
			return nil
		}
		data, err := os.ReadFile(path)
		all[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func at(dir string, texts ...string) []stage.File {
	var files []stage.File
	for _, text := range texts {
		name, data, _ := strings.Cut(text, "=")
		files = append(files, stage.File{Path: filepath.Join(dir, name), Name: name, Data: []byte(data)})
	}
	return files
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "old"), []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := stage.Write(at(dir, "new/deep/a=1", "old=2", "new/b=")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"new/": "", "new/deep/": "", "new/deep/a": "1", "old": "2", "new/b": ""}
	if d := cmp.Diff(want, contents(t, dir)); d != "" {
		t.Errorf("folder (-want +got):\n%s", d)
	}
	if info, err := os.Stat(filepath.Join(dir, "old")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file that was there has mode %v, %v", info.Mode(), err)
	}
}

// A file that cannot be written leaves the others as they were, and no folder.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"old", "file"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := contents(t, dir)
	err := stage.Write(at(dir, "old=after", "new/deep/a=1", "file/b=2"))
	if err == nil || !strings.HasSuffix(err.Error(), "not a directory; choose an out folder that can be written") {
		t.Errorf("Write = %v", err)
	}
	if d := cmp.Diff(before, contents(t, dir)); d != "" {
		t.Errorf("folder (-before +after):\n%s", d)
	}
}

// The first file takes its name last: it may name the others.
func TestWriteOrder(t *testing.T) {
	dir := t.TempDir()
	// The last file's place is a folder that is not empty, which a file cannot
	// replace: renaming starts there.
	if err := os.MkdirAll(filepath.Join(dir, "c", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := stage.Write(at(dir, "a=1", "b=2", "c=3")); err == nil {
		t.Fatal("a folder was replaced")
	}
	if d := cmp.Diff(map[string]string{"c/": "", "c/x/": ""}, contents(t, dir)); d != "" {
		t.Errorf("folder (-want +got):\n%s", d)
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"there", "too"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("there", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		files     []stage.File
		overwrite bool
		want      string
	}{
		{"nothing there", at(dir, "a", "b/c"), false, ""},
		{"there", at(dir, "there", "a", "too"), false, "there, too: there already; --overwrite replaces what is there, or choose another out folder"},
		{"overwrite", at(dir, "there", "too"), true, ""},
		{"folder", at(dir, "folder"), true, "folder: a folder is where the file goes; remove it, or choose another out folder"},
		{"link", at(dir, "link"), true, "link: no regular file is where the file goes (L---------); remove it, or choose another out folder"},
		{"one in another", at(dir, "a", "a/b"), true, "a would be a file, and a folder for a/b; give one another name"},
		{"all at once", at(dir, "folder", "there"), false, "folder: a folder is where the file goes; remove it, or choose another out folder\n" +
			"there: there already; --overwrite replaces what is there, or choose another out folder"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := stage.Check(tt.files, tt.overwrite)
			got := ""
			if err != nil {
				got = err.Error()
			}
			var refused *stage.RefusedError
			if got != tt.want || err != nil && !errors.As(err, &refused) {
				t.Errorf("Check = %v, want %s", err, tt.want)
			}
		})
	}
	if err := stage.Check(at(dir, "there/x"), true); err == nil || errors.As(err, new(*stage.RefusedError)) {
		t.Errorf("below a file: %v", err)
	}
}

// Replace leaves what was there unless all of the new is written.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := stage.Replace(file, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, errors.New("no more"))
	})
	if err == nil || !strings.Contains(err.Error(), "no more") {
		t.Errorf("Replace = %v", err)
	}
	if d := cmp.Diff(map[string]string{"f": "before"}, contents(t, dir)); d != "" {
		t.Errorf("folder (-want +got):\n%s", d)
	}
	err = stage.Replace(file, func(w io.Writer) error {
		_, err := io.WriteString(w, "after")
		return err
	})
	if d := cmp.Diff(map[string]string{"f": "after"}, contents(t, dir)); err != nil || d != "" {
		t.Errorf("Replace = %v, folder (-want +got):\n%s", err, d)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want what it was", info.Mode(), err)
	}
	if err := stage.Replace(filepath.Join(dir, "none", "f"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a folder was made")
	}
}
