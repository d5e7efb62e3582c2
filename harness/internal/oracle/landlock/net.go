package landlock

import (
	"net/netip"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// firstUnprivileged is the usual net.ipv4.ip_unprivileged_port_start.
const firstUnprivileged = 1024

// erratumTCP is the bit of erratum 1, after which the TCP rights are about TCP
// sockets alone (Documentation/userspace-api/landlock.rst).
const erratumTCP = 1 << 0

// bindTCP is net.bind_tcp.
func (a *asker) bindTCP() (Answer, error) {
	addr, err := a.addr()
	if err != nil {
		return Answer{}, err
	}
	if a.variant == "bind_unspec" && addr.Addr() != netip.IPv4Unspecified() {
		return Answer{}, fails(eafnosupport, "with AF_UNSPEC the address is 0.0.0.0")
	}
	answer := a.d.tcp(sandbox.BindTCP, addr.Port())
	return answer, a.mayBind(addr.Port())
}

// connectTCP is net.connect_tcp.
func (a *asker) connectTCP() (Answer, error) {
	addr, err := a.addr()
	if err != nil {
		return Answer{}, err
	}
	if a.variant == "connect_unspec" {
		return Answer{Decision: Allow, Reason: "it takes a connection down: Landlock does not mediate it"}, nil
	}
	return a.d.tcp(sandbox.ConnectTCP, addr.Port()), nil
}

// tcp answers for bind and connect: a rule speaks of exactly one port, of
// every address.
func (d *domain) tcp(need sandbox.AccessNet, port uint16) Answer {
	var handled bool
	answer := Answer{Decision: Allow}
	for i, l := range d.layers {
		if l.HandledNet&need == 0 {
			continue
		}
		handled = true
		granted := false
		for _, r := range l.Ports {
			if r.Port != uint64(port) || r.Access&need == 0 {
				continue
			}
			granted = true
			answer.Granting = addGrant(answer.Granting, Grant{Layer: i, Rule: strconv.Itoa(int(port)), Rights: need.AuditNames()})
		}
		if !granted {
			answer.Missing = append(answer.Missing, Missing{Layer: i, Right: need.AuditNames()[0]})
			answer.Record = &Record{Layer: i, Blockers: need.AuditNames()}
		}
	}
	switch {
	case len(answer.Missing) > 0:
		answer.Decision, answer.Errno = Deny, eacces
		answer.Reason = "no rule grants port " + strconv.Itoa(int(port))
	case !handled:
		answer.Reason = "no layer handles " + need.String()
	default:
		answer.Reason = "every layer that handles it grants port " + strconv.Itoa(int(port))
	}
	return answer
}

func (a *asker) mayBind(port uint16) error {
	c := a.w.cred
	switch {
	case port == 0 || port >= firstUnprivileged:
		return nil
	case !c.has(CapNetBindService):
		return fails(eacces, "not Landlock's: port %d needs CAP_NET_BIND_SERVICE", port)
	case c != nil && c.Contained:
		return unknowable("whether CAP_NET_BIND_SERVICE counts depends on whose the network is")
	}
	return nil
}

// bindOther is bind of a UDP or an MPTCP socket.
func (a *asker) bindOther() (Answer, error) {
	addr, err := a.addr()
	if err != nil {
		return Answer{}, err
	}
	if err := a.mptcp(sandbox.BindTCP); err != nil {
		return Answer{}, err
	}
	if err := a.mayBind(addr.Port()); err != nil {
		return Answer{}, err
	}
	return a.free()
}

// reachOther is connect and sendto by what is not TCP's connect.
func (a *asker) reachOther() (Answer, error) {
	if a.variant == "unix" {
		return a.pathSocket()
	}
	addr, err := a.addr()
	if err != nil {
		return Answer{}, err
	}
	if addr.Port() == 0 && a.Op == "syscall.sendto" && a.variant == "udp" {
		return Answer{}, fails(einval, "nothing is sent to port 0")
	}
	if err := a.mptcp(sandbox.ConnectTCP); err != nil {
		return Answer{}, err
	}
	return a.free()
}

// mptcp says why an answer about an MPTCP socket cannot be given: before the
// erratum was fixed, every stream socket counted as TCP.
func (a *asker) mptcp(right sandbox.AccessNet) error {
	if a.variant != "mptcp" || a.d.errata&erratumTCP != 0 {
		return nil
	}
	for _, l := range a.d.layers {
		if l.HandledNet&right != 0 {
			return unknowable("whether Landlock takes MPTCP for TCP is not known of this kernel: it does not say that erratum 1 is fixed")
		}
	}
	return nil
}

func (a *asker) socket() (Answer, error) {
	answer, err := a.free()
	if a.variant == "raw" || a.variant == "packet" {
		err = a.needs(CapNetRaw)
	}
	return answer, err
}

func (a *asker) addr() (netip.AddrPort, error) {
	addr, err := op.ParseAddr(a.Target)
	if err != nil {
		return addr, unknowable("target %v", err)
	}
	return addr, nil
}
