package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// promise is what holds of an out folder whatever became of the run "during"
// that was being made in it.
type promise struct {
	out    string
	before files       // of the committed run that LATEST named; nil: there was none
	during files       // the artifacts of the new run that its writer adds
	index  IndexStatus // how the new run ends
	latest bool        // and whether LATEST then names it
	ended  bool        // its writer said that it ended so
}

// files are the bytes of a folder's files, by name.
type files map[string]string

func readFiles(dir string) (files, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	got := files{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		got[e.Name()] = string(data)
	}
	return got, nil
}

// outcome is which run the readers of an out folder get.
type outcome string

const (
	getPrevious outcome = "previous"
	getNew      outcome = "new"
	getNone     outcome = "none" // where there was none before
	getTorn     outcome = "torn" // anything else
)

// check reads the out folder as its readers do. Its error says in what the
// promise is broken.
func (p promise) check() (outcome, error) {
	got, err := p.readers()
	err = errors.Join(err, p.runFolder(), p.untouched())
	if want := p.wanted(); err == nil && p.ended && got != want {
		err = fmt.Errorf("the run ended well and readers get the %s one, want the %s one", got, want)
	}
	if err != nil {
		return getTorn, err
	}
	return got, nil
}

func (p promise) wanted() outcome {
	switch {
	case p.latest:
		return getNew
	case p.before != nil:
		return getPrevious
	}
	return getNone
}

func (p promise) readers() (outcome, error) {
	latest, latestErr := os.ReadFile(filepath.Join(p.out, LatestFile))
	b, err := Load(p.out)
	switch {
	case err == nil && b.RunID() == "during" && p.latest && string(latest) == "during\n":
		return getNew, nil // runFolder compares it
	case err == nil && b.RunID() == "before" && p.before != nil && string(latest) == "before\n":
		return getPrevious, nil
	case errors.Is(err, fs.ErrNotExist) && p.before == nil && errors.Is(latestErr, fs.ErrNotExist):
		return getNone, nil
	}
	return getTorn, fmt.Errorf("%s is %q (%v), Load = %v, %v", LatestFile, latest, latestErr, b, err)
}

// runFolder holds the run folder by itself to its word: committed means whole.
func (p promise) runFolder() error {
	dir := filepath.Join(p.out, "during")
	_, err := os.Stat(filepath.Join(dir, IndexFile))
	if errors.Is(err, fs.ErrNotExist) {
		if p.ended {
			return errors.New("the run ended and has no index")
		}
		if b, err := Load(dir); err == nil {
			return fmt.Errorf("no index, and Load = %v", b)
		}
		return nil
	}
	v, err := Validate(dir)
	if err != nil {
		return fmt.Errorf("Validate = %w", err)
	}
	for _, f := range v.Findings {
		// A run that failed says itself what it lacks.
		if !f.Warning && !(v.Status == IndexFailed && f.Code == ListedMissing) {
			return fmt.Errorf("it has an index and is not whole: %v", f)
		}
	}
	if v.Status != p.index && (p.ended || v.Status != IndexFailed) {
		return fmt.Errorf("its index says %s", v.Status)
	}
	if v.Status == IndexFailed {
		return nil
	}
	b, err := Load(dir)
	if err != nil {
		return fmt.Errorf("Load(run folder) = %w", err)
	}
	if want := slices.Sorted(maps.Keys(p.during)); !slices.Equal(b.Names(), slices.Sorted(slices.Values(append(want, StatusFile)))) {
		return fmt.Errorf("it holds %q, want %q and its status", b.Names(), want)
	}
	for name, want := range p.during {
		if data, err := b.Read(name); err != nil || string(data) != want {
			return fmt.Errorf("%s has %d bytes that are not what was written, %v", name, len(data), err)
		}
	}
	return nil
}

// untouched holds what was committed before to its every byte.
func (p promise) untouched() error {
	if p.before == nil {
		return nil
	}
	now, err := readFiles(filepath.Join(p.out, "before"))
	if err == nil && !maps.Equal(now, p.before) {
		err = errors.New("the run from before is not what it was")
	}
	return err
}

// next makes another run in the out folder, as its next user does.
func (p promise) next() error {
	dir := filepath.Join(p.out, "during")
	was, _ := readFiles(dir)
	if err := produce(quiet{}, p.out, "after"); err != nil {
		return fmt.Errorf("the next run: %w", err)
	}
	if b, err := Load(p.out); err != nil || b.RunID() != "after" {
		return fmt.Errorf("after the next run Load = %v, %w", b, err)
	}
	if now, _ := readFiles(dir); !maps.Equal(was, now) {
		return errors.New("the next run changed this one")
	}
	return p.untouched()
}

// mended repairs a run folder without an index: that is refused, or the new index
// vouches for bytes that the writer wrote.
func (p promise) mended() error {
	dir := filepath.Join(p.out, "during")
	if _, err := os.Stat(filepath.Join(dir, IndexFile)); err == nil {
		return nil
	}
	if _, err := reindex(quiet{}, repairTime, dir, true); err != nil {
		return nil
	}
	b, err := Load(dir)
	if err != nil {
		return nil
	}
	for name, want := range p.during {
		if !b.Has(name) {
			continue
		}
		if data, err := b.Read(name); err != nil || string(data) != want {
			return fmt.Errorf("a repair vouches for %d bytes of %s that are not what was written, %v", len(data), name, err)
		}
	}
	return nil
}

// reset takes back what happened since the run "before".
func (p promise) reset() error {
	if p.before == nil {
		return os.RemoveAll(filepath.Dir(p.out))
	}
	entries, err := os.ReadDir(p.out)
	for _, e := range entries {
		if e.Name() != "before" && e.Name() != LatestFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(p.out, e.Name())))
		}
	}
	return errors.Join(err, os.WriteFile(filepath.Join(p.out, LatestFile), []byte("before\n"), 0o644))
}

// memory gives a folder for what is made and removed a thousand times.
func memory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "bundle-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// quiet is a disk that no power cut threatens.
type quiet struct{ disk }

func (quiet) syncDir(string) error  { return nil }
func (quiet) syncFile(string) error { return nil }
func (q quiet) create(path string) (stepFile, error) {
	f, err := q.disk.create(path)
	return quietFile{f}, err
}

type quietFile struct{ stepFile }

func (quietFile) Sync() error { return nil }
