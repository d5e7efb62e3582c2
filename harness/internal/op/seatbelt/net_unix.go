//go:build darwin || seatbelt_fake

package seatbelt

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// connectLimit bounds the wait for a peer that does not answer: the errno then stays
// EINPROGRESS, which decides nothing. A variable for the tests.
var connectLimit = 2 * time.Second

var netPreparers = map[key]preparer{
	{"network-bind", "", "bind"}:             onSocket(tcp, "bind", bindTo),
	{"network-bind", "", "bind_udp"}:         onSocket(udp, "bind", bindTo),
	{"network-outbound", "", "connect"}:      onSocket(tcp, "connect", connectTo),
	{"network-outbound", "", "connect_udp"}:  onSocket(udp, "connect", connectTo),
	{"network-outbound", "", "connect_unix"}: onSocket(local, "connect", connectTo),
}

// transport is a kind of socket, with its text.
type transport struct {
	kind, protocol int
	text           string
}

var (
	tcp = transport{unix.SOCK_STREAM, unix.IPPROTO_TCP, "SOCK_STREAM, IPPROTO_TCP"}
	udp = transport{unix.SOCK_DGRAM, unix.IPPROTO_UDP, "SOCK_DGRAM, IPPROTO_UDP"}

	local = transport{unix.SOCK_STREAM, 0, "SOCK_STREAM, 0"} // in the file system
)

// onSocket makes the socket under the policy, as a program would, and calls with
// it. A policy may refuse the socket itself, which is another operation.
func onSocket(kind transport, name string, do func(fd int, to unix.Sockaddr, res *op.Result)) preparer {
	return func(req Request, _ *op.Result) (func(*op.Result, Announce), func()) {
		end := kind.end(req.Target)
		return func(res *op.Result, _ Announce) {
			fd := kind.open(end, res)
			if fd < 0 {
				notMade(name, res)
				return
			}
			defer unix.Close(fd)
			res.Call = op.NewCall(name).Int(fd).Raw(end.text).Int(end.size).End()
			do(fd, end.to, res)
		}, nil
	}
}

// open makes a socket that does not block, -1 when that failed and the Result says
// so.
func (t transport) open(end endpoint, res *op.Result) int {
	res.Call = op.NewCall("socket").Raw(end.name).Raw(t.text).End()
	fd, err := unix.Socket(end.family, t.kind, t.protocol)
	if err == nil {
		unix.CloseOnExec(fd)
		res.Call = op.NewCall("fcntl").Int(fd).Raw("F_SETFL").Raw("O_NONBLOCK").End()
		if err = unix.SetNonblock(fd, true); err != nil {
			unix.Close(fd)
		}
	}
	if err != nil {
		res.Errno = int(numberOf(err))
		return -1
	}
	return fd
}

// endpoint is an address for a call.
type endpoint struct {
	family int
	name   string // of the family
	to     unix.Sockaddr
	text   string
	size   int
}

// end is the endpoint that a target names, which Check has read before.
func (t transport) end(target string) endpoint {
	if t == local {
		return endpoint{unix.AF_UNIX, "AF_UNIX", &unix.SockaddrUnix{Name: target},
			"{sa_family=AF_UNIX, sun_path=" + op.Quote(target) + "}", 2 + len(target) + 1}
	}
	addr, _ := op.ParseAddr(target)
	ip, port := addr.Addr(), int(addr.Port())
	if ip.Is4() {
		return endpoint{unix.AF_INET, "AF_INET", &unix.SockaddrInet4{Port: port, Addr: ip.As4()},
			fmt.Sprintf(`{sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr("%s")}`, port, ip), unix.SizeofSockaddrInet4}
	}
	return endpoint{unix.AF_INET6, "AF_INET6", &unix.SockaddrInet6{Port: port, Addr: ip.As16()},
		fmt.Sprintf(`{sa_family=AF_INET6, sin6_port=htons(%d), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "%s", &sin6_addr), sin6_scope_id=0}`, port, ip),
		unix.SizeofSockaddrInet6}
}

// bindTo binds a port that only a closed connection still holds too, where the
// policy lets the socket be told so.
func bindTo(fd int, to unix.Sockaddr, res *op.Result) {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	res.Errno = int(numberOf(unix.Bind(fd, to)))
}

// connectTo connects, and waits for the peer where there is one to wait for.
func connectTo(fd int, to unix.Sockaddr, res *op.Result) {
	errno := numberOf(unix.Connect(fd, to))
	res.Errno = int(errno)
	// A connect that a signal interrupted goes on.
	if errno != unix.EINPROGRESS && errno != unix.EINTR || !pollUntil(fd, unix.POLLOUT, time.Now().Add(connectLimit)) {
		return
	}
	// A policy is asked in connect, and has let it through. It may keep the socket
	// from being asked how that ended, so the peer's name comes first.
	if _, err := unix.Getpeername(fd); err == nil {
		res.Errno = 0
		return
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch res.Errno = code; {
	case err != nil:
		res.Errno = int(errno)
		res.Err = "how connect ended is not known: getsockopt(SO_ERROR) failed with " + errorName(numberOf(err))
	case code == denied:
		res.Err = "connect was let through and failed later with EPERM, which is no policy's answer to it"
	}
}
