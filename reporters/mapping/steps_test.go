package mapping

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
)

// quiet is a disk that no power cut threatens.
type quiet struct{ disk }

func (quiet) syncDir(string) error  { return nil }
func (quiet) syncTree(string) error { return nil }
func (q quiet) create(path string) (stepFile, error) {
	f, err := q.disk.create(path)
	return quietFile{f}, err
}

type quietFile struct{ stepFile }

func (quietFile) Sync() error { return nil }

// counted is a disk whose steps are counted, each before it is done. What before
// says of a step is what comes of it; after nil it is done.
type counted struct {
	quiet
	n      *atomic.Int64
	before func(n int, place, name string) error
}

func newCounted(before func(n int, place, name string) error) counted {
	return counted{n: new(atomic.Int64), before: before}
}

func (c counted) step(place, path string) error {
	if err := c.before(int(c.n.Add(1)), place, filepath.Base(path)); err != nil {
		return fmt.Errorf("step %s %s: %w", place, path, err)
	}
	return nil
}

func (c counted) lock(path string) (func() error, error) {
	if err := c.step("lock", path); err != nil {
		return nil, err
	}
	return c.quiet.lock(path)
}

func (c counted) mkdir(dir string, mode fs.FileMode) error {
	if err := c.step("mkdir", dir); err != nil {
		return err
	}
	return c.quiet.mkdir(dir, mode)
}

func (c counted) create(path string) (stepFile, error) {
	if err := c.step("create", path); err != nil {
		return nil, err
	}
	f, err := c.quiet.create(path)
	return countedFile{f, c, path}, err
}

func (c counted) rename(from, to string) error {
	if err := c.step("rename", to); err != nil {
		return err
	}
	return c.quiet.rename(from, to)
}

func (c counted) exchange(a, b string) error {
	if err := c.step("exchange", b); err != nil {
		return err
	}
	return c.quiet.exchange(a, b)
}

func (c counted) remove(path string) error {
	if err := c.step("remove", path); err != nil {
		return err
	}
	return c.quiet.remove(path)
}

func (c counted) removeIn(root *os.Root, name string) error {
	if err := c.step("remove", name); err != nil {
		return err
	}
	return c.quiet.removeIn(root, name)
}

func (c counted) removeAll(dir string) error {
	if err := c.step("removeAll", dir); err != nil {
		return err
	}
	return c.quiet.removeAll(dir)
}

func (c counted) syncDir(dir string) error  { return c.step("syncDir", dir) }
func (c counted) syncTree(dir string) error { return c.step("syncTree", dir) }

// make is a step before the file is made and one after: between them it is there
// by half.
func (c counted) make(file string, write func(string) error) error {
	if err := c.step("make", file); err != nil {
		return err
	}
	if err := c.quiet.make(file, write); err != nil {
		return err
	}
	return c.step("made", file)
}

type countedFile struct {
	stepFile
	c    counted
	path string
}

// Write fails half way, as on a full disk.
func (w countedFile) Write(p []byte) (int, error) {
	if err := w.c.step("write", w.path); err != nil {
		n, _ := w.stepFile.Write(p[:len(p)/2])
		return n, err
	}
	return w.stepFile.Write(p)
}

func (w countedFile) Sync() error { return w.c.step("sync", w.path) }
