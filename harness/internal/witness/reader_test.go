package witness

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// script is a source of given records, which is what a kernel gives.
type script struct {
	records chan string
	lost    atomic.Uint32
	off     atomic.Bool // what the status says
	mute    atomic.Bool // there is no status
}

func newScript() (*script, *Reader) {
	s := &script{records: make(chan string)}
	return s, newReader(s)
}

func (s *script) receive(r *Reader) error {
	for text := range s.records {
		switch {
		case strings.Contains(text, "blockers="):
			r.take(typeAccess, text)
		case strings.Contains(text, "audit_enabled="):
			r.take(typeConfig, text)
		default:
			r.take(typeDomain, text)
		}
	}
	return ErrClosed
}

func (s *script) status() (Status, error) {
	if s.mute.Load() {
		return Status{}, errors.New("not for you")
	}
	st := Status{Enabled: 1, Lost: s.lost.Load()}
	if s.off.Load() {
		st.Enabled = 0
	}
	return st, nil
}

func (s *script) close() { close(s.records) }

const turnedOff = "audit(1.001:5): op=set audit_enabled=0 old=1 auid=1 ses=2 res=1"

func TestAwait(t *testing.T) {
	s, r := newScript()
	var missing *NoRecordError
	if _, err := r.Await(t.Context(), "tag", time.Millisecond); !errors.As(err, &missing) || missing.Limit == 0 {
		t.Errorf("nothing: %v, want a NoRecordError", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Await(ctx, "tag", time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	r.mu.Lock()
	if len(r.log.tags) != 0 {
		t.Errorf("tags that were only asked for are kept: %v", r.log.tags)
	}
	r.mu.Unlock()
	go func() {
		s.records <- access("a", "/1")
		s.records <- born("a", "tag.0")
	}()
	f, err := r.Await(t.Context(), "tag", time.Hour)
	if err != nil || len(f.Denials) != 1 || len(f.Losses) != 0 {
		t.Errorf("= %+v, %v", f, err)
	}
	s.lost.Store(3)
	if why := r.Lost(); len(why) != 1 || !strings.HasPrefix(why[0], "3 audit records") {
		t.Errorf("Lost() = %q", why)
	}
	done := make(chan error)
	go func() {
		_, err := r.Await(t.Context(), "never", time.Hour)
		done <- err
	}()
	r.Close()
	if err := <-done; !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// Who waits is told when audit is turned off, and who comes later as well, until
// it is seen to be on again.
func TestAwaitTurnedOff(t *testing.T) {
	s, r := newScript()
	defer r.Close()
	wantOff := func(tag string, err error) {
		t.Helper()
		var none *NoRecordError
		if !errors.As(err, &none) || !none.Off || none.Tag != tag || !strings.Contains(err.Error(), "turned off") {
			t.Errorf("Await(%s) = %v, want a NoRecordError that says that audit is off", tag, err)
		}
	}
	r.Watch("found")
	s.records <- access("a", "/1")
	s.records <- born("a", "found.0")
	done := make(chan error)
	go func() {
		_, err := r.Await(t.Context(), "waits", time.Hour)
		done <- err
	}()
	s.off.Store(true)
	s.records <- turnedOff
	wantOff("waits", <-done)
	s.records <- turnedOff    // by someone else, once more
	s.records <- died("x", 1) // when this is taken, the one before is sorted in
	_, err := r.Await(t.Context(), "later", time.Hour)
	wantOff("later", err)
	if f, err := r.Await(t.Context(), "found", time.Hour); err != nil || len(f.Denials) != 1 || len(f.Losses) != 1 {
		t.Errorf("what came before: %+v, %v", f, err)
	}
	for _, back := range []func(){
		func() { s.off.Store(false) },
		func() { s.mute.Store(true) }, // it may be on
	} {
		back()
		var none *NoRecordError
		if _, err := r.Await(t.Context(), "on", time.Millisecond); !errors.As(err, &none) || none.Off {
			t.Errorf("on again: %v", err)
		}
		s.records <- turnedOff
		s.records <- died("x", 1)
	}
}
