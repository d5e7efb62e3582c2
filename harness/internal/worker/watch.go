//go:build darwin || seatbelt_fake

package worker

import (
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// lookout looks for what an attempt brings about where the attempt itself cannot
// tell. The zero lookout is for an attempt that can.
type lookout struct {
	needed bool
	watch  *attempt.Watch // nil: err says why
	err    error
}

// seenLimit bounds the looking after an attempt. Its effect is there at once, or
// what was done after it shows that it had none.
const seenLimit = 2 * time.Second

// lookOut begins to look, before the attempt.
func lookOut(req attempt.Request) (l lookout) {
	o, known := attempt.Lookup(req.Operation)
	if l.needed = known && req.Driver != attempt.CheckDriver && attempt.Watching(o); l.needed {
		l.watch, l.err = attempt.StartWatch(req)
	}
	return l
}

// settle puts what was seen into the result of the attempt, nil when none was
// made, and ends the looking.
func (l *lookout) settle(res *op.Result) {
	if l.watch != nil {
		defer l.watch.Close()
	}
	if !l.needed || res == nil {
		return
	}
	seen, err := false, l.err
	if l.watch != nil {
		seen, err = l.watch.Seen(seenLimit)
	}
	attempt.Settle(res, seen, err)
}
