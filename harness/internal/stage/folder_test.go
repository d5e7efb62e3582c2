package stage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/stage"
)

var mine = []string{"a", "b"}

// fill makes a folder of files.
func fill(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// holds compares the names in a folder, and what its file a says.
func holds(t *testing.T, dir, a string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "a")); string(text) != a {
		t.Errorf("%s/a holds %q, want %q", dir, text, a)
	}
}

// A folder is what it was until Commit, and all that is new after it.
func TestFolder(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before map[string]string // nil: nothing is there
	}{
		{"nothing_there", nil}, {"empty", map[string]string{}}, {"earlier_run", map[string]string{"a": "old", "b": "old"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			place := filepath.Join(parent, "deep", "out")
			if tt.before != nil {
				fill(t, place, tt.before)
				if err := os.Chmod(place, 0o750); err != nil {
					t.Fatal(err)
				}
			}
			f, err := stage.NewFolder(place, mine)
			if err != nil {
				t.Fatal(err)
			}
			fill(t, f.Dir, map[string]string{"a": "new"})
			fill(t, f.Work, map[string]string{"b": "of no interest"})
			if tt.before["a"] != "" {
				holds(t, place, "old", "a", "b")
			}
			if err := f.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			holds(t, place, "new", "a")
			holds(t, filepath.Dir(place), "", "out")
			if info, err := os.Stat(place); err != nil || tt.before != nil && info.Mode().Perm() != 0o750 {
				t.Errorf("mode %v, %v, want what it was", info.Mode(), err)
			}
		})
	}
}

// What is given up leaves nothing behind.
func TestFolderClosed(t *testing.T) {
	parent := t.TempDir()
	place := filepath.Join(parent, "out")
	fill(t, place, map[string]string{"a": "old"})
	f, err := stage.NewFolder(place, mine)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, f.Dir, map[string]string{"a": "new"})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	holds(t, place, "old", "a")
	holds(t, parent, "", "out")
}

// A link to a folder is followed, and stays.
func TestFolderThroughLink(t *testing.T) {
	parent := t.TempDir()
	place, link := filepath.Join(parent, "real", "out"), filepath.Join(parent, "link")
	fill(t, place, map[string]string{"a": "old"})
	if err := os.Symlink(place, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	f, err := stage.NewFolder(link, mine)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fill(t, f.Dir, map[string]string{"a": "new"})
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	holds(t, place, "new", "a")
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() || info.IsDir() {
		t.Errorf("the link is %v, %v", info, err)
	}
}

// What is not ours is refused, and nothing is touched.
func TestFolderRefused(t *testing.T) {
	parent := t.TempDir()
	fill(t, parent, map[string]string{"file": ""})
	fill(t, filepath.Join(parent, "others"), map[string]string{"a": "old", "notes.txt": "", "x": ""})
	fill(t, filepath.Join(parent, "here"), nil)
	t.Chdir(filepath.Join(parent, "here"))
	for place, want := range map[string]string{
		"../file": "not a folder", "../others": "holds notes.txt, x, and an out folder is replaced as a whole", ".": "is the working folder",
	} {
		f, err := stage.NewFolder(place, mine)
		var refused *stage.RefusedError
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("NewFolder(%q) = %v, %v, want a *RefusedError with %q", place, f, err, want)
		}
	}
	holds(t, parent, "", "file", "here", "others")
}

// What a killed process left for a place goes; what another still fills, and what
// only has such a name, stays.
func TestNewFolderRemovesDead(t *testing.T) {
	parent := t.TempDir()
	place := filepath.Join(parent, "out")
	fill(t, filepath.Join(parent, ".out.rtgen-1"), map[string]string{"held": "", "new": ""})
	fill(t, filepath.Join(parent, ".out.rtgen-2"), map[string]string{"new": ""})
	fill(t, filepath.Join(parent, ".other.rtgen-1"), map[string]string{"held": ""})
	living, err := stage.NewFolder(place, mine)
	if err != nil {
		t.Fatal(err)
	}
	next, err := stage.NewFolder(place, mine)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, living.Dir, map[string]string{"a": "new"})
	if err := errors.Join(next.Close(), living.Commit(), living.Close()); err != nil {
		t.Fatal(err)
	}
	holds(t, place, "new", "a")
	holds(t, parent, "", ".other.rtgen-1", ".out.rtgen-2", "out")
}

// What somebody puts into the old folder meanwhile is not lost with it.
func TestFolderStranger(t *testing.T) {
	place := filepath.Join(t.TempDir(), "out")
	fill(t, place, map[string]string{"a": "old"})
	f, err := stage.NewFolder(place, mine)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, f.Dir, map[string]string{"a": "new"})
	fill(t, place, map[string]string{"notes.txt": "mine"})
	var refused *stage.RefusedError
	if err := f.Commit(); !errors.As(err, &refused) || !strings.Contains(err.Error(), "holds notes.txt") {
		t.Errorf("Commit = %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	holds(t, place, "old", "a", "notes.txt")
	holds(t, filepath.Dir(place), "", "out")
}

// What a killed process had taken from its place gets its name back before its
// folder goes, and after that the folder is replaced like any other.
func TestNewFolderRestores(t *testing.T) {
	parent := t.TempDir()
	place := filepath.Join(parent, "out")
	dead := filepath.Join(parent, ".out.rtgen-1")
	fill(t, dead, map[string]string{"held": "", "new": ""})
	fill(t, filepath.Join(dead, "old"), map[string]string{"a": "old"})
	f, err := stage.NewFolder(place, mine)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	holds(t, place, "old", "a")
	holds(t, parent, "", "out")
}
