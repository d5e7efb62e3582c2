package witness

import (
	"fmt"
	"strings"
)

// Switch is audit turned on for as long as it is held.
//
// The state before is put back by a guardian, a process that outlives this one:
// it does so when Restore is called, when this process ends, and when it is
// killed. When several Switches are held at once, by whatever processes of this
// machine, the last one to end puts back what the first one found. What someone
// else changed meanwhile is left as it is.
type Switch struct {
	Before Status // what was found

	guardian guardian
}

// A ChangedError means that at the end the audit state was not what Enable had
// made it: someone else changed it, and it was left so.
type ChangedError struct {
	Fields []string // "audit_enabled is 0, not 1 as set", a line each
}

func (e *ChangedError) Error() string {
	return "the audit state was changed by someone else and is left as it is: " + strings.Join(e.Fields, "; ")
}

// roomyBacklog is how many records may wait in the kernel. The kernel's own
// limit of 64 is overrun by a tenth of two thousand denials in a row, as
// measured on two cores: Landlock's records do not wait for room, they are
// dropped.
const roomyBacklog = 8192

// wanted is the setting that Enable makes of a state.
func wanted(now Status) setting {
	want := now.setting()
	if now.Enabled == locked {
		return want
	}
	want.Enabled = 1
	if want.BacklogLimit != 0 {
		want.BacklogLimit = max(want.BacklogLimit, roomyBacklog)
	}
	return want
}

// Enable turns audit on, and makes room for its records. The error is an
// *Unavailable when there is no audit here or it may not be changed.
func Enable() (*Switch, error) { return enable() }

// Restore ends the holding. It returns a *ChangedError when there was nothing to
// put back any more. Calls after the first return the same.
func (s *Switch) Restore() error { return s.guardian.restore() }

// locked is audit that is on and cannot be changed until the next boot.
const locked = 2

// reference is what the holders of a Switch share on disk: the state before the
// first of them, what they set, and in which boot of the machine.
type reference struct {
	Boot        string
	Before, Set setting
}

// join is the reference of a holder that comes when the state is now. The old
// one, nil for none, is of holders that are alive, or of ones that were all
// killed, guardians included: its state before counts as long as the state is
// still what they set.
func (old *reference) join(now Status, boot string) reference {
	ref := reference{Boot: boot, Before: now.setting(), Set: wanted(now)}
	if old == nil || old.Boot != boot {
		return ref
	}
	if now.Enabled == old.Set.Enabled {
		ref.Before.Enabled = old.Before.Enabled
	}
	if now.BacklogLimit == old.Set.BacklogLimit {
		ref.Before.BacklogLimit = old.Before.BacklogLimit
	}
	return ref
}

// leave is the setting that the last holder makes when the state is now, and
// which fields it leaves because someone else changed them.
func (ref *reference) leave(now Status) (to setting, changed []string) {
	to = now.setting()
	put := func(name string, field *int, before, set int) {
		switch {
		case before == set:
			// Never touched.
		case *field == set:
			*field = before
		case *field != before:
			changed = append(changed, fmt.Sprintf("%s is %d, not %d as set (%d before)", name, *field, set, before))
		}
	}
	put("audit_enabled", &to.Enabled, ref.Before.Enabled, ref.Set.Enabled)
	put("audit_backlog_limit", &to.BacklogLimit, ref.Before.BacklogLimit, ref.Set.BacklogLimit)
	return to, changed
}
