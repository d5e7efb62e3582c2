package witness

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed is the error of a Reader that was closed.
var ErrClosed = errors.New("the audit reader is closed")

// Reader collects the denials that the kernel logs from when it is opened. It is
// safe for concurrent use.
type Reader struct {
	source source
	ended  chan struct{} // closed with err set
	err    error
	all    sync.WaitGroup

	mu        sync.Mutex
	log       *collator
	busy      bool // something happened since the kernel's lost counter was last read
	base      uint32
	baseKnown bool

	turn     chan struct{} // holds one token: who has it may use what follows
	sentinel *sentinel
	passed   uint64 // denials the sentinel was asked for
}

// source is where records come from, and what else the kernel tells.
type source interface {
	// receive blocks for records, and returns an error when none will come.
	receive(*Reader) error
	// status asks for the kernel's audit state.
	status() (Status, error)
	close()
}

// pace is how often the kernel's lost counter is read while records come: it is
// a question of half a millisecond.
const pace = 100 * time.Millisecond

// Open joins the readers of the audit log. The error is an *Unavailable when
// there is no log to read here.
func Open() (*Reader, error) {
	src, err := openSource(receiveBuffer)
	if err != nil {
		return nil, err
	}
	return newReader(src), nil
}

func newReader(src source) *Reader {
	r := &Reader{source: src, ended: make(chan struct{}), log: newCollator(), turn: make(chan struct{}, 1)}
	r.turn <- struct{}{}
	r.audit()
	r.all.Go(func() {
		r.err = src.receive(r)
		close(r.ended)
	})
	r.all.Go(func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for {
			select {
			case <-r.ended:
				return
			case <-tick.C:
			}
			r.mu.Lock()
			busy := r.busy
			r.busy = false
			r.mu.Unlock()
			if busy {
				r.audit()
			}
		}
	})
	return r
}

// Close ends the reading. Who waits gets ErrClosed.
func (r *Reader) Close() {
	r.source.close()
	r.all.Wait()
	<-r.turn
	defer func() { r.turn <- struct{}{} }()
	if r.sentinel != nil {
		r.sentinel.close()
		r.sentinel = nil
	}
}

// take sorts in one record.
func (r *Reader) take(kind uint16, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = true
	switch kind {
	case typeAccess:
		r.log.access(text)
	case typeDomain:
		r.log.change(text)
	case typeConfig:
		r.log.config(text)
	}
}

// audit reads the kernel's lost counter. A caller that may not ask has no such
// counter; the other signs of loss remain.
func (r *Reader) audit() {
	status, err := r.source.status()
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// The counter only goes down when someone resets it.
	if r.baseKnown && status.Lost > r.base {
		r.log.lost.note(lossKernel, uint64(status.Lost-r.base))
	}
	r.base, r.baseKnown = status.Lost, true
}

// lookAgain asks whether audit is on again when the log says that it was turned
// off. Who may not ask has to wait and see.
func (r *Reader) lookAgain() {
	r.mu.Lock()
	off := r.log.isOff()
	r.mu.Unlock()
	if !off {
		return
	}
	if status, err := r.source.status(); err == nil && status.Enabled == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.seenOn()
}

// Watch says that denials of the tag will be asked for: they are kept until
// Forget, and losses from now on are theirs. Call it before what may be denied.
// Without it the oldest tags are dropped when there are too many, and all losses
// since the reader was opened count.
func (r *Reader) Watch(tag string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = true
	r.log.watch(tag)
}

// Forget drops what is known of a tag.
func (r *Reader) Forget(tag string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.forget(tag)
}

// Find returns what has been read of a tag so far, without waiting.
func (r *Reader) Find(tag string) Finding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.find(tag)
}

// Await waits for the first denial of the tag, and returns all there are by
// then. When none comes within limit, or before audit is turned off, the error is
// a *NoRecordError.
func (r *Reader) Await(ctx context.Context, tag string, limit time.Duration) (Finding, error) {
	r.lookAgain()
	f, wake, off := r.begin(tag)
	if wake == nil {
		return f, nil
	}
	defer r.done(tag)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	err := r.wait(ctx, wake, off, timer.C)
	f = r.Find(tag)
	if len(f.Denials) != 0 {
		return f, nil
	}
	turnedOff := errors.Is(err, errOff)
	if err != nil && !turnedOff && !errors.Is(err, errLimit) {
		return f, err
	}
	// Without an error it was woken by a denial that was dropped before it was
	// looked at.
	return f, &NoRecordError{Tag: tag, Limit: limit, Off: turnedOff, Losses: f.Losses}
}

var (
	errLimit = errors.New("nothing came in time")
	errOff   = errors.New("audit was turned off, by someone else or by its last holder")
)

// wait waits for the first of several ends. Off may be nil.
func (r *Reader) wait(ctx context.Context, wake, off <-chan struct{}, limit <-chan time.Time) error {
	select {
	case <-wake:
		return nil
	case <-off:
		return errOff
	case <-limit:
		return errLimit
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ended:
		return r.err
	}
}

// begin returns what there is of the tag, or what is closed when there will be
// and what when audit is turned off.
func (r *Reader) begin(tag string) (f Finding, wake, off <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = true
	if f := r.log.find(tag); len(f.Denials) != 0 {
		return f, nil, nil
	}
	t := r.log.tag(tag)
	t.waiting++
	if t.wake == nil {
		t.wake = make(chan struct{})
	}
	return Finding{}, t.wake, r.log.off
}

func (r *Reader) done(tag string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.log.tags[tag]; t != nil {
		t.waiting--
		r.log.tidy(tag, t)
	}
}

// Lost says how records may have been lost since the reader was opened, a line
// for each way. It asks the kernel.
func (r *Reader) Lost() []string {
	r.audit()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.lost.since(0)
}
