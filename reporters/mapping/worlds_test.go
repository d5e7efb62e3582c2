package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// Mappings of one world take the place of those of two, and the other way round;
// a second world that fails leaves all of them.
func TestWorldsTakeTurns(t *testing.T) {
	w := newWorkshop(t)
	linux, mac := w.packet("linux", linuxProbe("l")), w.packet("mac", oneProbe("m", made.MacWorld, "file-read*"))
	bad := w.packet("bad", oneProbe("z", made.MacWorld, "file-read*"))
	err := made.ForgeEvents(bad, func(all []artifact.Event) []artifact.Event { return append(all, all[0]) })
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(w.root, "out")
	promoteTo := func(byWorld bool, packets ...string) error {
		_, err := promote(quiet{}, Options{Root: w.root, Out: filepath.Join(dir, "m"), Packets: packets, ByWorld: byWorld})
		return err
	}
	sets := []string{"."}
	for _, turn := range []struct {
		byWorld bool
		packets []string
		sets    []string // nil: it fails
	}{
		{false, []string{linux}, []string{"."}},
		{false, []string{linux, mac}, []string{made.LinuxWorld, made.MacWorld}},
		{false, []string{mac, linux, bad}, nil},
		{false, []string{mac}, []string{"."}},
		{false, []string{linux, bad}, nil},
		{true, []string{mac}, []string{made.MacWorld}},
		{true, []string{linux, mac}, []string{made.LinuxWorld, made.MacWorld}},
		{true, []string{linux}, []string{made.LinuxWorld}},
		{false, []string{linux}, []string{"."}},
	} {
		before := tree(t, filepath.Join(dir, "m"))
		err := promoteTo(turn.byWorld, turn.packets...)
		if _, ok := errors.AsType[*EvidenceError](err); ok != (turn.sets == nil) || !ok && err != nil {
			t.Fatalf("%v: promote = %v", turn, err)
		}
		after := tree(t, filepath.Join(dir, "m"))
		if turn.sets == nil {
			before[ReceiptFile] = after[ReceiptFile]
			if len(after) != len(before) {
				t.Errorf("%v: %d files, were %d", turn, len(after), len(before))
			}
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%v: %s is another", turn, name)
				}
			}
		} else {
			sets = turn.sets
		}
		v, err := VerifyMappings(filepath.Join(dir, "m"))
		if err != nil || !v.OK() {
			t.Fatalf("%v: VerifyMappings = %+v, %v", turn, v, err)
		}
		var has []string
		for _, s := range v.index.Sets {
			has = append(has, s.Path)
		}
		if !slices.Equal(has, sets) {
			t.Errorf("%v: sets %q, want %q", turn, has, sets)
		}
		if _, crossed := after[CrossWorldFile]; crossed != (sets[0] != ".") {
			t.Errorf("%v: %s is there: %v", turn, CrossWorldFile, crossed)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 2 {
			t.Errorf("%v: beside the mappings are %v", turn, entries)
		}
	}
}
