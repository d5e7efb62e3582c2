package bundle

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"
)

// CollectOptions says which runs Collect leaves, and whether it may remove the
// others.
type CollectOptions struct {
	Keep   int  // how many of the newest committed runs stay, at least 1
	Delete bool // false: only say what would be done

	LockMode    LockMode      // with Delete; empty: LockFail
	LockTimeout time.Duration // with LockWait; zero: 30 s
}

// Collection is what Collect did, or would do.
type Collection struct {
	Out       string         `json:"out"`
	Keep      int            `json:"keep"`
	Deleted   bool           `json:"deleted"` // false: nothing was touched
	Runs      []CollectedRun `json:"runs"`    // that go
	Leftovers []Leftover     `json:"leftovers"`
	Bytes     int64          `json:"bytes"` // of all that goes; with Deleted, that is gone
	Kept      []KeptRun      `json:"kept"`
	Others    []Other        `json:"others"` // no runs; they stay, but for the leftovers
}

// CollectedRun is a run that goes.
type CollectedRun struct {
	RunListing
	Error string `json:"error,omitempty"` // why it, or a part of it, is still there
}

// KeptRun is a run that stays.
type KeptRun struct {
	RunListing
	Why string `json:"why"`
}

// Leftover is what a process that was killed left in the out folder: a temporary
// file, or a run that an earlier Collect had begun to remove.
type Leftover struct {
	Name  string    `json:"name"`
	Kind  OtherKind `json:"kind"`
	Bytes int64     `json:"bytes"`
	Error string    `json:"error,omitempty"` // why it is still there

	info fs.FileInfo
}

// OK reports whether nothing that was to go is still there.
func (c *Collection) OK() bool {
	for _, r := range c.Runs {
		if r.Error != "" {
			return false
		}
	}
	for _, l := range c.Leftovers {
		if l.Error != "" {
			return false
		}
	}
	return true
}

// Collect removes old runs from an out folder. It leaves the newest committed
// runs, as many as Keep; the runs that LATEST and packets in the out folder name;
// runs that are being written; and whatever is not certainly a run of ours or is
// damaged. Runs that are dry, failed, abandoned, torn or repaired are not counted
// and stay while they are not older than the oldest run that is.
//
// Nothing is touched without Delete. With it, and when there is something to
// remove, Collect holds the out folder's lock and decides again under it; the
// error is a *LockedError when a writer is at work. What could not be removed is
// in the Collection and stops nothing else. Stopped at any moment, no folder that
// is left reads as a committed run and is not whole, and the next Collect ends
// the work.
//
// An out folder whose LATEST or packets cannot be read is an *IntegrityError:
// nobody knows what they would have kept. A *RequestError says what to mend in
// the request.
func Collect(ctx context.Context, out string, opts CollectOptions) (*Collection, error) {
	return collect(ctx, disk{}, time.Now, out, opts)
}

func collect(ctx context.Context, s steps, now func() time.Time, path string, opts CollectOptions) (c *Collection, err error) {
	switch {
	case opts.Keep < 1:
		return nil, requestErrorf("keep %d: at least 1 committed run stays; to be rid of all, remove the out folder", opts.Keep)
	case opts.LockMode != "" && opts.LockMode != LockFail && opts.LockMode != LockWait:
		return nil, requestErrorf("unknown lock mode %q, use fail or wait", opts.LockMode)
	}
	dir, err := openOut(path)
	if err != nil {
		return nil, err
	}
	defer dir.close()
	// The first plan is made without the lock: where nothing is to be removed,
	// nothing is touched.
	c, err = dir.plan(opts, now(), false)
	if err != nil || !opts.Delete || len(c.Runs)+len(c.Leftovers) == 0 {
		return c, err
	}
	unlock, err := acquire(ctx, s, filepath.Join(dir.dir, LockFile), opts.LockMode, opts.LockTimeout)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if c, err = dir.plan(opts, now(), true); err != nil {
		return nil, err
	}
	return c, c.remove(&removal{s, dir})
}

// remove does what was planned. What could not be removed stands beside it; the
// error is about the whole.
func (c *Collection) remove(m *removal) error {
	c.Deleted, c.Bytes = true, 0
	// Leftovers first: one may be in the way of a run of the same id.
	for i := range c.Leftovers {
		l := &c.Leftovers[i]
		if err := m.leftover(l); err != nil {
			l.Error = err.Error()
			continue
		}
		c.Bytes += l.Bytes
	}
	m.hide(c.Runs)
	for i := range c.Runs {
		r := &c.Runs[i]
		if r.Error != "" {
			continue
		}
		if err := m.empty(removedPrefix + r.ID); err != nil {
			r.Error = err.Error()
			continue
		}
		c.Bytes += r.Bytes
	}
	return m.sync()
}
