package worker

import (
	"bytes"
	"encoding/json"
	"io"

	"golang.org/x/sys/unix"
)

// wire is the worker's end of the protocol: one JSON document per line, by
// blocking reads and writes of the calling thread. The Go runtime's poller
// would put another thread, and a switch to it, between a request and its
// probe.
type wire struct{ fd int }

// receive reads one document. Requests never overlap, so nothing follows its
// line.
func (w wire) receive(v any) error {
	buf := make([]byte, 0, 4096)
	for {
		n, err := unix.Read(w.fd, buf[len(buf):cap(buf)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return io.EOF
		}
		buf = buf[:len(buf)+n]
		if bytes.HasSuffix(buf, []byte{'\n'}) {
			return json.Unmarshal(buf, v)
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

func (w wire) send(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	for data = append(data, '\n'); len(data) > 0; {
		n, err := unix.Write(w.fd, data)
		if err != nil && err != unix.EINTR {
			return err
		}
		data = data[max(n, 0):]
	}
	return nil
}

// untilClosed waits until the other end is closed. It asks for no event, so
// that requests do not wake it.
func (w wire) untilClosed() error {
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
