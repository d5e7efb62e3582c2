package capability

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// connectMPTCP connects over loopback, with MPTCP on both sides.
func connectMPTCP() error {
	// Package net takes TCP without a word where the kernel has no MPTCP.
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
	if err != nil {
		return failed("socket(IPPROTO_MPTCP) (see the sysctl net.mptcp.enabled)", err)
	}
	unix.Close(fd)
	var lc net.ListenConfig
	lc.SetMultipathTCP(true)
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close()
	d := net.Dialer{Timeout: patience}
	d.SetMultipathTCP(true)
	conn, err := d.Dial("tcp", ln.Addr().String())
	if err != nil {
		return err
	}
	defer conn.Close()
	multi, err := conn.(*net.TCPConn).MultipathTCP()
	if err == nil && !multi {
		err = errors.New("a connection over loopback falls back on TCP")
	}
	return err
}

// sendFastOpen sends data with the connection request.
func sendFastOpen() error {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return failed("socket", err)
	}
	defer unix.Close(fd)
	limit := unix.NsecToTimeval(patience.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		return failed("setsockopt", err)
	}
	to := &unix.SockaddrInet4{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}}
	err = unix.Sendto(fd, []byte("x"), unix.MSG_FASTOPEN|unix.MSG_NOSIGNAL, to)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return fmt.Errorf("sendto(MSG_FASTOPEN): %w: the sysctl net.ipv4.tcp_fastopen lacks bit 1", err)
	}
	return failed("sendto(MSG_FASTOPEN)", err)
}
