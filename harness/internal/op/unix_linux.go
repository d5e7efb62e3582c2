package op

import (
	"encoding/binary"
	"strconv"

	"golang.org/x/sys/unix"
)

var (
	streamSocket   = socket{unix.AF_UNIX, unix.SOCK_STREAM, 0, "AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0"}
	datagramSocket = socket{unix.AF_UNIX, unix.SOCK_DGRAM, 0, "AF_UNIX, SOCK_DGRAM|SOCK_CLOEXEC, 0"}
)

// unixAddress is the address for a call, and the call's text with it; the
// length ends with the path's NUL, or with an abstract name's last byte.
func unixAddress(c Call, target string) (unix.Sockaddr, Call) {
	n := len(target) + 3
	if target[0] == '@' {
		text := append(Call("{sa_family=AF_UNIX, sun_path=@").quote(target[1:]), '}')
		return &unix.SockaddrUnix{Name: target}, c.Raw(string(text)).Int(n - 1)
	}
	text := append(Call("{sa_family=AF_UNIX, sun_path=").quote(target), '}')
	return &unix.SockaddrUnix{Name: target}, c.Raw(string(text)).Int(n)
}

// atPath makes the attempt only when the target can be a unix socket's path:
// one that starts with @ would be taken for an abstract name. hint goes on with
// what to use else.
func atPath(hint string, do func(Request, *Result)) func(Request, *Result) {
	return func(req Request, res *Result) {
		if req.Target[0] == '@' || len(req.Target) > unixNameLimit {
			res.Err = "a unix socket's path starts with no @ and has at most " + strconv.Itoa(unixNameLimit) + " bytes" + hint
			return
		}
		do(req, res)
	}
}

// bindUnix makes a socket's name by binding it.
func bindUnix(s socket) func(Request, *Result) {
	return func(req Request, res *Result) {
		s.with(res, func(fd int) {
			sa, c := unixAddress(NewCall("bind").Int(fd), req.Target)
			res.Call = c.End()
			res.Errno = int(retry(func() error { return unix.Bind(fd, sa) }))
		})
	}
}

func connectUnix(s socket) func(Request, *Result) {
	return func(req Request, res *Result) {
		s.with(res, func(fd int) {
			sa, c := unixAddress(NewCall("connect").Int(fd), req.Target)
			patient(fd, c.End(), res, func() error { return unix.Connect(fd, sa) })
		})
	}
}

// sendUnix sends one byte to a datagram socket.
func sendUnix(req Request, res *Result) {
	datagramSocket.with(res, func(fd int) {
		sa, c := unixAddress(NewCall("sendto").Int(fd).Path("x").Int(1).Raw("0"), req.Target)
		patient(fd, c.End(), res, func() error { return unix.Sendto(fd, []byte("x"), 0, sa) })
	})
}

// The sockets that a target's keyword chooses from.
var (
	rawSockets = map[string]socket{
		"icmp": {unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP, "AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_ICMP"},
		"tcp":  {unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_TCP, "AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_TCP"},
		"udp":  {unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_UDP, "AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_UDP"},
		"raw":  {unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW, "AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_RAW"},
	}
	packetSockets = map[string]socket{
		"all":  {unix.AF_PACKET, unix.SOCK_RAW, networkOrder(unix.ETH_P_ALL), "AF_PACKET, SOCK_RAW|SOCK_CLOEXEC, htons(ETH_P_ALL)"},
		"ip":   {unix.AF_PACKET, unix.SOCK_RAW, networkOrder(unix.ETH_P_IP), "AF_PACKET, SOCK_RAW|SOCK_CLOEXEC, htons(ETH_P_IP)"},
		"ipv6": {unix.AF_PACKET, unix.SOCK_RAW, networkOrder(unix.ETH_P_IPV6), "AF_PACKET, SOCK_RAW|SOCK_CLOEXEC, htons(ETH_P_IPV6)"},
		"arp":  {unix.AF_PACKET, unix.SOCK_RAW, networkOrder(unix.ETH_P_ARP), "AF_PACKET, SOCK_RAW|SOCK_CLOEXEC, htons(ETH_P_ARP)"},
	}
	netlinkSockets = map[string]socket{
		"route":          {unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE, "AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE"},
		"sock_diag":      {unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_SOCK_DIAG, "AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_SOCK_DIAG"},
		"audit":          {unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_AUDIT, "AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_AUDIT"},
		"kobject_uevent": {unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_KOBJECT_UEVENT, "AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT"},
		"generic":        {unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_GENERIC, "AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_GENERIC"},
	}
)

// networkOrder is htons for a packet socket's protocol (packet(7)).
func networkOrder(protocol uint16) int {
	return int(binary.NativeEndian.Uint16([]byte{byte(protocol >> 8), byte(protocol)}))
}

// newSocket makes the socket that the keyword names: the making is the attempt.
func newSocket(kinds map[string]socket) func(Request, *Result) {
	return func(req Request, res *Result) {
		s := kinds[req.Target] // the table's keywords, which resolve has checked
		res.Call = NewCall("socket").Raw(s.text).End()
		fd := -1
		res.Errno = int(retry(func() (err error) {
			fd, err = unix.Socket(s.family, s.kind|unix.SOCK_CLOEXEC, s.protocol)
			return err
		}))
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}
