package sbpl

import "fmt"

// What a profile may use up. A real one takes a fraction of it; the model
// stops at one that takes more, and says so.
const (
	maxSteps    = 2_000_000 // forms evaluated, and as many cells or doubts made
	maxText     = 32 << 20  // bytes of all strings made and all texts imported
	maxDepth    = 10_000    // forms evaluated inside of each other
	maxRules    = 200_000
	maxImports  = 100
	maxNesting  = 16 // imports inside of each other
	maxSupposed = 8  // conditions in doubt inside of each other
)

// regexWeight is how much more room a regex takes than its text.
const regexWeight = 16

// spend takes steps from what the profile may use. False: there are none left.
func (m *machine) spend(n int) bool {
	if m.steps += n; m.steps > maxSteps {
		m.stop("stopped after %d steps", maxSteps)
	}
	return m.stopped == nil
}

// grow takes the bytes of a string from what the profile may use.
func (m *machine) grow(bytes int) bool {
	if m.bytes += bytes; m.bytes > maxText {
		m.stop("stopped after %d bytes of strings", maxText)
	}
	return m.stopped == nil
}

// stop ends the run at the form that is being evaluated: what would have come
// then may have left anything behind.
func (m *machine) stop(why string, args ...any) {
	if m.stopped == nil {
		m.halt(m.doubt(m.at, m.in, fmt.Sprintf(why, args...)))
	}
}

// halt ends the run with a doubt about all that the profile decides.
func (m *machine) halt(d *doubt) {
	d.told = true
	m.stopped = d
	m.last = append(m.last, opaque(&d.Doubt))
}
