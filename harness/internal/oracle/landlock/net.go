package landlock

import (
	"net/netip"
	"strconv"
	"strings"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// firstUnprivileged is the usual net.ipv4.ip_unprivileged_port_start.
const firstUnprivileged = 1024

// tcp answers for bind and connect: a rule speaks of exactly one port, of
// every address.
func (d *domain) tcp(name string, q Question) (Answer, error) {
	var need sandbox.AccessNet
	switch name {
	case "net.bind_tcp":
		need = sandbox.BindTCP
	case "net.connect_tcp":
		need = sandbox.ConnectTCP
	default:
		return Answer{}, unknowable("the model does not cover %s", name)
	}
	port, err := portOf(q.Target)
	if err != nil {
		return Answer{}, err
	}
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
	if need == sandbox.BindTCP && port > 0 && port < firstUnprivileged && !q.Cred.skips() {
		return answer, fails(eacces, "not Landlock's: port %d needs CAP_NET_BIND_SERVICE", port)
	}
	return answer, nil
}

func portOf(target string) (uint16, error) {
	text := target
	if port, ok := strings.CutPrefix(target, "localhost:"); ok {
		text = "127.0.0.1:" + port
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil {
		return 0, unknowable("target %q is no address and port", target)
	}
	return addr.Port(), nil
}
