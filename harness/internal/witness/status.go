package witness

import (
	"encoding/binary"
	"fmt"
)

// Status is the kernel's audit state, struct audit_status of linux/audit.h.
type Status struct {
	Enabled      int    // 0 off, 1 on, 2 on and locked until the next boot
	Failure      int    // what the kernel does when a record is lost: 0 nothing, 1 printk, 2 panic
	PID          int    // of the audit daemon, 0 when there is none
	RateLimit    int    // records a second, 0 for no limit
	BacklogLimit int    // records waiting at most, 0 for no limit
	Lost         uint32 // records lost since boot, or since someone reset it
}

// statusFields are the words that every kernel has in struct audit_status. Those
// since 3.15 append more.
const statusFields = 8

func parseStatus(b []byte) (Status, error) {
	if len(b) < 4*statusFields {
		return Status{}, fmt.Errorf("audit status of %d bytes, want %d or more", len(b), 4*statusFields)
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(b[4*i:]) }
	return Status{
		Enabled:      int(word(1)),
		Failure:      int(word(2)),
		PID:          int(word(3)),
		RateLimit:    int(word(4)),
		BacklogLimit: int(word(5)),
		Lost:         word(6),
	}, nil
}

// setting is the part of the state that a Switch changes.
type setting struct{ Enabled, BacklogLimit int }

func (s Status) setting() setting { return setting{s.Enabled, s.BacklogLimit} }

// marshal is the audit_status that asks for the setting, with mask saying which
// words count.
func (s setting) marshal(mask uint32) []byte {
	b := make([]byte, 4*statusFields)
	binary.NativeEndian.PutUint32(b, mask)
	binary.NativeEndian.PutUint32(b[4*1:], uint32(s.Enabled))
	binary.NativeEndian.PutUint32(b[4*5:], uint32(s.BacklogLimit))
	return b
}
