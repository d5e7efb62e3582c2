package landlock_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestLayersHere(t *testing.T) {
	base := needLandlock(t, 1)
	for n := range 17 - base {
		var got int
		var applyErr, err error
		Throwaway(func() {
			for range n {
				if _, applyErr = Apply([]Ruleset{{HandledFS: MakeSym}}); applyErr != nil {
					return
				}
			}
			got, err = LayersHere()
		})
		if applyErr != nil || err != nil || got != base+n {
			t.Errorf("under %d+%d layers: counted %d (%v, %v)", base, n, got, applyErr, err)
		}
	}
	if got, err := Layers(); err != nil || got != base {
		t.Errorf("Layers after counting = %d, %v, want %d as before", got, err, base)
	}
}

// A caller on a restricted thread asks about its process, not its thread.
func TestLayersFromARestrictedThread(t *testing.T) {
	base := needLandlock(t, 1)
	var got int
	var applyErr, err error
	Throwaway(func() {
		if _, applyErr = Apply([]Ruleset{{HandledFS: MakeSym}}); applyErr == nil {
			got, err = Layers()
		}
	})
	if applyErr != nil || err != nil || got != base {
		t.Errorf("Layers from a restricted thread = %d (%v, %v), want %d", got, applyErr, err, base)
	}
}

func TestLayersOfAProcessBornUnderSome(t *testing.T) {
	base := needLandlock(t, 1)
	for _, n := range []int{0, 1, 3} {
		layers := make([]Ruleset, n)
		for i := range layers {
			layers[i] = Ruleset{HandledFS: MakeSym}
		}
		v := born(t, layers, t.TempDir())
		if v.LayersErr != "" || v.Layers != base+n {
			t.Errorf("born under %d+%d layers: counted %d %s", base, n, v.Layers, v.LayersErr)
		}
		if v.CanaryErr != "" {
			t.Errorf("born under %d+%d layers: %s", base, n, v.CanaryErr)
		}
	}
}

func TestCanary(t *testing.T) {
	needLandlock(t, 1)
	dir := t.TempDir()
	if err := Canary(dir); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("canary left %v (%v), want nothing", left, err)
	}
	err := Canary(filepath.Join(dir, "absent"))
	var canary *CanaryError
	if !errors.As(err, &canary) || canary.Half != CanarySetup {
		t.Errorf("Canary in an absent folder = %v, want half %q", err, CanarySetup)
	}
}

// Under a policy that hides its files, the canary proves nothing either way
// and must not call that a denial by its own policy.
func TestCanaryOfAConfinedProcess(t *testing.T) {
	base := needLandlock(t, 1)
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	blind := Ruleset{HandledFS: ReadFile}
	for _, top := range []string{"/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", exe} {
		blind.Paths = append(blind.Paths, PathRule{Parent: top, Access: ReadFile, Optional: true})
	}
	if v := born(t, []Ruleset{blind}, dir); v.Half != CanarySetup {
		t.Errorf("blinded: half %q (%s), want %q", v.Half, v.CanaryErr, CanarySetup)
	}
	full := make([]Ruleset, 16-base)
	for i := range full {
		full[i] = Ruleset{HandledFS: MakeSym}
	}
	if v := born(t, full, dir); v.Half != CanaryApply || v.Layers != 16 {
		t.Errorf("under %d layers: half %q (%s), want %q", v.Layers, v.Half, v.CanaryErr, CanaryApply)
	}
}

func TestCanaryConclusions(t *testing.T) {
	boom := fmt.Errorf("boom")
	for _, c := range []struct {
		name string
		seen [5]error
		half CanaryHalf // empty: no error
		is   error
	}{
		{"works", [5]error{4: unix.EACCES}, "", nil},
		{"granted unreadable", [5]error{0: unix.EACCES, 4: unix.EACCES}, CanarySetup, unix.EACCES},
		{"withheld unreadable", [5]error{1: unix.EACCES, 4: unix.EACCES}, CanarySetup, unix.EACCES},
		{"not applied", [5]error{2: boom}, CanaryApply, boom},
		{"denies everything", [5]error{3: unix.EACCES, 4: unix.EACCES}, CanaryAllow, unix.EACCES},
		{"enforces nothing", [5]error{}, CanaryDeny, nil},
		{"fails otherwise", [5]error{4: unix.ENOENT}, CanaryDeny, unix.ENOENT},
		{"wrong denial", [5]error{4: unix.EPERM}, CanaryDeny, unix.EPERM},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Sightings(c.seen[0], c.seen[1], c.seen[2], c.seen[3], c.seen[4])
			var got *CanaryError
			if c.half == "" {
				if err != nil {
					t.Errorf("judged %v, want nil", err)
				}
				return
			}
			if !errors.As(err, &got) || got.Half != c.half || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("judged %v, want half %q with %v", err, c.half, c.is)
			}
		})
	}
}
