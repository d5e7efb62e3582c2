package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func (f *faulty) renameIn(root *os.Root, from, to string) error {
	return f.step("rename", to, func() error { return f.quiet.renameIn(root, from, to) })
}

func (f *faulty) removeIn(root *os.Root, name string) error {
	return f.step("remove", name, func() error { return f.quiet.removeIn(root, name) })
}

// contents is everything below dir, by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// littered makes an out folder with runs of which two are to go, one with a
// folder in it, and with what killed processes left: a run that was half removed
// and a temporary file.
func littered(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	for _, id := range []string{"half", "old1", "old2", "kept", "last"} {
		if err := produce(disk{}, out, id); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(
		os.Rename(filepath.Join(out, "half"), filepath.Join(out, removedPrefix+"half")),
		os.Remove(filepath.Join(out, removedPrefix+"half", IndexFile)),
		os.Mkdir(filepath.Join(out, "old1", "sub"), 0o755),
		os.WriteFile(filepath.Join(out, "old1", "sub", "file"), []byte("x"), 0o644),
		os.WriteFile(filepath.Join(out, "."+LatestFile+".tmp"), []byte("hal"), 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Stopped at any step, Collect leaves the kept runs as they were and no folder
// that reads as a committed run and is not whole, and the next one ends the work.
func TestEveryStepOfCollectMayFail(t *testing.T) {
	opts := CollectOptions{Keep: 2, Delete: true}
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprintf("crash=%v", crash), func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				out := littered(t)
				before := map[string]map[string]string{}
				for _, id := range []string{"kept", "last"} {
					before[id] = contents(t, filepath.Join(out, id))
				}
				f := &faulty{n: n, crash: crash}
				c, err := collect(context.Background(), f, time.Now, out, opts)
				if f.at < n {
					if err != nil || !c.OK() {
						t.Errorf("no step failed, and yet: %+v, %v", c, err)
					}
					if n < 20 {
						t.Errorf("only %d steps", n-1)
					}
					break
				}
				complain := func(format string, args ...any) {
					t.Helper()
					t.Errorf("step %d (%s): %s", n, f.what, fmt.Sprintf(format, args...))
				}
				if err == nil && c.OK() {
					complain("reported success")
				}
				if b, err := Load(out); err != nil || b.RunID() != "last" {
					complain("Load = %v, %v", b, err)
				}
				whole := func() {
					t.Helper()
					for id, was := range before {
						if is := contents(t, filepath.Join(out, id)); !maps.Equal(was, is) {
							complain("run %s was %q, is %q", id, was, is)
						}
					}
					for _, name := range entryNames(t, out) {
						if v, err := Validate(filepath.Join(out, name)); err == nil && v.Status == IndexOK && !v.OK() {
							complain("%s is committed and not whole: %v", name, v.Findings)
						}
					}
				}
				whole()
				// A run that went is not half there under its own name.
				for _, id := range []string{"old1", "old2"} {
					dir := filepath.Join(out, id)
					if _, err := os.Lstat(dir); err == nil {
						if _, err := Load(dir); err != nil {
							complain("%s is there and is not what it was: %v", id, err)
						}
					}
				}
				if c, err := collect(context.Background(), disk{}, time.Now, out, opts); err != nil || !c.OK() {
					complain("the next one: %+v, %v", c, err)
				}
				whole()
				if got, want := entryNames(t, out), []string{LockFile, LatestFile, "kept", "last"}; !slices.Equal(got, want) {
					complain("after the next one there is %q, want %q", got, want)
				}
			}
		})
	}
}

func entryNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}
