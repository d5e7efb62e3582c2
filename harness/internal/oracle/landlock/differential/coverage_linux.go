package differential

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// Cell is a right that an operation may be denied for, under that many layers.
type Cell struct {
	Op      string `json:"op"`
	Syscall string `json:"syscall"`
	Right   string `json:"right,omitempty"` // empty: Landlock does not mediate it
	Layers  string `json:"layers"`          // "1" to "4", or "more"
}

// Count is how often both gave an answer.
type Count struct {
	Allow int `json:"allow"` // a rule of each layer that handles the right grants it
	Deny  int `json:"deny"`  // the right is missing
	Near  int `json:"near"`  // and nothing else is, in no other layer
}

// Coverage is what a run has seen.
type Coverage struct {
	Cells map[Cell]*Count
	// Answers is how often each operation got which answer of the model.
	Answers map[string]map[oracle.Decision]int
	// Unknown counts the answers that are no decision by their reason, and
	// Skipped what was not asked at all.
	Unknown map[string]int
	Skipped map[string]int
	// Excused counts what the model allows and the kernel let fail for reasons
	// that no tree knows, by operation and errno.
	Excused map[string]int
}

func newCoverage() *Coverage {
	return &Coverage{
		Cells: map[Cell]*Count{}, Answers: map[string]map[oracle.Decision]int{},
		Unknown: map[string]int{}, Skipped: map[string]int{}, Excused: map[string]int{},
	}
}

var layerNames = [depths]string{"1", "2", "3", "4", "more"}

func (c *Coverage) cell(k Cell) *Count {
	if c.Cells[k] == nil {
		c.Cells[k] = new(Count)
	}
	return c.Cells[k]
}

// add counts a decision on which both agree.
func (c *Coverage) add(o *op.Op, v *op.Variant, layers int, a oracle.Answer, res op.Result) {
	name := o.Name + " " + v.Name
	if c.Answers[name] == nil {
		c.Answers[name] = map[oracle.Decision]int{}
	}
	c.Answers[name][a.Decision]++
	if a.Decision == oracle.Unknown {
		c.Unknown[kindOfReason(a)]++
		return
	}
	if decision, kind := op.Classify(v, res); decision == "" {
		c.Excused[fmt.Sprintf("%s: %s, errno %d", name, kind, res.Errno)]++
		return
	}
	if layers == 0 {
		return
	}
	at := Cell{Op: o.Name, Syscall: v.Name, Layers: layerNames[depthOf(layers)]}
	for _, right := range decisive(v, o, a) {
		at.Right = right
		n := c.cell(at)
		switch {
		case a.Decision == oracle.Allow:
			n.Allow++
		case len(a.Missing) == 1:
			n.Near++
			n.Deny++
		default:
			n.Deny++
		}
	}
}

// decisive is the rights that an answer shows something about.
func decisive(v *op.Variant, o *op.Op, a oracle.Answer) []string {
	if len(v.Denied) == 0 {
		return []string{""}
	}
	var list []string
	if a.Decision == oracle.Deny {
		for _, m := range a.Missing {
			list = append(list, m.Right)
		}
	} else {
		for _, g := range a.Granting {
			list = append(list, g.Rights...)
		}
		if fsRight(o.Name) == 0 && !strings.HasPrefix(o.Name, "net.") { // no rule lifts these
			list = append(list, o.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var (
	aPath   = regexp.MustCompile(`"?/[^ ,:]*`)
	aNumber = regexp.MustCompile(`[0-9]+`)
)

// kindOfReason is a reason without what it speaks of.
func kindOfReason(a oracle.Answer) string {
	return aNumber.ReplaceAllString(aPath.ReplaceAllString(a.Reason, "PATH"), "N")
}

// merge adds what another worker has seen.
func (c *Coverage) merge(other *Coverage) {
	for k, n := range other.Cells {
		at := c.cell(k)
		at.Allow, at.Deny, at.Near = at.Allow+n.Allow, at.Deny+n.Deny, at.Near+n.Near
	}
	for name, counts := range other.Answers {
		if c.Answers[name] == nil {
			c.Answers[name] = map[oracle.Decision]int{}
		}
		sum(c.Answers[name], counts)
	}
	sum(c.Unknown, other.Unknown)
	sum(c.Skipped, other.Skipped)
	sum(c.Excused, other.Excused)
}

func sum[K comparable](into, from map[K]int) {
	for k, n := range from {
		into[k] += n
	}
}

// total is how many decisions the model gave, and how many of them each way.
func (c *Coverage) total() (all int, by map[oracle.Decision]int) {
	by = map[oracle.Decision]int{}
	for _, counts := range c.Answers {
		sum(by, counts)
		for _, n := range counts {
			all += n
		}
	}
	return all, by
}

// missing lists the cells that should have both answers, and have not. What
// Landlock does not mediate can only be allowed.
func (c *Coverage) missing(wanted []aim) []Cell {
	var list []Cell
	for _, a := range wanted {
		k := a.cell()
		if n := c.Cells[k]; n == nil || n.Allow == 0 || n.Deny == 0 && a.right != "" {
			list = append(list, k)
		}
	}
	return list
}

// rows is the cells in order.
func (c *Coverage) rows() []Cell {
	return slices.SortedFunc(maps.Keys(c.Cells), func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.Syscall, b.Syscall), cmp.Compare(a.Right, b.Right), cmp.Compare(a.Layers, b.Layers))
	})
}
