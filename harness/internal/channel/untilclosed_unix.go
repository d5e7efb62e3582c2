//go:build unix && !darwin

package channel

import "golang.org/x/sys/unix"

// UntilClosed waits until the other end is closed. It asks for no event, so
// that requests do not wake it.
func (w *Wire) UntilClosed() error {
	for {
		fds := []unix.PollFd{{Fd: int32(w.fd)}}
		_, err := unix.Poll(fds, -1)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case fds[0].Revents&unix.POLLNVAL != 0:
			return unix.EBADF
		case fds[0].Revents != 0:
			return nil
		}
	}
}
