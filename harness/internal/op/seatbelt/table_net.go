package seatbelt

var netTable = []Operation{
	{
		Name: "network-bind", Target: TargetAddr,
		Summary: "bind a TCP port, or a UDP port by bind_udp",
		Drivers: []Driver{{Syscalls: []Syscall{{Name: "bind"}, {Name: "bind_udp"}}}},
	},
	{
		Name: "network-outbound", Target: TargetAddr,
		Summary: "connect to a TCP port, a UDP port by connect_udp, or a unix socket by connect_unix",
		Drivers: []Driver{{Syscalls: []Syscall{{Name: "connect"}, {Name: "connect_udp"}, {Name: "connect_unix", Target: TargetPath}}}},
	},
}
