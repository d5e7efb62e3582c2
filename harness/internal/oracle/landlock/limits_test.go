package landlock_test

import (
	"slices"
	"strings"
	"testing"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// TestLimits holds what layers deny without a rule that could grant it, and to
// whom.
func TestLimits(t *testing.T) {
	signal := sandbox.Ruleset{Scoped: sandbox.ScopeSignal}
	abstract := sandbox.Ruleset{Scoped: sandbox.ScopeAbstractUnixSocket}
	files := sandbox.Ruleset{HandledFS: sandbox.Refer}
	net := sandbox.Ruleset{HandledNet: sandbox.BindTCP}
	read := sandbox.Ruleset{HandledFS: sandbox.ReadFile}
	peers := oracle.Peers{
		Outside: []int{4321}, Unique: "u1",
		Listening: []oracle.Listener{{Network: "unix", Address: "@u1-stream"}, {Network: "unixgram", Address: "@u1-datagram"}, {Network: "unix", Address: "/w/link"}},
	}
	tree := data(t, dir("/w"), dir("/proc"), oracle.Entry{Path: "/w/sock", Kind: oracle.Socket}, symlink("/w/link", "sock"))
	user, root := &oracle.Cred{UID: 1000}, (*oracle.Cred)(nil)
	fixed := 7
	for _, r := range []struct {
		name    string
		cred    *oracle.Cred
		layers  []sandbox.Ruleset
		op      string // with its variant
		target  string
		abi     int
		errata  int
		want    oracle.Decision
		errno   int
		missing string
		reason  string
	}{
		{"signal outside", user, rulesets(files, signal, net), "scope.signal kill", "4321", 0, 0, oracle.Deny, 1, "1 scope.signal", ""},
		{"signal the parent", user, rulesets(signal, signal), "scope.signal tgkill", "parent", 0, 0, oracle.Deny, 1, "0 scope.signal, 1 scope.signal", ""},
		{"signal a child", user, rulesets(signal), "scope.signal kill_term", "child", 0, 0, oracle.Allow, 0, "", "same layers"},
		{"signal itself", user, rulesets(signal), "scope.signal kill", "self", 0, 0, oracle.Allow, 0, "", "itself"},
		{"signal itself, erratum fixed", user, rulesets(signal), "scope.signal kill", "self", 7, fixed, oracle.Allow, 0, "", "itself"},
		{"signal itself, erratum open", user, rulesets(signal), "scope.signal kill", "self", 6, 1, oracle.Unknown, 0, "", "erratum 2"},
		{"signal itself, no scope", user, rulesets(files), "scope.signal kill", "self", 6, 0, oracle.Allow, 0, "", "no layer scopes"},
		{"signals not scoped", user, rulesets(abstract, files), "scope.signal kill", "4321", 0, 0, oracle.Allow, 0, "", "no layer scopes"},
		{"signal a stranger", root, rulesets(signal), "scope.signal kill", "4322", 0, 0, oracle.Unknown, 0, "", "nothing is known"},
		{"signal init", root, rulesets(signal), "scope.signal kill", "1", 0, 0, oracle.Deny, 1, "0 scope.signal", ""},
		{"signal init as a user", user, rulesets(signal), "scope.signal kill", "1", 0, 0, oracle.Unknown, 1, "", "not Landlock's"},
		{"end the parent", root, rulesets(signal), "scope.signal kill_term", "parent", 0, 0, oracle.Unknown, 0, "", "never ends"},
		{"no process", root, rulesets(signal), "scope.signal kill", "me", 0, 0, oracle.Unknown, 0, "", "no process"},

		{"trace outside", root, rulesets(net, signal), "ptrace attach", "4321", 0, 0, oracle.Deny, 1, "0 ptrace, 1 ptrace", ""},
		{"trace outside, no policy", root, nil, "ptrace attach", "4321", 0, 0, oracle.Allow, 0, "", "no policy"},
		{"trace outside as a user, no policy", user, nil, "ptrace attach", "4321", 0, 0, oracle.Unknown, 0, "", "plain permissions"},
		{"compare outside as a user, no policy", user, nil, "ptrace kcmp", "4321", 0, 0, oracle.Allow, 0, "", ""},
		{"trace a child", user, rulesets(files), "ptrace seize", "child", 0, 0, oracle.Allow, 0, "", "same layers"},
		{"trace itself", user, rulesets(files), "ptrace attach", "self", 0, 0, oracle.Unknown, 1, "", "not Landlock's"},
		{"read itself", user, rulesets(files), "ptrace process_vm_readv", "self", 0, 0, oracle.Allow, 0, "", "itself"},
		{"memory outside", root, rulesets(net), "ptrace proc_mem", "4321", 0, 0, oracle.Deny, 13, "0 ptrace", ""},
		{"memory outside, read denied too", root, rulesets(net, read), "ptrace proc_mem", "4321", 0, 0, oracle.Deny, 13, "1 fs.read_file, 0 ptrace, 1 ptrace", ""},
		{"memory of its own, read denied", root, rulesets(read), "ptrace proc_mem", "self", 0, 0, oracle.Deny, 13, "0 fs.read_file", ""},
		{"environment outside as a user", user, rulesets(net), "ptrace proc_environ", "parent", 0, 0, oracle.Deny, 13, "0 ptrace", ""},
		{"environment outside as root", root, rulesets(net), "ptrace proc_environ", "parent", 0, 0, oracle.Allow, 0, "", "CAP_PERFMON"},
		{"environment outside as root, older kernel", root, rulesets(net), "ptrace proc_environ", "parent", 6, 0, oracle.Unknown, 0, "", "CAP_PERFMON"},
		{"environment outside as a container's root", &oracle.Cred{Caps: ^oracle.Caps(0), Contained: true}, rulesets(net), "ptrace proc_environ", "parent", 0, 0, oracle.Unknown, 0, "", "CAP_PERFMON"},

		{"abstract outside", user, rulesets(abstract, net), "scope.abstract_unix_socket connect", "@u1-stream", 0, 0, oracle.Deny, 1, "0 scope.abstract_unix_socket", ""},
		{"abstract datagram", user, rulesets(abstract), "scope.abstract_unix_socket sendto", "@u1-datagram", 0, 0, oracle.Deny, 1, "0 scope.abstract_unix_socket", ""},
		{"abstract of the other kind", user, rulesets(abstract), "scope.abstract_unix_socket connect_dgram", "@u1-stream", 0, 0, oracle.Unknown, 111, "", "no unixgram socket"},
		{"abstract not scoped", user, rulesets(signal), "scope.abstract_unix_socket connect", "@u1-stream", 0, 0, oracle.Allow, 0, "", "no layer scopes"},
		{"abstract name that is the host's", user, rulesets(abstract), "scope.abstract_unix_socket connect", "@X11", 0, 0, oracle.Unknown, 0, "", "not known"},
		{"no abstract name", user, rulesets(abstract), "scope.abstract_unix_socket connect", "/w/sock", 0, 0, oracle.Unknown, 0, "", "no abstract name"},
		{"socket with a path", root, rulesets(abstract, files), "syscall.connect unix", "/w/sock", 0, 0, oracle.Allow, 0, "", "does not mediate"},
		{"socket with a path, other kind", root, rulesets(abstract), "syscall.sendto unix", "/w/sock", 0, 0, oracle.Unknown, 91, "", "unix socket"},

		{"mount under files", root, rulesets(net, files, signal), "fs.change_topology mount", "/w", 0, 0, oracle.Deny, 1, "1 fs.change_topology", ""},
		{"mount under others", root, rulesets(net, signal), "fs.change_topology umount", "/w", 0, 0, oracle.Allow, 0, "", "no layer handles"},
		{"mount as a user", user, rulesets(files), "fs.change_topology mount", "/w", 0, 0, oracle.Unknown, 1, "", "CAP_SYS_ADMIN"},

		{"mptcp", user, rulesets(net), "syscall.bind mptcp", "127.0.0.1:4000", 7, fixed, oracle.Allow, 0, "", "does not mediate"},
		{"mptcp, erratum open", user, rulesets(net), "syscall.bind mptcp", "127.0.0.1:4000", 5, 0, oracle.Unknown, 0, "", "erratum 1"},
		{"mptcp, erratum open and not handled", user, rulesets(net), "syscall.connect mptcp", "127.0.0.1:4000", 5, 0, oracle.Allow, 0, "", "does not mediate"},
		{"bind without a family", user, rulesets(net), "net.bind_tcp bind_unspec", "0.0.0.0:4000", 0, 0, oracle.Deny, 13, "0 net.bind_tcp", ""},
		{"bind without a family, an address", user, rulesets(net), "net.bind_tcp bind_unspec", "127.0.0.1:4000", 0, 0, oracle.Unknown, 97, "", ""},
		{"disconnect", user, rulesets(sandbox.Ruleset{HandledNet: sandbox.ConnectTCP}), "net.connect_tcp connect_unspec", "127.0.0.1:4000", 0, 0, oracle.Allow, 0, "", "takes a connection down"},
		{"raw socket as a user", user, rulesets(net), "syscall.socket raw", "icmp", 0, 0, oracle.Unknown, 1, "", "CAP_NET_RAW"},
		{"netlink as a user", user, rulesets(net), "syscall.socket netlink", "route", 0, 0, oracle.Allow, 0, "", ""},
		{"user namespace", user, rulesets(files), "syscall.clone userns", "child", 0, 0, oracle.Allow, 0, "", "does not mediate"},
		{"pid namespace as a user", user, rulesets(files), "syscall.clone pidns", "child", 0, 0, oracle.Unknown, 1, "", "CAP_SYS_ADMIN"},
	} {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			name, variant, _ := strings.Cut(r.op, " ")
			a := oracle.Ask(oracle.Question{
				Layers: r.layers, Op: name, Syscall: variant, Target: r.target, Source: "/w",
				Tree: tree, Peers: peers, ABI: r.abi, Errata: r.errata, Cred: r.cred,
			})
			if a.Decision != r.want || a.Errno != r.errno || r.want != oracle.Unknown && missing(a) != r.missing || !strings.Contains(a.Reason, r.reason) {
				t.Errorf("%s of %q = %+v\nwant %s, errno %d, missing %q, reason with %q", r.op, r.target, a, r.want, r.errno, r.missing, r.reason)
			}
		})
	}
}

// TestBlockers holds what the audit log says first of a denial: one layer, the
// youngest that denies, and what it lacks of the first thing asked.
func TestBlockers(t *testing.T) {
	all := sandbox.PathRule{Parent: "/", Access: allFS}
	less := func(rights sandbox.AccessFS) sandbox.Ruleset { return layer(grant("/", allFS&^rights)) }
	quiet := func(r sandbox.Ruleset, f sandbox.RestrictFlags) sandbox.Ruleset { r.Flags = f; return r }
	move := sandbox.Refer | sandbox.MakeReg | sandbox.RemoveFile
	for _, r := range []struct {
		name           string
		layers         []sandbox.Ruleset
		op, syscall    string
		target, source string
		layer          int
		blockers       []string
	}{
		{"youngest layer alone", rulesets(less(sandbox.ReadFile|sandbox.Execute), less(sandbox.ReadFile), layer(all)), "fs.execute", "", "/w/src/a", "", 1, []string{"fs.read_file"}},
		{"both of one layer", rulesets(less(sandbox.ReadFile | sandbox.Execute)), "fs.execute", "fexecve", "/w/src/a", "", 0, []string{"fs.execute", "fs.read_file"}},
		{"the open before the truncation", rulesets(less(sandbox.WriteFile), less(sandbox.Truncate)), "fs.truncate", "open_trunc", "/w/src/a", "", 0, []string{"fs.write_file"}},
		{"the truncation alone", rulesets(less(sandbox.Truncate), layer(all)), "fs.truncate", "creat", "/w/src/a", "", 0, []string{"fs.truncate"}},
		{"the name before the open", rulesets(less(sandbox.MakeReg), less(sandbox.WriteFile)), "fs.make_reg", "open_creat", "/w/new", "", 0, []string{"fs.make_reg"}},
		{"the open of what was made", rulesets(less(sandbox.ReadFile)), "fs.make_reg", "creat_rdonly", "/w/new", "", 0, []string{"fs.read_file"}},
		{"rename in a directory", rulesets(less(sandbox.MakeReg | sandbox.RemoveFile)), "syscall.rename", "", "/w/src/b", "/w/src/a", 0, []string{"fs.remove_file", "fs.make_reg"}},
		{"the source of a move", rulesets(less(sandbox.Refer | sandbox.MakeReg)), "fs.refer", "", "/w/dst/a", "/w/src/a", 0, []string{"fs.refer"}},
		{"the target of a move", rulesets(layer(grant("/w/src", allFS), grant("/w/dst", allFS&^sandbox.MakeReg))), "fs.refer", "", "/w/dst/a", "/w/src/a", 0, []string{"fs.make_reg"}},
		{"all that a source lacks where rights are gained", rulesets(sandbox.Ruleset{HandledFS: move | sandbox.Execute | sandbox.MakeDir | sandbox.ReadFile,
			Paths: []sandbox.PathRule{grant("/w", move), grant("/w/dst", sandbox.Execute)}}), "fs.refer", "", "/w/dst/a", "/w/src/a", 0, []string{"fs.execute", "fs.read_file", "fs.make_dir"}},
		{"read before the look into a process", rulesets(sandbox.Ruleset{HandledFS: sandbox.ReadFile}, sandbox.Ruleset{Scoped: sandbox.ScopeSignal}), "ptrace", "proc_mem", "parent", "", 0, []string{"fs.read_file"}},
		{"a trace by the youngest layer", rulesets(less(0), sandbox.Ruleset{Scoped: sandbox.ScopeSignal}), "ptrace", "", "parent", "", 1, []string{"ptrace"}},
		{"a signal by the youngest that scopes", rulesets(sandbox.Ruleset{Scoped: sandbox.ScopeSignal}, less(0)), "scope.signal", "", "parent", "", 0, []string{"scope.signal"}},
		{"a mount by the youngest that handles files", rulesets(less(0), sandbox.Ruleset{Scoped: sandbox.ScopeSignal}), "fs.change_topology", "", "/w", "", 0, []string{"fs.change_topology"}},
		{"a port", rulesets(sandbox.Ruleset{HandledNet: sandbox.BindTCP}, sandbox.Ruleset{HandledNet: sandbox.BindTCP | sandbox.ConnectTCP}), "net.bind_tcp", "", "127.0.0.1:4000", "", 1, []string{"net.bind_tcp"}},
		{"a layer that keeps still", rulesets(quiet(less(sandbox.ReadFile), sandbox.LogSameExecOff)), "fs.read_file", "", "/w/src/a", "", 0, nil},
		{"a layer that keeps those in it still", rulesets(quiet(layer(all), sandbox.LogSubdomainsOff), less(sandbox.ReadFile)), "fs.read_file", "", "/w/src/a", "", 1, nil},
		{"but not itself", rulesets(quiet(less(sandbox.ReadFile), sandbox.LogSubdomainsOff)), "fs.read_file", "", "/w/src/a", "", 0, []string{"fs.read_file"}},
		{"the second of two records", rulesets(less(sandbox.MakeReg|sandbox.Refer), quiet(layer(grant("/w/dst", allFS), grant("/", allFS&^sandbox.RemoveFile)), sandbox.LogSameExecOff)),
			"fs.refer", "", "/w/dst/a", "/w/src/a", 0, []string{"fs.make_reg", "fs.refer"}},
		{"nothing denied", rulesets(layer(all)), "fs.read_file", "", "/w/src/a", "", -1, nil},
		{"nothing decided", rulesets(less(sandbox.ReadFile)), "fs.read_file", "", "/w/none", "", -1, nil},
	} {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			tree := data(t, dir("/proc"), dir("/w/dst"), file("/w/src/a"))
			a := oracle.Ask(oracle.Question{Layers: r.layers, Op: r.op, Syscall: r.syscall, Target: r.target, Source: r.source, Tree: tree})
			layer := -1
			if a.Record != nil {
				layer = a.Record.Layer
			}
			if !slices.Equal(a.Blockers(), r.blockers) || layer != r.layer {
				t.Errorf("blockers %v of layer %d in %+v, want %v of layer %d", a.Blockers(), layer, a, r.blockers, r.layer)
			}
		})
	}
}

// TestContained holds that root of a user namespace is not the host's: some of
// its capabilities count there alone.
func TestContained(t *testing.T) {
	tree := home(t)
	root := &oracle.Cred{Caps: ^oracle.Caps(0)}
	contained := &oracle.Cred{Caps: ^oracle.Caps(0), Contained: true}
	for _, r := range []struct {
		op, syscall, target string
		cred                *oracle.Cred
		want                oracle.Decision
		errno               int
	}{
		{"fs.make_block", "", "/w/new", root, oracle.Allow, 0},
		{"fs.make_block", "", "/w/new", contained, oracle.Unknown, 1},
		{"syscall.socket", "raw", "icmp", root, oracle.Allow, 0},
		{"syscall.socket", "raw", "icmp", contained, oracle.Unknown, 0},
		{"net.bind_tcp", "", "127.0.0.1:80", root, oracle.Allow, 0},
		{"net.bind_tcp", "", "127.0.0.1:80", contained, oracle.Unknown, 0},
		{"net.bind_tcp", "", "127.0.0.1:8080", contained, oracle.Allow, 0},
		{"syscall.chroot", "", "/w", contained, oracle.Allow, 0},
		{"syscall.clone", "pidns", "child", contained, oracle.Allow, 0},
	} {
		a := oracle.Ask(oracle.Question{Op: r.op, Syscall: r.syscall, Target: r.target, Tree: tree, Cred: r.cred})
		if a.Decision != r.want || a.Errno != r.errno {
			t.Errorf("%s %s %s, contained %v: %+v, want %s, errno %d", r.op, r.syscall, r.target, r.cred.Contained, a, r.want, r.errno)
		}
	}
}
