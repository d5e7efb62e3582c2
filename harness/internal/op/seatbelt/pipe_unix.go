//go:build darwin || seatbelt_fake

package seatbelt

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// descriptors are the two ends of a pipe, the reading one first; -1 once closed. An
// os.File will not do: it makes its descriptor one that never blocks, for a child
// without a runtime too.
type descriptors [2]int

func (d *descriptors) open() syscall.Errno {
	*d = descriptors{-1, -1}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		return numberOf(err)
	}
	*d = fds
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	return 0
}

func (d *descriptors) numbers() [2]uintptr { return [2]uintptr{uintptr(d[0]), uintptr(d[1])} }

func (d *descriptors) closeReader() { d.closeEnd(0) }
func (d *descriptors) closeWriter() { d.closeEnd(1) }

func (d *descriptors) close() {
	d.closeReader()
	d.closeWriter()
}

func (d *descriptors) closeEnd(i int) {
	if d[i] >= 0 {
		unix.Close(d[i])
		d[i] = -1
	}
}

// await reads a byte within signalLimit; the text says why there was none.
func (d *descriptors) await() string {
	if !pollUntil(d[0], unix.POLLIN, time.Now().Add(signalLimit)) {
		return "nothing came within " + signalLimit.String()
	}
	for {
		n, err := unix.Read(d[0], make([]byte, 1))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return "read failed with " + errorName(numberOf(err))
		case n == 0:
			return "it has ended"
		default:
			return ""
		}
	}
}

// pollUntil waits until a descriptor is ready for events, or is at its end.
func pollUntil(fd int, events int16, deadline time.Time) bool {
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
		if n, err := unix.Poll(fds, int(left.Milliseconds())+1); n > 0 || err != nil && err != unix.EINTR {
			return n > 0
		}
	}
}
