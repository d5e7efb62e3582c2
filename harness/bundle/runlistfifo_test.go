//go:build unix

package bundle_test

import (
	"context"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// Nobody writes to the FIFOs: a list that opened one would not come back.
func TestListRunsOpensNoDevice(t *testing.T) {
	out := t.TempDir()
	fifo := func(path ...string) {
		t.Helper()
		if err := syscall.Mkfifo(filepath.Join(path...), 0o600); err != nil {
			t.Skipf("no FIFO here: %v", err)
		}
	}
	for i, id := range []string{"a", "b", "c", "d"} {
		at(t, out, id, i, bundle.StandingCommitted)
	}
	for id, name := range map[string]string{"a": bundle.IndexFile, "b": bundle.StatusFile, "c": bundle.SummaryFile} {
		remove(t, out, id, name)
		fifo(out, id, name)
	}
	fifo(out, "promotion_packet.json")
	l := list(t, out)
	for _, id := range []string{"a", "b", "c"} {
		if r := listed(t, l, id); r.Standing != bundle.StandingDamaged {
			t.Errorf("%s is %s: %s", id, r.Standing, r.Detail)
		}
	}
	if l.Latest != "d" || len(l.Others) != 1 || l.Others[0].Kind != bundle.OtherSpecial {
		t.Errorf("listed %+v", l)
	}
	remove(t, out, bundle.LockFile)
	fifo(out, bundle.LockFile)
	at2 := filepath.Join(out, "d")
	remove(t, at2, bundle.IndexFile)
	replaceIn(t, `"complete"`, `"in_progress"`, at2, bundle.StatusFile)
	if r := listed(t, list(t, out), "d"); r.Standing != bundle.StandingUnfinished {
		t.Errorf("d is %s: %s", r.Standing, r.Detail)
	}
}

// A FIFO in an old run goes with it, unopened.
func TestCollectOpensNoDevice(t *testing.T) {
	out := t.TempDir()
	at(t, out, "a", 0, bundle.StandingCommitted)
	at(t, out, "b", 1, bundle.StandingCommitted)
	if err := syscall.Mkfifo(filepath.Join(out, "a", "fifo"), 0o600); err != nil {
		t.Skipf("no FIFO here: %v", err)
	}
	c, err := bundle.Collect(context.Background(), out, bundle.CollectOptions{Keep: 1, Delete: true})
	if err != nil || !c.OK() || !slices.Equal(ids(c.Runs), []string{"a"}) {
		t.Errorf("Collect = %+v, %v", c, err)
	}
}
