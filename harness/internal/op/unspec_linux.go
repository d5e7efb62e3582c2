package op

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// unspec is a sockaddr_in whose family is AF_UNSPEC: the kernel's bind takes it
// for IPv4 when the address is INADDR_ANY (inet_bind), and its connect takes it
// as "disconnect". x/sys has no such address.
func unspec(addr netip.AddrPort) [unix.SizeofSockaddrInet4]byte {
	var sa [unix.SizeofSockaddrInet4]byte
	binary.NativeEndian.PutUint16(sa[0:], unix.AF_UNSPEC)
	binary.BigEndian.PutUint16(sa[2:], addr.Port())
	if ip := addr.Addr(); ip.Is4() {
		copy(sa[4:], ip.AsSlice())
	}
	return sa
}

// unspecText is how strace prints that address: it reads no further than the
// family, and shows the bytes after it.
func unspecText(sa []byte) string {
	return string(append(Call("{sa_family=AF_UNSPEC, sa_data=").quote(string(sa[2:])), '}'))
}

func bindUnspec(req Request, res *Result) {
	s, addr := tcpSocket.at(req.Target)
	if addr.Addr() != netip.IPv4Unspecified() {
		res.Err = "target " + strconv.Quote(req.Target) + " has an address that the kernel does not take with AF_UNSPEC; use 0.0.0.0:" +
			strconv.Itoa(int(addr.Port()))
		return
	}
	s.with(res, func(fd int) {
		if reuseAddress(fd, res) {
			onUnspec("bind", unix.SYS_BIND, fd, addr, res)
		}
	})
}

func connectUnspec(req Request, res *Result) {
	s, addr := tcpSocket.at(req.Target)
	s.with(res, func(fd int) { onUnspec("connect", unix.SYS_CONNECT, fd, addr, res) })
}

func onUnspec(name string, nr uintptr, fd int, addr netip.AddrPort, res *Result) {
	sa := unspec(addr)
	res.Call = NewCall(name).Int(fd).Raw(unspecText(sa[:])).Int(len(sa)).End()
	res.Errno = int(retryRaw(func() syscall.Errno {
		_, _, e := unix.Syscall(nr, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(len(sa)))
		return e
	}))
}
