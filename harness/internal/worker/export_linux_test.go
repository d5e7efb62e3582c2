package worker

import "golang.org/x/sys/unix"

// Holdings are holdings of this process, for their test.
type Holdings struct {
	h         holdings
	onPurpose func(fd int) bool
}

// NewHoldings settles; it does as on a kernel that does not count descriptors
// unless counts.
func NewHoldings(counts bool, onPurpose func(fd int) bool) *Holdings {
	h := &Holdings{onPurpose: onPurpose}
	h.h.settle()
	if !counts {
		unix.Close(h.h.counter.dir)
		h.h.counter.dir, h.h.count = -1, 0
	}
	return h
}

// Notice is notice.
func (h *Holdings) Notice() []Descriptor { return h.h.notice(h.onPurpose) }

// Close gives back what the holdings themselves hold.
func (h *Holdings) Close() { unix.Close(h.h.counter.dir) }
