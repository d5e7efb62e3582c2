package sbpl

import "fmt"

// limits are what a profile may use up. The model stops at one that takes more,
// and says so.
type limits struct {
	steps int // forms evaluated and cells made; a doubt is several
	text  int // bytes of all strings made and all texts imported
	depth int // forms evaluated inside of each other, lists inside of each other
	rules int
}

// ample is a large multiple of what real profiles take.
var ample = limits{steps: 1_000_000, text: 32 << 20, depth: 10_000, rules: 100_000}

const (
	maxImports  = 100
	maxNesting  = 16 // imports inside of each other
	maxSupposed = 8  // conditions in doubt inside of each other
)

// namesAStep is how many names a search passes by for a step.
const namesAStep = 32

// regexWeight is how much more room a regex takes than its text, and regexSteps
// how much more time than another filter.
const (
	regexWeight = 16
	regexSteps  = 40
)

// bytesAStep is how many bytes of texts are looked through for a step.
const bytesAStep = 256

// spend takes steps from what the profile may use. False: there are none left.
func (m *machine) spend(n int) bool {
	if m.steps += n; m.steps > m.most.steps {
		m.stop("stopped after %d steps", m.most.steps)
	}
	return m.stopped == nil
}

// look takes a text, which a function may look through, from the steps.
func (m *machine) look(v value) bool {
	switch v := v.(type) {
	case *str:
		return m.spend(len(v.text) / bytesAStep)
	case symbol:
		return m.spend(len(v) / bytesAStep)
	}
	return m.stopped == nil
}

// grow takes the bytes of a string from what the profile may use.
func (m *machine) grow(bytes int) bool {
	if m.bytes += bytes; m.bytes > m.most.text {
		m.stop("stopped after %d bytes of strings", m.most.text)
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
