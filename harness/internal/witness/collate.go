package witness

import (
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Bounds on what is kept of a log that others write to as well.
const (
	maxDomains = 1 << 14
	maxDenials = 1 << 16
)

// collator sorts the records of denials by tag. It holds what was not asked for
// yet, up to a bound: the oldest of that goes first.
type collator struct {
	domains map[string]*domain // by id
	tags    map[string]*tagged
	oldest  []*domain // in the order they appeared; forgotten ones among them
	kept    int       // denials
	arrived int       // denials so far: their order
	lost    tally
	barrier barrier
	off     chan struct{} // closed when the log says that audit was turned off
}

// domain is what the log said of one.
type domain struct {
	id      string
	tag     string
	layer   int
	pid     int
	named   bool // its LANDLOCK_DOMAIN record was read: tag, layer and pid are set
	gone    bool // forgotten
	denials []arrival
	seen    uint64
	// unseen is how many more denials the kernel counted than were read, known
	// when the domain has ended.
	unseen uint64
}

type arrival struct {
	n int
	Denial
}

// tagged are the domains of a tag.
type tagged struct {
	domains []*domain
	watched bool // not to be dropped for want of room
	mark    int  // the clock of losses when the watch began; 0 when the reader was opened
	waiting int
	wake    chan struct{} // closed when the first denial is there; nil when none waits
}

// barrier counts the denials of the one domain that is denied on purpose.
type barrier struct {
	tag    string
	domain string
	seen   uint64
	wake   chan struct{} // closed and cleared at each
}

func newCollator() *collator {
	return &collator{domains: make(map[string]*domain), tags: make(map[string]*tagged), off: make(chan struct{})}
}

// access takes a LANDLOCK_ACCESS record.
func (c *collator) access(text string) {
	denial, err := parseDenial(text)
	if err != nil {
		c.lost.note(lossUnread, 1)
		return
	}
	if denial.Domain == c.barrier.domain {
		c.pass(1)
		return
	}
	d := c.domain(denial.Domain)
	d.seen++
	if !c.room() {
		c.lost.note(lossFull, 1)
		return
	}
	if d.gone {
		// Making room took this very domain.
		d = c.domain(denial.Domain)
		d.seen++
	}
	c.kept++
	c.arrived++
	d.denials = append(d.denials, arrival{c.arrived, denial})
	if d.named {
		c.tags[d.tag].ring()
	}
}

// change takes a LANDLOCK_DOMAIN record.
func (c *collator) change(text string) {
	rec, err := parseDomain(text)
	if err != nil {
		c.lost.note(lossUnread, 1)
		return
	}
	if rec.status == "deallocated" {
		if d := c.domains[rec.id]; d != nil {
			c.end(d, rec.denials)
		}
		return
	}
	d := c.domain(rec.id)
	if d.named {
		return // threads of one domain may name it twice
	}
	d.named, d.pid = true, rec.pid
	d.tag, d.layer = landlock.CutTag(rec.comm)
	if c.barrier.tag != "" && d.tag == c.barrier.tag {
		c.barrier.domain = d.id
		c.pass(d.seen)
		c.drop(d)
		return
	}
	t := c.tag(d.tag)
	t.domains = append(t.domains, d)
	if len(d.denials) != 0 {
		t.ring()
	}
}

// end holds the kernel's count against what was read. A domain that was never
// named will never be.
func (c *collator) end(d *domain, denials uint64) {
	if denials > d.seen {
		d.unseen = denials - d.seen
	}
	if !d.named {
		c.drop(d)
	}
}

func (c *collator) pass(n uint64) {
	c.barrier.seen += n
	if c.barrier.wake != nil {
		close(c.barrier.wake)
		c.barrier.wake = nil
	}
}

// domain returns the domain with the id, a new one if need be.
func (c *collator) domain(id string) *domain {
	d := c.domains[id]
	if d == nil {
		d = &domain{id: id}
		c.domains[id] = d
		c.oldest = append(c.oldest, d)
	}
	return d
}

func (c *collator) tag(name string) *tagged {
	t := c.tags[name]
	if t == nil {
		t = &tagged{}
		c.tags[name] = t
	}
	return t
}

// room makes room for one more denial.
func (c *collator) room() bool {
	for len(c.domains) > maxDomains || c.kept >= maxDenials {
		if len(c.oldest) == 0 {
			return false
		}
		d := c.oldest[0]
		c.oldest = c.oldest[1:]
		if d.gone || d.named && c.tags[d.tag].watched {
			continue
		}
		c.drop(d)
	}
	return true
}

func (c *collator) drop(d *domain) {
	d.gone = true
	delete(c.domains, d.id)
	c.kept -= len(d.denials)
	if t := c.tags[d.tag]; d.named && t != nil {
		t.domains = slices.DeleteFunc(t.domains, func(other *domain) bool { return other == d })
		c.tidy(d.tag, t)
	}
	c.shrink()
}

// tidy forgets a tag that nothing is known of and nobody asks for.
func (c *collator) tidy(name string, t *tagged) {
	if len(t.domains) == 0 && t.waiting == 0 && !t.watched {
		delete(c.tags, name)
	}
}

func (c *collator) watch(name string) {
	t := c.tag(name)
	t.watched, t.mark = true, c.lost.clock
}

func (c *collator) forget(name string) {
	t := c.tags[name]
	if t == nil {
		return
	}
	t.watched = false
	for _, d := range slices.Clone(t.domains) {
		c.drop(d)
	}
	c.tidy(name, t)
}

// shrink keeps the list of ages from growing with forgotten domains.
func (c *collator) shrink() {
	if len(c.oldest) > 2*len(c.domains)+1024 {
		c.oldest = slices.DeleteFunc(c.oldest, func(d *domain) bool { return d.gone })
	}
}

// find returns what the log has of a tag so far.
func (c *collator) find(name string) Finding {
	t := c.tags[name]
	if t == nil {
		return Finding{Losses: c.lost.since(0)}
	}
	var all []arrival
	f := Finding{Losses: c.lost.since(t.mark)}
	for _, d := range t.domains {
		for _, a := range d.denials {
			a.Layer, a.PID = d.layer, d.pid
			all = append(all, a)
		}
		if d.unseen != 0 {
			f.Losses = append(f.Losses, fmt.Sprintf("domain %s counted %d more denials than were in the log (lost, or not logged by the policy's flags)", d.id, d.unseen))
		}
	}
	slices.SortFunc(all, func(a, b arrival) int { return a.n - b.n })
	for _, a := range all {
		f.Denials = append(f.Denials, a.Denial)
	}
	return f
}

// ring wakes those who wait for the tag's first denial.
func (t *tagged) ring() {
	if t.wake != nil {
		close(t.wake)
		t.wake = nil
	}
}

// config takes a CONFIG_CHANGE record: audit that is turned off says so last.
func (c *collator) config(text string) {
	rec, err := parseRecord(text)
	if err != nil {
		c.lost.note(lossUnread, 1)
		return
	}
	enabled, _ := rec.plain("audit_enabled")
	res, _ := rec.plain("res")
	if enabled != "0" || res != "1" {
		return
	}
	c.lost.note(lossOff, 1)
	if !c.isOff() {
		close(c.off)
	}
}

// isOff says whether audit was turned off, and not seen to be on since: the
// kernel does not log that it is turned on.
func (c *collator) isOff() bool {
	select {
	case <-c.off:
		return true
	default:
		return false
	}
}

func (c *collator) seenOn() {
	if c.isOff() {
		c.off = make(chan struct{})
	}
}
