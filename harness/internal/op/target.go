package op

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The processes that a target can name beside a process id in decimal.
const (
	Self   = "self"   // the process of the attempt
	Child  = "child"  // one that the attempt starts, under the policy it is under itself
	Parent = "parent" // what started the process of the attempt
)

// CheckTarget says why the variant cannot have that target, given with every
// variable expanded; "" when it can. It judges names, processes and keywords:
// of paths there is nothing to say, and addresses are read by the attempt.
func (v *Variant) CheckTarget(target string) string {
	switch v.Target {
	case TargetName:
		if len(target) < 2 || target[0] != '@' {
			return fmt.Sprintf("needs an abstract unix socket as its target, such as @name, not %q", target)
		}
	case TargetProcess:
		if target != Self && target != Child && target != Parent && parsePID(target) == 0 {
			return fmt.Sprintf("needs a process as its target: %s, %s, %s or a process id, not %q", Self, Child, Parent, target)
		}
	case TargetText:
		if len(v.Keywords) > 0 && !slices.Contains(v.Keywords, target) {
			return fmt.Sprintf("by %s has no target %q; it has %s", v.Name, target, strings.Join(v.Keywords, ", "))
		}
	}
	return ""
}

// parsePID reads a process id, 0 when the text is none.
func parsePID(text string) int {
	// The kernel's own limit, PID_MAX_LIMIT of include/linux/threads.h.
	const most = 4 << 20
	pid, err := strconv.Atoi(text)
	if err != nil || pid <= 0 || pid > most || strconv.Itoa(pid) != text {
		return 0
	}
	return pid
}
