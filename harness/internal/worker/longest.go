package worker

import (
	"time"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// grace is how much longer a worker may take than the process that attempts: it
// starts that process and ends it, and lives on.
const grace = 5 * time.Second

// seenLimit bounds the looking after an attempt. Its effect is there at once, or
// what was done after it shows that it had none.
const seenLimit = 2 * time.Second

// Longest is how long a worker that is well may take for the request: a probe that
// hangs and a watch that is late are its to end, and to answer for.
func (o *OwnProcess) Longest() time.Duration {
	d := o.Limit + grace
	if watched(o.Attempt) {
		d += attempt.WatchLimit(seenLimit)
	}
	return d
}

// Longest is how long a worker that is well may take for Seatbelt's canary.
func (c *Canary) Longest() time.Duration { return c.Limit + grace }

// watched says whether the worker looks for what the attempt brings about.
func watched(req attempt.Request) bool {
	o, known := attempt.Lookup(req.Operation)
	return known && req.Driver != attempt.CheckDriver && attempt.Watching(o)
}
