package mapping

import (
	"errors"
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

// Mappings that are replaced whenever they are read are not called broken.
func TestVerifyNeverStill(t *testing.T) {
	g := newGenerations(t)
	dir, err := g.start(false)
	defer os.RemoveAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	place, spare := filepath.Join(dir, "m"), filepath.Join(dir, "spare")
	if err := os.CopyFS(spare, os.DirFS(g.kept)); err != nil {
		t.Fatal(err)
	}
	for _, half := range []string{place, spare} {
		if err := os.Remove(filepath.Join(half, CoverageFile)); err != nil {
			t.Fatal(err)
		}
	}
	if err := exchange(place, spare); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if err := exchange(place, spare); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
	defer func() { close(stop); <-done }()
	for range 1000 { // one of eight finds another folder three times
		if _, err := VerifyMappings(place); err != nil {
			if !strings.Contains(err.Error(), "try again") {
				t.Error(err)
			}
			return
		}
	}
	t.Error("the folder under it was another each time, and it was called broken")
}
