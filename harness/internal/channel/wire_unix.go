//go:build unix

package channel

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Wire is one end of the protocol between a run and its worker: a JSON document
// per line, by blocking reads and writes of the calling thread. The Go runtime's
// poller would put another thread, and a switch to it, between a request and its
// probe.
type Wire struct {
	fd    int
	limit time.Duration
	// impatient is the end that waits for short answers, on a host that has a
	// processor to spare for it.
	impatient bool

	mu     sync.Mutex // guards closed: HangUp must not reach a descriptor that is another's by now
	closed bool
}

// WireOn is the end that the descriptor is.
func WireOn(fd int) *Wire { return &Wire{fd: fd} }

// Limit bounds every read and write from now on. The error of one that takes
// longer is os.ErrDeadlineExceeded.
func (w *Wire) Limit(d time.Duration) error {
	if d == w.limit {
		return nil
	}
	// A zero timeval would mean no limit at all.
	tv := unix.NsecToTimeval(max(d, time.Microsecond).Nanoseconds())
	for _, opt := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(w.fd, unix.SOL_SOCKET, opt, &tv); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	w.limit = d
	return nil
}

// HangUp ends the protocol for both sides: a read under way sees its end. It may
// be called from another goroutine.
func (w *Wire) HangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		_ = unix.Shutdown(w.fd, unix.SHUT_RDWR)
	}
}

// Close closes the descriptor. No read or write may be under way.
func (w *Wire) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return unix.Close(w.fd)
}

// Receive reads one document. Documents never overlap, so nothing follows its
// line.
func (w *Wire) Receive(v any) error {
	buf := make([]byte, 0, 4096)
	for {
		n, err := w.read(buf[len(buf):cap(buf)])
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			return os.ErrDeadlineExceeded
		case err != nil:
			return os.NewSyscallError("read", err)
		case n == 0:
			return io.EOF
		}
		buf = buf[:len(buf)+n]
		if bytes.HasSuffix(buf, []byte{'\n'}) {
			if err := json.Unmarshal(buf, v); err != nil {
				return &ProtocolError{Head: head(buf), Err: err}
			}
			return nil
		}
		if len(buf) > maxDocument {
			return &ProtocolError{Head: head(buf), Err: errTooLong}
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// maxDocument is far more than an answer with all the output that is kept of a
// program.
const maxDocument = 16 << 20

// read asks for a while before it waits. Most probes take less time than the
// kernel needs to put this thread to sleep and wake it again, above all on a
// virtual machine, and a third of an observation went into that.
func (w *Wire) read(buf []byte) (int, error) {
	if w.impatient {
		for start := time.Now(); time.Since(start) < patience; {
			n, _, err := unix.Recvfrom(w.fd, buf, unix.MSG_DONTWAIT)
			if err != unix.EAGAIN && err != unix.EINTR {
				return n, err
			}
		}
	}
	return unix.Read(w.fd, buf)
}

// patience is what a probe usually takes.
const patience = 100 * time.Microsecond

// Send writes one document.
func (w *Wire) Send(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	for data = append(data, '\n'); len(data) > 0; {
		// Go ignores SIGPIPE on any descriptor but standard output and error.
		n, err := unix.Write(w.fd, data)
		switch {
		case err == unix.EAGAIN:
			return os.ErrDeadlineExceeded
		case err != nil && err != unix.EINTR:
			return os.NewSyscallError("send", err)
		}
		data = data[max(n, 0):]
	}
	return nil
}
