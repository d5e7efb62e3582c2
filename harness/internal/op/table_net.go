package op

// netTable holds what sockets do. Landlock's rights are about TCP sockets
// alone, up to ABI 9: not UDP, not MPTCP, not what sets up a connection by other
// calls than bind and connect.
var netTable = []Op{
	{
		Name: "net.bind_tcp", Aliases: []string{"network-bind"},
		Summary: "bind a TCP socket to a port",
		Variants: []Variant{
			{Name: "bind", Calls: "socket(SOCK_STREAM, IPPROTO_TCP), bind", Denied: eacces, Target: TargetAddr, Fixture: freePort},
			{
				Name: "bind_unspec", Calls: "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), bind(AF_UNSPEC)", Denied: eacces, Target: TargetAddr, Fixture: freePort,
				Note: "the target's address is 0.0.0.0, the only one that the kernel takes with AF_UNSPEC",
			},
		},
	},
	{
		Name: "net.connect_tcp", Aliases: []string{"network-outbound"},
		Summary: "connect a TCP socket to a port",
		Variants: []Variant{
			{Name: "connect", Calls: "socket(SOCK_STREAM, IPPROTO_TCP), connect", Denied: eacces, Target: TargetAddr, Fixture: "a TCP listener at the target"},
			{
				Name: "connect_unspec", Calls: "socket(SOCK_STREAM, IPPROTO_TCP), connect(AF_UNSPEC)", Target: TargetAddr,
				Note: "takes a connection down, whatever the port; Landlock does not mediate it",
			},
		},
	},
	{
		Name:    "scope.abstract_unix_socket",
		Summary: "reach an abstract unix socket that a process outside the policy made",
		Variants: []Variant{
			{Name: "connect", Calls: "socket(AF_UNIX, SOCK_STREAM), connect", Denied: eperm, Target: TargetName, Fixture: "a stream listener at the target"},
			{Name: "connect_dgram", Calls: "socket(AF_UNIX, SOCK_DGRAM), connect", Denied: eperm, Target: TargetName, Fixture: "a datagram socket at the target"},
			{Name: "sendto", Calls: "socket(AF_UNIX, SOCK_DGRAM), sendto", Denied: eperm, Target: TargetName, Fixture: "a datagram socket at the target"},
		},
	},
	{
		Name:    "syscall.bind",
		Summary: "bind a socket that is not TCP's; Landlock does not mediate it up to ABI 9",
		Variants: []Variant{
			{Name: "udp", Calls: "socket(SOCK_DGRAM, IPPROTO_UDP), bind", Target: TargetAddr, Fixture: freePort},
			{Name: "mptcp", Calls: "socket(SOCK_STREAM, IPPROTO_MPTCP), bind", Target: TargetAddr, Fixture: freePort},
		},
	},
	{
		Name:    "syscall.connect",
		Summary: "connect a socket that is not TCP's; Landlock does not mediate it up to ABI 8",
		Variants: []Variant{
			{Name: "udp", Calls: "socket(SOCK_DGRAM, IPPROTO_UDP), connect", Target: TargetAddr},
			{Name: "mptcp", Calls: "socket(SOCK_STREAM, IPPROTO_MPTCP), connect", Target: TargetAddr, Fixture: "a TCP or MPTCP listener at the target"},
			{
				Name: "unix", Calls: "socket(AF_UNIX, SOCK_STREAM), connect", Fixture: "a stream listener at the target",
				Note: "the path has at most 107 bytes",
			},
		},
	},
	{
		Name:    "syscall.listen",
		Summary: "listen for connections; Landlock does not mediate it",
		Variants: []Variant{
			{
				Name: "autobind", Calls: "socket(SOCK_STREAM, IPPROTO_TCP), listen", Target: TargetText, Keywords: []string{"ipv4", "ipv6"},
				Note: "without a bind: the kernel chooses the port, and Landlock never asks for net.bind_tcp",
			},
		},
	},
	{
		Name:    "syscall.sendto",
		Summary: "send to an address; Landlock does not mediate it up to ABI 8",
		Variants: []Variant{
			{Name: "udp", Calls: "socket(SOCK_DGRAM, IPPROTO_UDP), sendto", Target: TargetAddr},
			{
				Name: "fastopen", Calls: "socket(SOCK_STREAM, IPPROTO_TCP), sendto(MSG_FASTOPEN)", Target: TargetAddr, Fixture: "a TCP listener at the target",
				Note: "connects a TCP socket without connect, so Landlock never asks for net.connect_tcp",
			},
			{
				Name: "unix", Calls: "socket(AF_UNIX, SOCK_DGRAM), sendto", Fixture: "a datagram socket at the target",
				Note: "the path has at most 107 bytes",
			},
		},
	},
	{
		Name:    "syscall.socket",
		Summary: "make a socket; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "raw", Calls: "socket(AF_INET, SOCK_RAW)", Target: TargetText, Keywords: []string{"icmp", "tcp", "udp", "raw"}, Note: "needs CAP_NET_RAW"},
			{Name: "packet", Calls: "socket(AF_PACKET, SOCK_RAW)", Target: TargetText, Keywords: []string{"all", "ip", "ipv6", "arp"}, Note: "needs CAP_NET_RAW"},
			{Name: "netlink", Calls: "socket(AF_NETLINK, SOCK_RAW)", Target: TargetText, Keywords: []string{"route", "sock_diag", "audit", "kobject_uevent", "generic"}},
		},
	},
}

const freePort = "nothing bound to the target"
