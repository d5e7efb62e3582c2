package sbpl

import (
	"cmp"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// CheckCall is the Syscall of a question that nobody attempts: it is put to
// sandbox_check.
const CheckCall = "sandbox_check"

// AskCheck answers what sandbox_check would be asked: the one operation, whatever
// links are on the way. Whether it takes a path as it is spelled or as the kernel
// reaches it is not documented, so what is known is what holds for both.
func (p *Profile) AskCheck(q Question) Answer {
	world := cmp.Or(q.World, MacOS())
	q.Syscall, q.World = CheckCall, new(World) // which has no links
	spelled := p.Ask(q)
	if filter, _ := seatbelt.UsualFilter(q.Operation); cmp.Or(q.FilterName, filter) != "path" {
		return spelled
	}
	target := q.Target
	q.Target = p.Ask(Question{Operation: "file-read-metadata", Target: target, Syscall: "stat", World: world}).Resolved
	reached := p.Ask(q)
	if reached.Decision != spelled.Decision {
		return Answer{Decision: Unknown, Resolved: q.Target, Reason: fmt.Sprintf(
			"%s of %q as it is spelled is %s, of %q, where it leads, %s, and which of them sandbox_check is asked about is not documented",
			q.Operation, target, spelled.Decision, q.Target, reached.Decision)}
	}
	return reached
}
