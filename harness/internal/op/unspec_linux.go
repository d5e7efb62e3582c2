package op

import (
	"encoding/binary"
	"net/netip"
	"strconv"
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
	return string(append(call("{sa_family=AF_UNSPEC, sa_data=").quote(string(sa[2:])), '}'))
}

func bindUnspec(req Request, res *Result) {
	addr, errText := parseTarget(req.Target)
	if errText == "" && addr.Addr() != netip.IPv4Unspecified() {
		errText = "target " + strconv.Quote(req.Target) + " has an address that the kernel does not take with AF_UNSPEC; use 0.0.0.0:" +
			strconv.Itoa(int(addr.Port()))
	}
	if errText != "" {
		res.Err = errText
		return
	}
	fd, addr := tcpSocket.at(req.Target, res)
	if fd < 0 {
		return
	}
	defer unix.Close(fd)
	if reuseAddress(fd, res) {
		onUnspec("bind", unix.SYS_BIND, fd, addr, res)
	}
}

func connectUnspec(req Request, res *Result) {
	fd, addr := tcpSocket.at(req.Target, res)
	if fd < 0 {
		return
	}
	defer unix.Close(fd)
	onUnspec("connect", unix.SYS_CONNECT, fd, addr, res)
}

func onUnspec(name string, nr uintptr, fd int, addr netip.AddrPort, res *Result) {
	sa := unspec(addr)
	res.Call = newCall(name).int(fd).raw(unspecText(sa[:])).int(len(sa)).end()
	res.Errno = int(retry(func() error {
		if _, _, e := unix.Syscall(nr, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(len(sa))); e != 0 {
			return e
		}
		return nil
	}))
}
