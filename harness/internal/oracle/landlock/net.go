package landlock

import (
	"net/netip"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// firstUnprivileged is the usual net.ipv4.ip_unprivileged_port_start; containers
// often have 0.
const firstUnprivileged = 1024

// bindTCP is net.bind_tcp.
func (a *asker) bindTCP() (Answer, error) {
	addr, err := a.addr()
	if err != nil {
		return Answer{}, err
	}
	if a.variant == "bind_unspec" && addr.Addr() != netip.IPv4Unspecified() {
		return Answer{}, fails(eafnosupport, "with AF_UNSPEC the address is 0.0.0.0")
	}
	return besides(a.d.tcp(sandbox.BindTCP, addr.Port()), nil, a.mayBind(addr.Port()))
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

// portRule is a port rule of a layer.
type portRule struct {
	layer  int
	index  int // in the layer's Ports
	access sandbox.AccessNet
}

// addPorts finds the port rules of a layer by their port.
func (d *domain) addPorts(layer int) error {
	l := &d.layers[layer]
	for n, r := range l.Ports {
		if r.Access == 0 || r.Access&^l.HandledNet != 0 || r.Port > 65535 {
			return unknowable("the policy cannot be applied: layer %d: port %d: rights %v of the handled %v", layer, r.Port, r.Access, l.HandledNet)
		}
		if d.ports == nil {
			d.ports = map[uint16][]portRule{}
		}
		d.ports[uint16(r.Port)] = append(d.ports[uint16(r.Port)], portRule{layer, n, r.Access})
	}
	return nil
}

// tcp answers for bind and connect: a rule speaks of exactly one port, of
// every address.
func (d *domain) tcp(need sandbox.AccessNet, port uint16) Answer {
	answer := Answer{Decision: Allow}
	name, text := need.AuditNames()[0], strconv.Itoa(int(port))
	var granted [maxLayers]bool
	for _, r := range d.ports[port] {
		if r.access&need != 0 {
			granted[r.layer] = true
			answer.Granting = append(answer.Granting, Grant{Layer: r.layer, Index: r.index, Rule: text, Rights: []string{name}})
		}
	}
	var handled bool
	for i := range d.layers {
		if d.layers[i].HandledNet&need == 0 {
			continue
		}
		handled = true
		if !granted[i] {
			answer.Missing = append(answer.Missing, Missing{Layer: i, Right: name})
			answer.Record = &Record{Layer: i, Blockers: []string{name}}
		}
	}
	switch {
	case len(answer.Missing) > 0:
		answer.Decision, answer.Errno = Deny, eacces
		answer.Reason = "no rule grants port " + text
	case !handled:
		answer.Reason = "no layer handles " + need.String()
	default:
		answer.Reason = "every layer that handles it grants port " + text
	}
	return answer
}

func (a *asker) mayBind(port uint16) error {
	c := a.w.cred
	switch {
	case port == 0 || port >= firstUnprivileged:
		return nil
	case !c.has(CapNetBindService):
		return unknowable("net.ipv4.ip_unprivileged_port_start, which is not known, may keep port %d for CAP_NET_BIND_SERVICE", port)
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
	if a.variant != "mptcp" || a.d.kernel.fixed(erratumTCP) {
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
	a.resolved = addr.String()
	return addr, nil
}
