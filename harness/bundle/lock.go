package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// LockMode says what Create and Collect do when another process holds the out
// folder.
type LockMode string

// The lock modes. The empty mode is LockFail.
const (
	LockFail LockMode = "fail" // give up at once
	LockWait LockMode = "wait" // try until the timeout
)

const (
	defaultLockTimeout = 30 * time.Second
	lockRetry          = 50 * time.Millisecond
)

// ErrLocked is what a *LockedError wraps.
var ErrLocked = errors.New("out folder is locked")

// LockedError says who holds the out folder.
type LockedError struct {
	Path   string // of the lock file
	PID    int    // of the holder; 0 when it has not said so yet
	Waited time.Duration
}

func (e *LockedError) Error() string {
	holder := "another process"
	if e.PID > 0 {
		holder = fmt.Sprintf("process %d", e.PID)
	}
	waited := ""
	if e.Waited > 0 {
		waited = fmt.Sprintf(" still, after %s", e.Waited.Round(time.Millisecond))
	}
	return fmt.Sprintf("out folder %s is locked by %s%s (%s): let it end, wait longer for it, or choose another out folder",
		filepath.Dir(e.Path), holder, waited, filepath.Base(e.Path))
}

// Unwrap makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Unwrap() error { return ErrLocked }

// Lock takes the lock file at path as Create takes that of an out folder, or says
// at once who has it with a *LockedError. The kernel drops it when the process
// dies; the file stays.
func Lock(path string) (unlock func() error, err error) {
	unlock, held, err := disk{}.tryLock(path)
	switch {
	case err != nil:
		return nil, err
	case !held:
		return nil, &LockedError{Path: path, PID: holder(path)}
	}
	return unlock, nil
}

// tryLock takes the lock if nobody has it. The lock is an flock(2), which the
// kernel drops when its holder dies, so a lock file that was left behind is no
// lock. The file stays when the lock is released: were it removed, a writer
// that had it open and one that made it anew would lock different inodes.
func (disk) tryLock(path string) (unlock func() error, held bool, err error) {
	// A symlink or a FIFO here would make us write, or hang, elsewhere.
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, false, fmt.Errorf("%s is not a regular file: remove it", path)
	}
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
	err = uninterrupted(func() (err error) {
		held, err = lock.TryLock()
		return err
	})
	if err != nil || !held {
		return nil, false, err
	}
	release := func() error { return uninterrupted(lock.Unlock) }
	// Somebody may have removed the file by hand between open and lock; then
	// this lock excludes nobody.
	ours, err := lock.Stat()
	if err == nil {
		var named fs.FileInfo
		if named, err = os.Stat(path); err == nil && os.SameFile(ours, named) {
			var mark *os.File
			if mark, err = signLock(path); err == nil {
				return func() error { return errors.Join(closeFile(mark), release()) }, true, nil
			}
		} else if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil, false, release()
		}
	}
	return nil, false, errors.Join(err, release())
}

// uninterrupted calls f again while a signal interrupts it, as package os does
// for its own calls.
func uninterrupted(f func() error) error {
	for {
		if err := f(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// signLock says in the lock file who holds it, and marks it for those who only
// look; the mark goes when the file is closed. It makes no file: that would be
// another lock.
func signLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC|openFlags, 0)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(f, "pid=%d\n", os.Getpid()); err != nil {
		return nil, errors.Join(err, closeFile(f))
	}
	// Last, so that a mark vouches for the pid.
	markHeld(f)
	return f, nil
}

func acquire(ctx context.Context, s steps, path string, mode LockMode, timeout time.Duration) (unlock func() error, err error) {
	if timeout <= 0 {
		timeout = defaultLockTimeout
	}
	start := time.Now()
	for {
		unlock, held, err := s.tryLock(path)
		if err != nil {
			return nil, explain("lock "+path, err)
		}
		if held {
			return unlock, nil
		}
		waited := time.Since(start)
		if mode != LockWait {
			return nil, &LockedError{Path: path, PID: holder(path)}
		}
		if waited >= timeout {
			return nil, &LockedError{Path: path, PID: holder(path), Waited: waited}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for %s: %w", path, context.Cause(ctx))
		case <-time.After(min(lockRetry, timeout-waited)):
		}
	}
}

// holder reads the pid from a lock file; it is for messages only.
func holder(path string) int {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	return parsePID(text)
}

func parsePID(text []byte) int {
	pid, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(string(text), "pid=")))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}
