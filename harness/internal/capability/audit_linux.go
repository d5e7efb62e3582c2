package capability

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Of linux/audit.h.
const (
	auditGet       = 1000 // AUDIT_GET
	auditReadGroup = 1    // AUDIT_NLGRP_READLOG
)

// audit asks the kernel whether its log can be read here, and is on or can be
// switched on. It changes nothing.
func audit(h host) string {
	enabled, err := auditEnabled()
	if err != nil {
		return fmt.Sprintf("whether audit is on cannot be asked: %v", err)
	}
	state := [...]string{"off", "on", "on and locked"}[min(enabled, 2)]
	if err := joinAuditGroup(); err != nil {
		return fmt.Sprintf("audit is %s, its log cannot be read: %v", state, err)
	}
	// Groups can be joined in every network namespace. Records go to the
	// initial one alone, and who may ask for the state is in the initial process
	// namespace, whose first process is.
	first, err := os.Readlink("/proc/1/ns/net")
	if err != nil {
		return fmt.Sprintf("audit is %s, whether its log comes to this network namespace is not known: %v", state, err)
	}
	if ours := fmt.Sprintf("net:[%d]", h.facts.Namespaces["net"]); first != ours {
		return fmt.Sprintf("audit is %s, its log goes to the initial network namespace alone: that is %s, this is %s", state, first, ours)
	}
	return ""
}

func auditSocket(groups uint32) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
	if err != nil {
		return -1, failed("socket(NETLINK_AUDIT)", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(fd)
		return -1, failed("bind", err)
	}
	return fd, nil
}

// joinAuditGroup takes a seat among the readers, and gives it back.
func joinAuditGroup() error {
	fd, err := auditSocket(1 << (auditReadGroup - 1))
	if err != nil {
		if errors.Is(err, unix.EPERM) {
			err = fmt.Errorf("%w: it needs CAP_AUDIT_READ in the initial user namespace", err)
		}
		return err
	}
	return unix.Close(fd)
}

// auditEnabled is the field of the same name in struct audit_status: 0 off, 1
// on, 2 on and locked. Who may ask may also switch it on, unless it is locked:
// the kernel asks both for CAP_AUDIT_CONTROL.
func auditEnabled() (uint32, error) {
	fd, err := auditSocket(0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	limit := unix.NsecToTimeval(patience.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return 0, failed("setsockopt", err)
	}
	request := binary.NativeEndian.AppendUint32(nil, unix.SizeofNlMsghdr)
	request = binary.NativeEndian.AppendUint16(request, auditGet)
	request = binary.NativeEndian.AppendUint16(request, unix.NLM_F_REQUEST)
	request = append(request, make([]byte, 8)...) // sequence number and port
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, failed("AUDIT_GET", err)
	}
	for buf := make([]byte, 4096); ; {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, failed("AUDIT_GET: receive", err)
		}
		if enabled, done, err := readAuditStatus(buf[:n]); done {
			return enabled, err
		}
	}
}

// readAuditStatus reads one message; done is false for one that is no answer.
func readAuditStatus(msg []byte) (enabled uint32, done bool, err error) {
	const header = unix.SizeofNlMsghdr
	if len(msg) < header+8 {
		return 0, false, nil
	}
	switch kind := binary.NativeEndian.Uint16(msg[4:]); kind {
	case auditGet: // struct audit_status: mask, enabled, …
		return binary.NativeEndian.Uint32(msg[header+4:]), true, nil
	case unix.NLMSG_ERROR: // struct nlmsgerr: a negative errno, or 0 for an acknowledgement
		errno := unix.Errno(-int32(binary.NativeEndian.Uint32(msg[header:])))
		if errno == 0 {
			return 0, false, nil
		}
		err := fmt.Errorf("AUDIT_GET: %w", errno)
		if errno == unix.EPERM || errno == unix.ECONNREFUSED {
			err = fmt.Errorf("%w: it needs CAP_AUDIT_CONTROL in the initial user and process namespaces", err)
		}
		return 0, true, err
	}
	return 0, false, nil
}
