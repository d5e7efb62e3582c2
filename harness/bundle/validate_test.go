package bundle_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

func TestValidateFindings(t *testing.T) {
	const victim = "runtime_results.json"
	entry := `"path": "out/r1/` + victim + `"`
	repath := func(to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			replaceIn(t, entry, `"path": "`+to+`"`, dir, bundle.IndexFile)
		}
	}
	inStatus := func(old, new string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			replaceIn(t, old, new, dir, bundle.StatusFile)
			sealAnew(t, dir)
		}
	}
	type want = []bundle.FindingCode
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   want
	}{
		{"whole", func(*testing.T, string) {}, nil},
		{"byte_changed", func(t *testing.T, dir string) { replaceIn(t, "of", "fo", dir, victim) }, want{bundle.DigestDiffers}},
		{"byte_added", func(t *testing.T, dir string) { put(t, read(t, dir, victim)+"\n", dir, victim) }, want{bundle.SizeDiffers}},
		{"cut_short", func(t *testing.T, dir string) { put(t, "{", dir, victim) }, want{bundle.SizeDiffers}},
		{"file_gone", func(t *testing.T, dir string) { remove(t, dir, victim) }, want{bundle.FileMissing}},
		{"symlink", func(t *testing.T, dir string) {
			elsewhere := filepath.Join(t.TempDir(), "same")
			put(t, read(t, dir, victim), elsewhere)
			remove(t, dir, victim)
			if err := os.Symlink(elsewhere, filepath.Join(dir, victim)); err != nil {
				t.Fatal(err)
			}
		}, want{bundle.NotRegular}},
		{"symlink_inside", func(t *testing.T, dir string) {
			put(t, read(t, dir, victim), dir, "kept")
			remove(t, dir, victim)
			if err := os.Symlink("kept", filepath.Join(dir, victim)); err != nil {
				t.Fatal(err)
			}
		}, want{bundle.NotIndexed, bundle.NotRegular}},
		{"folder", func(t *testing.T, dir string) {
			remove(t, dir, victim)
			if err := os.Mkdir(filepath.Join(dir, victim), 0o755); err != nil {
				t.Fatal(err)
			}
		}, want{bundle.NotRegular}},
		{"through_symlinked_folder", func(t *testing.T, dir string) {
			if err := os.Symlink(".", filepath.Join(dir, "sub")); err != nil {
				t.Fatal(err)
			}
			repath("out/r1/sub/"+victim)(t, dir)
		}, want{bundle.NotIndexed, bundle.NotRegular}},
		{"stranger", func(t *testing.T, dir string) { put(t, "", dir, "notes.txt") }, want{bundle.NotIndexed}},

		{"path_absolute", repath("/out/r1/" + victim), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_dotdot", repath("out/r1/../r1/" + victim), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_out_of_run", repath("out/r1/../../etc/passwd"), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_other_run", repath("out/r2/" + victim), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_of_run_folder", repath("out/r1"), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_empty", repath(""), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_backslash", repath(`out\\r1\\` + victim), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_double_slash", repath("out//r1/" + victim), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_of_index", repath("out/r1/" + bundle.IndexFile), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_nul", repath(`out/r1/x\u0000`), want{bundle.BadPath, bundle.NotIndexed}},
		{"path_bare_name", repath(victim), nil},
		{"path_of_another_place", repath("book/evidence/out/r1/" + victim), nil},
		{"duplicate", repath("elsewhere/r1/baseline_results.json"), want{bundle.Duplicate, bundle.NotIndexed, bundle.SizeDiffers}},
		{"duplicate_by_case", repath("out/r1/Baseline_Results.json"), want{bundle.Duplicate, bundle.FileMissing, bundle.NotIndexed}},

		{"no_digest", func(t *testing.T, dir string) {
			replaceIn(t, `"sha256": "`+bundle.DigestOf([]byte(read(t, dir, victim))).String()+`"`, `"sha256": null`, dir, bundle.IndexFile)
		}, want{bundle.BadDigest}},
		{"digest_key_absent", func(t *testing.T, dir string) { replaceIn(t, `"sha256"`, `"sha512"`, dir, bundle.IndexFile) }, want{bundle.BadDigest}},
		{"digest_upper_case", func(t *testing.T, dir string) {
			sum := bundle.DigestOf([]byte(read(t, dir, victim))).String()
			replaceIn(t, sum, strings.ToUpper(sum), dir, bundle.IndexFile)
		}, want{bundle.BadDigest}},
		{"no_size", func(t *testing.T, dir string) { replaceIn(t, `"file_size"`, `"size"`, dir, bundle.IndexFile) }, want{bundle.BadSize}},
		{"negative_size", func(t *testing.T, dir string) { replaceIn(t, `"file_size": `, `"file_size": -`, dir, bundle.IndexFile) }, want{bundle.BadSize}},
		{"huge_size", func(t *testing.T, dir string) {
			replaceIn(t, `"file_size": `, `"file_size": 99999999999`, dir, bundle.IndexFile)
		}, want{bundle.BadSize}},

		{"index_gone", func(t *testing.T, dir string) { remove(t, dir, bundle.IndexFile) }, want{bundle.IndexMissing}},
		{"index_torn", func(t *testing.T, dir string) { put(t, `{"schema_version": "runtime`, dir, bundle.IndexFile) }, want{bundle.BadIndex}},
		{"index_empty", func(t *testing.T, dir string) { put(t, "", dir, bundle.IndexFile) }, want{bundle.BadIndex}},
		{"index_without_artifacts", func(t *testing.T, dir string) {
			replaceIn(t, `"artifacts"`, `"artefacts"`, dir, bundle.IndexFile)
		}, want{bundle.BadIndex}},
		{"index_key_twice", func(t *testing.T, dir string) {
			replaceIn(t, `"missing": []`, `"missing": [], "status": "failed"`, dir, bundle.IndexFile)
		}, want{bundle.BadIndex}},
		{"index_key_twice_by_case", func(t *testing.T, dir string) {
			replaceIn(t, `"missing": []`, `"missing": [], "Status": "failed"`, dir, bundle.IndexFile)
		}, want{bundle.BadIndex}},
		{"index_trailing_data", func(t *testing.T, dir string) { put(t, read(t, dir, bundle.IndexFile)+"{}", dir, bundle.IndexFile) }, want{bundle.BadIndex}},
		{"index_symlink", func(t *testing.T, dir string) {
			if err := errors.Join(os.Rename(filepath.Join(dir, bundle.IndexFile), filepath.Join(dir, "kept")), os.Symlink("kept", filepath.Join(dir, bundle.IndexFile))); err != nil {
				t.Fatal(err)
			}
		}, want{bundle.BadIndex}},
		{"index_major", func(t *testing.T, dir string) {
			replaceIn(t, "artifact_index.v0.1", "artifact_index.v1.0", dir, bundle.IndexFile)
		}, want{bundle.BadIndex}},
		{"index_newer_minor", func(t *testing.T, dir string) {
			replaceIn(t, "artifact_index.v0.1", "artifact_index.v0.7", dir, bundle.IndexFile)
		}, nil},
		{"index_older_family", func(t *testing.T, dir string) {
			replaceIn(t, "runtime-tools.artifact_index", "hardened-runtime.artifact_index", dir, bundle.IndexFile)
		}, nil},
		{"index_other_document", func(t *testing.T, dir string) {
			replaceIn(t, "artifact_index.v", "run_status.v", dir, bundle.IndexFile)
		}, want{bundle.BadIndex}},
		{"index_unknown_status", func(t *testing.T, dir string) {
			replaceIn(t, `"status": "ok"`, `"status": "fine"`, dir, bundle.IndexFile)
		}, want{bundle.BadIndex}},
		{"index_lists_missing", func(t *testing.T, dir string) {
			replaceIn(t, `"missing": []`, `"missing": ["out/r1/fixtures.json"]`, dir, bundle.IndexFile)
		}, want{bundle.ListedMissing}},
		{"index_of_another_run", func(t *testing.T, dir string) {
			replaceIn(t, "r1", "r2", dir, bundle.IndexFile)
		}, want{bundle.IDDiffers}},
		{"entry_major", func(t *testing.T, dir string) { replaceIn(t, "summary.v0.1", "summary.v2.0", dir, bundle.IndexFile) }, want{bundle.BadSchema}},

		{"status_in_progress", inStatus(`"complete"`, `"in_progress"`), want{bundle.BadState}},
		{"status_failed", inStatus(`"complete"`, `"failed"`), want{bundle.BadState}},
		{"status_unknown", inStatus(`"complete"`, `"done"`), want{bundle.BadState}},
		{"status_other_world", inStatus(linuxWorld, macWorld), want{bundle.IDDiffers}},
		{"status_other_plan", inStatus(`abab`, `cdcd`), want{bundle.IDDiffers}},
		{"status_no_document", inStatus(`"writer_pid": `, `"writer_pid": "x`), want{bundle.BadDocument}},
		{"status_major", inStatus("run_status.v0.1", "run_status.v9.1"), want{bundle.BadDocument}},
		{"status_not_indexed", func(t *testing.T, dir string) {
			replaceIn(t, "out/r1/run_status.json", "out/r1/baseline.md", dir, bundle.IndexFile)
		}, want{bundle.FileMissing, bundle.NotIndexed}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			dir := newRun("r1").write(t, out)
			tt.damage(t, dir)
			v, err := bundle.Validate(dir)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, codes(v.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s%v", diff, v.Findings)
			}
			faults := slices.DeleteFunc(slices.Clone(tt.want), func(c bundle.FindingCode) bool { return c == bundle.NotIndexed })
			if v.OK() != (len(faults) == 0) {
				t.Errorf("OK = %v with %v", v.OK(), v.Findings)
			}
			b, err := bundle.Load(dir)
			var bad *bundle.IntegrityError
			switch {
			case len(faults) == 0 && err != nil:
				t.Errorf("Load = %v", err)
			case len(faults) > 0 && !errors.As(err, &bad):
				t.Errorf("Load = %v, %v, want an *IntegrityError", b, err)
			}
		})
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

func TestLatestFaults(t *testing.T) {
	tests := map[string]func(t *testing.T, out string){
		"dangling":  func(t *testing.T, out string) { put(t, "r2\n", out, bundle.LatestFile) },
		"empty":     func(t *testing.T, out string) { put(t, "", out, bundle.LatestFile) },
		"two_lines": func(t *testing.T, out string) { put(t, "r1\nr1\n", out, bundle.LatestFile) },
		"outside":   func(t *testing.T, out string) { put(t, "../out/r1\n", out, bundle.LatestFile) },
		"parent":    func(t *testing.T, out string) { put(t, "..\n", out, bundle.LatestFile) },
		"huge":      func(t *testing.T, out string) { put(t, strings.Repeat("r", 1<<20), out, bundle.LatestFile) },
		"file":      func(t *testing.T, out string) { put(t, "", out, "r2"); put(t, "r2\n", out, bundle.LatestFile) },
		"symlink": func(t *testing.T, out string) {
			remove(t, out, bundle.LatestFile)
			if err := os.Symlink("r1/LATEST", filepath.Join(out, bundle.LatestFile)); err != nil {
				t.Fatal(err)
			}
		},
		"symlinked_run": func(t *testing.T, out string) {
			put(t, "r2\n", out, bundle.LatestFile)
			if err := os.Symlink("r1", filepath.Join(out, "r2")); err != nil {
				t.Fatal(err)
			}
		},
		"renamed_run": func(t *testing.T, out string) {
			if err := os.Rename(filepath.Join(out, "r1"), filepath.Join(out, "r2")); err != nil {
				t.Fatal(err)
			}
			put(t, "r2\n", out, bundle.LatestFile)
		},
	}
	for name, damage := range tests {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			newRun("r1").write(t, out)
			damage(t, out)
			_, err := bundle.Load(out)
			var bad *bundle.IntegrityError
			if !errors.As(err, &bad) || !bad.Has(bundle.BadLatest) && !bad.Has(bundle.IDDiffers) {
				t.Errorf("Load = %v, want an *IntegrityError about LATEST", err)
			}
			v, err := bundle.Validate(out)
			if err != nil || v.OK() {
				t.Errorf("Validate = %+v, %v, want findings", v, err)
			}
		})
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
		if v, err := bundle.Validate(dir); err != nil || !v.OK() {
			t.Errorf("Validate = %+v, %v", v, err)
		}
	}
	if b, err := bundle.Load(filepath.Join(root, "mach-name-equivalence")); err != nil || b.RunID() != "775d1303-74cf-403c-85a4-fd80cc02edde" {
		t.Errorf("Load through LATEST = %v, %v", b, err)
	}
}
