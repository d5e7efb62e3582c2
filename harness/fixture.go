package harness

import (
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// readFixture reads a probe's fixture. What it may hold, package fixture says.
func readFixture(v jsondoc.Value, faults *jsondoc.Faults) *Fixture {
	before := len(*faults)
	o := v.Object()
	f := &Fixture{
		Source: o.Opt("source").OrNull().Text(),
		Listen: o.Opt("listen").OrNull().Text(),
	}
	tree := o.Opt("tree").OrNull().Items()
	for _, n := range tree {
		f.Tree = append(f.Tree, readNode(n))
	}
	o.End()
	if len(*faults) > before {
		return f // what is not of the right type would be reported twice
	}
	for _, err := range fixture.Validate(*f) {
		at, msg := v, err.Error()
		for i := range tree {
			if rest, ok := strings.CutPrefix(msg, fmt.Sprintf("tree[%d]: ", i)); ok {
				at, msg = tree[i], rest
				break
			}
		}
		at.Faultf("%s", msg)
	}
	return f
}

func readNode(v jsondoc.Value) fixture.Node {
	o := v.Object()
	n := fixture.Node{
		Path:    o.Need("path").Text(),
		Kind:    fixture.Kind(o.Need("kind").Text()),
		Mode:    o.Opt("mode").OrNull().Text(),
		Content: o.Opt("content").OrNull().Text(),
		To:      o.Opt("to").OrNull().Text(),
	}
	o.End()
	return n
}
