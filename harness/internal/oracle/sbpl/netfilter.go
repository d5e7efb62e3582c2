package sbpl

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// endpoint is one end of a connection by an internet protocol.
type endpoint struct {
	proto    string // tcp, udp; empty: not known
	v4, v6   truth
	loopback truth
	port     uint16
}

// parseEndpoint reads an address and a port, or a name and a port.
func parseEndpoint(target, proto string) (*endpoint, bool) {
	i := strings.LastIndexByte(target, ':')
	if i <= 0 {
		return nil, false
	}
	host, text := target[:i], target[i+1:]
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || host == "" {
		return nil, false
	}
	e := &endpoint{proto: proto, v4: maybe, v6: maybe, loopback: maybe, port: uint16(port)}
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err == nil {
		e.v4, e.v6 = truthOf(addr.Is4()), truthOf(!addr.Is4())
		switch addr {
		case netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback():
			e.loopback = yes
		default: // what else leads home is not documented
			if !addr.Unmap().IsLoopback() && !addr.Unmap().IsUnspecified() {
				e.loopback = no
			}
		}
		return e, true
	}
	if strings.ContainsAny(host, "[]:/*") {
		return nil, false
	}
	if strings.EqualFold(host, "localhost") {
		e.loopback = yes
	}
	return e, true
}

// endFilter is about the remote or the local end of a connection.
type endFilter struct {
	leaf
	side      string
	proto     string // tcp, udp; empty: any
	v4, v6    bool   // of which version of the protocol it may be
	localhost bool
	port      int // -1: any
	doubt     *Doubt
	otherEnd  *Doubt
}

// protocols are what remote and local take, with the versions of IP they mean.
var protocols = map[string]endFilter{
	"ip":  {v4: true, v6: true},
	"ip4": {v4: true}, "ip6": {v6: true},
	"tcp":  {proto: "tcp", v4: true, v6: true},
	"tcp4": {proto: "tcp", v4: true}, "tcp6": {proto: "tcp", v6: true},
	"udp":  {proto: "udp", v4: true, v6: true},
	"udp4": {proto: "udp", v4: true}, "udp6": {proto: "udp", v6: true},
}

// newEndFilter builds (remote ip "host:port"…) and (remote unix-socket filter…),
// and the same of local.
func newEndFilter(l leaf, args []Arg) (Filter, error) {
	if len(args) == 0 || args[0].Kind != ArgSymbol {
		return nil, fmt.Errorf("%s without a protocol is not documented", l.name)
	}
	l.form = formText(l.name, args...)
	proto, rest := args[0].Text, args[1:]
	if proto == "unix-socket" || proto == "unix" {
		return newUnixFilter(l, rest)
	}
	common, ok := protocols[proto]
	if !ok {
		return nil, fmt.Errorf("%s takes no %s", l.name, proto)
	}
	common.leaf, common.side = l, l.name
	if len(rest) == 0 {
		rest = []Arg{{Kind: ArgString, Text: "*:*"}}
	}
	return each(leaf{Place: l.Place, name: l.name + " " + proto}, rest, func(_ leaf, arg Arg) (Filter, error) {
		f := common
		f.form = formText(l.name+" "+proto, arg)
		f.doubt = f.unsure("the model does not know the address well enough")
		f.otherEnd = f.unsure("the model does not know the other end of the connection")
		return &f, f.address(arg)
	})
}

// address reads what the compiler of profiles takes: a host of * or localhost,
// and a port of * or a number.
func (f *endFilter) address(arg Arg) error {
	if err := needString(f.leaf, arg); err != nil {
		return err
	}
	host, port, ok := strings.Cut(arg.Text, ":")
	n, err := strconv.ParseUint(port, 10, 16)
	if !ok || host != "*" && host != "localhost" || port != "*" && err != nil {
		return fmt.Errorf("%s %q is no address that Seatbelt takes, which are * or localhost with : and * or a port", f.name, arg.Text)
	}
	f.localhost, f.port = host == "localhost", int(n)
	if port == "*" {
		f.port = -1
	}
	return nil
}

func (f *endFilter) match(s *subject) (truth, *Doubt) {
	if s.addr == nil {
		return no, nil
	}
	t := truthOf(f.v4).and(s.addr.v4)
	if t6 := truthOf(f.v6).and(s.addr.v6); f.v4 && f.v6 {
		t = yes
	} else if f.v6 {
		t = t6
	}
	switch {
	case f.proto == "" || f.proto == s.addr.proto:
	case s.addr.proto == "":
		t = t.and(maybe)
	default:
		return no, nil
	}
	if s.side != f.side {
		if s.side == "remote" && !f.localhost && f.port < 0 {
			return f.answer(t) // every connection has a local end
		}
		return t.and(maybe), f.otherEnd
	}
	if f.localhost {
		t = t.and(s.addr.loopback)
	}
	return f.answer(t.and(truthOf(f.port < 0 || f.port == int(s.addr.port))))
}

func (f *endFilter) answer(t truth) (truth, *Doubt) {
	if t == maybe {
		return maybe, f.doubt
	}
	return t, nil
}

// unixFilter is about a socket in the file system.
type unixFilter struct {
	leaf
	side     string
	path     Filter // nil: any
	otherEnd *Doubt
}

func newUnixFilter(l leaf, args []Arg) (Filter, error) {
	f := &unixFilter{leaf: l, side: l.name, otherEnd: l.unsure("the model does not know the other end of the connection")}
	if len(args) > 0 {
		filters, err := filtersOf(l, args)
		if err != nil {
			return nil, err
		}
		f.path = newAny(filters)
	}
	return f, nil
}

func (f *unixFilter) match(s *subject) (truth, *Doubt) {
	switch {
	case s.path == "" || s.side == "":
		return no, nil
	case s.side != f.side:
		return maybe, f.otherEnd
	case f.path == nil:
		return yes, nil
	}
	return f.path.match(s)
}

// socketFilter is about how a socket was made.
type socketFilter struct {
	leaf
	want  string
	doubt *Doubt
}

func newSocketFilter(l leaf, arg Arg) (Filter, error) {
	if arg.Kind != ArgSymbol && arg.Kind != ArgNumber {
		return nil, fmt.Errorf("%s takes a constant, and %s is none", l.name, argText(arg))
	}
	return &socketFilter{leaf: l, want: arg.Text, doubt: l.unsure("the model does not know how the socket was made")}, nil
}

func (f *socketFilter) match(s *subject) (truth, *Doubt) {
	if f.name == "socket-domain" {
		var t truth
		switch {
		case s.side == "":
			return maybe, f.doubt
		case f.want == "AF_UNIX" || f.want == "AF_LOCAL":
			return truthOf(s.addr == nil), nil
		case s.addr == nil:
			t = truthOf(!strings.HasPrefix(f.want, "AF_")).and(maybe)
		case f.want == "AF_INET":
			t = s.addr.v4
		case f.want == "AF_INET6":
			t = s.addr.v6
		default:
			t = truthOf(!strings.HasPrefix(f.want, "AF_")).and(maybe)
		}
		if t == maybe {
			return maybe, f.doubt
		}
		return t, nil
	}
	return maybe, f.doubt
}

// controlName is about a socket of the kernel's own, which has no address.
type controlName struct {
	leaf
	doubt *Doubt
}

func newControlName(l leaf, arg Arg) (Filter, error) {
	return &controlName{leaf: l, doubt: l.unsure("the model does not know what the socket leads to")}, needString(l, arg)
}

func (f *controlName) match(s *subject) (truth, *Doubt) {
	if s.addr != nil || s.path != "" {
		return no, nil
	}
	return maybe, f.doubt
}
