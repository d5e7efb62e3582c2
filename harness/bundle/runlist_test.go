package bundle_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/bundle"
)

func list(t testing.TB, out string) *bundle.RunList {
	t.Helper()
	l, err := bundle.ListRuns(out)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func listed(t testing.TB, l *bundle.RunList, id string) *bundle.RunListing {
	t.Helper()
	for i := range l.Runs {
		if l.Runs[i].ID == id {
			return &l.Runs[i]
		}
	}
	t.Fatalf("no run %s in %+v", id, l)
	return nil
}

func TestStanding(t *testing.T) {
	tests := map[string]struct {
		change func(r *run)                   // before it is written
		spoil  func(t *testing.T, dir string) // after
		want   bundle.Standing
		detail string // a part of it
		status bundle.Status
	}{
		"ok":           {want: bundle.StandingCommitted, status: bundle.StatusOK},
		"mismatches":   {change: func(r *run) { r.status, r.summary.Status = bundle.StatusPartial, bundle.StatusPartial }, want: bundle.StandingCommitted, status: bundle.StatusPartial},
		"no_summary":   {change: func(r *run) { r.summary = nil }, want: bundle.StandingCommitted},
		"dry":          {change: func(r *run) { r.status, r.summary.Status = bundle.StatusDry, bundle.StatusDry }, want: bundle.StandingDry, status: bundle.StatusDry},
		"failed":       {change: func(r *run) { r.fail, r.summary = errors.New("worker lost\nand more"), nil }, want: bundle.StandingFailed, detail: "worker lost…"},
		"failed_lacks": {change: func(r *run) { r.fail, r.expect = errors.New("lost"), []string{"oracle_results.json"} }, want: bundle.StandingFailed, detail: "lost", status: bundle.StatusOK},
		"torn": {
			spoil: func(t *testing.T, dir string) { remove(t, dir, bundle.IndexFile) },
			want:  bundle.StandingTorn, detail: "says complete and has no artifact_index.json",
		},
		"torn_failed": {
			change: func(r *run) { r.fail = errors.New("disk full") },
			spoil:  func(t *testing.T, dir string) { remove(t, dir, bundle.IndexFile) },
			want:   bundle.StandingTorn, detail: "says failed and has no artifact_index.json: disk full",
		},
		"abandoned": {
			spoil: func(t *testing.T, dir string) {
				remove(t, dir, bundle.IndexFile)
				replaceIn(t, `"complete"`, `"in_progress"`, dir, bundle.StatusFile)
			},
			want: bundle.StandingAbandoned, detail: fmt.Sprintf("process %d began it", os.Getpid()),
		},
		"unknown_state": {
			spoil: func(t *testing.T, dir string) {
				remove(t, dir, bundle.IndexFile)
				replaceIn(t, `"complete"`, `"sleeping"`, dir, bundle.StatusFile)
			},
			want: bundle.StandingDamaged, detail: `unknown state "sleeping"`,
		},
		"in_progress_with_index": {
			spoil: func(t *testing.T, dir string) {
				replaceIn(t, `"complete"`, `"in_progress"`, dir, bundle.StatusFile)
				sealAnew(t, dir)
			},
			want: bundle.StandingDamaged, detail: "says in_progress in a bundle that has an index",
		},
		"failed_by_one": {
			spoil: func(t *testing.T, dir string) {
				replaceIn(t, `"complete"`, `"failed"`, dir, bundle.StatusFile)
				sealAnew(t, dir)
			},
			want: bundle.StandingDamaged, detail: "says failed where the index says ok",
		},
		"summary_says_failed": {
			change: func(r *run) { r.summary.Status = bundle.StatusFailed },
			want:   bundle.StandingDamaged, detail: "summary.json says failed",
		},
		"no_status": {
			spoil: func(t *testing.T, dir string) { remove(t, dir, bundle.StatusFile) },
			want:  bundle.StandingDamaged, detail: "no run_status.json",
		},
		"index_no_json": {
			spoil: func(t *testing.T, dir string) { put(t, "\x00", dir, bundle.IndexFile) },
			want:  bundle.StandingDamaged, detail: "artifact_index.json: ",
		},
		"status_of_another_run": {
			spoil: func(t *testing.T, dir string) { replaceIn(t, `"r1"`, `"r2"`, dir, bundle.StatusFile); sealAnew(t, dir) },
			want:  bundle.StandingDamaged, detail: `run_status.json speaks of run "r2"`,
		},
		"index_of_another_run": {
			spoil: func(t *testing.T, dir string) { replaceIn(t, `r1`, `r2`, dir, bundle.IndexFile) },
			want:  bundle.StandingDamaged, detail: `artifact_index.json speaks of run "r2"`,
		},
		"summary_of_another_run": {
			change: func(r *run) { r.summary.RunID = "r2" },
			want:   bundle.StandingDamaged, detail: `summary.json speaks of run "r2"`,
		},
		"summary_of_nobody": { // no entry vouches for it
			change: func(r *run) { r.summary = nil },
			spoil: func(t *testing.T, dir string) {
				put(t, `{"schema_version": "`+bundle.SchemaSummary+`", "run_id": "r1", "status": "ok", "dry_run": true}`, dir, bundle.SummaryFile)
			},
			want: bundle.StandingCommitted,
		},
		"file_gone": {
			spoil: func(t *testing.T, dir string) { remove(t, dir, "runtime_results.json") },
			want:  bundle.StandingDamaged, detail: "runtime_results.json: in the index but not in the folder",
		},
		"file_longer": {
			spoil: func(t *testing.T, dir string) { put(t, strings.Repeat("x", 99), dir, "runtime_results.json") },
			want:  bundle.StandingDamaged, detail: "the file has 99",
		},
		"file_is_a_link": {
			spoil: func(t *testing.T, dir string) {
				remove(t, dir, "runtime_results.json")
				if err := os.Symlink("expected_matrix.json", filepath.Join(dir, "runtime_results.json")); err != nil {
					t.Fatal(err)
				}
			},
			want: bundle.StandingDamaged, detail: "not a regular file",
		},
		"same_size": { // a list does not look at digests
			spoil: func(t *testing.T, dir string) { replaceIn(t, "of", "fo", dir, "runtime_results.json") },
			want:  bundle.StandingCommitted, status: bundle.StatusOK,
		},
		"repaired": {
			spoil: func(t *testing.T, dir string) {
				replaceIn(t, "of", "fo", dir, "runtime_results.json")
				if _, err := bundle.Reindex(dir, true); err != nil {
					t.Fatal(err)
				}
			},
			want: bundle.StandingCommitted, detail: "its index was repaired: never promotable", status: bundle.StatusOK,
		},
		"repaired_without": {
			spoil: func(t *testing.T, dir string) {
				remove(t, dir, "runtime_results.json")
				if _, err := bundle.Reindex(dir, true); err != nil {
					t.Fatal(err)
				}
			},
			want: bundle.StandingDamaged, detail: "lists 1 artifacts as missing; its index was repaired",
		},
		"too_deep": {
			spoil: func(t *testing.T, dir string) { put(t, strings.Repeat("[", 1<<20), dir, bundle.StatusFile) },
			want:  bundle.StandingDamaged, detail: "run_status.json: ",
		},
		"too_large": {
			spoil: func(t *testing.T, dir string) {
				if err := os.Truncate(filepath.Join(dir, bundle.StatusFile), 1<<40); err != nil {
					t.Fatal(err)
				}
			},
			want: bundle.StandingDamaged, detail: "larger than",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			r := newRun("r1")
			if tt.change != nil {
				tt.change(r)
			}
			dir := r.write(t, out)
			if tt.spoil != nil {
				tt.spoil(t, dir)
			}
			got := list(t, out).Runs
			if len(got) != 1 || got[0].ID != "r1" || got[0].Dir != dir {
				t.Fatalf("listed %+v", got)
			}
			g := got[0]
			if g.Standing != tt.want || g.Status != tt.status || tt.detail == "" && g.Detail != "" || !strings.Contains(g.Detail, tt.detail) || strings.Contains(g.Detail, "\n") {
				t.Errorf("%s, status %q, %q, want %s, status %q, %q", g.Standing, g.Status, g.Detail, tt.want, tt.status, tt.detail)
			}
			// What digests alone show is not listed, and no reader holds a summary
			// against the index.
			if _, err := bundle.Load(dir); (err == nil) != (g.Standing == bundle.StandingCommitted || g.Standing == bundle.StandingDry) &&
				name != "same_size" && name != "summary_says_failed" {
				t.Errorf("listed as %s, Load = %v", g.Standing, err)
			}
		})
	}
}

func TestListRuns(t *testing.T) {
	out := t.TempDir()
	at(t, out, "old", 0, bundle.StandingCommitted)
	at(t, out, "new", 2, bundle.StandingCommitted)
	at(t, out, "failed", 3, bundle.StandingFailed)
	at(t, out, "dry", 1, bundle.StandingDry)
	for _, name := range []string{"promotion_packet.json", "b.json"} {
		if _, err := bundle.Emit(filepath.Join(out, "old"), filepath.Join(out, name), false); err != nil {
			t.Fatal(err)
		}
	}
	put(t, `{"promotion_packet": "old/promotion_packet.json", "run_id": "old"}`, out, "result.json")
	// The statements go with their packets, and one without a packet is a file.
	put(t, read(t, out, "b.intoto.json"), out, "a.intoto.json")
	put(t, "x", out, ".LATEST.tmp")
	put(t, "x", out, "bad\x1b[2J\xff")
	for _, dir := range []string{"empty", "not a run", ".removed.gone", "old/sub"} {
		if err := os.Mkdir(filepath.Join(out, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, "12345", out, "old", "sub", "file")
	if err := os.Symlink("new", filepath.Join(out, "link")); err != nil {
		t.Fatal(err)
	}
	l := list(t, out)
	type row struct {
		ID, Standing string
		Latest       bool
		Packets      []string
	}
	var rows []row
	for _, r := range l.Runs {
		rows = append(rows, row{r.ID, string(r.Standing), r.Latest, r.Packets})
	}
	want := []row{{"failed", "failed", false, []string{}}, {"new", "committed", true, []string{}}, {"dry", "dry", false, []string{}},
		{"old", "committed", false, []string{"b.json", "promotion_packet.json"}}}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("runs (-want +got):\n%s", d)
	}
	others := []bundle.Other{
		{Kind: bundle.OtherFile, Count: 3, Names: []string{"a.intoto.json", "bad\x1b[2J\xff", "result.json"}},
		{Kind: bundle.OtherFolder, Count: 2, Names: []string{"empty", "not a run"}},
		{Kind: bundle.OtherRemoved, Count: 1, Names: []string{".removed.gone"}},
		{Kind: bundle.OtherSymlink, Count: 1, Names: []string{"link"}},
		{Kind: bundle.OtherTemporary, Count: 1, Names: []string{".LATEST.tmp"}},
	}
	if d := cmp.Diff(others, l.Others); d != "" {
		t.Errorf("others (-want +got):\n%s", d)
	}
	if l.Latest != "new" || len(l.Findings) > 0 || !l.OK() {
		t.Errorf("latest %q, findings %v", l.Latest, l.Findings)
	}
	files, size := 0, int64(0)
	for _, text := range everything(t, filepath.Join(out, "old")) {
		files, size = files+1, size+int64(len(text))
	}
	r := listed(t, l, "old")
	if r.Files != files || r.Bytes != size {
		t.Errorf("%d files, %d bytes, want %d, %d", r.Files, r.Bytes, files, size)
	}
	if r.PlanID != "demo.v1" || r.Channel != "spawn_clean" || r.WorldID != linuxWorld || r.UpdatedAt != 1767459285 {
		t.Errorf("old: %+v", r)
	}
}

func TestListRunsVerifies(t *testing.T) {
	out := t.TempDir()
	at(t, out, "good", 0, bundle.StandingCommitted)
	at(t, out, "bad", 1, bundle.StandingCommitted)
	at(t, out, "torn", 2, bundle.StandingTorn)
	put(t, "good\n", out, bundle.LatestFile)
	r := newRun("lacks")
	r.fail, r.expect = errors.New("lost"), []string{"oracle_results.json"}
	r.write(t, out)
	l := list(t, out)
	l.Verify()
	if !l.OK() {
		t.Errorf("findings in %+v", l)
	}
	replaceIn(t, "of", "fo", out, "bad", "runtime_results.json")
	l = list(t, out)
	if !l.OK() {
		t.Errorf("without Verify: %+v", l)
	}
	l.Verify()
	for id, want := range map[string]struct {
		standing bundle.Standing
		verdict  string
	}{"good": {bundle.StandingCommitted, "true"}, "bad": {bundle.StandingDamaged, "false"}, "torn": {bundle.StandingTorn, "none"}, "lacks": {bundle.StandingFailed, "true"}} {
		r := listed(t, l, id)
		verdict := "none"
		if r.Verdict != nil {
			verdict = fmt.Sprint(r.Verdict.OK)
		}
		if r.Standing != want.standing || verdict != want.verdict {
			t.Errorf("%s is %s, verdict %s, want %+v", id, r.Standing, verdict, want)
		}
	}
	if r := listed(t, l, "bad"); !strings.Contains(r.Detail, "runtime_results.json: the index says sha256") || l.OK() {
		t.Errorf("bad: %q, OK %v", r.Detail, l.OK())
	}
	if len(l.Findings) > 0 {
		t.Errorf("LATEST names a good one, and yet %v", l.Findings)
	}
	put(t, "bad\n", out, bundle.LatestFile)
	l = list(t, out)
	l.Verify()
	if len(l.Findings) != 1 || l.Findings[0].Message != "names run bad, which is damaged" {
		t.Errorf("findings %v", l.Findings)
	}
}

func TestListRunsSeesWhoWrites(t *testing.T) {
	out := t.TempDir()
	at(t, out, "before", 0, bundle.StandingAbandoned)
	st, err := bundle.Create(out, options("mine"))
	if err != nil {
		t.Fatal(err)
	}
	lock := read(t, out, bundle.LockFile)
	l := list(t, out)
	if r := listed(t, l, "mine"); r.Standing != bundle.StandingRunning || r.Detail != fmt.Sprintf("process %d writes it", os.Getpid()) {
		t.Errorf("mine is %s: %s", r.Standing, r.Detail)
	}
	// Of the same process, and older.
	if r := listed(t, l, "before"); r.Standing != bundle.StandingAbandoned {
		t.Errorf("before is %s: %s", r.Standing, r.Detail)
	}
	if got := read(t, out, bundle.LockFile); got != lock {
		t.Errorf("the lock file was %q, is %q", lock, got)
	}
	if err := errors.Join(st.Commit(bundle.StatusOK), st.Close()); err != nil {
		t.Fatal(err)
	}
	if r := listed(t, list(t, out), "mine"); r.Standing != bundle.StandingCommitted {
		t.Errorf("mine is %s: %s", r.Standing, r.Detail)
	}

	holder := hold(t, out)
	if r := listed(t, list(t, out), "held"); r.Standing != bundle.StandingRunning || !strings.Contains(r.Detail, fmt.Sprint(holder.Process.Pid)) {
		t.Errorf("held is %s: %s", r.Standing, r.Detail)
	}
	_ = holder.Process.Kill()
	_ = holder.Wait()
	if r := listed(t, list(t, out), "held"); r.Standing != bundle.StandingAbandoned {
		t.Errorf("held is %s: %s", r.Standing, r.Detail)
	}
	// Another writer holds the lock now; that does not bring it back.
	st, err = bundle.Create(out, options("next"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if r := listed(t, list(t, out), "held"); r.Standing != bundle.StandingAbandoned {
		t.Errorf("held is %s: %s", r.Standing, r.Detail)
	}
	remove(t, out, bundle.LockFile)
	if r := listed(t, list(t, out), "next"); r.Standing != bundle.StandingUnfinished {
		t.Errorf("without a lock file next is %s: %s", r.Standing, r.Detail)
	}
}

// A list that is made while runs come and go never speaks ill of one, and turns
// no writer away.
func TestListRunsWhileTheyAreWritten(t *testing.T) {
	out := t.TempDir()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 30 {
			if i%5 == 4 {
				if c, err := bundle.Collect(context.Background(), out, bundle.CollectOptions{Keep: 1, Delete: true}); err != nil || !c.OK() {
					t.Errorf("Collect = %+v, %v", c, err)
				}
			}
			st, err := bundle.Create(out, options(fmt.Sprintf("r%d", i)))
			if err == nil {
				err = errors.Join(st.Write("a.json", nil, []byte("{}")), st.Commit(bundle.StatusOK), st.Close())
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		l := list(t, out)
		if len(l.Findings) > 0 {
			t.Errorf("findings: %v", l.Findings)
		}
		for _, r := range l.Runs {
			if r.Standing != bundle.StandingRunning && r.Standing != bundle.StandingCommitted {
				t.Errorf("%s is %s: %s", r.ID, r.Standing, r.Detail)
			}
		}
	}
}

func TestListRunsRefuses(t *testing.T) {
	out := t.TempDir()
	dir := newRun("r1").write(t, out)
	for path, want := range map[string]string{
		filepath.Join(out, "nowhere"):         "is not there: give the folder",
		filepath.Join(out, bundle.LatestFile): "is not a folder",
		dir:                                   "is a run folder: give the out folder it lies in, " + out,
		filepath.Join(out, bundle.LatestFile, "beneath"): "not a directory",
	} {
		_, err := bundle.ListRuns(path)
		var request *bundle.RequestError
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &request) != errors.Is(err, syscall.ENOTDIR) {
			t.Errorf("ListRuns(%s) = %v, want %q", path, err, want)
		}
	}
}

func TestListRunsBadLatest(t *testing.T) {
	out := t.TempDir()
	at(t, out, "good", 0, bundle.StandingCommitted)
	at(t, out, "torn", 1, bundle.StandingTorn)
	put(t, "", out, "file")
	if err := os.Mkdir(filepath.Join(out, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	for latest, want := range map[string]string{
		"good\n": "", "torn\n": "names run torn, which is torn", "nobody\n": "names run nobody, which is not there",
		"../x\n": "run id", "\x1b[2J\n": "run id", "file": "names file, which is a ", "empty": "names run empty, which is no run folder",
		strings.Repeat("x", 2000): "larger than",
	} {
		put(t, latest, out, bundle.LatestFile)
		l := list(t, out)
		var got string
		for _, f := range l.Findings {
			got += f.String()
		}
		if want == "" != (got == "") || !strings.Contains(got, want) || l.OK() != (want == "") {
			t.Errorf("LATEST %.20q: %q, want %q", latest, got, want)
		}
	}
}

func TestListReferenceRuns(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if err := os.CopyFS(out, os.DirFS(filepath.Join(referenceBundles(t), "mach-name-equivalence"))); err != nil {
		t.Fatal(err)
	}
	l := list(t, out)
	l.Verify()
	if len(l.Runs) != 2 || len(l.Findings) > 0 || len(l.Others) > 0 || !l.OK() {
		t.Fatalf("listed %+v", l)
	}
	for _, r := range l.Runs {
		if r.Standing != bundle.StandingCommitted || r.Status != bundle.StatusOK || r.WorldID != macWorld || r.Files != 13 ||
			r.Latest != strings.HasPrefix(r.ID, "775d1303") || r.PlanID != "mach-name-equivalence.v1" || !r.Verdict.OK {
			t.Errorf("listed %+v", r)
		}
	}
}

// A run that could not be checked is neither good nor bad.
func TestVerifyUnchecked(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	gone := newRun("r1").write(t, out)
	newRun("r2").write(t, out)
	l := list(t, out)
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	l.Verify()
	if n := l.Unchecked(); n != 1 || !l.OK() {
		t.Errorf("%d unchecked, OK %v: %+v", n, l.OK(), l)
	}
	for _, r := range l.Runs {
		if v := r.Verdict; v == nil || v.OK != (r.ID == "r2") || (v.Error != "") != (r.ID == "r1") || r.Standing != bundle.StandingCommitted {
			t.Errorf("%s is %s, verdict %+v", r.ID, r.Standing, v)
		}
	}
}
