package bundle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// faulty fails the n-th step, and in a crash every step after it too: a
// killed writer takes no further step.
type faulty struct {
	disk
	n     int
	crash bool
	at    int // steps taken
	what  string
}

func (f *faulty) step(what string) error {
	f.at++
	if f.at == f.n || f.crash && f.at > f.n {
		if f.what == "" {
			f.what = what
		}
		return fmt.Errorf("step %d, %s: %w", f.at, what, syscall.ENOSPC)
	}
	return nil
}

func (f *faulty) mkdirAll(dir string) error {
	if err := f.step("mkdirAll"); err != nil {
		return err
	}
	return f.disk.mkdirAll(dir)
}

func (f *faulty) mkdir(dir string) error {
	if err := f.step("mkdir"); err != nil {
		return err
	}
	return f.disk.mkdir(dir)
}

func (f *faulty) create(path string) (stepFile, error) {
	if err := f.step("create " + filepath.Base(path)); err != nil {
		return nil, err
	}
	file, err := f.disk.create(path)
	return &faultyFile{file, f, filepath.Base(path)}, err
}

func (f *faulty) rename(from, to string) error {
	if err := f.step("rename " + filepath.Base(to)); err != nil {
		return err
	}
	return f.disk.rename(from, to)
}

func (f *faulty) remove(path string) error {
	if err := f.step("remove " + filepath.Base(path)); err != nil {
		return err
	}
	return f.disk.remove(path)
}

func (f *faulty) syncDir(dir string) error {
	if err := f.step("syncDir " + filepath.Base(dir)); err != nil {
		return err
	}
	return f.disk.syncDir(dir)
}

// tryLock's release is no step: the kernel does it for a writer that dies.
func (f *faulty) tryLock(path string) (func() error, bool, error) {
	if err := f.step("tryLock"); err != nil {
		return nil, false, err
	}
	return f.disk.tryLock(path)
}

type faultyFile struct {
	stepFile
	f    *faulty
	name string
}

// Write fails half way, as a full disk does.
func (w *faultyFile) Write(p []byte) (int, error) {
	if err := w.f.step("write " + w.name); err != nil {
		n, _ := w.stepFile.Write(p[:len(p)/2])
		return n, err
	}
	return w.stepFile.Write(p)
}

func (w *faultyFile) Sync() error {
	if err := w.f.step("sync " + w.name); err != nil {
		return err
	}
	return w.stepFile.Sync()
}

func (w *faultyFile) Close() error {
	closed := w.stepFile.Close() // also in a crash: the kernel closes it
	if err := w.f.step("close " + w.name); err != nil {
		return err
	}
	return closed
}

// produce is a whole run, as every writer does it.
func produce(s steps, out, id string) (err error) {
	st, err := create(context.Background(), s, out, Options{RunID: id, WorldID: "w", PlanID: "p", LockMode: LockFail})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	for _, name := range []string{"run_manifest.md", "runtime_results.json"} {
		st.Expect(name)
		if err := st.Write(name, nil, []byte(id+" "+name)); err != nil {
			return errors.Join(err, st.Fail(err))
		}
	}
	if err := st.Commit(StatusOK); err != nil {
		return errors.Join(err, st.Fail(err))
	}
	return nil
}

func TestEveryStepMayFail(t *testing.T) {
	for _, crash := range []bool{false, true} {
		for _, first := range []bool{false, true} {
			t.Run(fmt.Sprintf("crash=%v/first=%v", crash, first), func(t *testing.T) {
				t.Parallel()
				steps := 0
				for n := 1; ; n++ {
					f := &faulty{n: n, crash: crash}
					if !failStep(t, f, first) {
						break
					}
					steps++
				}
				if steps < 25 {
					t.Errorf("only %d steps were failed", steps)
				}
			})
		}
	}
}

// failStep makes a run with one failing step and reports whether the run had
// that many.
func failStep(t *testing.T, f *faulty, first bool) bool {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	if !first {
		if err := produce(disk{}, out, "before"); err != nil {
			t.Fatal(err)
		}
	}
	failed := produce(f, out, "during")
	if f.at < f.n {
		if failed != nil {
			t.Errorf("no step failed, and yet: %v", failed)
		}
		return false
	}
	complain := func(format string, args ...any) {
		t.Helper()
		t.Errorf("step %d (%s): %s", f.n, f.what, fmt.Sprintf(format, args...))
	}

	b, err := Load(out)
	switch {
	case err == nil && b.RunID() == "during":
		for _, name := range []string{"run_manifest.md", "runtime_results.json"} {
			if data, err := b.Read(name); err != nil || string(data) != "during "+name {
				complain("%s = %q, %v", name, data, err)
			}
		}
	case err == nil && b.RunID() == "before" && !first:
		if failed == nil {
			complain("the run reported success and readers do not see it")
		}
	case errors.Is(err, os.ErrNotExist) && first:
		if failed == nil {
			complain("the run reported success and readers do not see it")
		}
	default:
		complain("Load = %v, %v", b, err)
	}

	// The run folder itself never lies: committed means whole.
	if v, err := Validate(filepath.Join(out, "during")); err == nil && v.Status == IndexOK && !v.OK() {
		complain("committed and not whole: %v", v.Findings)
	}
	if err := produce(disk{}, out, "after"); err != nil {
		complain("the next run: %v", err)
	}
	if b, err := Load(out); err != nil || b.RunID() != "after" {
		complain("after the next run Load = %v, %v", b, err)
	}
	return true
}
