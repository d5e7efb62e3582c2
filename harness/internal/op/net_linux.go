package op

import (
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// connectLimit bounds a call that waits for a peer that does not answer. It
// then fails with EINPROGRESS or EAGAIN (socket(7), SO_SNDTIMEO), which decide
// nothing.
const connectLimit = 2 * time.Second

// Package net is of no use here: it opens MPTCP sockets, which Landlock's TCP
// rights do not cover.
var netAttempts = map[key]func(Request, *Result){
	{"net.bind_tcp", "bind"}:              bindInet(tcpSocket),
	{"net.bind_tcp", "bind_unspec"}:       bindUnspec,
	{"net.connect_tcp", "connect"}:        connectInet(tcpSocket),
	{"net.connect_tcp", "connect_unspec"}: connectUnspec,
	{"syscall.bind", "udp"}:               bindInet(udpSocket),
	{"syscall.bind", "mptcp"}:             bindInet(mptcpSocket),
	{"syscall.connect", "udp"}:            connectInet(udpSocket),
	{"syscall.connect", "mptcp"}:          connectInet(mptcpSocket),
	{"syscall.sendto", "udp"}:             sendInet(udpSocket, 0, "0"),
	{"syscall.sendto", "fastopen"}:        sendInet(tcpSocket, unix.MSG_FASTOPEN, "MSG_FASTOPEN"),
	{"syscall.listen", "autobind"}:        listen,

	{"scope.abstract_unix_socket", "connect"}:       connectUnix(streamSocket),
	{"scope.abstract_unix_socket", "connect_dgram"}: connectUnix(datagramSocket),
	{"scope.abstract_unix_socket", "sendto"}:        sendUnix,
	{"syscall.connect", "unix"}:                     atPath("", connectUnix(streamSocket)),
	{"syscall.sendto", "unix"}:                      atPath("", sendUnix),

	{"syscall.socket", "raw"}:     newSocket(rawSockets),
	{"syscall.socket", "packet"}:  newSocket(packetSockets),
	{"syscall.socket", "netlink"}: newSocket(netlinkSockets),
}

// socket is a kind of socket; the family of an Internet socket is the target's.
type socket struct {
	family, kind, protocol int
	text                   string // strace's, without the family of an Internet socket
}

var (
	tcpSocket   = socket{0, unix.SOCK_STREAM, unix.IPPROTO_TCP, "SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP"}
	udpSocket   = socket{0, unix.SOCK_DGRAM, unix.IPPROTO_UDP, "SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_UDP"}
	mptcpSocket = socket{0, unix.SOCK_STREAM, unix.IPPROTO_MPTCP, "SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_MPTCP"}
)

// open makes the socket, -1 when that failed and the Result says so.
func (s socket) open(res *Result) int {
	fd, err := unix.Socket(s.family, s.kind|unix.SOCK_CLOEXEC, s.protocol)
	if err != nil {
		res.Call, res.Err = "", "socket("+s.text+") failed with "+errnoText(errnoOf(err))
		return -1
	}
	return fd
}

// with makes the socket for what is then called with it.
func (s socket) with(res *Result, do func(fd int)) {
	if fd := s.open(res); fd >= 0 {
		defer unix.Close(fd)
		do(fd)
	}
}

// in is an Internet socket of one of the two families.
func (s socket) in(v6 bool) socket {
	if v6 {
		s.family, s.text = unix.AF_INET6, "AF_INET6, "+s.text
	} else {
		s.family, s.text = unix.AF_INET, "AF_INET, "+s.text
	}
	return s
}

// at is the socket for an address, which resolve has read before.
func (s socket) at(target string) (socket, netip.AddrPort) {
	addr, _ := ParseAddr(target)
	return s.in(!addr.Addr().Is4()), addr
}

func bindInet(kind socket) func(Request, *Result) {
	return func(req Request, res *Result) {
		s, addr := kind.at(req.Target)
		s.with(res, func(fd int) {
			if !reuseAddress(fd, res) {
				return
			}
			sa, c := inetAddress(NewCall("bind").Int(fd), addr)
			res.Call = c.End()
			res.Errno = int(retry(func() error { return unix.Bind(fd, sa) }))
		})
	}
}

func connectInet(kind socket) func(Request, *Result) {
	return func(req Request, res *Result) {
		s, addr := kind.at(req.Target)
		s.with(res, func(fd int) {
			sa, c := inetAddress(NewCall("connect").Int(fd), addr)
			// Blocking, so the errno is connect's own. A connect that a signal
			// interrupted goes on, and calling again waits for it.
			patient(fd, c.End(), res, func() error { return unix.Connect(fd, sa) })
		})
	}
}

// sendInet sends one byte to the target.
func sendInet(kind socket, flags int, text string) func(Request, *Result) {
	return func(req Request, res *Result) {
		s, addr := kind.at(req.Target)
		s.with(res, func(fd int) {
			sa, c := inetAddress(NewCall("sendto").Int(fd).Path("x").Int(1).Raw(text), addr)
			patient(fd, c.End(), res, func() error { return unix.Sendto(fd, []byte("x"), flags, sa) })
		})
	}
}

// listen lets the kernel choose the port.
func listen(req Request, res *Result) {
	tcpSocket.in(req.Target == "ipv6").with(res, func(fd int) {
		res.Call = NewCall("listen").Int(fd).Int(1).End()
		res.Errno = int(retry(func() error { return unix.Listen(fd, 1) }))
	})
}

// patient makes a call that may wait for a peer, for at most connectLimit.
func patient(fd int, text string, res *Result, do func() error) {
	deadline := time.Now().Add(connectLimit)
	for {
		left := unix.NsecToTimeval(int64(max(time.Until(deadline), time.Microsecond)))
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &left); err != nil {
			res.Call, res.Err = "", "setsockopt(SO_SNDTIMEO) failed with "+errnoText(errnoOf(err))
			return
		}
		res.Call = text
		if e := errnoOf(do()); e != unix.EINTR {
			res.Errno = int(e)
			return
		}
	}
}

// inetAddress is the address for a call, and the call's text with it.
func inetAddress(c Call, addr netip.AddrPort) (unix.Sockaddr, Call) {
	ip, port := addr.Addr(), int(addr.Port())
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: port, Addr: ip.As4()},
			c.Raw(inet4Text("AF_INET", addr)).Int(unix.SizeofSockaddrInet4)
	}
	return &unix.SockaddrInet6{Port: port, Addr: ip.As16()},
		c.Raw("{sa_family=AF_INET6, sin6_port=htons(" + strconv.Itoa(port) + "), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"" +
			ip.String() + "\", &sin6_addr), sin6_scope_id=0}").Int(unix.SizeofSockaddrInet6)
}

func inet4Text(family string, addr netip.AddrPort) string {
	return "{sa_family=" + family + ", sin_port=htons(" + strconv.Itoa(int(addr.Port())) + "), sin_addr=inet_addr(\"" + addr.Addr().String() + "\")}"
}

// reuseAddress lets a socket bind a port that only a closed connection, or another
// socket that does not listen, still holds.
func reuseAddress(fd int, res *Result) bool {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		res.Err = "setsockopt(SO_REUSEADDR) failed with " + errnoText(errnoOf(err))
		return false
	}
	return true
}
