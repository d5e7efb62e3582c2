package seatbelt

import (
	"fmt"
	"time"
)

// compare asks for two effects, the second of which was brought about after the
// first by who is under no policy, and comes out after it where both do. False
// without an error: the first will not come any more.
func compare(first, second func() (bool, error), limit time.Duration) (bool, error) {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		// In this order: what comes out between the questions must not look as if
		// the first had been left out.
		later, err := second()
		if err != nil {
			return false, err
		}
		if seen, err := first(); seen || err != nil || later {
			return seen, err
		}
		if time.Now().After(end) {
			return false, fmt.Errorf("nothing was seen within %s, not even what was done later by who is under no policy", limit)
		}
	}
}
