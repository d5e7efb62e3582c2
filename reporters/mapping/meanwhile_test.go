package mapping

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// A bundle that is no longer what passed the gate makes no mappings.
func TestBundleMeanwhile(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, run string)
		says   string
	}{
		"bytes": {func(t *testing.T, run string) {
			edit(t, filepath.Join(run, artifact.RuntimeEventsFile), "\n", " ")
		}, "sha256"},
		"longer": {func(t *testing.T, run string) {
			edit(t, filepath.Join(run, artifact.RuntimeEventsFile), `]`, "]\n")
		}, "has more"},
		"events_gone": {func(t *testing.T, run string) {
			if err := os.Remove(filepath.Join(run, artifact.RuntimeEventsFile)); err != nil {
				t.Fatal(err)
			}
		}, artifact.RuntimeEventsFile},
		"run_gone": {func(t *testing.T, run string) {
			if err := os.RemoveAll(run); err != nil {
				t.Fatal(err)
			}
		}, "b-run"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGenerations(t)
			dir, err := g.start(false)
			defer os.RemoveAll(dir)
			if err != nil {
				t.Fatal(err)
			}
			o := g.second(dir)
			o.Receipted = func(*Promotion) { tt.change(t, filepath.Join(g.w.root, "b", "b-run")) }
			p, err := promote(quiet{}, o)
			if err == nil || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") || p.Index != nil {
				t.Errorf("promote = %+v, %v, want an error that says %q", p, err, tt.says)
			}
			if n, err := g.reader(dir, false); err != nil || n != 1 {
				t.Errorf("%d packets, %v", n, err)
			}
			entries, _ := os.ReadDir(dir)
			if len(entries) != 2 {
				t.Errorf("beside the mappings are %v", entries)
			}
		})
	}
}

// What is found of mappings that go while they are read is not said of those that
// take their place; nor are they called broken that go each time.
func TestVerifyNeverStill(t *testing.T) {
	g := newGenerations(t)
	place, broken := filepath.Join(t.TempDir(), "m"), filepath.Join(t.TempDir(), "m")
	for _, dir := range []string{place, broken} {
		if err := os.CopyFS(dir, os.DirFS(g.kept)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(broken, CoverageFile)); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		swaps int
		first string
		ok    bool
		says  string
	}{"still": {0, place, true, ""}, "broken": {0, broken, false, ""}, "once": {1, broken, true, ""}, "always": {9, broken, false, "try again"}} {
		t.Run(name, func(t *testing.T) {
			dir, n := filepath.Join(t.TempDir(), "link"), 0
			lead := func(to string) {
				_ = os.Remove(dir)
				if err := os.Symlink(to, dir); err != nil {
					t.Skip(err)
				}
			}
			lead(tt.first)
			v, err := verifyStill(dir, func(dir string) (*Verification, fs.FileInfo, error) {
				v, info, err := verifyOnce(dir)
				if tt.swaps == 9 { // the same findings, of a folder that goes
					info, _ = os.Stat(place)
				} else if n < tt.swaps {
					lead(place)
				}
				n++
				return v, info, err
			})
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("verifyStill = %+v, %v, want an error that says %q", v, err, tt.says)
				}
			} else if err != nil || v.OK() != tt.ok || n != tt.swaps+1 {
				t.Errorf("verifyStill = %+v, %v after %d readings", v, err, n)
			}
		})
	}
}
