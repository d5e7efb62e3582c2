package launchd

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// meeting is the socket on which a worker comes forward.
type meeting struct {
	listener *net.UnixListener
	nonce    string
	uid      int
	turned   int // who came and was somebody else
}

func newMeeting(path string, uid int) (*meeting, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	return &meeting{listener: l, nonce: rand.Text(), uid: uid}, os.Chmod(path, 0o600)
}

// A meeting looks around this often, and gives whoever comes this long to say
// what is to be said.
const (
	lookAround  = 250 * time.Millisecond
	nonceLimit  = 2 * time.Second
	firstLookup = 4 // times lookAround: a worker is usually there by then
)

// wait waits for the worker, at most for limit, until ctx ends and as long as
// ended says nothing. Whoever else comes is turned away.
func (m *meeting) wait(ctx context.Context, limit time.Duration, ended func() string) (fd int, who process, err error) {
	deadline := time.Now().Add(limit)
	for round := 1; ; {
		if err := m.listener.SetDeadline(time.Now().Add(min(lookAround, time.Until(deadline)))); err != nil {
			return -1, who, err
		}
		conn, err := m.listener.AcceptUnix()
		if err == nil {
			if fd, who, err = m.know(conn); err == nil {
				return fd, who, nil
			}
			m.turned++
			if ctx.Err() == nil && time.Now().Before(deadline) {
				continue
			}
			err = os.ErrDeadlineExceeded
		}
		switch {
		case ctx.Err() != nil:
			return -1, who, context.Cause(ctx)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return -1, who, err
		case !time.Now().Before(deadline):
			return -1, who, fmt.Errorf("the worker did not come forward within %v%s", limit, m.others())
		}
		if round++; round > firstLookup {
			if why := ended(); why != "" {
				return -1, who, fmt.Errorf("the worker ended before it came forward: %s%s", why, m.others())
			}
		}
	}
}

func (m *meeting) others() string {
	if m.turned == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d others came and were turned away)", m.turned)
}

var errStranger = errors.New("somebody else")

// know takes the connection over if it is the worker's: of the right user, and
// saying the right nonce.
func (m *meeting) know(conn *net.UnixConn) (fd int, who process, err error) {
	defer conn.Close()
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, who, err
	}
	var pid, uid int
	if cerr := raw.Control(func(s uintptr) { pid, uid, err = peer(int(s)) }); cerr != nil || err != nil {
		return -1, who, errors.Join(cerr, err)
	}
	if uid != m.uid {
		return -1, who, errStranger
	}
	if err := conn.SetReadDeadline(time.Now().Add(nonceLimit)); err != nil {
		return -1, who, err
	}
	// Not a byte more: what follows is the worker's protocol.
	said := make([]byte, len(m.nonce)+1)
	if _, err := io.ReadFull(conn, said); err != nil {
		return -1, who, err
	}
	if subtle.ConstantTimeCompare(said, []byte(m.nonce+"\n")) != 1 {
		return -1, who, errStranger
	}
	who, alive := processOf(pid)
	if !alive {
		return -1, who, errStranger
	}
	if cerr := raw.Control(func(s uintptr) { fd, err = unix.FcntlInt(s, unix.F_DUPFD_CLOEXEC, 0) }); cerr != nil || err != nil {
		return -1, who, errors.Join(cerr, err)
	}
	// The runtime's poller has it no more.
	return fd, who, unix.SetNonblock(fd, false)
}

// Connect is the worker's side: it goes to who started it. The descriptor is
// blocking, and closed on exec.
func Connect(socket, nonce string) (fd int, err error) {
	syscall.ForkLock.RLock()
	fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	err = unix.Connect(fd, &unix.SockaddrUnix{Name: socket})
	for err == unix.EINTR { // the connection may be made by now
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: socket}); err == unix.EISCONN {
			err = nil
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, os.NewSyscallError("connect", err)
	}
	for said := []byte(nonce + "\n"); len(said) > 0; {
		n, err := unix.Write(fd, said)
		if err != nil && err != unix.EINTR {
			unix.Close(fd)
			return -1, os.NewSyscallError("write", err)
		}
		said = said[max(n, 0):]
	}
	return fd, nil
}

// hungUp says whether the other end is closed.
func hungUp(fd int) bool {
	for {
		n, _, err := unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch err {
		case nil:
			return n == 0
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			return true
		}
	}
}
