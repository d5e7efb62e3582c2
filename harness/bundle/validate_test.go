package bundle_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/bundle"
)

func codes(findings []bundle.Finding) []bundle.FindingCode {
	var out []bundle.FindingCode
	for _, f := range findings {
		out = append(out, f.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func remove(t testing.TB, path ...string) {
	t.Helper()
	if err := os.Remove(filepath.Join(path...)); err != nil {
		t.Fatal(err)
	}
}

func TestValidateListsEverything(t *testing.T) {
	dir := newRun("r1").write(t, t.TempDir())
	remove(t, dir, "expected_matrix.json")
	put(t, "x", dir, "runtime_results.json")
	replaceIn(t, "of", "fo", dir, "baseline_results.json")
	v, err := bundle.Validate(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []bundle.FindingCode{bundle.DigestDiffers, bundle.FileMissing, bundle.SizeDiffers}
	if diff := cmp.Diff(want, codes(v.Findings)); diff != "" || len(v.Findings) != 3 {
		t.Errorf("findings %v (-want +got):\n%s", v.Findings, diff)
	}
}

func TestCouldNotCheckIsNotBadEvidence(t *testing.T) {
	empty := t.TempDir()
	file := filepath.Join(empty, "file")
	put(t, "", file)
	for path, want := range map[string]error{
		filepath.Join(empty, "nothing"): fs.ErrNotExist,
		empty:                           fs.ErrNotExist,
		file:                            nil,
	} {
		_, err := bundle.Load(path)
		var bad *bundle.IntegrityError
		if err == nil || errors.As(err, &bad) || want != nil && !errors.Is(err, want) {
			t.Errorf("Load(%s) = %v, want an error that is no *IntegrityError", path, err)
		}
		if _, err := bundle.Validate(path); err == nil {
			t.Errorf("Validate(%s) gave no error", path)
		}
	}
}

func TestBundlesMayMove(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	newRun("r1").write(t, out)
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.CopyFS(moved, os.DirFS(out)); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Load(moved); err != nil {
		t.Error(err)
	}
	alone := filepath.Join(t.TempDir(), "renamed")
	if err := os.Rename(filepath.Join(moved, "r1"), alone); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Load(alone)
	if err != nil || b.RunID() != "r1" {
		t.Errorf("Load = %v, %v", b, err)
	}
}

func TestBundleRead(t *testing.T) {
	dir := newRun("r1").write(t, t.TempDir())
	b, err := bundle.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range b.Names() {
		if got, err := b.Read(name); err != nil || string(got) != read(t, dir, name) {
			t.Errorf("Read(%s) = %q, %v", name, got, err)
		}
	}
	if _, err := b.Read("../LATEST"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read outside = %v", err)
	}
	// The bytes that are handed out are those that were hashed, not those
	// that were there when the bundle was loaded.
	replaceIn(t, "of", "fo", dir, "runtime_results.json")
	var bad *bundle.IntegrityError
	if data, err := b.Read("runtime_results.json"); !errors.As(err, &bad) || data != nil {
		t.Errorf("Read of a changed file = %q, %v, want an *IntegrityError", data, err)
	}
}

func TestOpenUnverified(t *testing.T) {
	out := t.TempDir()
	dir := newRun("r1").write(t, out)
	put(t, "changed", dir, "runtime_results.json")
	u, err := bundle.OpenUnverified(out)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := u.Read("runtime_results.json"); err != nil || string(got) != "changed" {
		t.Errorf("Read = %q, %v", got, err)
	}
	for _, name := range []string{"../LATEST", "/etc/passwd", "", "."} {
		if got, err := u.Read(name); err == nil {
			t.Errorf("Read(%q) = %q, want an error", name, got)
		}
	}
}

func TestReferenceBundlesLoad(t *testing.T) {
	root := referenceBundles(t)
	runs, err := filepath.Glob(filepath.Join(root, "*", "*", bundle.IndexFile))
	if err != nil || len(runs) < 4 {
		t.Fatalf("real bundles: %q, %v", runs, err)
	}
	for _, index := range runs {
		dir := filepath.Dir(index)
		b, err := bundle.Load(dir)
		if err != nil {
			t.Error(err)
			continue
		}
		if b.RunID() != filepath.Base(dir) || b.Manifest == nil || b.Summary == nil || len(b.Warnings) > 0 {
			t.Errorf("%s: run %s, manifest %v, warnings %v", dir, b.RunID(), b.Manifest != nil, b.Warnings)
		}
		if v, err := bundle.ValidateDeep(dir); err != nil || len(v.Findings) > 0 {
			t.Errorf("ValidateDeep = %+v, %v", v, err)
		}
	}
	if b, err := bundle.Load(filepath.Join(root, "mach-name-equivalence")); err != nil || b.RunID() != "775d1303-74cf-403c-85a4-fd80cc02edde" {
		t.Errorf("Load through LATEST = %v, %v", b, err)
	}
}
