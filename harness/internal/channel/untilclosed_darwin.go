package channel

import (
	"os"

	"golang.org/x/sys/unix"
)

// UntilClosed waits until the other end is closed. A poll(2) that asks for no event
// never returns on macOS (poll_nocancel of XNU's bsd/kern/sys_generic.c registers
// nothing then), so the kernel queue is asked, which requests wake.
func (w *Wire) UntilClosed() error {
	queue, err := unix.Kqueue()
	if err != nil {
		return os.NewSyscallError("kqueue", err)
	}
	defer unix.Close(queue)
	unix.CloseOnExec(queue)
	var event unix.Kevent_t
	unix.SetKevent(&event, w.fd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR)
	changes := []unix.Kevent_t{event}
	for {
		events := make([]unix.Kevent_t, 1)
		n, err := unix.Kevent(queue, changes, events, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("kevent", err)
		case n > 0 && events[0].Flags&unix.EV_ERROR != 0:
			return unix.Errno(events[0].Data)
		case n > 0 && events[0].Flags&unix.EV_EOF != 0:
			return nil
		}
		changes = nil
	}
}
