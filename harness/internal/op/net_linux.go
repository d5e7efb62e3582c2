package op

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// connectLimit bounds a connect that nobody answers. The call then fails with
// EINPROGRESS (socket(7), SO_SNDTIMEO), which decides nothing.
const connectLimit = 2 * time.Second

// Package net is of no use here: it opens MPTCP sockets, which Landlock's TCP
// rights do not cover.

func bindTCP(req Request, res *Result) {
	fd, sa, ok := tcpSocket(req.Target, "bind", res)
	if !ok {
		return
	}
	defer unix.Close(fd)
	// A port that only a closed connection still holds is free.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		res.Call, res.Err = "", "setsockopt(SO_REUSEADDR) failed with "+errnoText(errnoOf(err))
		return
	}
	res.Errno = int(retry(func() error { return unix.Bind(fd, sa) }))
}

func connectTCP(req Request, res *Result) {
	fd, sa, ok := tcpSocket(req.Target, "connect", res)
	if !ok {
		return
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(connectLimit)
	for {
		left := unix.NsecToTimeval(int64(max(time.Until(deadline), time.Microsecond)))
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &left); err != nil {
			res.Call, res.Err = "", "setsockopt(SO_SNDTIMEO) failed with "+errnoText(errnoOf(err))
			return
		}
		// Blocking, so the errno is connect's own. A connect that a signal
		// interrupted goes on, and calling again waits for it.
		e := errnoOf(unix.Connect(fd, sa))
		if e != unix.EINTR {
			res.Errno = int(e)
			return
		}
	}
}

// tcpSocket makes the socket and the address for a call on it and records the
// call to come; ok is false when there is nothing to call.
func tcpSocket(target, name string, res *Result) (fd int, sa unix.Sockaddr, ok bool) {
	addr, errText := parseTarget(target)
	if errText != "" {
		res.Err = errText
		return -1, nil, false
	}
	ip, port := addr.Addr(), int(addr.Port())
	family, familyText := unix.AF_INET, "AF_INET"
	if ip.Is4() {
		sa = &unix.SockaddrInet4{Port: port, Addr: ip.As4()}
	} else {
		family, familyText = unix.AF_INET6, "AF_INET6"
		sa = &unix.SockaddrInet6{Port: port, Addr: ip.As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		res.Err = "socket(" + familyText + ", SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) failed with " + errnoText(errnoOf(err))
		return -1, nil, false
	}
	c := newCall(name).int(fd)
	if ip.Is4() {
		c = c.raw("{sa_family=AF_INET, sin_port=htons(" + strconv.Itoa(port) + "), sin_addr=inet_addr(\"" + ip.String() + "\")}").
			int(unix.SizeofSockaddrInet4)
	} else {
		c = c.raw("{sa_family=AF_INET6, sin6_port=htons(" + strconv.Itoa(port) + "), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, \"" +
			ip.String() + "\", &sin6_addr), sin6_scope_id=0}").int(unix.SizeofSockaddrInet6)
	}
	res.Call = c.end()
	return fd, sa, true
}

// parseTarget reads "127.0.0.1:80", "[::1]:80" or "localhost:80", which is the
// IPv4 loopback: looking names up is not part of the operation.
func parseTarget(target string) (netip.AddrPort, string) {
	text := target
	if port, ok := strings.CutPrefix(target, "localhost:"); ok {
		text = "127.0.0.1:" + port
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil {
		return addr, "target " + strconv.Quote(target) + " is not an address and a port, such as 127.0.0.1:80 or [::1]:80"
	}
	if addr.Addr().Zone() != "" {
		return addr, "target " + strconv.Quote(target) + " has a zone, which is not supported"
	}
	return addr, ""
}

// bindUnix makes a socket's name by binding it.
func bindUnix(req Request, res *Result) {
	// sun_path holds 108 bytes with the final NUL (unix(7)); a leading @ would
	// be read as an abstract name.
	if len(req.Target) > 107 || req.Target[0] == '@' {
		res.Err = "a unix socket's path starts with no @ and has at most 107 bytes; use syscall mknodat"
		return
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		res.Err = "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) failed with " + errnoText(errnoOf(err))
		return
	}
	defer unix.Close(fd)
	res.Call = newCall("bind").int(fd).
		raw(string(append(call("{sa_family=AF_UNIX, sun_path=").quote(req.Target), '}'))).int(len(req.Target) + 3).end()
	res.Errno = int(retry(func() error { return unix.Bind(fd, &unix.SockaddrUnix{Name: req.Target}) }))
}
