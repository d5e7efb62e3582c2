package bundle_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/bundle"
)

// at makes a run of this standing and hour in out.
func at(t testing.TB, out, id string, hour int, standing bundle.Standing) {
	t.Helper()
	r := newRun(id)
	r.opts.Now = func() time.Time { return time.Unix(1767459285, 0).Add(time.Duration(hour) * time.Hour) }
	switch standing {
	case bundle.StandingDry:
		r.status, r.summary.Status, r.summary.DryRun, r.manifest.DryRun = bundle.StatusDry, bundle.StatusDry, true, true
	case bundle.StandingFailed:
		r.fail, r.summary = errors.New("worker lost"), nil
	}
	dir := r.write(t, out)
	switch standing {
	case bundle.StandingTorn:
		remove(t, dir, bundle.IndexFile)
	case bundle.StandingAbandoned:
		remove(t, dir, bundle.IndexFile)
		replaceIn(t, `"complete"`, `"in_progress"`, dir, bundle.StatusFile)
	case bundle.StandingDamaged:
		put(t, "{", dir, bundle.IndexFile)
	}
}

func ids(runs []bundle.CollectedRun) []string {
	list := []string{}
	for _, r := range runs {
		list = append(list, r.ID)
	}
	return list
}

func collect(t *testing.T, out string, opts bundle.CollectOptions) *bundle.Collection {
	t.Helper()
	c, err := bundle.Collect(context.Background(), out, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCollectKeeps(t *testing.T) {
	const committed, dry, failed = bundle.StandingCommitted, bundle.StandingDry, bundle.StandingFailed
	type made struct {
		id       string
		standing bundle.Standing
	}
	tests := map[string]struct {
		runs   []made // the oldest first
		change func(t *testing.T, out string)
		keep   int
		goes   []string // newest first
	}{
		"newest":         {runs: []made{{"a", committed}, {"b", committed}, {"c", committed}}, keep: 2, goes: []string{"a"}},
		"more_than_has":  {runs: []made{{"a", committed}, {"b", committed}}, keep: 9, goes: []string{}},
		"nothing_at_all": {keep: 1, goes: []string{}},
		"others_by_age": {
			runs: []made{{"a", failed}, {"b", dry}, {"c", committed}, {"d", bundle.StandingAbandoned}, {"e", bundle.StandingTorn}, {"f", committed},
				{"g", failed}, {"h", dry}},
			keep: 1, goes: []string{"e", "d", "c", "b", "a"},
		},
		"others_alone": {runs: []made{{"a", failed}, {"b", dry}}, keep: 1, goes: []string{}},
		"latest": {
			runs:   []made{{"a", committed}, {"b", committed}, {"c", committed}},
			change: func(t *testing.T, out string) { put(t, "a\n", out, bundle.LatestFile) },
			keep:   1, goes: []string{"b"},
		},
		"packet": {
			runs: []made{{"a", committed}, {"b", committed}, {"c", committed}},
			change: func(t *testing.T, out string) {
				if _, err := bundle.Emit(filepath.Join(out, "a"), filepath.Join(out, "named as you like"), false); err != nil {
					t.Fatal(err)
				}
			},
			keep: 1, goes: []string{"b"},
		},
		"statement_without_its_packet": {
			runs: []made{{"a", committed}, {"b", committed}, {"c", committed}},
			change: func(t *testing.T, out string) {
				path := filepath.Join(out, "promotion_packet.json")
				if _, err := bundle.Emit(filepath.Join(out, "a"), path, false); err != nil {
					t.Fatal(err)
				}
				if readStatement(t, path) == nil {
					t.Fatal("no statement")
				}
				remove(t, path)
			},
			keep: 1, goes: []string{"b", "a"},
		},
		"packet_of_a_newer_program": {
			runs: []made{{"a", committed}, {"b", committed}},
			change: func(t *testing.T, out string) {
				put(t, `{"schema_version": "runtime-tools.promotion_packet.v7.0", "run_id": "a"}`, out, "packet.json")
			},
			keep: 1, goes: []string{},
		},
		"packet_of_the_reference": {
			runs: []made{{"a", committed}, {"b", committed}},
			change: func(t *testing.T, out string) {
				put(t, `{"schema_version": "runtime-tools.promotion_packet.v0.2", "run_manifest": "book/suites/x/out/a/run_manifest.json"}`, out, "packet.json")
			},
			keep: 1, goes: []string{},
		},
		"damaged": {runs: []made{{"a", bundle.StandingDamaged}, {"b", committed}}, keep: 1, goes: []string{}},
		"repaired": {
			runs: []made{{"a", committed}, {"b", committed}, {"c", committed}},
			change: func(t *testing.T, out string) {
				for _, id := range []string{"a", "c"} {
					replaceIn(t, "of", "fo", out, id, "baseline_results.json")
					if _, err := bundle.Reindex(filepath.Join(out, id), true); err != nil {
						t.Fatal(err)
					}
				}
			},
			// c is newer than the one that counts, a is not.
			keep: 1, goes: []string{"a"},
		},
		"another_name": {
			runs: []made{{"a", committed}, {"b", committed}},
			change: func(t *testing.T, out string) {
				if err := os.Rename(filepath.Join(out, "a"), filepath.Join(out, "z")); err != nil {
					t.Fatal(err)
				}
			},
			keep: 1, goes: []string{},
		},
		"as_old": {
			runs: []made{{"a", failed}, {"b", committed}},
			change: func(t *testing.T, out string) {
				replaceIn(t, `"updated_at_unix": 1767459285.0`, `"updated_at_unix": 1767462885.0`, out, "a", bundle.StatusFile)
				sealAnew(t, filepath.Join(out, "a"))
			},
			keep: 1, goes: []string{},
		},
		"no_time": {
			runs: []made{{"a", committed}, {"b", committed}},
			change: func(t *testing.T, out string) {
				replaceIn(t, `"updated_at_unix": 17`, `"updated_at_unix": -7`, out, "a", bundle.StatusFile)
			},
			keep: 1, goes: []string{},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			for i, r := range tt.runs {
				at(t, out, r.id, i, r.standing)
			}
			if tt.change != nil {
				tt.change(t, out)
			}
			before := everything(t, out)
			opts := bundle.CollectOptions{Keep: tt.keep}
			c := collect(t, out, opts)
			if d := cmp.Diff(tt.goes, ids(c.Runs)); d != "" || c.Deleted {
				t.Errorf("would go (-want +got), deleted %v:\n%s", c.Deleted, d)
			}
			if d := cmp.Diff(before, everything(t, out)); d != "" {
				t.Errorf("without Delete it changed (-before +after):\n%s", d)
			}
			opts.Delete = true
			c = collect(t, out, opts)
			if d := cmp.Diff(tt.goes, ids(c.Runs)); d != "" || !c.OK() {
				t.Errorf("went (-want +got), ok %v:\n%s", c.OK(), d)
			}
			for name := range before {
				id, _, _ := strings.Cut(name, "/")
				if slices.Contains(tt.goes, id) {
					delete(before, name)
				}
			}
			if d := cmp.Diff(before, everything(t, out)); d != "" {
				t.Errorf("kept (-want +got):\n%s", d)
			}
		})
	}
}

// everything is all files below dir but the lock, with their bytes or where they
// lead.
func everything(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		name := strings.TrimPrefix(path, dir+"/")
		switch {
		case err != nil:
			return err
		case d.IsDir(), name == bundle.LockFile:
		case d.Type().IsRegular():
			all[name] = read(t, path)
		default:
			all[name] = d.Type().String()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCollectRefuses(t *testing.T) {
	tests := map[string]func(t *testing.T, out string){
		"latest_names_nothing":  func(t *testing.T, out string) { put(t, "zz\n", out, bundle.LatestFile) },
		"latest_leads_out":      func(t *testing.T, out string) { put(t, "../x\n", out, bundle.LatestFile) },
		"latest_names_a_failed": func(t *testing.T, out string) { put(t, "f\n", out, bundle.LatestFile) },
		"packet_cannot_be_read": func(t *testing.T, out string) {
			put(t, `{"schema_version": "runtime-tools.promotion_packet.v0.2", `, out, "p.json")
		},
		"packet_names_no_run": func(t *testing.T, out string) {
			put(t, `{"schema_version": "runtime-tools.promotion_packet.v0.2"}`, out, "p.json")
		},
		"packet_is_another_type": func(t *testing.T, out string) {
			put(t, `{"schema_version": "x.promotion_packet.v0.2", "run_id": 7}`, out, "p.json")
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			at(t, out, "a", 0, bundle.StandingCommitted)
			at(t, out, "f", 1, bundle.StandingFailed)
			at(t, out, "b", 2, bundle.StandingCommitted)
			change(t, out)
			before := everything(t, out)
			c, err := bundle.Collect(context.Background(), out, bundle.CollectOptions{Keep: 1, Delete: true})
			var bad *bundle.IntegrityError
			if c != nil || !errors.As(err, &bad) || !strings.Contains(err.Error(), "nothing is removed") {
				t.Errorf("Collect = %+v, %v, want an *IntegrityError", c, err)
			}
			if d := cmp.Diff(before, everything(t, out)); d != "" {
				t.Errorf("it changed (-before +after):\n%s", d)
			}
		})
	}
	out := t.TempDir()
	for _, opts := range []bundle.CollectOptions{{}, {Keep: -1}, {Keep: 1, LockMode: "maybe"}} {
		var request *bundle.RequestError
		if _, err := bundle.Collect(context.Background(), out, opts); !errors.As(err, &request) {
			t.Errorf("Collect(%+v) = %v, want a *RequestError", opts, err)
		}
	}
}

func TestCollectWaitsItsTurn(t *testing.T) {
	out := t.TempDir()
	at(t, out, "a", 0, bundle.StandingCommitted)
	at(t, out, "b", 1, bundle.StandingCommitted)
	st, err := bundle.Create(out, options("c"))
	if err != nil {
		t.Fatal(err)
	}
	opts := bundle.CollectOptions{Keep: 1}
	// Saying what would go needs no lock.
	if c := collect(t, out, opts); !slices.Equal(ids(c.Runs), []string{"a"}) {
		t.Errorf("would go: %q", ids(c.Runs))
	}
	opts.Delete = true
	if _, err := bundle.Collect(context.Background(), out, opts); !errors.Is(err, bundle.ErrLocked) {
		t.Errorf("Collect = %v, want ErrLocked", err)
	}
	opts.LockMode, opts.LockTimeout = bundle.LockWait, 10*time.Second
	released := make(chan error, 1)
	go func() {
		time.Sleep(100 * time.Millisecond)
		released <- st.Close()
	}()
	c := collect(t, out, opts)
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	// c failed meanwhile, and is younger than b by the clock it was given.
	if d := cmp.Diff([]string{"c", "a"}, ids(c.Runs)); d != "" {
		t.Errorf("went (-want +got):\n%s", d)
	}
}

func TestCollectFollowsNoLink(t *testing.T) {
	out, elsewhere := t.TempDir(), t.TempDir()
	put(t, "precious", elsewhere, "file")
	for i, id := range []string{"a", "b", "c"} {
		at(t, out, id, i, bundle.StandingCommitted)
	}
	for _, link := range [][2]string{{elsewhere, "a/folder"}, {filepath.Join(elsewhere, "file"), "a/file"}, {filepath.Join(out, "b"), "link"}, {"../c", "a/other"}} {
		if err := os.Symlink(link[0], filepath.Join(out, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	// One whose folder was moved away and linked to is no run.
	if err := errors.Join(os.Rename(filepath.Join(out, "b"), filepath.Join(elsewhere, "b")), os.Symlink(filepath.Join(elsewhere, "b"), filepath.Join(out, "b"))); err != nil {
		t.Fatal(err)
	}
	before := everything(t, elsewhere)
	c := collect(t, out, bundle.CollectOptions{Keep: 1, Delete: true})
	if d := cmp.Diff([]string{"a"}, ids(c.Runs)); d != "" || !c.OK() {
		t.Errorf("went (-want +got), ok %v:\n%s", c.OK(), d)
	}
	if d := cmp.Diff(before, everything(t, elsewhere)); d != "" {
		t.Errorf("elsewhere (-before +after):\n%s", d)
	}
	if _, err := bundle.Load(out); err != nil {
		t.Error(err)
	}
}

func TestCollectLeftovers(t *testing.T) {
	out := t.TempDir()
	at(t, out, "a", 0, bundle.StandingCommitted)
	at(t, out, "b", 1, bundle.StandingCommitted)
	old := time.Now().Add(-2 * time.Hour)
	packet := func(n string) string { return ".packet.json." + strings.Repeat(n, 26) + ".tmp" }
	statement := "." + bundle.StatementPath("packet.json") + "." + strings.Repeat("C", 26) + ".tmp"
	for _, name := range []string{".LATEST.tmp", packet("A"), packet("B"), statement, ".mine.tmp"} {
		put(t, "x", out, name)
		if name == packet("B") || name == statement || name == ".mine.tmp" {
			if err := os.Chtimes(filepath.Join(out, name), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, dir := range []string{".removed.a", ".removed.empty", ".removed.other", ".removed..x"} {
		if err := os.Mkdir(filepath.Join(out, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(out, ".removed.a"), os.DirFS(filepath.Join(out, "a"))); err != nil {
		t.Fatal(err)
	}
	put(t, "somebody's", out, ".removed.other", "file")
	names := func(c *bundle.Collection) (list []string) {
		for _, l := range c.Leftovers {
			list = append(list, l.Name)
		}
		return list
	}
	want := []string{".removed.a", ".removed.empty", ".LATEST.tmp", statement, packet("B")}
	opts := bundle.CollectOptions{Keep: 1}
	if d := cmp.Diff(want, names(collect(t, out, opts))); d != "" {
		t.Errorf("would go (-want +got):\n%s", d)
	}
	opts.Delete = true
	c := collect(t, out, opts)
	if d := cmp.Diff(want, names(c)); d != "" || !c.OK() || len(c.Runs) != 1 {
		t.Errorf("went (-want +got): %+v\n%s", c, d)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(entries); len(entries) != 7 || strings.Contains(got, ".removed.a") {
		t.Errorf("left: %v", got)
	}
	if c := collect(t, out, opts); len(c.Leftovers)+len(c.Runs) != 0 || c.Deleted {
		t.Errorf("once more: %+v", c)
	}
}
