package op_test

import (
	"slices"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

const (
	port     = 18443
	portText = "18443"

	inet      = "${loopback}:" + portText
	inet6     = "[::1]:" + portText
	anyInet   = "0.0.0.0:0"
	abstract  = "@rtgen-${unique}"
	aSocket   = "${workspace}/söcket"
	noIPv6    = "IPv6 on the loopback"
	noMPTCP   = "MPTCP"
	noNetlink = "this netlink family"
)

func netProofs() []proof {
	listening := func(listen string) fixture.Spec { return fixture.Spec{Listen: listen} }
	bind := []need{{net: landlock.BindTCP, errno: eacces}}
	connect := []need{{net: landlock.ConnectTCP, errno: eacces}}
	abstractScope := []need{{scope: landlock.ScopeAbstractUnixSocket, errno: eperm}}
	sockets := func(variant, host string, capability uint, keywords ...string) (out []proof) {
		for _, k := range keywords {
			out = append(out, proof{op: "syscall.socket", variant: variant, label: k, target: k, host: host, capability: capability})
		}
		return out
	}
	return slices.Concat(
		[]proof{
			{op: "net.bind_tcp", variant: "bind", target: inet, port: port, needs: bind},
			{op: "net.bind_tcp", variant: "bind", label: "ipv6", target: inet6, port: port, needs: bind, host: noIPv6},
			{op: "net.bind_tcp", variant: "bind", label: "port 0", target: "${loopback}:0", port: 0, needs: bind},
			{op: "net.bind_tcp", variant: "bind_unspec", target: anyInet, needs: bind},
			{op: "net.connect_tcp", variant: "connect", target: inet, port: port, needs: connect, spec: listening(inet)},
			{op: "net.connect_tcp", variant: "connect", label: "ipv6", target: inet6, port: port, needs: connect, spec: listening(inet6), host: noIPv6},
			{op: "net.connect_tcp", variant: "connect_unspec", target: inet},
			{op: "net.connect_tcp", variant: "connect_unspec", label: "ipv6", target: inet6, host: noIPv6},
			{op: "syscall.bind", variant: "udp", target: inet},
			{op: "syscall.bind", variant: "udp", label: "ipv6", target: inet6, host: noIPv6},
			{op: "syscall.bind", variant: "mptcp", target: inet, host: noMPTCP},
			{op: "syscall.connect", variant: "udp", target: inet},
			{op: "syscall.connect", variant: "mptcp", target: inet, spec: listening("mptcp:" + inet), host: noMPTCP},
			{op: "syscall.connect", variant: "unix", target: aSocket, spec: listening("unix:" + aSocket)},
			{op: "syscall.listen", variant: "autobind", target: "ipv4"},
			{op: "syscall.listen", variant: "autobind", label: "ipv6", target: "ipv6", host: noIPv6},
			{op: "syscall.sendto", variant: "udp", target: inet, spec: listening("udp:" + inet)},
			{op: "syscall.sendto", variant: "fastopen", target: inet, spec: listening(inet), host: "net.ipv4.tcp_fastopen with bit 0 set"},
			{op: "syscall.sendto", variant: "unix", target: aSocket, spec: listening("unixgram:" + aSocket)},
			{op: "scope.abstract_unix_socket", variant: "connect", target: abstract, spec: listening("unix:" + abstract), needs: abstractScope},
			{op: "scope.abstract_unix_socket", variant: "connect_dgram", target: abstract, spec: listening("unixgram:" + abstract), needs: abstractScope},
			{op: "scope.abstract_unix_socket", variant: "sendto", target: abstract, spec: listening("unixgram:" + abstract), needs: abstractScope},
		},
		sockets("raw", "", capNetRaw, "icmp", "tcp", "udp", "raw"),
		sockets("packet", "packet sockets", capNetRaw, "all", "ip", "ipv6", "arp"),
		sockets("netlink", noNetlink, 0, "route", "sock_diag", "audit", "kobject_uevent", "generic"),
	)
}

const outsidePID = "${outside_pid}"

func processProofs() []proof {
	outside := fixture.Spec{Outside: true}
	signal := []need{{scope: landlock.ScopeSignal, errno: eperm}}
	trace := []need{{noDomain: true, errno: eperm}}
	show := []need{{fs: landlock.ReadFile, errno: eacces}}
	// A kernel may lack kcmp; the others it has.
	kcmp := "CONFIG_KCMP"
	inside := func(label string, ps []proof) []proof {
		for i := range ps {
			ps[i].label, ps[i].target = label, label
		}
		return ps
	}
	return slices.Concat(
		proof{op: "scope.signal", target: outsidePID, spec: outside, needs: signal}.each("kill", "tgkill", "pidfd_send_signal", "kill_term"),
		inside("child", proof{op: "scope.signal"}.each("kill", "tgkill", "pidfd_send_signal", "kill_term")),
		inside("self", proof{op: "scope.signal"}.each("kill", "tgkill", "pidfd_send_signal")),
		// What started the test is outside the policy too.
		inside("parent", proof{op: "scope.signal", needs: signal, host: "a parent of the same user"}.each("kill", "tgkill", "pidfd_send_signal")),

		proof{op: "ptrace", target: outsidePID, spec: outside, needs: trace}.
			each("attach", "seize", "process_vm_readv", "process_vm_writev", "pidfd_getfd"),
		proof{op: "ptrace", target: outsidePID, spec: outside, needs: trace, host: kcmp}.each("kcmp"),
		proof{op: "ptrace", target: outsidePID, spec: outside, at: "/proc",
			needs: []need{{noDomain: true, errno: eacces}}}.each("proc_mem", "proc_environ"),
		inside("child", proof{op: "ptrace"}.each("attach", "seize", "process_vm_readv", "process_vm_writev", "pidfd_getfd")),
		inside("child", proof{op: "ptrace", host: kcmp}.each("kcmp")),
		inside("child", proof{op: "ptrace", at: "/proc", needs: show}.each("proc_mem", "proc_environ")),
		inside("self", proof{op: "ptrace"}.each("process_vm_readv", "process_vm_writev", "pidfd_getfd")),
		inside("self", proof{op: "ptrace", host: kcmp}.each("kcmp")),
		inside("self", proof{op: "ptrace", at: "/proc", needs: show}.each("proc_mem", "proc_environ")),
	)
}

func mountProofs() []proof {
	all := []need{{noFS: true, errno: eperm}}
	dirs := tree(fixture.Node{Path: other, Kind: fixture.Dir}, fixture.Node{Path: target, Kind: fixture.Dir})
	return slices.Concat(
		proof{op: "fs.change_topology", target: target, spec: aDir, needs: all, capability: capSysAdmin}.each("mount", "umount", "remount"),
		proof{op: "fs.change_topology", target: target, spec: aDir, needs: all, capability: capSysAdmin,
			host: "a root that is no initramfs"}.each("pivot_root"),
		proof{op: "fs.change_topology", target: target, spec: dirs, needs: all, capability: capSysAdmin}.from(other).each("bind", "move_mount"),
	)
}

func otherProofs() []proof {
	return []proof{
		{op: "syscall.clone", variant: "userns", target: "child", host: "user namespaces for everyone"},
		{op: "syscall.clone", variant: "pidns", target: "child", capability: capSysAdmin},
		{op: "syscall.io_uring_setup", variant: "io_uring_setup", target: "ring", host: "io_uring for everyone"},
		{op: "syscall.memfd_create", variant: "create", target: "näme"},
		{op: "syscall.memfd_create", variant: "exec", target: "näme", host: "memory files that can be executed"},
	}
}
