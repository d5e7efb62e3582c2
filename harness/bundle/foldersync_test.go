package bundle

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
)

// synced notes which folders were synced before a file got its name.
type synced struct {
	disk
	before map[string][]string // by the file
	dirs   []string
}

func (s *synced) syncDir(dir string) error {
	s.dirs = append(s.dirs, filepath.Base(dir))
	return s.disk.syncDir(dir)
}

func (s *synced) rename(from, to string) error {
	s.before[filepath.Base(to)] = slices.Clone(s.dirs)
	return s.disk.rename(from, to)
}

// An index must not outlive a file in a folder either.
func TestFoldersAreSyncedBeforeTheIndex(t *testing.T) {
	s := &synced{before: map[string][]string{}}
	g, err := create(context.Background(), s, t.TempDir(), Options{RunID: "r1", WorldID: "w", PlanID: "p", LockMode: LockFail})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Write("texts/a.sb", nil, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := g.Commit(StatusOK); err != nil {
		t.Fatal(err)
	}
	dirs := s.before[IndexFile]
	if want := []string{"texts", "r1"}; len(dirs) < 2 || !slices.Equal(dirs[len(dirs)-2:], want) {
		t.Errorf("before the index were synced %q, want %q at last", dirs, want)
	}
}
