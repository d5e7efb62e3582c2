package witness

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// maxRecord holds the longest record: the kernel stops at 8970 bytes.
const maxRecord = 16 << 10

// socket is the audit log of this machine.
type socket struct {
	conn    *netlink.Conn
	control *control
	drops   uint32
	closed  atomic.Bool
}

// loggedABI is the Landlock ABI that brought the log.
const loggedABI = 7

func openSource(buffer int) (source, error) {
	// An errno means no Landlock at all: no denial either.
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return nil, &Unavailable{Reason: "the kernel has no Landlock, or has it turned off", Err: errno}
	}
	if abi < loggedABI {
		return nil, &Unavailable{Reason: fmt.Sprintf("the kernel's Landlock ABI is %d: denials are logged from ABI %d on (Linux 6.15)", abi, loggedABI)}
	}
	s, err := openSocket(buffer)
	if err != nil {
		return nil, err
	}
	// Where the network namespace cannot be known, Settle finds out.
	var missing *Unavailable
	if err := inLoggedNetwork(); errors.As(err, &missing) {
		s.close()
		return nil, missing
	}
	// The status may be kept from who may read the log.
	status, err := s.control.status()
	if err == nil && status.Enabled == 0 {
		s.close()
		return nil, &Unavailable{Reason: "audit is off: run with --witness=enable"}
	}
	return s, nil
}

func readable() error {
	// First what tells another user namespace from a lack of capabilities.
	if _, err := queryStatus(); err != nil {
		return err
	}
	s, err := openSocket(maxRecord)
	if err != nil {
		return err
	}
	s.close()
	return inLoggedNetwork()
}

// openSocket takes a seat among the readers.
func openSocket(buffer int) (*socket, error) {
	c, err := openControl()
	if err != nil {
		return nil, err
	}
	s := &socket{control: c}
	if err := s.join(buffer); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// join filters first and joins last: nothing that is not wanted gets in.
func (s *socket) join(buffer int) error {
	conn, err := netlink.Dial(unix.NETLINK_AUDIT, &netlink.Config{MessageBufferSize: maxRecord})
	if err != nil {
		return unavailable(err)
	}
	s.conn = conn
	if err := s.onFD(func(fd int) error {
		if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, filter()); err != nil {
			return os.NewSyscallError("SO_ATTACH_FILTER", err)
		}
		// The second needs no capability, and stops at net.core.rmem_max.
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
			return os.NewSyscallError("SO_RCVBUF", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer))
		}
		return nil
	}); err != nil {
		return fmt.Errorf("audit socket: %w", err)
	}
	if err := conn.JoinGroup(unix.AUDIT_NLGRP_READLOG); err != nil {
		return unavailable(err)
	}
	return nil
}

// filter passes the record types that are used. The others of a denial, SYSCALL,
// PROCTITLE and EOE, are three of five records and most of the bytes.
func filter() *unix.SockFprog {
	const typeOffset = 4 // nlmsg_type in struct nlmsghdr
	types := []uint16{typeConfig, typeAccess, typeDomain}
	prog := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: typeOffset}}
	for i, t := range types {
		// The load is big-endian, the header the machine's own.
		word := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, t))
		prog = append(prog, unix.SockFilter{
			Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K,
			Jt:   uint8(len(types) - i), // to the last instruction
			K:    uint32(word),
		})
	}
	prog = append(prog,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: ^uint32(0)})
	return &unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
}

func (s *socket) onFD(do func(fd int) error) error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}

func (s *socket) receive(r *Reader) error {
	for {
		msgs, err := s.conn.Receive()
		switch {
		case errors.Is(err, unix.ENOBUFS):
			r.note(lossSocket, s.dropped())
			continue
		case err != nil && s.closed.Load():
			return ErrClosed
		case err != nil:
			return fmt.Errorf("audit socket: %w", err)
		}
		for _, m := range msgs {
			r.take(uint16(m.Header.Type), string(m.Data))
		}
	}
}

func (r *Reader) note(l loss, n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.lost.note(l, n)
}

// dropped is how many records found no room since it was last asked, at least
// one: the kernel reports the first of a row and counts all.
func (s *socket) dropped() uint64 {
	var info [unix.SK_MEMINFO_VARS]uint32
	size := uint32(unsafe.Sizeof(info))
	err := s.onFD(func(fd int) error {
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		if errno != 0 {
			return errno
		}
		return nil
	})
	if err != nil || uintptr(size) < unsafe.Sizeof(info) {
		return 1
	}
	n := uint64(info[unix.SK_MEMINFO_DROPS] - s.drops)
	s.drops = info[unix.SK_MEMINFO_DROPS]
	return max(n, 1)
}

func (s *socket) status() (Status, error) { return s.control.status() }

func (s *socket) close() {
	s.closed.Store(true)
	if s.conn != nil {
		s.conn.Close()
	}
	s.control.close()
}
