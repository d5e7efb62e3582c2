package witness

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Collect returns every denial of the tag up to now: it waits until a record
// that is later than all of them was read. The error is a *NoRecordError when
// there is none; its Limit is zero when that is settled, and limit when the
// later record did not come either.
func (r *Reader) Collect(ctx context.Context, tag string, limit time.Duration) (Finding, error) {
	err := r.Settle(ctx, limit)
	off := errors.Is(err, errOff)
	if err != nil && !off && !errors.Is(err, errLimit) {
		return Finding{}, err
	}
	f := r.Find(tag)
	f.Complete = err == nil && len(f.Losses) == 0
	if len(f.Denials) != 0 {
		return f, nil
	}
	none := &NoRecordError{Tag: tag, Off: off, Losses: f.Losses}
	if err != nil {
		none.Limit = limit
	}
	return f, none
}

// Settle returns nil when every record of what happened before the call was
// read, as far as none was lost. The kernel queues records in order, so it has a
// process of its own denied something and waits for that record. The first call
// starts the process, which limit bounds as well. An error also says that the log
// does not work here.
func (r *Reader) Settle(ctx context.Context, limit time.Duration) error {
	r.lookAgain()
	start := time.Now()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	switch err := r.wait(ctx, r.turn, nil, timer.C); {
	case errors.Is(err, errLimit):
		return fmt.Errorf("audit reader: busy with another such question for %v: %w", limit, err)
	case err != nil:
		return err
	}
	defer func() { r.turn <- struct{}{} }()
	select {
	case <-r.ended:
		return r.err
	default:
	}
	if r.sentinel == nil {
		s, err := startSentinel(ctx, limit-time.Since(start))
		if err != nil {
			return fmt.Errorf("audit reader: sentinel: %w", err)
		}
		r.mu.Lock()
		r.log.barrier = barrier{tag: s.tag}
		r.mu.Unlock()
		r.sentinel, r.passed = s, 0
	}
	r.passed++
	if err := r.sentinel.step(); err != nil {
		r.sentinel.close()
		r.sentinel = nil
		return fmt.Errorf("audit reader: sentinel: %w", err)
	}
	for {
		r.mu.Lock()
		r.busy = true
		b := &r.log.barrier
		if b.seen >= r.passed {
			r.mu.Unlock()
			return nil
		}
		if b.wake == nil {
			b.wake = make(chan struct{})
		}
		wake, off := b.wake, r.log.off
		r.mu.Unlock()
		if err := r.wait(ctx, wake, off, timer.C); err != nil {
			if errors.Is(err, errLimit) {
				err = fmt.Errorf("no record of a denial made on purpose within %v: is audit filtered, or is this another network namespace? %w", limit, err)
			}
			// The record may be lost: a count that waits for it would never be
			// reached again.
			r.sentinel.close()
			r.sentinel = nil
			return err
		}
	}
}
