package bundle_test

import (
	"encoding/json"
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

// contents is every file of a folder, a link as where it leads.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			files[rel], err = os.Readlink(path)
			return err
		}
		if d.Type().IsRegular() {
			files[rel] = read(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func repairLog(t testing.TB, dir string) bundle.RepairLog {
	t.Helper()
	var log bundle.RepairLog
	if err := json.Unmarshal([]byte(read(t, dir, bundle.RepairLogFile)), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

const victim = "runtime_results.json"

// What can be repaired loads afterwards, says so in its packet, and has a log
// of what was otherwise.
func TestRepair(t *testing.T) {
	const path = "out/r1/" + victim
	drop := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			var index map[string]any
			if err := json.Unmarshal([]byte(read(t, dir, bundle.IndexFile)), &index); err != nil {
				t.Fatal(err)
			}
			index["artifacts"] = slices.DeleteFunc(index["artifacts"].([]any), func(e any) bool {
				return slices.Contains(names, filepath.Base(e.(map[string]any)["path"].(string)))
			})
			data, err := json.Marshal(index)
			if err != nil {
				t.Fatal(err)
			}
			put(t, string(data), dir, bundle.IndexFile)
		}
	}
	inIndex := func(old, new string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { replaceIn(t, old, new, dir, bundle.IndexFile) }
	}
	type paths = []string
	tests := []struct {
		name       string
		damage     func(t *testing.T, dir string)
		mismatches paths // before
		missing    paths // before
		added      paths
	}{
		{"byte_changed", func(t *testing.T, dir string) { replaceIn(t, "of", "fo", dir, victim) }, paths{path}, nil, nil},
		{"byte_added", func(t *testing.T, dir string) { put(t, read(t, dir, victim)+"\n", dir, victim) }, paths{path}, nil, nil},
		{"emptied", func(t *testing.T, dir string) { put(t, "", dir, victim) }, paths{path}, nil, nil},
		{"digest_null", func(t *testing.T, dir string) {
			replaceIn(t, `"sha256": "`+bundle.DigestOf([]byte(read(t, dir, victim))).String()+`"`, `"sha256": null`, dir, bundle.IndexFile)
		}, paths{path}, nil, nil},
		{"digest_nonsense", func(t *testing.T, dir string) {
			replaceIn(t, bundle.DigestOf([]byte(read(t, dir, victim))).String(), "<>", dir, bundle.IndexFile)
		}, paths{path}, nil, nil},
		{"size_gone", inIndex(path+`",
      "file_size"`, path+`",
      "size"`), paths{path}, nil, nil},
		{"size_huge", inIndex(path+`",
      "file_size": `, path+`",
      "file_size": 999999999`), paths{path}, nil, nil},
		{"entry_dropped", drop(victim), nil, nil, paths{path}},
		{"entry_of_status_dropped", drop(bundle.StatusFile), nil, nil, paths{"out/r1/run_status.json"}},
		{"entries_gone", inIndex(`"artifacts"`, `"artefacts"`), nil, nil, paths{
			"out/r1/run_status.json", "out/r1/run_manifest.json", path, "out/r1/expected_matrix.json", "out/r1/baseline_results.json",
			"out/r1/runtime_events.normalized.json", "out/r1/summary.json",
		}},
		{"index_torn", func(t *testing.T, dir string) { put(t, `{"schema_version": "runtime`, dir, bundle.IndexFile) }, nil, nil, paths{
			"out/r1/run_status.json", "out/r1/run_manifest.json", path, "out/r1/expected_matrix.json", "out/r1/baseline_results.json",
			"out/r1/runtime_events.normalized.json", "out/r1/summary.json",
		}},
		{"index_gone", func(t *testing.T, dir string) { remove(t, dir, bundle.IndexFile) }, nil, nil, paths{
			"out/r1/run_status.json", "out/r1/run_manifest.json", path, "out/r1/expected_matrix.json", "out/r1/baseline_results.json",
			"out/r1/runtime_events.normalized.json", "out/r1/summary.json",
		}},
		{"listed_missing_and_there", func(t *testing.T, dir string) {
			drop(victim)(t, dir)
			replaceIn(t, `"missing":[]`, `"missing":["`+path+`"]`, dir, bundle.IndexFile)
		}, nil, nil, paths{path}},
		{"called_partial", inIndex(`"status": "ok"`, `"status": "partial"`), nil, nil, nil},
		// The manifest is still JSON and of this run: only its bytes differ.
		{"manifest_changed", func(t *testing.T, dir string) { replaceIn(t, `"v1.2.3"`, `"other"`, dir, bundle.ManifestFile) }, paths{"out/r1/run_manifest.json"}, nil, nil},
		{"stranger_stays_one", func(t *testing.T, dir string) {
			put(t, "", dir, "notes.txt")
			replaceIn(t, "of", "fo", dir, victim)
		}, paths{path}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			dir := newRun("r1").write(t, out)
			tt.damage(t, dir)
			before := contents(t, dir)
			_, refusal := bundle.Load(out)
			if _, err := bundle.Reindex(out, false); (err == nil) != (refusal == nil) || err != nil && err.Error() != refusal.Error() {
				t.Errorf("strict: %v, but Load: %v", err, refusal)
			}

			res, err := bundle.Reindex(out, true)
			if err != nil {
				t.Fatal(err)
			}
			if res.Status != bundle.ReindexRepaired || !res.OK() || res.RunID != "r1" || read(t, res.Log) == "" {
				t.Errorf("Reindex = %+v", res)
			}
			b, err := bundle.Load(out)
			if err != nil {
				t.Fatal(err)
			}
			if strict, err := bundle.Reindex(dir, false); err != nil || strict.Status != bundle.ReindexOK {
				t.Errorf("strict = %+v, %v", strict, err)
			}
			if !b.Has(bundle.RepairLogFile) || b.Has("notes.txt") || len(b.Names()) != 8 {
				t.Errorf("the index names %q", b.Names())
			}
			for name, text := range before {
				if name != bundle.IndexFile && read(t, dir, name) != text {
					t.Errorf("%s was changed", name)
				}
			}

			log := repairLog(t, dir)
			some := func(list paths) paths {
				if list == nil {
					return paths{}
				}
				return list
			}
			want := bundle.RepairLog{
				SchemaVersion: bundle.SchemaRepairLog, BundleDir: "out/r1", RunID: "r1", WorldID: linuxWorld, RepairedAtUnix: log.RepairedAtUnix,
				Before:      bundle.RepairState{Missing: some(tt.missing), DigestMismatches: some(tt.mismatches)},
				After:       bundle.RepairState{Missing: paths{}, DigestMismatches: paths{}},
				IndexBefore: log.IndexBefore, Changes: res.Changes,
			}
			if diff := cmp.Diff(want, log); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if old, had := before[bundle.IndexFile]; had != (log.IndexBefore != nil) || had && *log.IndexBefore != bundle.DigestOf([]byte(old)) {
				t.Errorf("index_before is %v", log.IndexBefore)
			}
			var added paths
			for _, c := range res.Changes {
				if c.Was == nil {
					added = append(added, c.Path)
				}
				data := read(t, dir, filepath.Base(c.Path))
				if c.Is == nil || *c.Is.FileSize != int64(len(data)) || *c.Is.SHA256 != bundle.DigestOf([]byte(data)).String() {
					t.Errorf("%s is said to be %+v", c.Path, c.Is)
				}
			}
			if diff := cmp.Diff(tt.added, added); diff != "" || len(res.Changes) != len(tt.added)+len(tt.mismatches) {
				t.Errorf("%d changes, added (-want +got):\n%s", len(res.Changes), diff)
			}

			p, err := bundle.Emit(out, filepath.Join(out, "packet.json"), false)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]bundle.Reason{bundle.BundleRepaired}, p.Promotability.Reasons); diff != "" || p.Promotability.PromotableDecisionStage {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}

			after := contents(t, dir)
			again, err := bundle.Reindex(dir, true)
			if err != nil || again.Status != bundle.ReindexUnchanged || !again.OK() {
				t.Errorf("a second repair = %+v, %v", again, err)
			}
			if diff := cmp.Diff(after, contents(t, dir)); diff != "" {
				t.Errorf("a second repair changed something:\n%s", diff)
			}
		})
	}
}

// What is not there is not made up: the index says that it is missing, and the
// bundle does not load.
func TestRepairOfMissing(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newRun("r1").write(t, out)
	remove(t, dir, victim)
	replaceIn(t, "of", "fo", dir, "baseline_results.json")
	res, err := bundle.Reindex(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != bundle.ReindexRepaired || res.OK() {
		t.Errorf("Reindex = %+v", res)
	}
	want := []bundle.FindingCode{bundle.ListedMissing, bundle.RunFailed}
	if diff := cmp.Diff(want, codes(res.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	log := repairLog(t, dir)
	missing := []string{"out/r1/" + victim}
	if !slices.Equal(log.Before.Missing, missing) || !slices.Equal(log.After.Missing, missing) || len(log.After.DigestMismatches) != 0 {
		t.Errorf("log %+v", log)
	}
	if _, err := os.Lstat(filepath.Join(dir, victim)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v", victim, err)
	}
	p, err := bundle.Emit(dir, filepath.Join(out, "packet.json"), false)
	if err != nil || !slices.Equal(p.Promotability.Reasons, []bundle.Reason{bundle.BundleIncomplete, bundle.BundleRepaired, bundle.ArtifactsMissing}) {
		t.Errorf("Emit = %+v, %v", p, err)
	}
	if again, err := bundle.Reindex(dir, true); err != nil || again.Status != bundle.ReindexUnchanged || again.OK() {
		t.Errorf("a second repair = %+v, %v", again, err)
	}

	// It was found again: the next repair names it, and knows of the first.
	put(t, "{}", dir, victim)
	if res, err = bundle.Reindex(dir, true); err != nil || res.Status != bundle.ReindexRepaired || !res.OK() {
		t.Fatalf("Reindex = %+v, %v", res, err)
	}
	var earlier bundle.RepairLog
	if err := json.Unmarshal(repairLog(t, dir).Earlier, &earlier); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(log, earlier); diff != "" {
		t.Errorf("the first repair, as the second has it (-want +got):\n%s", diff)
	}
}

// Deleting the log does not undo the repair.
func TestRepairStaysKnown(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newRun("r1").write(t, out)
	replaceIn(t, "of", "fo", dir, victim)
	if _, err := bundle.Reindex(dir, true); err != nil {
		t.Fatal(err)
	}
	remove(t, dir, bundle.RepairLogFile)
	var bad *bundle.IntegrityError
	if _, err := bundle.Load(dir); !errors.As(err, &bad) || !bad.Has(bundle.FileMissing) {
		t.Errorf("Load = %v", err)
	}
	p, err := bundle.Emit(dir, filepath.Join(out, "packet.json"), false)
	if err != nil || !slices.Contains(p.Promotability.Reasons, bundle.BundleRepaired) {
		t.Errorf("Emit = %+v, %v", p, err)
	}
	res, err := bundle.Reindex(dir, true)
	if err != nil || res.Status != bundle.ReindexRepaired || !res.OK() {
		t.Fatalf("Reindex = %+v, %v", res, err)
	}
	if log := repairLog(t, dir); !slices.Equal(log.Before.Missing, []string{"out/r1/" + bundle.RepairLogFile}) || len(log.After.Missing) != 0 {
		t.Errorf("log %+v", log)
	}
}

func TestRepairOfIntact(t *testing.T) {
	for name, r := range map[string]*run{"ok": newRun("r1"), "failed": newRun("r1")} {
		t.Run(name, func(t *testing.T) {
			if name == "failed" {
				r.fail, r.expect = errors.New("worker lost"), []string{"fixtures.json"}
			}
			out := filepath.Join(t.TempDir(), "out")
			dir := r.write(t, out)
			put(t, "", dir, "notes.txt")
			remove(t, out, bundle.LockFile)
			before := contents(t, out)
			res, err := bundle.Reindex(dir, true)
			if err != nil || res.Status != bundle.ReindexUnchanged || len(res.Changes) != 0 || res.OK() != (name == "ok") {
				t.Errorf("Reindex = %+v, %v", res, err)
			}
			if diff := cmp.Diff(before, contents(t, out)); diff != "" {
				t.Errorf("something changed:\n%s", diff)
			}
			_, err = bundle.Reindex(dir, false)
			var bad *bundle.IntegrityError
			if name == "ok" && err != nil || name == "failed" && (!errors.As(err, &bad) || !bad.Has(bundle.RunFailed)) {
				t.Errorf("strict: %v", err)
			}
			p, err := bundle.Emit(dir, filepath.Join(t.TempDir(), "packet.json"), false)
			if err != nil || slices.Contains(p.Promotability.Reasons, bundle.BundleRepaired) {
				t.Errorf("Emit = %+v, %v", p, err)
			}
		})
	}
}

// A failed run's bundle can be repaired and is a failed run's afterwards.
func TestRepairOfFailed(t *testing.T) {
	for name, damage := range map[string]func(dir string){
		"changed":  func(dir string) { replaceIn(t, "of", "fo", dir, victim) },
		"no_index": func(dir string) { remove(t, dir, bundle.IndexFile) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRun("r1")
			r.fail = errors.New("worker lost")
			dir := r.write(t, filepath.Join(t.TempDir(), "out"))
			damage(dir)
			res, err := bundle.Reindex(dir, true)
			if err != nil || res.Status != bundle.ReindexRepaired || !slices.Equal(codes(res.Findings), []bundle.FindingCode{bundle.RunFailed}) {
				t.Errorf("Reindex = %+v, %v", res, err)
			}
			if v, err := bundle.Validate(dir); err != nil || !v.OK() || v.Status != bundle.IndexFailed {
				t.Errorf("Validate = %+v, %v", v, err)
			}
		})
	}
}

// What no index can mend is refused, and not a byte is written.
func TestRepairRefuses(t *testing.T) {
	entry := `"path": "out/r1/` + victim + `"`
	repath := func(to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { replaceIn(t, entry, `"path": "`+to+`"`, dir, bundle.IndexFile) }
	}
	in := func(name, old, new string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { replaceIn(t, old, new, dir, name) }
	}
	link := func(name, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			_ = os.Remove(filepath.Join(dir, name))
			if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   bundle.FindingCode
	}{
		{"in_progress", in(bundle.StatusFile, `"complete"`, `"in_progress"`), bundle.BadState},
		{"in_progress_without_index", func(t *testing.T, dir string) {
			in(bundle.StatusFile, `"complete"`, `"in_progress"`)(t, dir)
			remove(t, dir, bundle.IndexFile)
		}, bundle.BadState},
		{"state_unknown", in(bundle.StatusFile, `"complete"`, `"done"`), bundle.BadState},
		{"state_says_failed", in(bundle.StatusFile, `"complete"`, `"failed"`), bundle.BadState},
		{"status_gone", func(t *testing.T, dir string) { remove(t, dir, bundle.StatusFile) }, bundle.FileMissing},
		{"status_torn", func(t *testing.T, dir string) { put(t, "{", dir, bundle.StatusFile) }, bundle.BadDocument},
		{"status_link", link(bundle.StatusFile, victim), bundle.NotRegular},
		{"status_of_another_run", in(bundle.StatusFile, `"r1"`, `"r2"`), bundle.IDDiffers},
		{"status_of_another_world", in(bundle.StatusFile, linuxWorld, macWorld), bundle.IDDiffers},
		{"manifest_torn", func(t *testing.T, dir string) { put(t, "{", dir, bundle.ManifestFile) }, bundle.BadDocument},
		{"manifest_of_another_channel", in(bundle.ManifestFile, `"spawn_clean"`, `"direct"`), bundle.IDDiffers},
		{"summary_of_another_run", in(bundle.SummaryFile, `"r1"`, `"r2"`), bundle.IDDiffers},
		{"index_calls_it_failed", in(bundle.IndexFile, `"status": "ok"`, `"status": "failed"`), bundle.BadState},
		{"index_status_unknown", in(bundle.IndexFile, `"status": "ok"`, `"status": "fine"`), bundle.BadIndex},
		{"index_of_another_run", in(bundle.IndexFile, `r1`, `r2`), bundle.IDDiffers},
		{"index_major", in(bundle.IndexFile, "artifact_index.v0.1", "artifact_index.v1.0"), bundle.BadIndex},
		{"index_of_another_kind", in(bundle.IndexFile, "artifact_index.v0.1", "run_status.v0.1"), bundle.BadIndex},
		{"index_link", link(bundle.IndexFile, "../index"), bundle.BadIndex},
		{"entry_major", in(bundle.IndexFile, "summary.v0.1", "summary.v2.0"), bundle.BadSchema},

		{"link_inside", link(victim, "baseline_results.json"), bundle.NotRegular},
		{"link_outside", link(victim, "/etc/passwd"), bundle.NotRegular},
		{"link_dangling", link(victim, "nowhere"), bundle.NotRegular},
		{"through_linked_folder", func(t *testing.T, dir string) {
			link("sub", ".")(t, dir)
			repath("out/r1/sub/"+victim)(t, dir)
		}, bundle.NotRegular},
		{"log_link", func(t *testing.T, dir string) {
			link(bundle.RepairLogFile, "../elsewhere")(t, dir)
			replaceIn(t, "of", "fo", dir, victim)
		}, bundle.NotRegular},
		{"folder", func(t *testing.T, dir string) {
			remove(t, dir, victim)
			if err := os.Mkdir(filepath.Join(dir, victim), 0o755); err != nil {
				t.Fatal(err)
			}
		}, bundle.NotRegular},
		{"path_absolute", repath("/etc/passwd"), bundle.BadPath},
		{"path_dotdot", repath("out/r1/../../secret"), bundle.BadPath},
		{"path_other_run", repath("out/r2/" + victim), bundle.BadPath},
		{"path_of_index", repath("out/r1/" + bundle.IndexFile), bundle.BadPath},
		{"path_nul", repath(`out/r1/x\u0000`), bundle.BadPath},
		{"missing_path_dotdot", in(bundle.IndexFile, `"missing": []`, `"missing": ["out/r1/../secret"]`), bundle.BadPath},
		{"missing_path_absolute", in(bundle.IndexFile, `"missing": []`, `"missing": ["/etc/passwd"]`), bundle.BadPath},
		{"duplicate", repath("elsewhere/r1/baseline_results.json"), bundle.Duplicate},
		{"duplicate_by_case", func(t *testing.T, dir string) {
			repath("out/r1/Baseline_Results.json")(t, dir)
			put(t, read(t, dir, "baseline_results.json"), dir, "Baseline_Results.json")
		}, bundle.Duplicate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			dir := newRun("r1").write(t, out)
			put(t, "secret", out, "secret")
			put(t, "{}", out, "index")
			tt.damage(t, dir)
			before := contents(t, out)
			_, err := bundle.Reindex(out, true)
			var bad *bundle.IntegrityError
			if !errors.As(err, &bad) || !bad.Has(tt.want) || !strings.HasPrefix(err.Error(), "not repaired, nothing was written: ") {
				t.Errorf("Reindex = %v, want %s", err, tt.want)
			}
			if diff := cmp.Diff(before, contents(t, out)); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
		})
	}
}

// While a run writes, its out folder's bundles are not repaired.
func TestRepairTakesTheLock(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newRun("r1").write(t, out)
	replaceIn(t, "of", "fo", dir, victim)
	st, err := bundle.Create(out, options("r2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Reindex(out, true); !errors.Is(err, bundle.ErrLocked) {
		t.Errorf("Reindex = %v, want a *LockedError", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if res, err := bundle.Reindex(out, true); err != nil || !res.OK() {
		t.Errorf("Reindex = %+v, %v", res, err)
	}
}

// A packet made before the repair no longer opens.
func TestRepairOutdatesPackets(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newRun("r1").write(t, out)
	path := filepath.Join(out, "promotion_packet.json")
	p, err := bundle.Emit(out, path, true)
	if err != nil {
		t.Fatal(err)
	}
	replaceIn(t, "of", "fo", dir, victim)
	if _, err := bundle.Reindex(out, true); err != nil {
		t.Fatal(err)
	}
	var bad *bundle.IntegrityError
	if _, err := p.Open(); !errors.As(err, &bad) || !bad.Has(bundle.DigestDiffers) {
		t.Errorf("Open = %v", err)
	}
	var not *bundle.NotPromotableError
	if _, err := bundle.Emit(out, path, true); !errors.As(err, &not) || !slices.Equal(not.Reasons, []bundle.Reason{bundle.BundleRepaired}) {
		t.Errorf("Emit = %v", err)
	}
}

// A bundle that was moved keeps the paths of the place it was made in.
func TestRepairElsewhere(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newRun("r1").write(t, out)
	moved := filepath.Join(t.TempDir(), "renamed")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	replaceIn(t, "of", "fo", moved, victim)
	if res, err := bundle.Reindex(moved, true); err != nil || !res.OK() || res.RunID != "r1" {
		t.Fatalf("Reindex = %+v, %v", res, err)
	}
	b, err := bundle.Load(moved)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range b.Index.Artifacts {
		if !strings.HasPrefix(e.Path, "out/r1/") {
			t.Errorf("path %s", e.Path)
		}
	}
	if repairLog(t, moved).BundleDir != "out/r1" {
		t.Errorf("log %+v", repairLog(t, moved))
	}
}

// The reference system's bundles are repaired too, and keep their paths and
// schema strings.
func TestRepairOfReferenceBundles(t *testing.T) {
	runs, err := filepath.Glob(filepath.Join(referenceBundles(t), "*", "*", bundle.IndexFile))
	if err != nil || len(runs) < 4 {
		t.Fatalf("real bundles: %q, %v", runs, err)
	}
	for _, index := range runs {
		id := filepath.Base(filepath.Dir(index))
		t.Run(id, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), id)
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(index))); err != nil {
				t.Fatal(err)
			}
			whole, err := bundle.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if res, err := bundle.Reindex(dir, true); err != nil || res.Status != bundle.ReindexUnchanged {
				t.Errorf("Reindex of an intact one = %+v, %v", res, err)
			}
			// Made from the folder alone, the index is the same but for the order
			// and the place.
			remove(t, dir, bundle.IndexFile)
			if res, err := bundle.Reindex(dir, true); err != nil || !res.OK() {
				t.Fatalf("Reindex = %+v, %v", res, err)
			}
			again, err := bundle.Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			entries := func(b *bundle.Bundle) map[string]bundle.Entry {
				m := map[string]bundle.Entry{}
				for _, e := range b.Index.Artifacts {
					name := filepath.Base(e.Path)
					e.Path = ""
					m[name] = e
				}
				delete(m, bundle.RepairLogFile)
				return m
			}
			if diff := cmp.Diff(entries(whole), entries(again)); diff != "" {
				t.Errorf("entries (-made by the run +made from the folder):\n%s", diff)
			}
		})
	}
}

// FuzzRepair puts any bytes in the index's place. The law: either not a byte is
// written, or the bundle loads but for what is missing; and nothing outside the
// run folder gets into an index.
func FuzzRepair(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	dir := newRun("r1").write(f, out)
	secret := "secret outside the run folder"
	put(f, secret, out, "secret")
	good := read(f, dir, bundle.IndexFile)
	for _, path := range []string{"out/r1/../secret", "/etc/passwd", "../secret", "r1", "", "out/secret", `out\\r1\\x`, "out/r1/gone.json"} {
		f.Add([]byte(strings.Replace(good, "out/r1/"+victim, path, 1)))
	}
	f.Add([]byte(good))
	f.Add([]byte(""))
	f.Add([]byte(strings.Replace(good, `"sha256": "`, `"sha256": null, "x": "`, 1)))
	f.Add([]byte(strings.Replace(good, `"missing": []`, `"missing": ["out/r1/x", "../secret"]`, 1)))
	f.Add([]byte(strings.Replace(good, `"status": "ok"`, `"status": "partial"`, 1)))
	f.Fuzz(func(t *testing.T, index []byte) {
		put(t, string(index), dir, bundle.IndexFile)
		_ = os.Remove(filepath.Join(dir, bundle.RepairLogFile))
		res, err := bundle.Reindex(dir, true)
		if err != nil || res.Status == bundle.ReindexUnchanged {
			var bad *bundle.IntegrityError
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("Reindex = %v, want an *IntegrityError", err)
			}
			if _, err := os.Lstat(filepath.Join(dir, bundle.RepairLogFile)); err == nil || read(t, dir, bundle.IndexFile) != string(index) {
				t.Fatal("something was written")
			}
			return
		}
		for _, f := range res.Findings {
			if !f.Warning && f.Code != bundle.ListedMissing && f.Code != bundle.RunFailed {
				t.Fatalf("repaired, and still %s", f)
			}
		}
		if strings.Contains(read(t, dir, bundle.IndexFile), bundle.DigestOf([]byte(secret)).String()) {
			t.Fatal("the index vouches for a file outside the run folder")
		}
		if again, err := bundle.Reindex(dir, true); err != nil || again.Status != bundle.ReindexUnchanged {
			t.Fatalf("a second repair = %+v, %v", again, err)
		}
	})
}
