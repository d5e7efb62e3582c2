package witness

import "fmt"

// loss is a way for records to go missing.
type loss int

const (
	lossSocket loss = iota // the socket's buffer was full
	lossKernel             // the kernel's own counter moved
	lossUnread             // a record that this version cannot read
	lossOff                // audit was turned off meanwhile
	lossFull               // more denials than are kept
	lossKinds
)

func (l loss) line(n uint64) string {
	switch l {
	case lossSocket:
		return fmt.Sprintf("%d audit records found the reader's socket full", n)
	case lossKernel:
		return fmt.Sprintf("%d audit records were dropped by the kernel (its lost counter; with audit=1 at boot and no audit daemon it also counts records that were read here)", n)
	case lossUnread:
		return fmt.Sprintf("%d audit records could not be read", n)
	case lossOff:
		return fmt.Sprintf("audit was turned off %d times meanwhile", n)
	case lossFull:
		return fmt.Sprintf("%d denials were more than are kept: forget tags that are done", n)
	}
	return fmt.Sprintf("%d records were lost", n)
}

// tally counts losses. Its clock ticks with each, so that a tag can tell the
// ones before its time from the others.
type tally struct {
	clock  int
	counts [lossKinds]uint64
	last   [lossKinds]int // the clock at the last loss of the kind, 0 for none
}

func (t *tally) note(l loss, n uint64) {
	t.clock++
	t.counts[l] += n
	t.last[l] = t.clock
}

// since lists the kinds that happened after the clock showed mark, with their
// counts since the reader was opened.
func (t *tally) since(mark int) []string {
	var lines []string
	for l := range lossKinds {
		if t.last[l] > mark {
			lines = append(lines, l.line(t.counts[l]))
		}
	}
	return lines
}
