package bundle

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A run that ended between the reading of its documents and the look at the lock
// was not left by its writer.
func TestJudgeReadsAgain(t *testing.T) {
	path := t.TempDir()
	st, err := create(context.Background(), disk{}, path, Options{RunID: "r1", WorldID: "w"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := openOut(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	before := out.readRun("r1")
	if err := errors.Join(st.Commit(StatusOK), st.Close()); err != nil {
		t.Fatal(err)
	}
	readings := []*runReading{before}
	out.judge(readings, false)
	if r := readings[0]; r.standing != StandingCommitted {
		t.Errorf("it is %s: %s", r.standing, r.detail)
	}
	if err := os.RemoveAll(filepath.Join(path, "r1")); err != nil {
		t.Fatal(err)
	}
	readings = []*runReading{before}
	out.judge(readings, false)
	if r := readings[0]; !r.gone {
		t.Errorf("removed meanwhile, it is %q: %s", r.standing, r.detail)
	}
}

// Who holds the lock for something else, as a repair does, writes no run.
func TestLockOfAnother(t *testing.T) {
	path := t.TempDir()
	for _, held := range []lockState{{}, {held: true, pid: 7}, {held: true, pid: 8}, {held: true, blind: "no pid"}, {blind: "no file"}} {
		r := &runReading{id: "r1", status: &RunStatus{RunID: "r1", State: StateInProgress, WriterPID: 7}}
		r.judge(held)
		want := StandingAbandoned
		switch {
		case held.pid == 7:
			want = StandingRunning
		case held.blind != "":
			want = StandingUnfinished
		}
		if r.standing != want {
			t.Errorf("%+v: %s, want %s", held, r.standing, want)
		}
	}
	if err := os.WriteFile(filepath.Join(path, LockFile), []byte("pid=7\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := openOut(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	if got := out.peekLock(); got.held || got.pid != 0 {
		t.Errorf("of a lock file nobody holds: %+v", got)
	}
}

// noted notes the steps that are taken.
type noted struct {
	disk
	steps []string
}

func (r *noted) renameIn(root *os.Root, from, to string) error {
	r.steps = append(r.steps, "rename")
	return r.disk.renameIn(root, from, to)
}

func (r *noted) removeIn(root *os.Root, name string) error {
	r.steps = append(r.steps, "remove")
	return r.disk.removeIn(root, name)
}

func (r *noted) syncDir(dir string) error {
	r.steps = append(r.steps, "sync")
	return r.disk.syncDir(dir)
}

// No file goes before the new name is on the disk.
func TestCollectSyncsBetween(t *testing.T) {
	out := littered(t)
	if err := os.RemoveAll(filepath.Join(out, removedPrefix+"half")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(out, "."+LatestFile+".tmp")); err != nil {
		t.Fatal(err)
	}
	r := &noted{}
	if c, err := collect(context.Background(), r, time.Now, out, CollectOptions{Keep: 2, Delete: true}); err != nil || !c.OK() {
		t.Fatalf("collect = %+v, %v", c, err)
	}
	if got := strings.Join(slices.Compact(r.steps), " "); got != "rename sync remove sync" {
		t.Errorf("steps: %s", got)
	}
}

// What takes the place of a run after it was judged is not what was judged.
func TestHideKnowsTheFolder(t *testing.T) {
	path := t.TempDir()
	if err := produce(disk{}, path, "r1"); err != nil {
		t.Fatal(err)
	}
	list, err := ListRuns(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(path, "r1")
	if err := errors.Join(os.Rename(dir, filepath.Join(path, "r2")), os.Mkdir(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	out, err := openOut(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.close()
	runs := []CollectedRun{{RunListing: list.Runs[0]}}
	(&removal{disk{}, out}).hide(runs)
	if !strings.Contains(runs[0].Error, "another folder has taken its place") {
		t.Errorf("error %q", runs[0].Error)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}
