package stage

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Where folders cannot be exchanged, whichever of the renames fail, the old folder
// is at its place or where the error says.
func TestFolderReplaceFails(t *testing.T) {
	for name, fails := range map[string][]int{"none": nil, "first": {1}, "second": {2}, "second_and_back": {2, 3}} {
		t.Run(name, func(t *testing.T) {
			place := filepath.Join(t.TempDir(), "out")
			put := func(dir, text string) {
				err := os.MkdirAll(dir, 0o755)
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, "a"), []byte(text), 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			put(place, "old")
			f, err := NewFolder(place, []string{"a"})
			if err != nil {
				t.Fatal(err)
			}
			put(f.Dir, "new")
			f.exchange = func(string, string) error { return errors.ErrUnsupported }
			n := 0
			f.rename = func(from, to string) error {
				n++
				for _, at := range fails {
					if at == n {
						return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.EIO}
					}
				}
				return os.Rename(from, to)
			}
			err = f.Commit()
			if errors.Is(err, syscall.EIO) != (fails != nil) {
				t.Errorf("Commit = %v", err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			want, at := "old", place
			switch name {
			case "none":
				want = "new"
			case "second_and_back":
				at = filepath.Join(f.temp, "old")
				if !strings.Contains(err.Error(), at) {
					t.Errorf("the error does not name %s: %v", at, err)
				}
			}
			if text, err := os.ReadFile(filepath.Join(at, "a")); string(text) != want {
				t.Errorf("%s holds %q, %v, want %q", at, text, err, want)
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(place), ".*")); (len(left) > 0) != (at != place) {
				t.Errorf("left %q", left)
			}
		})
	}
}
